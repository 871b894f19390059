//! `onClick={save}`: attributes as JSX has them. A browser that gets one for HTML reads its value up to the next white
//! space and runs that as JavaScript; most of them do nothing there, or are no JavaScript.

use crate::text::{has, is_sorted, starts_with};

/// No handler of JSX that is longer is looked into.
const VALUE_BYTES_MAX: usize = 256;

/// Whether a browser that ran such a value, which has no quotes, would do nothing.
pub(super) fn is_inert(value: &[u8]) -> bool {
    // `{()`, `{e`, `{()=`: cut off where a browser ends it, no block of JavaScript is closed. References may.
    let Some(inner) = value.strip_prefix(b"{").filter(|_| value.len() <= VALUE_BYTES_MAX) else {
        return false;
    };
    if !inner.iter().any(|b| matches!(b, b'}' | b'&')) {
        return true;
    }
    let inner = inner.strip_suffix(b"/").unwrap_or(inner);
    inner.strip_suffix(b"}").is_some_and(|inner| is_path(inner) || is_own_call(inner))
}

/// `save`, `props.onSave`: what it names is looked at, not called.
fn is_path(text: &[u8]) -> bool {
    let within = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$');
    !text.is_empty() && text.iter().all(within)
}

/// `handleSubmit(save)`: as people name what they hand to elements, which no browser has.
fn is_own_call(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"handle") else { return false };
    let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    rest.first().is_some_and(u8::is_ascii_uppercase)
        && match &rest[name..] {
            [b'(', argument @ .., b')'] => argument.is_empty() || is_path(argument),
            _ => false,
        }
}

/// What each of the elements that load something with an attribute needs for it.
const LOADS: [(&[u8], &[&[u8]]); 5] = [
    (b"base", &[b"href"]),
    (b"link", &[b"rel"]),
    (b"meta", &[b"charset", b"config", b"equiv", b"referrer"]),
    (b"object", &[b"classid", b"code", b"codebase", b"data"]),
    (b"template", &[b"shadowroot", b"shadowrootmode"]),
];

/// `<Link href="/about">`, `<Set value={1} />`, `<use href="#icon">`: of the elements that load or run something with an
/// attribute, those that have none which does. `attributes` are all of them.
pub(super) fn loads_nothing(element: &[u8], attributes: &[u8]) -> bool {
    let needs = LOADS.iter().find(|(known, _)| element.eq_ignore_ascii_case(known));
    if let Some((_, needed)) = needs {
        let mut words = attributes.split(|b| !b.is_ascii_alphabetic());
        let is_needed = |word: &[u8]| needed.iter().any(|known| word.eq_ignore_ascii_case(known));
        return !words.any(is_needed);
    }
    let is_icon = element.eq_ignore_ascii_case(b"use");
    let loads = |(at, byte): (usize, &u8)| {
        let (before, value) = (&attributes[..at], &attributes[at + 1..]);
        let is_reference = is_icon && matches!(value, [b'"' | b'\'', b'#', ..]);
        let name = before.trim_ascii_end();
        let is_url = || name.len() >= 4 && name[name.len() - 4..].eq_ignore_ascii_case(b"href");
        *byte == b'=' && !is_reference && !value.starts_with(b"{") && (!is_icon || is_url())
    };
    !attributes.iter().enumerate().any(loads)
}

/// Relations of a page to others that a browser loads nothing of, but for a picture. Sorted.
const RELATIONS: &str =
    "alternate apple-touch-icon author canonical help icon license mask-icon next prev search up";
const _: () = assert!(is_sorted(RELATIONS));

/// `<link rel="icon" href="/a.png">`, `<meta http-equiv="refresh" content="0;URL=../a.html">`: what leads nowhere by itself,
/// or to a page beside the one it stands on. What says so stands there once, so that any program reads the same.
pub(super) fn stays(element: &[u8], attributes: &[u8]) -> bool {
    let is_link = element.eq_ignore_ascii_case(b"link");
    let name: &[u8] = if is_link { b"rel" } else { b"content" };
    let mut named = attributes.windows(name.len()).enumerate();
    let mut next = || named.find(|(_, word)| word.eq_ignore_ascii_case(name));
    let (Some((at, _)), None) = (next(), next()) else { return false };
    let [b'=', quote @ (b'"' | b'\''), value @ ..] = &attributes[at + name.len()..] else {
        return false;
    };
    let Some(end) = value.iter().position(|b| b == quote) else { return false };
    if is_link { has(RELATIONS, &value[..end]) } else { is_beside(&value[..end]) }
}

/// `0;URL=../a.html`: a page of the same folder or one nearby, without a query.
fn is_beside(content: &[u8]) -> bool {
    let digits = content.iter().take_while(|b| b.is_ascii_digit()).count();
    let url = &content[digits..];
    let within = |b: &u8| b.is_ascii_alphanumeric() || b"./_-".contains(b);
    starts_with(url, b";url=")
        && url[5..].first().is_some_and(|b| *b != b'/')
        && url[5..].iter().all(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_jsx_that_a_browser_would_run_are_told_from_those_it_would_not() {
        for value in ["{save}", "{this.save}/", "{()", "{()=", "{e", "{handleSubmit(onSubmit)}"] {
            assert!(is_inert(value.as_bytes()), "{value}");
        }
        for value in [
            "{alert(1)}",
            "{save()}",
            "{x=1}",
            "{a`1`}",
            "{}alert(1)",
            "{&#125;alert(1)",
            "{location=name}",
            "{handleX(alert(1))}",
            "{handle(x)}",
            "save",
            "\"{save}\"",
        ] {
            assert!(!is_inert(value.as_bytes()), "{value}");
        }
        let long = ["{", &" ".repeat(300), "}x()"].concat();
        assert!(!is_inert(long.replace(' ', ";").as_bytes()));
    }

    #[test]
    fn elements_that_load_with_an_attribute_are_told_from_those_that_lack_it() {
        for (element, attributes) in [
            ("Link", " href=\"/about\""),
            ("Set", " value={1} /"),
            ("Meta", " title=\"Home\""),
            ("use", " width=\"9\" xlink:href=\"#icon\" /"),
            ("meta", " name=\"author\" content=\"me\""),
            ("meta", " property='og:title' content='a'"),
        ] {
            assert!(loads_nothing(element.as_bytes(), attributes.as_bytes()), "{element}");
        }
        for (element, attributes) in [
            ("link", " REL=stylesheet href=//a.example"),
            ("set", " x={1} attributeName=onload"),
            ("use", " href=\"#a\" xlink:href=\"data:x\""),
            ("meta", " HTTP-EQUIV=refresh"),
            ("link", " rel=\"icon stylesheet\" href=\"//a.example/i\""),
            ("link", " rel=\"icon\" rel=import href=x"),
            ("link", " rel=\"stylesheet\" href=\"//a.example/a.css\""),
            ("link", " rel=\"import\" href=\"a.html\""),
            ("meta", " name=\"a\" http-equiv=\"refresh\" content=\"0\""),
            ("meta", " name=\"referrer\" content=\"unsafe-url\""),
            ("link", " title=\" rel=\"icon\" rel=import href=x"),
            ("object", " data={x}"),
            ("base", " href=\"//a.example\""),
        ] {
            assert!(!loads_nothing(element.as_bytes(), attributes.as_bytes()), "{element}");
        }
    }

    #[test]
    fn tags_that_lead_to_pages_nearby_are_told_from_those_that_load_or_leave() {
        for (element, attributes) in [
            ("link", " rel=\"icon\" type=\"image/png\" /"),
            ("LINK", "\n  rel=\"apple-touch-icon\"\n  href=\"/a.png\"\n"),
            ("link", " rel='next' href='b.html' title='Second part'"),
            ("meta", " http-equiv=\"refresh\" content=\"0;URL=../../c/fn.d_e.html\""),
            ("meta", " content=\"5;url=index.html\" http-equiv=\"Refresh\"/"),
        ] {
            assert!(stays(element.as_bytes(), attributes.as_bytes()), "{attributes}");
        }
        for (element, attributes) in [
            ("link", " rel=\"stylesheet\" href=\"a.css\""),
            ("link", " rel=\"alternate stylesheet\" href=\"a.css\""),
            ("link", " rel=\"icon\" REL=\"import\" href=\"x\""),
            ("link", " title=\" rel=\"icon\" rel=import href=x"),
            ("link", " rel=\"preconnect\" href=\"//a.example\""),
            ("link", " rel=icon href=x"),
            ("link", " rel=\"icon"),
            ("link", " href=\"x\""),
            ("meta", " http-equiv=\"refresh\""),
            ("meta", " http-equiv=\"refresh\" content=\"0\""),
            ("meta", " http-equiv=\"refresh\" content=\"0;url=//a.example\""),
            ("meta", " http-equiv=\"refresh\" content=\"0;url=/logout\""),
            ("meta", " http-equiv=\"refresh\" content=\"0;url=go?to=x\""),
            ("meta", " http-equiv=\"refresh\" content=\"0;url=data:x\""),
            ("meta", " http-equiv=\"refresh\" content=\"0;url=\""),
            ("meta", " http-equiv=\"refresh\" content=\"0;url=a\" Content=\"0;url=b\""),
        ] {
            assert!(!stays(element.as_bytes(), attributes.as_bytes()), "{attributes}");
        }
    }
}
