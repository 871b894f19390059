//! What a value prints, outside of a rendering.

use alloc::string::{String, ToString};

use super::{Narrow, Notation, Value};
use crate::java;

/// Lists and maps within each other that are printed.
const DEPTH_MAX: usize = 64;

impl Value {
    /// What a template prints for it, if that is no longer than so many bytes. A `#define` block, which only a rendering
    /// can print, prints nothing.
    ///
    /// ```
    /// use velocity::Value;
    /// assert_eq!(Value::list(vec![1.into(), 0.5.into()]).to_text(100).as_deref(), Some("[1, 0.5]"));
    /// assert_eq!(Value::from("text").to_text(3), None);
    /// ```
    pub fn to_text(&self, bytes_max: usize) -> Option<String> {
        let mut text = Text { text: String::new(), bytes_max };
        text.print(self, 0)?;
        Some(text.text)
    }
}

struct Text {
    text: String,
    bytes_max: usize,
}

impl Text {
    fn push(&mut self, text: &str) -> Option<()> {
        if text.len() > self.bytes_max - self.text.len() {
            return None;
        }
        self.text.push_str(text);
        Some(())
    }

    fn print(&mut self, value: &Value, depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        match value {
            Value::List(list) if list.notation() == Notation::Json => self.json(value, depth),
            Value::List(list) => {
                self.push("[")?;
                for (at, item) in list.borrow().iter().enumerate() {
                    self.push(if at == 0 { "" } else { ", " })?;
                    self.print(item, depth + 1)?;
                }
                self.push("]")
            }
            Value::Map(map) if map.is_silent() => Some(()),
            Value::Map(map) => {
                self.push("{")?;
                for (at, (key, value)) in map.entries().iter().enumerate() {
                    self.push(if at == 0 { "" } else { ", " })?;
                    self.print(key, depth + 1)?;
                    self.push("=")?;
                    self.print(value, depth + 1)?;
                }
                self.push("}")
            }
            scalar => self.push(&scalar_text(scalar)),
        }
    }

    fn json(&mut self, value: &Value, depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        match value {
            Value::List(list) => {
                self.push("[")?;
                for (at, item) in list.borrow().iter().enumerate() {
                    self.push(if at == 0 { "" } else { "," })?;
                    self.json(item, depth + 1)?;
                }
                self.push("]")
            }
            Value::Map(map) => {
                self.push("{")?;
                for (at, (key, value)) in map.entries().iter().enumerate() {
                    self.push(if at == 0 { "" } else { "," })?;
                    self.push(&java::json_string(&scalar_text(key)))?;
                    self.push(":")?;
                    self.json(value, depth + 1)?;
                }
                self.push("}")
            }
            scalar => self.push(&scalar_json(scalar)),
        }
    }
}

/// The text of what is no list and no map.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Long(value) => value.to_string(),
        Value::Decimal(value) => java::decimal_text(*value),
        Value::Narrow(value) => value.text(),
        Value::Big(value) => value.text(),
        Value::String(text) => text.to_string(),
        Value::Object(object) => object.print(),
        Value::List(_) | Value::Map(_) | Value::Block(_) => String::new(),
    }
}

/// The same as JSON.
pub(crate) fn scalar_json(value: &Value) -> String {
    match value {
        Value::String(text) => java::json_string(text),
        Value::Narrow(character @ Narrow::Character(_)) => java::json_string(&character.text()),
        Value::Object(object) => {
            object.json().unwrap_or_else(|| java::json_string(&object.print()))
        }
        Value::Block(_) => "\"\"".into(),
        scalar => scalar_text(scalar),
    }
}
