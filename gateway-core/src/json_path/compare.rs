//! Whether an item satisfies a filter.

use alloc::{borrow::Cow, string::ToString};
use core::cmp::Ordering;

use super::evaluate::{Budget, Stop, find};
use super::filter::{Filter, Operand, Operator};
use super::{Found, JsonPath};
use crate::json::{Json, Number, decimal};
use crate::json_schema::pattern::Pattern;

/// Whether an item passes. An operator that cannot be applied lets nothing pass.
pub(super) fn accepts(
    filter: &Filter,
    root: &Json,
    item: &Json,
    budget: &mut Budget,
) -> Result<bool, Stop> {
    match holds(filter, root, item, budget) {
        Err(Stop::Missing) => Ok(false),
        other => other,
    }
}

fn holds(filter: &Filter, root: &Json, item: &Json, budget: &mut Budget) -> Result<bool, Stop> {
    budget.spend(1)?;
    match filter {
        Filter::All(filters) => {
            for filter in filters {
                if !holds(filter, root, item, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Filter::Any(filters) => {
            for filter in filters {
                if holds(filter, root, item, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Filter::Not(filter) => Ok(!holds(filter, root, item, budget)?),
        Filter::Exists(path, wanted) => Ok(exists(path, root, item, budget)? == *wanted),
        Filter::Compare(left, operator, right) => {
            let left = value(left, root, item, budget)?;
            let right = value(right, root, item, budget)?;
            compare(&left, *operator, &right, budget)
        }
    }
}

fn exists(path: &JsonPath, root: &Json, item: &Json, budget: &mut Budget) -> Result<bool, Stop> {
    match find(path, root, item, true, budget) {
        Ok(found) => Ok(found.is_some()),
        Err(Stop::Missing) => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// An operand in its evaluation: `None` where its path leads to nothing, which equals nothing.
enum Side<'j> {
    Undefined,
    Value(Cow<'j, Json>),
    Pattern(&'j Pattern),
}

fn value<'j>(
    operand: &'j Operand,
    root: &'j Json,
    item: &'j Json,
    budget: &mut Budget,
) -> Result<Side<'j>, Stop> {
    match operand {
        Operand::Value(value) => Ok(Side::Value(Cow::Borrowed(value))),
        Operand::Pattern(pattern) => Ok(Side::Pattern(pattern)),
        Operand::Path(path) => match find(path, root, item, false, budget) {
            Ok(Some(Found::One(value))) => Ok(Side::Value(value)),
            Ok(Some(found)) => match found.into_json() {
                Some(list) => {
                    budget.spend_on(&list)?;
                    Ok(Side::Value(Cow::Owned(list)))
                }
                None => Ok(Side::Undefined),
            },
            Ok(None) | Err(Stop::Missing) => Ok(Side::Undefined),
            Err(stop) => Err(stop),
        },
    }
}

fn compare(
    left: &Side<'_>,
    operator: Operator,
    right: &Side<'_>,
    budget: &mut Budget,
) -> Result<bool, Stop> {
    Ok(match operator {
        Operator::Matches => return matches(left, right, budget),
        Operator::Equal => equal(left, right, budget)?,
        Operator::NotEqual => !equal(left, right, budget)?,
        Operator::SameTypeAndEqual => same_type(left, right) && equal(left, right, budget)?,
        Operator::NotSameTypeAndEqual => !(same_type(left, right) && equal(left, right, budget)?),
        Operator::Less => order(left, right).is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Operator::Greater => order(left, right).is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Operator::In => contains(list(right)?, left, budget)?,
        Operator::NotIn => !contains(list(right)?, left, budget)?,
        Operator::Contains => match (left.json(), right.json()) {
            (Some(Json::String(text)), Some(Json::String(part))) => {
                budget.spend((text.len() + part.len()) / 16)?;
                text.contains(&**part)
            }
            (Some(Json::Array(items)), _) => contains(items, right, budget)?,
            _ => false,
        },
        Operator::All => every(list(right)?, left, budget)?,
        Operator::SubsetOf => match left.json() {
            Some(Json::Array(items)) => {
                let set = list(right)?;
                for item in items {
                    if !contains(set, &Side::Value(Cow::Borrowed(item)), budget)? {
                        return Ok(false);
                    }
                }
                true
            }
            _ => false,
        },
        Operator::AnyOf => share(left, right, budget)?.unwrap_or_default(),
        Operator::NoneOf => share(left, right, budget)?.is_some_and(|share| !share),
        Operator::Size => match (left.json(), right.json().and_then(Json::as_number)) {
            (Some(Json::String(text)), Some(size)) => is_size(text.encode_utf16().count(), size),
            (Some(Json::Array(items)), Some(size)) => is_size(items.len(), size),
            _ => false,
        },
        Operator::Empty => {
            let wanted = right.json().and_then(Json::as_bool).ok_or(Stop::Missing)?;
            match left.json() {
                Some(Json::String(text)) => text.is_empty() == wanted,
                Some(Json::Array(items)) => items.is_empty() == wanted,
                Some(Json::Object(object)) => object.is_empty() == wanted,
                _ => false,
            }
        }
    })
}

impl Side<'_> {
    fn json(&self) -> Option<&Json> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }
}

fn is_size(size: usize, wanted: &Number) -> bool {
    wanted.as_i64().and_then(|wanted| usize::try_from(wanted).ok()) == Some(size)
}

/// A list that an operator needs.
fn list<'s>(side: &'s Side<'_>) -> Result<&'s [Json], Stop> {
    side.json().and_then(Json::as_array).ok_or(Stop::Missing)
}

fn contains(items: &[Json], wanted: &Side<'_>, budget: &mut Budget) -> Result<bool, Stop> {
    for item in items {
        if equal(wanted, &Side::Value(Cow::Borrowed(item)), budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn every(wanted: &[Json], side: &Side<'_>, budget: &mut Budget) -> Result<bool, Stop> {
    let Some(items) = side.json().and_then(Json::as_array) else { return Ok(false) };
    for wanted in wanted {
        if !contains(items, &Side::Value(Cow::Borrowed(wanted)), budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two lists have an item in common; `None` where the left side is no list.
fn share(left: &Side<'_>, right: &Side<'_>, budget: &mut Budget) -> Result<Option<bool>, Stop> {
    let set = list(right)?;
    let Some(items) = left.json().and_then(Json::as_array) else { return Ok(None) };
    for item in items {
        if contains(set, &Side::Value(Cow::Borrowed(item)), budget)? {
            return Ok(Some(true));
        }
    }
    Ok(Some(false))
}

/// Numbers and strings are compared with each other: by value where the number is on the left, as
/// text where the string is.
fn equal(left: &Side<'_>, right: &Side<'_>, budget: &mut Budget) -> Result<bool, Stop> {
    let (Some(left), Some(right)) = (left.json(), right.json()) else { return Ok(false) };
    budget.spend(1)?;
    Ok(match (left, right) {
        (Json::Number(a), Json::Number(b)) => decimal::compare(a, b).is_eq(),
        (Json::Number(a), Json::String(b)) => {
            Number::from_text(b).is_some_and(|b| decimal::compare(a, &b).is_eq())
        }
        (Json::String(a), Json::Number(b)) => *a == b.printed(),
        (Json::Array(_), Json::Array(_)) | (Json::Object(_), Json::Object(_)) => {
            budget.spend_on(left)?;
            left == right
        }
        (Json::String(a), Json::String(b)) => {
            budget.spend(a.len() / 64)?;
            a == b
        }
        _ => left == right,
    })
}

fn same_type(left: &Side<'_>, right: &Side<'_>) -> bool {
    let kind = |side: &Side<'_>| match side {
        Side::Undefined => 0,
        Side::Pattern(_) => 1,
        Side::Value(value) => match &**value {
            Json::Null => 2,
            Json::Bool(_) => 3,
            Json::Number(_) => 4,
            Json::String(_) => 5,
            Json::Array(_) | Json::Object(_) => 6,
        },
    };
    kind(left) == kind(right)
}

/// The order of numbers and strings; of one of each, as texts. UTF-16 units, as Java compares.
fn order(left: &Side<'_>, right: &Side<'_>) -> Option<Ordering> {
    let texts = |a: &str, b: &str| a.encode_utf16().cmp(b.encode_utf16());
    Some(match (left.json()?, right.json()?) {
        (Json::Number(a), Json::Number(b)) => decimal::compare(a, b),
        (Json::String(a), Json::String(b)) => texts(a, b),
        (Json::String(a), Json::Number(b)) => texts(a, &b.printed()),
        (Json::Number(a), Json::String(b)) => texts(&a.printed(), b),
        _ => return None,
    })
}

/// A pattern against a text, or against any item of a list.
fn matches(left: &Side<'_>, right: &Side<'_>, budget: &mut Budget) -> Result<bool, Stop> {
    let (pattern, side) = match (left, right) {
        (Side::Pattern(pattern), side) | (side, Side::Pattern(pattern)) => (pattern, side),
        _ => return Ok(false),
    };
    let mut is_match = |value: &Json| {
        let text = match value {
            Json::String(text) => Cow::Borrowed(&**text),
            Json::Number(number) => number.printed(),
            Json::Bool(value) => Cow::Owned(value.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => Cow::Borrowed(""),
        };
        // Those of a pattern are a few for each that a value takes.
        budget.spend(1 + (pattern.steps(&text) / 4).min(usize::MAX as u64) as usize)?;
        Ok(pattern.is_match(&text))
    };
    match side {
        Side::Value(value) => match &**value {
            Json::Array(items) => {
                for item in items {
                    if is_match(item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            value => is_match(value),
        },
        Side::Undefined => is_match(&Json::Null),
        Side::Pattern(_) => Ok(false),
    }
}
