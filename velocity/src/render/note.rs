//! Notes of references and their values. They change nothing: what they print is paid for apart.

use alloc::string::{String, ToString};

use super::Machine;
use super::budget::Budget;
use crate::ast::Reference;
use crate::{Bounds, Noted, Position, Value};

/// Most notes of one rendering.
const NOTES_MAX: usize = 128;
/// Most notes of one place: of a loop the first iterations.
const NOTES_OF_PLACE_MAX: usize = 3;
/// Most notes that are kept of the last ones, where more would be made: an error has its reason there.
const LAST_NOTES_MAX: usize = 8;
/// Longest text of a reference, and of a value.
const TEXT_BYTES_MAX: usize = 512;
/// What printing one value may use.
const BOUNDS: Bounds = Bounds {
    output_bytes_max: TEXT_BYTES_MAX,
    memory_bytes_max: 64 * 1024,
    steps_max: 10_000,
    iterations_max: 1_000,
    depth_max: 64,
};

/// What is not noted unless it is among the last. It is printed in the end: nobody reads most of it.
#[derive(Debug)]
pub(super) struct Unnoted {
    is_set: bool,
    written: String,
    value: Value,
    position: Position,
}

impl Machine<'_> {
    /// Notes what a reference was, or is set to.
    pub(super) fn note(&mut self, is_set: bool, reference: &Reference, value: &Value) {
        let Some(noted) = self.noted.as_deref() else { return };
        // A block is rendered where it is printed, and noted there.
        if matches!(value, Value::Block(_)) {
            return;
        }
        let position = reference.position;
        let of_place = |note: &&Noted| note.position == position && note.is_set == is_set;
        let written = cut(&reference.written);
        if noted.len() >= NOTES_MAX || noted.iter().filter(of_place).count() >= NOTES_OF_PLACE_MAX {
            if self.last.len() == LAST_NOTES_MAX {
                self.last.pop_front();
            }
            self.last.push_back(Unnoted { is_set, written, value: value.clone(), position });
            return;
        }
        self.keep(Unnoted { is_set, written, value: value.clone(), position });
    }

    /// Notes what was read and set last.
    pub(super) fn note_last(&mut self) {
        for unnoted in core::mem::take(&mut self.last) {
            self.keep(unnoted);
        }
    }

    fn keep(&mut self, unnoted: Unnoted) {
        let Unnoted { is_set, written: reference, value, position } = unnoted;
        let value = (!value.is_null()).then(|| self.beginning(&value));
        let note = Noted { is_set, reference, value, position };
        if let Some(noted) = self.noted.as_deref_mut()
            && !noted.contains(&note)
        {
            noted.push(note);
        }
    }

    /// The beginning of what a value prints.
    fn beginning(&mut self, value: &Value) -> String {
        match value {
            Value::String(text) => cut(text),
            Value::Object(object) => cut(&object.print()),
            // Printing a block that is in it would render it once more, with all that it sets.
            Value::List(_) | Value::Map(_) if !self.template.blocks.is_empty() => "…".to_string(),
            value => {
                let budget = core::mem::replace(&mut self.budget, Budget::new(&BOUNDS));
                let outside = core::mem::take(&mut self.out);
                // Too long: what is there already is the beginning.
                let printed = self.print(value);
                self.budget = budget;
                let text = core::mem::replace(&mut self.out, outside);
                if printed.is_ok() { text } else { text + "…" }
            }
        }
    }
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    if end < text.len() { text[..end].to_string() + "…" } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;
    use alloc::{format, vec};

    use crate::{Bounds, Dialect, Scope, Template, Value};

    fn notes(text: &str) -> Vec<String> {
        let template = Template::parse(text, Dialect::ApiGateway).unwrap();
        let mut scope = Scope::new();
        scope.set("list", Value::list(vec![1.into(), 2.into(), 3.into(), 4.into(), 5.into()]));
        scope.set("text", "t".repeat(600));
        let (rendered, noted) = template.render_noting(&scope, &Bounds::default());
        assert_eq!(rendered, template.render(&scope, &Bounds::default()), "{text}");
        let shown = |noted: &crate::Noted| {
            let sign = if noted.is_set { ":=" } else { "=" };
            format!("{}{sign}{}", noted.reference, noted.value.as_deref().unwrap_or("null"))
        };
        noted.iter().map(shown).collect()
    }

    #[test]
    fn references_are_noted_as_they_are_written_wherever_they_stand() {
        assert_eq!(
            notes("#if($list.size() > 4)${list.get(0)}#end#set($x = \"a$!list[1]\")"),
            ["$list.size()=5", "${list.get(0)}=1", "$!list[1]=2", "$x:=a2"]
        );
        assert_eq!(notes("$list.get($list.size())x"), ["$list.size()=5"]);
        assert_eq!(notes("$none.a.b"), ["$none.a.b=null"]);
        assert_eq!(notes("$list"), ["$list=[1, 2, 3, 4, 5]"]);
    }

    #[test]
    fn of_a_loop_both_ends_are_noted_and_of_a_text_the_beginning() {
        assert_eq!(
            notes("#foreach($i in $list)$i,#end"),
            ["$list=[1, 2, 3, 4, 5]", "$i=1", "$i=2", "$i=3", "$i=4", "$i=5"]
        );
        assert_eq!(notes("$text"), [format!("$text={}…", "t".repeat(512))]);
        assert_eq!(notes(&"$text".repeat(300)).len(), 128 + 8);
    }

    #[test]
    fn what_was_read_before_an_error_is_noted_however_much_there_was_before() {
        let long =
            [&*"$text".repeat(200), "#foreach($i in $list)$i#end#set($x = 'last')$x.charAt(9)"];
        let template = Template::parse(&long.concat(), Dialect::ApiGateway).unwrap();
        let mut scope = Scope::new();
        scope.set("list", Value::list((1..=20).map(Value::from).collect()));
        let (rendered, noted) = template.render_noting(&scope, &Bounds::default());
        assert!(rendered.is_err());
        let last = noted.last().map(|note| (&*note.reference, note.value.as_deref()));
        assert_eq!(last, Some(("$x", Some("last"))));
        assert_eq!(noted.len(), 128 + 8);
    }

    #[test]
    fn notes_render_nothing_twice() {
        let block =
            "#set($x = [])#define($b)#set($y = $x.add(1))$x.size()#end#set($l = [$b])$l $x.size()";
        assert!(notes(block).iter().any(|note| note == "$l:=…"));
    }
}
