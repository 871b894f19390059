//! JSON as the template language's values.

use alloc::rc::Rc;
use alloc::string::{String, ToString};

use velocity::{List, Map, Notation, Object, Value};

use crate::json::{Json, Number};

/// The value of JSON: objects are maps in the order of their members, arrays are lists that print as
/// JSON. Text within it does not change.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number_value(number),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => list(items.iter()),
        Json::Object(object) => Value::Map(Map::from_entries(
            object.iter().map(|(name, member)| (Value::from(name), value(member))),
        )),
    }
}

/// The list of several values.
pub(super) fn list<'j>(items: impl Iterator<Item = &'j Json>) -> Value {
    Value::List(List::new(items.map(value).collect(), Notation::Json))
}

/// A map of texts.
pub(super) fn string_map<'m>(entries: impl Iterator<Item = (&'m String, &'m String)>) -> Value {
    let entries = entries.map(|(name, value)| (name.as_str().into(), value.as_str().into()));
    Value::Map(Map::from_entries(entries))
}

fn number_value(number: &Number) -> Value {
    if let Some(integer) = number.as_i64() {
        // As json-smart reads it: an `Integer` if that holds it, else a `Long`.
        return Value::integer(integer);
    }
    let printed = number.printed();
    let prints = |value: &Value| value.to_text(printed.len()).as_deref() == Some(&*printed);
    let double = Value::Decimal(number.as_f64());
    if !number.is_integer() && prints(&double) {
        return double;
    }
    // `BigInteger`, `BigDecimal`.
    match Value::number(&printed) {
        Some(value) if number.is_integer() || prints(&value) => value,
        _ => Value::Object(Rc::new(Big(printed.to_string()))),
    }
}

/// A number with more digits than a template can calculate with, or with an exponent: kept as it is.
struct Big(String);

impl Object for Big {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }
    fn is_number(&self) -> bool {
        true
    }
    fn json(&self) -> Option<String> {
        Some(self.0.clone())
    }
    fn print(&self) -> String {
        self.0.clone()
    }
}
