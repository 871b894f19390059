//! Equality of values as schemas mean it: numbers by value (`1` is `1.0`), objects without order.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::json::{Json, Object, decimal};

/// Whether two values are the same to `enum`.
pub(super) fn equal(a: &Json, b: &Json) -> bool {
    order(a, b).is_eq()
}

/// Whether no two items are the same. Sorting finds them in less time than comparing each with each.
pub(super) fn all_differ(items: &[Json]) -> bool {
    let mut sorted: Vec<&Json> = items.iter().collect();
    sorted.sort_unstable_by(|a, b| order(a, b));
    sorted.windows(2).all(|pair| order(pair[0], pair[1]).is_ne())
}

/// Some total order in which equal values stand beside each other.
fn order(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => decimal::compare(a, b),
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Array(a), Json::Array(b)) => a.len().cmp(&b.len()).then_with(|| {
            a.iter().zip(b).map(|(a, b)| order(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        }),
        (Json::Object(a), Json::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
            let (a, b) = (by_name(a), by_name(b));
            let names = a.iter().zip(&b).map(|(a, b)| a.0.cmp(b.0));
            let values = a.iter().zip(&b).map(|(a, b)| order(a.1, b.1));
            names.chain(values).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        }),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn by_name(object: &Object) -> Vec<(&str, &Json)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

fn rank(value: &Json) -> u8 {
    match value {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;
    use alloc::{format, string::String};

    #[test]
    fn values_are_equal_whatever_their_text() {
        for (a, b, are_equal) in [
            ("1", "1.0", true),
            ("1", "true", false),
            ("0", "false", false),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1e0}"#, true),
            (r#"{"a":1}"#, r#"{"b":1}"#, false),
            (r#"{"a":null}"#, "{}", false),
            ("[1,2]", "[2,1]", false),
            ("\"1\"", "1", false),
        ] {
            assert_eq!(equal(&read(a).unwrap(), &read(b).unwrap()), are_equal, "{a} {b}");
        }
    }

    #[test]
    fn repeated_items_are_found_among_many() {
        let items = |extra: &str| {
            let many: String = (0..20_000).map(|i| format!("{{\"id\":{i}}},")).collect();
            read(&format!("[{many}{extra}]")).unwrap()
        };
        assert!(all_differ(items("null").as_array().unwrap()));
        assert!(!all_differ(items("{\"id\":7.0}").as_array().unwrap()));
    }
}
