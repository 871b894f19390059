//! Reads filters: `[?(@.price < 10 && @.category == 'fiction')]`.

use alloc::{boxed::Box, format, string::String, vec::Vec};

use super::parse::Cursor;
use super::{JsonPath, JsonPathError};
use crate::json::{Json, Number};
use crate::json_schema::pattern::{self, Pattern};

/// What an item must satisfy.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// Whether there is something at a path.
    Exists(JsonPath, bool),
    Compare(Operand, Operator, Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    Path(JsonPath),
    Value(Json),
    Pattern(Pattern),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    SameTypeAndEqual,
    NotSameTypeAndEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    Contains,
    All,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
}

/// Symbols; those that begin like another stand before it.
const SYMBOLS: [(&str, Operator); 9] = [
    ("===", Operator::SameTypeAndEqual),
    ("!==", Operator::NotSameTypeAndEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("=~", Operator::Matches),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

const WORDS: [(&str, Operator); 9] = [
    ("in", Operator::In),
    ("nin", Operator::NotIn),
    ("contains", Operator::Contains),
    ("all", Operator::All),
    ("size", Operator::Size),
    ("empty", Operator::Empty),
    ("subsetof", Operator::SubsetOf),
    ("anyof", Operator::AnyOf),
    ("noneof", Operator::NoneOf),
];

/// A filter in its parentheses.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Filter, JsonPathError> {
    if !cursor.take('(') {
        return Err(cursor.error("a filter stands in `?(` and `)`"));
    }
    let filter = any(cursor)?;
    cursor.skip_blanks();
    match cursor.take(')') {
        true => Ok(filter),
        false => Err(cursor.error("expected `)`, `&&` or `||`")),
    }
}

fn any(cursor: &mut Cursor<'_>) -> Result<Filter, JsonPathError> {
    let mut filters = alloc::vec![all(cursor)?];
    while takes(cursor, "||") {
        filters.push(all(cursor)?);
    }
    Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
}

fn all(cursor: &mut Cursor<'_>) -> Result<Filter, JsonPathError> {
    let mut filters = alloc::vec![one(cursor)?];
    while takes(cursor, "&&") {
        filters.push(one(cursor)?);
    }
    Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
}

fn one(cursor: &mut Cursor<'_>) -> Result<Filter, JsonPathError> {
    cursor.skip_blanks();
    cursor.enter()?;
    let filter = if cursor.take('!') {
        cursor.skip_blanks();
        match cursor.peek() {
            Some('$' | '@') => Filter::Exists(operand_path(cursor)?, false),
            _ => Filter::Not(Box::new(one(cursor)?)),
        }
    } else if cursor.peek() == Some('(') {
        read(cursor)?
    } else {
        comparison(cursor)?
    };
    cursor.depth -= 1;
    Ok(filter)
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Filter, JsonPathError> {
    let left = operand(cursor)?;
    cursor.skip_blanks();
    if matches!(cursor.peek(), None | Some(')' | '&' | '|')) {
        return match left {
            Operand::Path(path) => Ok(Filter::Exists(path, true)),
            Operand::Value(_) | Operand::Pattern(_) => Err(cursor.error("expected an operator")),
        };
    }
    let operator = operator(cursor)?;
    let right = operand(cursor)?;
    Ok(Filter::Compare(left, operator, right))
}

fn operator(cursor: &mut Cursor<'_>) -> Result<Operator, JsonPathError> {
    let rest = cursor.rest();
    if let Some((symbol, operator)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        cursor.at += symbol.len();
        return Ok(*operator);
    }
    let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let known = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    let (_, operator) = known.ok_or_else(|| cursor.error("expected an operator"))?;
    cursor.at += word.len();
    Ok(*operator)
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, JsonPathError> {
    cursor.skip_blanks();
    Ok(match cursor.peek() {
        Some('$' | '@') => Operand::Path(operand_path(cursor)?),
        Some('\'' | '"') => Operand::Value(Json::String(cursor.quoted()?)),
        Some('/') => Operand::Pattern(regex(cursor)?),
        Some('[' | '{') => Operand::Value(brackets(cursor)?),
        Some('t' | 'f' | 'n') => Operand::Value(cursor.json_literal()?),
        _ => Operand::Value(number(cursor)?),
    })
}

fn operand_path(cursor: &mut Cursor<'_>) -> Result<JsonPath, JsonPathError> {
    cursor.path(|c| matches!(c, ' ' | ')' | '<' | '>' | '=' | '!' | '~' | '&' | '|' | ','))
}

fn number(cursor: &mut Cursor<'_>) -> Result<Json, JsonPathError> {
    let rest = cursor.rest();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let number = Number::from_text(&rest[..length]);
    let number =
        number.ok_or_else(|| cursor.error("expected a path, a string, a number or a pattern"))?;
    cursor.at += length;
    Ok(Json::Number(number))
}

/// An array or an object; strings in it may have single quotes.
fn brackets(cursor: &mut Cursor<'_>) -> Result<Json, JsonPathError> {
    if cursor.peek() == Some('{') {
        return cursor.json_literal();
    }
    let mut items = Vec::new();
    cursor.next();
    cursor.enter()?;
    cursor.skip_blanks();
    if !cursor.take(']') {
        loop {
            cursor.skip_blanks();
            items.push(match operand(cursor)? {
                Operand::Value(value) => value,
                Operand::Path(_) | Operand::Pattern(_) => {
                    return Err(cursor.error("a list has values only"));
                }
            });
            cursor.skip_blanks();
            if cursor.take(']') {
                break;
            }
            if !cursor.take(',') {
                return Err(cursor.error("expected `,` or `]`"));
            }
        }
    }
    cursor.depth -= 1;
    Ok(Json::Array(items))
}

/// `/pattern/flags`; the whole of a text must match.
fn regex(cursor: &mut Cursor<'_>) -> Result<Pattern, JsonPathError> {
    let begin = cursor.error("");
    let (mut source, mut is_escaped) = (String::new(), false);
    cursor.next();
    loop {
        match cursor.next() {
            None => {
                return Err(JsonPathError {
                    reason: "a pattern without its closing `/`".into(),
                    ..begin
                });
            }
            Some('/') if !is_escaped => break,
            Some(c) => {
                source.push(c);
                is_escaped = c == '\\' && !is_escaped;
            }
        }
    }
    let rest = cursor.rest();
    let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let flags = &rest[..length];
    if let Some(unknown) = flags.chars().find(|c| !matches!(c, 'i' | 'm' | 's' | 'x')) {
        return Err(
            cursor.error(&format!("no flag `{unknown}` for patterns; there are i, m, s and x"))
        );
    }
    cursor.at += length;
    pattern::whole(&source, flags)
        .map_err(|refused| JsonPathError { reason: refused.reason, ..begin })
}

fn takes(cursor: &mut Cursor<'_>, symbol: &str) -> bool {
    cursor.skip_blanks();
    let found = cursor.rest().starts_with(symbol);
    cursor.at += if found { symbol.len() } else { 0 };
    found
}
