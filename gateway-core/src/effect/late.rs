//! What of an access log entry is known only when the content of the answer has ended.

use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

use crate::message::Timestamp;

/// A value in the line of a streamed answer's entry. What stands there meanwhile is what a host says that
/// does not wait for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Where it begins in the line, in bytes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// What it is.
    pub value: LateValue,
}

/// A value that is known later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LateValue {
    /// Milliseconds from then until the first byte of content came.
    FirstContent(Timestamp),
    /// Milliseconds from then until the content ended.
    End(Timestamp),
    /// The content's length, and so many bytes more.
    Length(u64),
}

/// How content came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Came {
    /// When its first byte came, if one did.
    pub first: Option<Timestamp>,
    /// When it ended.
    pub ended: Timestamp,
    /// Its length in bytes.
    pub length: u64,
}

impl Late {
    /// The line with all its values. `lates` are in the order of the line.
    pub fn complete(line: &str, lates: &[Self], came: Came) -> String {
        let mut complete = String::with_capacity(line.len() + 16);
        let mut rest_from = 0;
        for late in lates {
            let (start, end) = (late.start as usize, late.end as usize);
            let Some(before) = line.get(rest_from..start).filter(|_| end >= start) else {
                continue;
            };
            complete.push_str(before);
            complete.push_str(&late.value.told(came));
            rest_from = end;
        }
        complete.push_str(line.get(rest_from..).unwrap_or_default());
        complete
    }
}

impl LateValue {
    fn told(self, came: Came) -> String {
        let since = |from: Timestamp, to: Timestamp| to.0.saturating_sub(from.0).to_string();
        match self {
            Self::FirstContent(from) => came.first.map_or("-".into(), |first| since(from, first)),
            Self::End(from) => since(from, came.ended),
            Self::Length(more) => came.length.saturating_add(more).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_completed_where_its_values_stand() {
        let late = |start, end, value| Late { start, end, value };
        let lates = [
            late(0, 1, LateValue::FirstContent(Timestamp(100))),
            late(2, 4, LateValue::End(Timestamp(50))),
            late(7, 8, LateValue::Length(3)),
        ];
        let came = Came { first: Some(Timestamp(130)), ended: Timestamp(950), length: 7 };
        assert_eq!(Late::complete("- 12 ü-\"", &lates, came), "30 900 ü10\"");
        let nothing = Came { ended: Timestamp(60), ..Came::default() };
        assert_eq!(Late::complete("- 12 ü-", &lates, nothing), "- 10 ü3");
    }

    #[test]
    fn a_place_that_is_none_changes_nothing() {
        let late = |start, end| Late { start, end, value: LateValue::Length(0) };
        for odd in [late(1, 2), late(9, 9), late(2, 0)] {
            assert_eq!(Late::complete("ü-", &[odd], Came::default()), "ü-", "{odd:?}");
        }
    }
}
