//! What a web ACL's documents say and probably do not mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway_core::definition::DefinitionError;
use gateway_core::definition::document::At;

/// Most of a text that is shown.
const SHOWN_CHARACTERS_MAX: usize = 40;

/// Strings to search for that were not put into Base64, and are Base64 of something else by chance: `curl` is
/// that of three bytes which no request has.
pub(super) fn search_strings(root: &At<'_>) -> Vec<DefinitionError> {
    let mut doubts = Vec::new();
    visit(root, "SearchString", &mut |at| {
        let Some(text) = at.as_str() else { return };
        let Some(bytes) = STANDARD.decode(text).ok().filter(|bytes| !is_text(bytes)) else {
            return;
        };
        let shown = shown(text);
        let message = format!(
            "`{shown}` stands here for the bytes `{}`, which are no text: `SearchString` is Base64",
            bytes.escape_ascii().to_string().chars().take(SHOWN_CHARACTERS_MAX).collect::<String>()
        );
        doubts.push(DefinitionError::warning(at.source(), message).help(in_base64(text)));
    });
    doubts
}

/// How a text is written that is meant as it stands.
pub(super) fn in_base64(text: &str) -> String {
    let shown = shown(text);
    format!("if the text `{shown}` is meant, write `{}`", STANDARD.encode(text))
}

/// A logging configuration is its `ResourceArn`'s; for a copy of the web ACL another one's may be meant.
pub(super) fn logs_another(root: &At<'_>, arn: &str) -> Option<DefinitionError> {
    let own = root.get("LoggingConfiguration");
    let at = own.as_ref().unwrap_or(root).get("ResourceArn")?;
    let other = at.as_str().filter(|other| *other != arn && arn.starts_with("arn:"))?;
    let message = format!(
        "this is the logging configuration of another web ACL, `{other}`: what that one redacts and drops is what \
         this one does, too"
    );
    let help = format!("that of this one has the `ResourceArn` `{arn}`");
    Some(DefinitionError::warning(at.source(), message).help(help))
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS_MAX).collect()
}

fn is_text(bytes: &[u8]) -> bool {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_plain))
}

/// Hands every member of this name to `found`.
pub(super) fn visit(at: &At<'_>, name: &str, found: &mut dyn FnMut(&At<'_>)) {
    for (member, below) in at.members() {
        if member == name {
            found(&below);
        }
        visit(&below, name, found);
    }
    at.items().for_each(|below| visit(&below, name, found));
}
