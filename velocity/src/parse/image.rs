//! What is shown of tokens: Velocity prints a reference to nothing as its tokens have it, and not as it is written.

use alloc::string::String;
use core::ops::Range;

use super::Parser;
use crate::lex::{Kind, Token};

/// A part of the text, and what is shown in its place.
pub(super) struct Edit {
    place: Range<usize>,
    shown: String,
    /// Whether this is about what stands between tokens.
    is_stray: bool,
}

impl<'t> Parser<'t, '_> {
    /// The text of a token. Of a dot that is all, whatever it took along: `.` of `$!.name`.
    pub(super) fn image(&self, token: &Token) -> &'t str {
        if token.kind == Kind::Dot { "." } else { &self.text[token.start..token.end] }
    }

    /// Notes where a token is shown otherwise than it is written, after what ended at a place.
    pub(super) fn edit_read(&mut self, before: usize, token: &Token) {
        if before < token.start {
            self.edit(before..token.start, &token.stray, true);
        }
        if token.kind == Kind::Dot && token.end - token.start > 1 {
            self.edit(token.start..token.end, ".", false);
        }
    }

    /// A reference's first token, when the reference is complete (`ASTReference.getRoot`): what stands before its last `$` is taken
    /// off the token, so that what the reference is within shows it no more.
    pub(super) fn edit_first(&mut self, first: &Token) {
        let image = self.image(first);
        let name = image.rfind('$').unwrap_or(0);
        if name > 0 && !image.contains("\\!") {
            self.edit(first.start..first.start + name, "", false);
        }
    }

    /// Keeps edits in their order: few come after those behind them.
    fn edit(&mut self, place: Range<usize>, shown: &str, is_stray: bool) {
        let at = self.edits.partition_point(|edit| edit.place.start < place.start);
        self.edits.insert(at, Edit { place, shown: shown.into(), is_stray });
    }

    /// What `Node.literal` has for a part of the text.
    pub(super) fn shown_at(&self, place: Range<usize>) -> String {
        self.edited(place, |edit| &edit.shown)
    }

    /// The images of a part's tokens alone, which `RuntimeMacro` shows: without the signs between them.
    pub(super) fn images_at(&self, place: Range<usize>) -> String {
        self.edited(place, |edit| if edit.is_stray { "" } else { &edit.shown })
    }

    fn edited(&self, place: Range<usize>, shown: impl Fn(&Edit) -> &str) -> String {
        let first = self.edits.partition_point(|edit| edit.place.start < place.start);
        let (mut text, mut from) = (String::new(), place.start);
        for edit in self.edits[first..].iter().take_while(|edit| edit.place.end <= place.end) {
            text.push_str(&self.text[from..edit.place.start]);
            text.push_str(shown(edit));
            from = edit.place.end;
        }
        text.push_str(&self.text[from..place.end]);
        text
    }
}
