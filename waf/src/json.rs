//! JSON bodies: names and values one after another, without building anything, however deep they are
//! and wherever they end.

mod loose;

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use loose::loose;

/// Most values within each other; what is deeper is not JSON for a web ACL.
const DEPTH_MAX: usize = 512;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a walk comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// The name of a member.
    Key,
    /// A string, a number, `true`, `false` or `null`.
    Value,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    /// Where the text is no longer JSON.
    Invalid(usize),
    /// The visitor had enough.
    Stopped,
}

/// Walks through a text. The visitor is given each item's pointer (RFC 6901) and text, decoded, and
/// returns whether to stop.
pub(crate) fn walk(text: &[u8], visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool) -> End {
    walk_with(text, false, true, visit)
}

/// The same for who needs no pointers: none is told.
pub(crate) fn items(text: &[u8], visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool) -> End {
    walk_with(text, false, false, visit)
}

/// The same, as AWS WAF reads JSON ("How AWS WAF handles JSON body inspection"): parsing fails at "duplicate
/// keys" and "content whose root node isn't an object or an array", and does not at a comma that is missing
/// between members, a colon that is missing, or more of them.
pub(crate) fn walk_as_aws(text: &[u8], visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool) -> End {
    walk_with(text, true, true, visit)
}

fn walk_with(
    text: &[u8],
    as_aws: bool,
    points: bool,
    visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool,
) -> End {
    // "Implementations may ignore the presence of a byte order mark" (RFC 8259 §8.1), and do.
    let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut walk = Walk { text, at, as_aws, points, pointer: String::new(), open: Vec::new() };
    walk.white();
    if as_aws && !matches!(walk.peek(), Some(b'{' | b'[')) {
        return End::Invalid(walk.at);
    }
    match walk.run(visit) {
        Ok(()) => End::Complete,
        Err(Halt::Stopped) => End::Stopped,
        Err(Halt::Invalid) => End::Invalid(walk.at),
    }
}

enum Halt {
    Invalid,
    Stopped,
}

struct Walk<'t> {
    text: &'t [u8],
    at: usize,
    as_aws: bool,
    /// Whether pointers are told.
    points: bool,
    pointer: String,
    open: Vec<Open<'t>>,
}

/// An array (with the index of its element) or an object, and where its pointer ends.
struct Open<'t> {
    index: Option<u32>,
    pointer: usize,
    /// The names of an object's members so far, where they matter.
    names: BTreeSet<Cow<'t, [u8]>>,
}

impl<'t> Walk<'t> {
    fn run(&mut self, visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool) -> Result<(), Halt> {
        loop {
            // Where a value begins.
            self.white();
            match self.peek() {
                Some(b'{') => {
                    self.enter(None)?;
                    if !self.takes(b'}') {
                        self.key(visit)?;
                        continue;
                    }
                    self.leave();
                }
                Some(b'[') => {
                    self.enter(Some(0))?;
                    if !self.takes(b']') {
                        self.point(0);
                        continue;
                    }
                    self.leave();
                }
                Some(b'"') => {
                    let text = self.string()?;
                    self.tell(visit, Item::Value, &text)?;
                }
                _ => {
                    let text = self.literal()?;
                    self.tell(visit, Item::Value, text)?;
                }
            }
            // Behind a value.
            loop {
                let Some(open) = self.open.last_mut() else {
                    self.white();
                    return if self.at == self.text.len() { Ok(()) } else { Err(Halt::Invalid) };
                };
                self.pointer.truncate(open.pointer);
                if let Some(index) = &mut open.index {
                    *index += 1;
                    let index = *index;
                    if self.takes(b',') {
                        self.point(index);
                        break;
                    }
                    self.expect(b']')?;
                } else {
                    if self.takes(b',') || self.as_aws && self.peek() == Some(b'"') {
                        self.key(visit)?;
                        break;
                    }
                    self.expect(b'}')?;
                }
                self.leave();
            }
        }
    }

    fn enter(&mut self, index: Option<u32>) -> Result<(), Halt> {
        if self.open.len() == DEPTH_MAX {
            return Err(Halt::Invalid);
        }
        self.at += 1;
        self.open.push(Open { index, pointer: self.pointer.len(), names: BTreeSet::new() });
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(open) = self.open.pop() {
            self.pointer.truncate(open.pointer);
        }
    }

    /// To an element of an array.
    fn point(&mut self, index: u32) {
        if self.points {
            self.pointer.push_str(&alloc::format!("/{index}"));
        }
    }

    fn key(&mut self, visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool) -> Result<(), Halt> {
        self.white();
        if self.peek() != Some(b'"') {
            return Err(Halt::Invalid);
        }
        let begin = self.at;
        let key = self.string()?;
        if self.as_aws
            && let Some(open) = self.open.last_mut()
            && !open.names.insert(key.clone())
        {
            self.at = begin;
            return Err(Halt::Invalid);
        }
        if self.points {
            self.pointer.push('/');
            for character in crate::pattern::as_text(&key).chars() {
                match character {
                    '~' => self.pointer.push_str("~0"),
                    '/' => self.pointer.push_str("~1"),
                    other => self.pointer.push(other),
                }
            }
        }
        self.tell(visit, Item::Key, &key)?;
        if self.as_aws {
            while self.takes(b':') {}
            return Ok(());
        }
        self.expect(b':')
    }

    fn tell(
        &self,
        visit: &mut dyn FnMut(&str, Item, &[u8]) -> bool,
        item: Item,
        text: &[u8],
    ) -> Result<(), Halt> {
        if visit(&self.pointer, item, text) { Err(Halt::Stopped) } else { Ok(()) }
    }

    fn literal(&mut self) -> Result<&'t [u8], Halt> {
        let rest = &self.text[self.at..];
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
        let end = rest.iter().position(|b| !plain(b)).unwrap_or(rest.len());
        let text = &rest[..end];
        let is_number = text.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-');
        if !is_number && !matches!(text, b"true" | b"false" | b"null") {
            return Err(Halt::Invalid);
        }
        self.at += end;
        Ok(text)
    }

    fn string(&mut self) -> Result<Cow<'t, [u8]>, Halt> {
        let text = &self.text[self.at + 1..];
        let special = |b: &u8| matches!(b, b'"' | b'\\') || *b < 0x20;
        let plain = text.iter().position(special).ok_or(Halt::Invalid)?;
        if text[plain] == b'"' {
            self.at += plain + 2;
            return Ok(text[..plain].into());
        }
        let mut out = text[..plain].to_vec();
        let mut at = plain;
        loop {
            match *text.get(at).ok_or(Halt::Invalid)? {
                b'"' => break,
                b'\\' => at += 1 + escape(&text[at + 1..], &mut out).ok_or(Halt::Invalid)?,
                byte if byte < 0x20 => return Err(Halt::Invalid),
                byte => {
                    out.push(byte);
                    at += 1;
                }
            }
        }
        self.at += at + 2;
        Ok(out.into())
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn white(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        self.white();
        let takes = self.peek() == Some(byte);
        self.at += usize::from(takes);
        takes
    }

    fn expect(&mut self, byte: u8) -> Result<(), Halt> {
        if self.takes(byte) { Ok(()) } else { Err(Halt::Invalid) }
    }
}

/// What follows a backslash: written, and how long it was.
fn escape(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let byte = match *text.first()? {
        byte @ (b'"' | b'\\' | b'/') => byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let first = unit(text)?;
            let pair = (0xd800..0xdc00).contains(&first) && text.get(5) == Some(&b'\\');
            let second = pair.then(|| unit(&text[6..])).flatten();
            let units = [first, second.unwrap_or_default()];
            let count = 1 + usize::from(second.is_some());
            let mut decoded = char::decode_utf16(units[..count].iter().copied());
            let character = decoded.next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            let took_pair = character.len_utf16() == 2;
            return Some(if took_pair { 11 } else { 5 });
        }
        _ => return None,
    };
    out.push(byte);
    Some(1)
}

fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"u")?.get(..4)?;
    let digits = core::str::from_utf8(digits).ok()?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn walked(text: &str) -> (Vec<(String, String)>, End) {
        let mut all = Vec::new();
        let end = walk(text.as_bytes(), &mut |pointer, item, text| {
            let mark = if item == Item::Key { "?" } else { "" };
            all.push((pointer.into(), alloc::format!("{mark}{}", String::from_utf8_lossy(text))));
            false
        });
        (all, end)
    }
    #[test]
    fn aws_passes_over_some_mistakes_and_stops_at_others() {
        let walked = |text: &str| {
            let mut all = String::new();
            let end = walk_as_aws(text.as_bytes(), &mut |_, _, text| {
                all.push_str(&String::from_utf8_lossy(text));
                false
            });
            (all, end)
        };
        for text in [
            r#"{"k":"v""l":"w"}"#,
            r#"{"k":"v","l""w"}"#,
            r#"{"k"::"v","l""w"}"#,
            r#" {"k":"v","l":"w"} "#,
        ] {
            assert_eq!(walked(text), ("kvlw".into(), End::Complete), "{text}");
        }
        for (text, told, at) in [
            (r#"{"k":"v","\u006b":"w"}"#, "kv", 9),
            (r#"[{"k":{"k":1},"l":2},{"k":3,"k":4}]"#, "kk1l2k3", 28),
            (r#""text""#, "", 0),
            (" 1", "", 1),
            ("", "", 0),
        ] {
            assert_eq!(walked(text), (told.into(), End::Invalid(at)), "{text}");
        }
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(p, t)| ((*p).into(), (*t).into())).collect()
    }

    #[test]
    fn every_name_and_value_comes_with_its_pointer() {
        let (all, end) =
            walked(r#" {"a":[1,{"b/c":"x\n\u00fc\ud83d\ude00"},[]],"d":{},"e":null} "#);
        let expected = [
            ("/a", "?a"),
            ("/a/0", "1"),
            ("/a/1/b~1c", "?b/c"),
            ("/a/1/b~1c", "x\n\u{fc}\u{1f600}"),
            ("/d", "?d"),
            ("/e", "?e"),
            ("/e", "null"),
        ];
        assert_eq!((all, end), (pairs(&expected), End::Complete));
    }

    #[test]
    fn what_stands_before_a_mistake_is_told() {
        let cases = [
            (r#"{"a":"b","c":"#, vec![("/a", "?a"), ("/a", "b"), ("/c", "?c")]),
            (r#"[1,2"#, vec![("/0", "1"), ("/1", "2")]),
            (r#"{"a":tru}"#, vec![("/a", "?a")]),
            (r#""a" b"#, vec![("", "a")]),
            (r#"{"a" 1}"#, vec![("/a", "?a")]),
            ("", vec![]),
            (r#"["\x"]"#, vec![]),
        ];
        for (text, expected) in cases {
            let (all, end) = walked(text);
            assert_eq!(all, pairs(&expected), "{text}");
            assert!(matches!(end, End::Invalid(_)), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(walked(&deep).1, End::Invalid(DEPTH_MAX)));
    }
}
