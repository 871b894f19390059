//! Equality of values as schemas mean it: numbers by value (`1` is `1.0`), objects without order.
//!
//! Each value is written once in a canonical form, bytes that only equal values share; bytes are then
//! compared, not values. No form is the beginning of another's.

use alloc::{boxed::Box, vec::Vec};

use crate::json::{Json, Number, Object, decimal::Decimal};

/// The values of an `enum`.
#[derive(Debug)]
pub(super) struct Set(Vec<Box<[u8]>>);

impl Set {
    pub(super) fn of(values: &[Json]) -> Self {
        let canonical = |value: &Json| {
            let mut form = Vec::new();
            write(value, &mut form);
            form.into_boxed_slice()
        };
        let mut forms: Vec<_> = values.iter().map(canonical).collect();
        forms.sort_unstable();
        Self(forms)
    }

    pub(super) fn has(&self, value: &Json) -> bool {
        let mut form = Vec::new();
        write(value, &mut form);
        self.0.binary_search_by(|known| (**known).cmp(&form)).is_ok()
    }

    /// Steps that looking for a value takes beside those of writing it.
    pub(super) fn steps(&self) -> usize {
        1 + halvings(self.0.len()) / HALVINGS_A_STEP
    }
}

/// Whether no two items are the same.
pub(super) fn all_differ(items: &[Json]) -> bool {
    let (mut forms, mut places) = (Vec::new(), Vec::with_capacity(items.len()));
    for item in items {
        let start = forms.len();
        write(item, &mut forms);
        places.push(Place { head: head(&forms[start..]), start, end: forms.len() });
    }
    let form = |place: &Place| &forms[place.start..place.end];
    places.sort_unstable_by(|a, b| a.head.cmp(&b.head).then_with(|| form(a).cmp(form(b))));
    places.windows(2).all(|pair| form(&pair[0]) != form(&pair[1]))
}

/// Steps that [`all_differ`] takes to sort beside those of writing the items.
pub(super) fn steps_to_sort(items: usize) -> usize {
    items.saturating_mul(halvings(items)) / HALVINGS_A_STEP
}

/// Comparisons of two heads, some nanoseconds each, that are as much as one step.
const HALVINGS_A_STEP: usize = 8;

fn halvings(count: usize) -> usize {
    count.checked_ilog2().map_or(0, |log| log as usize + 1)
}

/// Where a form is among all of them, and how it begins: most differ there already.
struct Place {
    head: u64,
    start: usize,
    end: usize,
}

fn head(form: &[u8]) -> u64 {
    let mut head = [0; 8];
    let length = form.len().min(8);
    head[..length].copy_from_slice(&form[..length]);
    u64::from_be_bytes(head)
}

/// Steps that writing a value's form takes: one a value, and more for long texts.
pub(super) fn weight(value: &Json) -> usize {
    1 + match value {
        Json::Null | Json::Bool(_) => 0,
        Json::Number(number) => number.length() / TEXT_BYTES_A_STEP,
        Json::String(text) => text.len() / TEXT_BYTES_A_STEP,
        Json::Array(items) => items.iter().map(weight).sum(),
        Json::Object(object) => {
            let members = object.iter();
            let members = members.map(|(n, v)| 1 + n.len() / TEXT_BYTES_A_STEP + weight(v));
            members.sum::<usize>() + steps_to_sort(object.len())
        }
    }
}

/// Bytes of text that are copied, or digits that are read, in one step.
pub(super) const TEXT_BYTES_A_STEP: usize = 16;

/// Ends what has no length: UTF-8 has no such byte, and no form begins with it.
const END: u8 = 0xff;

fn write(value: &Json, form: &mut Vec<u8>) {
    match value {
        Json::Null => form.push(0),
        Json::Bool(value) => form.push(1 + u8::from(*value)),
        Json::Number(number) => write_number(number, form),
        Json::String(text) => {
            form.push(5);
            write_text(text, form);
        }
        Json::Array(items) => {
            form.push(6);
            items.iter().for_each(|item| write(item, form));
            form.push(END);
        }
        Json::Object(object) => {
            form.push(7);
            for (name, value) in by_name(object) {
                form.push(1);
                write_text(name, form);
                write(value, form);
            }
            form.push(END);
        }
    }
}

fn write_text(text: &str, form: &mut Vec<u8>) {
    form.extend_from_slice(text.as_bytes());
    form.push(END);
}

/// Integers that seven bytes hold are those bytes, however they are written; others are their digits.
fn write_number(number: &Number, form: &mut Vec<u8>) {
    let integer = number.as_i64().filter(|value| value.unsigned_abs() < SHORT);
    let decimal = integer.is_none().then(|| Decimal::new(number));
    let integer = integer.or_else(|| decimal.as_ref()?.as_integer_below(SHORT));
    if let Some(integer) = integer {
        let bytes = (integer + (1 << 55)).to_be_bytes();
        form.push(3);
        form.extend_from_slice(&bytes[1..]);
    } else if let Some(decimal) = decimal {
        form.push(4);
        decimal.write(form);
        form.push(END);
    }
}

/// 10^16, which is less than 2^55.
const SHORT: u64 = 10_000_000_000_000_000;

fn by_name(object: &Object) -> Vec<(&str, &Json)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;
    use alloc::{format, string::String, vec};

    #[test]
    fn values_are_equal_whatever_their_text() {
        for (a, b, are_equal) in [
            ("1", "1.0", true),
            ("1", "true", false),
            ("0", "false", false),
            ("0", "-0.0e9", true),
            ("-120", "-1.2e2", true),
            ("1.5", "-1.5", false),
            ("1.5", "15", false),
            ("0.15", "1.5", false),
            ("1.05", "1.5", false),
            ("9999999999999999", "9999999999999999.0", true),
            ("10000000000000000", "1e16", true),
            ("123456789012345678901234567890", "123456789012345678901234567890.00", true),
            ("123456789012345678901234567890", "123456789012345678901234567891", false),
            ("1e300", "1e301", false),
            ("1e-300", "0.1e-299", true),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1e0}"#, true),
            (r#"{"a":1}"#, r#"{"b":1}"#, false),
            (r#"{"a":null}"#, "{}", false),
            (r#"{"":null}"#, "{}", false),
            ("[1,2]", "[2,1]", false),
            ("[[],1]", "[[1]]", false),
            (r#"["a","b"]"#, r#"["ab"]"#, false),
            ("\"1\"", "1", false),
        ] {
            let (a_value, b_value) = (read(a).unwrap(), read(b).unwrap());
            assert_eq!(
                Set::of(core::slice::from_ref(&a_value)).has(&b_value),
                are_equal,
                "{a} {b}"
            );
            assert_eq!(!all_differ(&[a_value, b_value]), are_equal, "{a} {b}");
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

    #[test]
    fn forms_of_different_numbers_mostly_differ_in_their_first_eight_bytes() {
        let heads = |texts: Vec<String>| {
            let mut heads: Vec<u64> = texts
                .iter()
                .map(|text| {
                    let mut form = vec![];
                    write(&read(text).unwrap(), &mut form);
                    head(&form)
                })
                .collect();
            heads.sort_unstable();
            heads.dedup();
            heads.len()
        };
        assert_eq!(
            heads((0..1_000).map(|i| format!("{}", 9_000_000_000_000_000_u64 + i)).collect()),
            1_000
        );
        assert_eq!(heads((0..1_000).map(|i| format!("{i}.5")).collect()), 1_000);
        assert_eq!(heads((0..1_000).map(|i| format!("9000000{i}.25")).collect()), 1_000);
    }
}
