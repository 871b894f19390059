//! What values print.

use alloc::string::{String, ToString};

use super::{Machine, Outcome};
use crate::value::{Notation, scalar_json};
use crate::{RenderErrorKind, Value, java};

impl Machine<'_> {
    /// Prints a value as Java's `toString` writes it.
    pub(super) fn print(&mut self, value: &Value) -> Outcome<()> {
        self.print_within(value, 0)
    }

    /// What it prints, as a string.
    pub(super) fn text_of(&mut self, value: &Value) -> Outcome<String> {
        match value {
            Value::String(text) => {
                self.budget.look_at(text.len())?;
                Ok((**text).into())
            }
            value => self.captured(|machine| machine.print(value)),
        }
    }

    /// What `toString` returns: null of a `#define` block that is within itself more often than Velocity lets it be.
    pub(super) fn own_text(&mut self, value: &Value) -> Outcome<Option<String>> {
        let Value::Block(block) = value else { return self.text_of(value).map(Some) };
        let mut has_text = false;
        let text = self.captured(|machine| {
            has_text = machine.block(*block)?.is_some();
            Ok(())
        })?;
        Ok(has_text.then_some(text))
    }

    fn print_within(&mut self, value: &Value, depth: usize) -> Outcome<()> {
        self.budget.step(1)?;
        match value {
            Value::Null => self.push("null"),
            Value::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Value::Integer(value) => self.push(&value.to_string()),
            Value::Long(value) => self.push(&value.to_string()),
            Value::Decimal(value) => self.push(&java::decimal_text(*value)),
            Value::Narrow(value) => self.push(&value.text()),
            Value::Big(value) => {
                self.budget.calculate(value.size(), value.size())?;
                self.push(&value.text())
            }
            Value::String(text) => self.push(text),
            Value::Object(object) => {
                let text = object.print();
                self.push(&text)
            }
            Value::Block(block) => match self.nested(|machine| machine.block(*block))? {
                Some(_) => Ok(()),
                None => self.push("null"),
            },
            Value::List(_) | Value::Map(_) => self.deeper(depth, |machine| match value {
                Value::List(list) if list.notation() == Notation::Json => {
                    machine.json_within(value, depth)
                }
                Value::List(list) => {
                    machine.push("[")?;
                    for (at, item) in list.items().iter().enumerate() {
                        machine.push(if at == 0 { "" } else { ", " })?;
                        machine.print_within(item, depth + 1)?;
                    }
                    machine.push("]")
                }
                Value::Map(map) if map.is_silent() => Ok(()),
                Value::Map(map) => {
                    machine.push("{")?;
                    for (at, (key, value)) in map.entries().iter().enumerate() {
                        machine.push(if at == 0 { "" } else { ", " })?;
                        machine.print_within(key, depth + 1)?;
                        machine.push("=")?;
                        machine.print_within(value, depth + 1)?;
                    }
                    machine.push("}")
                }
                _ => Ok(()),
            }),
        }
    }

    /// Compact JSON, as json-smart's `JSONArray.toString` writes it.
    fn json_within(&mut self, value: &Value, depth: usize) -> Outcome<()> {
        self.budget.step(1)?;
        match value {
            Value::String(text) => {
                let text = java::json_string(text);
                self.push(&text)
            }
            Value::Object(_) | Value::Narrow(_) => self.push(&scalar_json(value)),
            Value::List(list) => self.deeper(depth, |machine| {
                machine.push("[")?;
                for (at, item) in list.items().iter().enumerate() {
                    machine.push(if at == 0 { "" } else { "," })?;
                    machine.json_within(item, depth + 1)?;
                }
                machine.push("]")
            }),
            Value::Map(map) => self.deeper(depth, |machine| {
                machine.push("{")?;
                for (at, (key, value)) in map.entries().iter().enumerate() {
                    machine.push(if at == 0 { "" } else { "," })?;
                    let key = machine.text_of(key)?;
                    machine.push(&java::json_string(&key))?;
                    machine.push(":")?;
                    machine.json_within(value, depth + 1)?;
                }
                machine.push("}")
            }),
            Value::Block(_) => {
                let text = self.text_of(value)?;
                self.push(&java::json_string(&text))
            }
            value => self.print_within(value, depth),
        }
    }

    fn deeper(
        &mut self,
        depth: usize,
        print: impl FnOnce(&mut Self) -> Outcome<()>,
    ) -> Outcome<()> {
        if depth >= self.budget.bounds.depth_max {
            return Err(RenderErrorKind::TooDeep.into());
        }
        self.nested(print)
    }
}
