//! What was matched, for logs and for whoever asks why.
//!
//! AWS documents `matchedData` for injections only, and its examples have tokens, without quotes and blanks: `10`, `AND`, `1`
//! of SQL, `<`, `frameset` of a script. How many, it does not say.

use alloc::string::String;
use alloc::vec::Vec;

use crate::pattern::as_text;
use crate::sql;
use crate::transform::is_word;

/// Most tokens: as many as libinjection goes by.
const TOKENS_MAX: usize = 5;
/// Most bytes of each.
const TOKEN_BYTES_MAX: usize = 64;

/// `terminatingRuleMatchDetails`, and where and by what any rule of a managed group found something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `XSS`, `SQL_INJECTION`; empty for what logs do not tell of.
    pub condition: &'static str,
    /// Where, as logs have it: `ALL_QUERY_ARGS`.
    pub location: &'static str,
    /// The name of the argument, header field, cookie or member, where it has one.
    pub name: Option<String>,
    /// The first tokens of it.
    pub data: Vec<String>,
    pub(crate) sensitivity: &'static str,
}

/// The tokens of a text where it begins to be what it was found to be.
pub(crate) fn tokens(condition: &str, text: &[u8]) -> Vec<String> {
    let mut at = begin(condition, text);
    let mut all = Vec::new();
    while let Some((start, end)) = next(text, at).filter(|_| all.len() < TOKENS_MAX) {
        all.push(as_text(&text[start..end.min(start + TOKEN_BYTES_MAX)]).into_owned());
        at = end;
    }
    all
}

/// A tag; or what stands before SQL's first quote, mark or word.
fn begin(condition: &str, text: &[u8]) -> usize {
    if condition == "XSS" {
        let tag = text.windows(2).position(|w| w[0] == b'<' && !w[1].is_ascii_whitespace());
        return tag.unwrap_or(0);
    }
    let is_sql = condition == "SQL_INJECTION";
    let (mut before, mut at) = (0, 0);
    while let Some((start, end)) = next(text, at).filter(|_| is_sql) {
        let is_behind_quote = text[at..start].iter().any(|b| is_quote(*b));
        let token = &text[start..end];
        if is_behind_quote
            || matches!(token, b";" | b"--" | b"||" | b"&&" | b"#")
            || sql::tells(token)
        {
            return before;
        }
        (before, at) = (start, end);
    }
    0
}

/// Where the next word, or run of a mark, begins and ends.
fn next(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let is_gap = |b: &u8| is_quote(*b) || *b <= b' ';
    let start = at + text.get(at..)?.iter().position(|b| !is_gap(b))?;
    let is_part = |b: u8| is_word(b) || b >= 0x80;
    let first = text[start];
    let same = |b: &&u8| if is_part(first) { is_part(**b) } else { **b == first };
    Some((start, start + text[start..].iter().take_while(same).count()))
}

fn is_quote(b: u8) -> bool {
    matches!(b, b'\'' | b'"' | b'`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_matched_is_told_in_few_tokens_without_quotes_and_blanks() {
        for (condition, text, expected) in [
            ("SQL_INJECTION", "1' OR '1'='1", "1 OR 1 = 1"),
            ("SQL_INJECTION", "10 AND 1=1", "10 AND 1 = 1"),
            ("SQL_INJECTION", "SELECT 1e1 FROM test", "SELECT 1e1 FROM test"),
            ("SQL_INJECTION", "it all began with x; drop table y", "x ; drop table y"),
            ("XSS", "see <frameset onload=x()>", "< frameset onload = x"),
            ("XSS", "alert(1)", "alert ( 1 )"),
            ("", "/etc/passwd", "/ etc / passwd"),
            ("SQL_INJECTION", "", ""),
        ] {
            assert_eq!(tokens(condition, text.as_bytes()).join(" "), expected, "{text}");
        }
        let long = tokens("XSS", "é<a".repeat(1_000).as_bytes());
        assert!(
            long.len() <= TOKENS_MAX && long.iter().all(|one| one.len() <= 3 * TOKEN_BYTES_MAX)
        );
    }
}
