//! Paths without what does not matter.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Several slashes become one, `.` goes, `..` goes with what it leaves; for Windows backslashes are
/// slashes. A `..` beyond the start stays, as it leads somewhere else.
pub(crate) fn normalize(text: &[u8], is_windows: bool) -> Cow<'_, [u8]> {
    let slashed: Cow<'_, [u8]> = match is_windows && text.contains(&b'\\') {
        true => text.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect::<Vec<u8>>().into(),
        false => text.into(),
    };
    let is_absolute = slashed.first() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in slashed.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            b".." if is_absolute => {}
            _ => kept.push(segment),
        }
    }
    let mut out = Vec::with_capacity(slashed.len());
    if is_absolute {
        out.push(b'/');
    }
    out.extend(kept.join(&b'/'));
    let ends_open =
        slashed.ends_with(b"/") || slashed.ends_with(b"/.") || slashed.ends_with(b"/..");
    if ends_open && !kept.is_empty() {
        out.push(b'/');
    }
    match out == text {
        true => text.into(),
        false => out.into(),
    }
}
