//! Texts of a policy with wildcards and variables.

use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::AccessRequest;
use super::overlap::{MANY_TEXT, overlap, without_escapes};

/// A text in which `*` stands for any characters, `?` for one, and `${…}` for what the request says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Pattern {
    /// Wildcards are [`MANY`] and [`ONE`].
    Fixed(String),
    Template(Vec<Part>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Part {
    Text(String),
    /// The key in lower case, and what stands in where the request says nothing.
    Variable(String, Option<String>),
}

/// Any number of any characters. No text of a policy has control characters, so these are free.
pub(super) const MANY: u8 = 0;
/// One character.
pub(super) const ONE: u8 = 1;

impl Pattern {
    /// `has_variables`: policies of the version 2012-10-17. `None`: control characters, or a
    /// variable that does not end.
    pub(super) fn parse(text: &str, has_variables: bool) -> Option<Self> {
        if text.chars().any(char::is_control) {
            return None;
        }
        let (mut parts, mut fixed, mut rest) = (Vec::new(), String::new(), text);
        while let Some(start) = rest.find("${").filter(|_| has_variables) {
            push_wild(&mut fixed, &rest[..start]);
            let (inner, after) = rest[start + 2..].split_once('}')?;
            rest = after;
            match inner {
                // "If you want the character itself": these are no wildcards.
                "*" | "?" | "$" => fixed.push_str(inner),
                _ => {
                    let (key, default) = match inner.split_once(',') {
                        Some((key, default)) => (key.trim(), Some(quoted(default.trim())?)),
                        None => (inner, None),
                    };
                    if key.is_empty() {
                        return None;
                    }
                    parts.push(Part::Text(core::mem::take(&mut fixed)));
                    parts.push(Part::Variable(key.to_ascii_lowercase(), default));
                }
            }
        }
        push_wild(&mut fixed, rest);
        if parts.is_empty() {
            return Some(Self::Fixed(fixed));
        }
        parts.push(Part::Text(fixed));
        Some(Self::Template(parts))
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let parts = match self {
            Self::Fixed(_) => &[],
            Self::Template(parts) => &parts[..],
        };
        parts.iter().filter_map(|part| match part {
            Part::Variable(key, _) => Some(key.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text that this was read from, as a policy of the version 2012-10-17 has it.
    pub(super) fn to_source(&self) -> String {
        let mut source = String::new();
        match self {
            Self::Fixed(text) => push_source(&mut source, text),
            Self::Template(parts) => {
                for part in parts {
                    match part {
                        Part::Text(text) => push_source(&mut source, text),
                        Part::Variable(key, None) => {
                            source.push_str(&alloc::format!("${{{key}}}"));
                        }
                        Part::Variable(key, Some(default)) => {
                            source.push_str(&alloc::format!("${{{key}, '{default}'}}"));
                        }
                    }
                }
            }
        }
        source
    }

    /// Replaces a beginning.
    pub(super) fn expand(&mut self, beginning: &str, by: &str) {
        let Some(text) = self.beginning() else { return };
        if let Some(rest) = text.strip_prefix(beginning) {
            *text = alloc::format!("{by}{rest}");
        }
    }

    /// Makes `execute-api:/stage/…` of `arn:…:execute-api:{region}:{account}:{id}/stage/…` for ids that are this API's; of
    /// an id with wildcards it opens region and account, if it may.
    pub(super) fn make_relative(&mut self, is_own: impl Fn(&str) -> bool, may_open: bool) {
        let Some(text) = self.beginning() else { return };
        let mut parts = text.splitn(6, ':');
        let (Some("arn"), Some(_), Some("execute-api"), Some(_)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let is_wild = |text: &str| text.bytes().any(|byte| byte == MANY || byte == ONE);
        let resource = match (parts.next(), parts.next()) {
            (Some(_), Some(resource)) => resource,
            // What ends in `*` goes beyond the part that it stands in.
            (Some(rest), None) if is_wild(rest) => rest,
            _ => return,
        };
        let relative = match resource.split_once('/') {
            Some((id, path)) if !is_wild(id) => {
                is_own(id).then(|| alloc::format!("execute-api:/{path}"))
            }
            _ => (may_open && is_wild(resource))
                .then(|| alloc::format!("arn:\0:execute-api:\0:\0:{resource}")),
        };
        if let Some(relative) = relative {
            *text = relative;
        }
    }

    fn beginning(&mut self) -> Option<&mut String> {
        match self {
            Self::Fixed(text) => Some(text),
            Self::Template(parts) => match parts.first_mut() {
                Some(Part::Text(text)) => Some(text),
                _ => None,
            },
        }
    }

    /// Whether this is the request's action: case does not matter.
    pub(super) fn matches_action(&self, action: &str, request: &AccessRequest<'_>) -> bool {
        let Some(pattern) = self.resolve(request) else { return false };
        glob(pattern.to_ascii_lowercase().as_bytes(), action.to_ascii_lowercase().as_bytes())
    }

    /// Whether this is the ARN: each of its first five parts is compared apart, unless a `*` ends
    /// one, which "can expand to match beyond the colon boundaries".
    pub(super) fn matches_arn(&self, arn: &str, request: &AccessRequest<'_>) -> bool {
        let Some(pattern) = self.resolve(request) else { return false };
        by_parts(&pattern, arn, |pattern, text| glob(pattern.as_bytes(), text.as_bytes()))
    }

    /// Whether a request may be found that makes this the action.
    pub(super) fn may_match_action(&self, action: &str) -> bool {
        let pattern = self.with_any_values().to_ascii_lowercase();
        glob(pattern.as_bytes(), action.to_ascii_lowercase().as_bytes())
    }

    /// Whether a request may be found that makes this one of the ARNs, which are a text with wildcards as well.
    pub(super) fn may_match_arns(&self, arns: &str) -> bool {
        let pattern = self.with_any_values();
        // Variables may stand for colons, and what is percent-encoded may be written otherwise.
        let is_plain = matches!(self, Self::Fixed(_)) && !pattern.contains('%');
        match is_plain && !arns.contains('%') {
            true => by_parts(&pattern, arns, overlap),
            false => overlap(&without_escapes(&pattern), &without_escapes(arns)),
        }
    }

    fn with_any_values(&self) -> Cow<'_, str> {
        match self {
            Self::Fixed(text) => text.into(),
            Self::Template(parts) => {
                let text = |part: &'_ Part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Variable(..) => MANY_TEXT.into(),
                };
                parts.iter().map(text).collect::<String>().into()
            }
        }
    }

    /// Whether this is the text, with wildcards; `None` where a variable has no value.
    pub(super) fn matches_text(&self, text: &str, request: &AccessRequest<'_>) -> Option<bool> {
        Some(glob(self.resolve(request)?.as_bytes(), text.as_bytes()))
    }

    /// The text, with variables filled in and wildcards as characters; `None` where a variable has no value.
    pub(super) fn text(&self, request: &AccessRequest<'_>) -> Option<String> {
        let resolved = self.resolve(request)?;
        let plain = |c| match c {
            '\0' => '*',
            '\u{1}' => '?',
            other => other,
        };
        Some(resolved.chars().map(plain).collect())
    }

    fn resolve(&self, request: &AccessRequest<'_>) -> Option<Cow<'_, str>> {
        let parts = match self {
            Self::Fixed(text) => return Some(text.as_str().into()),
            Self::Template(parts) => parts,
        };
        let mut resolved = String::new();
        for part in parts {
            match part {
                Part::Text(text) => resolved.push_str(text),
                Part::Variable(key, default) => match request.value(key) {
                    // What a client says never becomes a wildcard.
                    Some(value) => resolved.extend(
                        value.text().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }),
                    ),
                    None => resolved.push_str(default.as_ref()?),
                },
            }
        }
        Some(resolved.into())
    }
}

fn push_wild(to: &mut String, text: &str) {
    to.extend(text.chars().map(|c| match c {
        '*' => char::from(MANY),
        '?' => char::from(ONE),
        other => other,
    }));
}

/// Text with its wildcards as characters, and characters that are none as variables.
fn push_source(to: &mut String, text: &str) {
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\0' => to.push('*'),
            '\u{1}' => to.push('?'),
            '*' => to.push_str("${*}"),
            '?' => to.push_str("${?}"),
            '$' if characters.peek() == Some(&'{') => to.push_str("${$}"),
            other => to.push(other),
        }
    }
}

/// `'text'`
fn quoted(text: &str) -> Option<String> {
    text.strip_prefix('\'')?.strip_suffix('\'').map(Into::into)
}

/// Whether each of the first five parts of a pattern is that of an ARN, and the rest the rest, unless [`MANY`] ends one.
fn by_parts(pattern: &str, arn: &str, is: impl Fn(&str, &str) -> bool) -> bool {
    let (mut pattern, mut arn) = (pattern, arn);
    for _ in 0..5 {
        let Some((part, pattern_rest)) = pattern.split_once(':') else { break };
        if part.as_bytes().last() == Some(&MANY) {
            break;
        }
        let Some((own, arn_rest)) = arn.split_once(':') else { return false };
        if !is(part, own) {
            return false;
        }
        (pattern, arn) = (pattern_rest, arn_rest);
    }
    is(pattern, arn)
}

/// Whether a text is what a pattern with [`MANY`] and [`ONE`] describes. Only the last `MANY` is
/// ever tried again: what an earlier one could take as well, the last one takes. At most
/// pattern × text steps, without allocating.
pub(super) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(&MANY) => {
                retry = Some((p, t));
                p += 1;
                continue;
            }
            Some(&ONE) => {
                // One character, however many bytes it has.
                t += 1;
                while text.get(t).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    t += 1;
                }
                p += 1;
                continue;
            }
            Some(byte) if *byte == text[t] => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            _ => {}
        }
        let Some((many, from)) = retry else { return false };
        retry = Some((many, from + 1));
        (p, t) = (many + 1, from + 1);
    }
    pattern[p..].iter().all(|&token| token == MANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, text: &str) -> bool {
        let Some(Pattern::Fixed(pattern)) = Pattern::parse(pattern, false) else { panic!() };
        glob(pattern.as_bytes(), text.as_bytes())
    }

    /// By the definition, slowly.
    fn described(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| described(rest, &text[n..])),
            Some(('?', rest)) => !text.is_empty() && described(rest, &text[1..]),
            Some((c, rest)) => text.first() == Some(c) && described(rest, &text[1..]),
        }
    }

    #[test]
    fn a_wildcard_matches_exactly_what_its_definition_says() {
        const LETTERS: [char; 5] = ['a', 'é', '*', '?', '/'];
        let words = |letters: &[char]| {
            let mut words = alloc::vec![Vec::new()];
            for length in 1..5 {
                let longer: Vec<Vec<char>> = words
                    .iter()
                    .filter(|w: &&Vec<char>| w.len() == length - 1)
                    .flat_map(|w| letters.iter().map(|c| [&w[..], &[*c]].concat()))
                    .collect();
                words.extend(longer);
            }
            words
        };
        let texts = words(&['a', 'é', '/']);
        for pattern in words(&LETTERS) {
            let written: String = pattern.iter().collect();
            for text in &texts {
                let said: String = text.iter().collect();
                assert_eq!(is(&written, &said), described(&pattern, text), "{written} {said}");
            }
        }
    }

    #[test]
    fn a_pattern_of_many_wildcards_is_decided_soon() {
        let text = "a".repeat(1_600);
        assert!(!is(&("a*".repeat(800) + "b"), &text));
        assert!(is(&"a*".repeat(800), &text));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["a\0b", "\u{1}", "a\nb", "${aws:username", "${}", "${a, b}"] {
            assert_eq!(Pattern::parse(text, true), None, "{text:?}");
        }
        assert_eq!(Pattern::parse("${*}${?}${$}{", true), Some(Pattern::Fixed("*?${".into())));
        assert_eq!(Pattern::parse("${a}", false), Some(Pattern::Fixed("${a}".into())));
    }
}
