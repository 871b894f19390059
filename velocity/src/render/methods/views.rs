//! Objects that methods of collections return.

use alloc::{format, rc::Rc, string::String, vec::Vec};
use core::cell::Cell;

use crate::{CallError, Object, Value};

/// `Map.Entry`.
pub(super) struct Entry {
    key: Value,
    value: Value,
}

impl Entry {
    pub(super) fn value(key: Value, value: Value) -> Value {
        Value::Object(Rc::new(Self { key, value }))
    }
}

impl Object for Entry {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "key" => Some(self.key.clone()),
            "value" => Some(self.value.clone()),
            _ => None,
        }
    }
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        match (method, arguments) {
            ("getKey", []) => Ok(self.key.clone()),
            ("getValue", []) => Ok(self.value.clone()),
            ("toString", []) => Ok(self.print().into()),
            _ => Err(CallError::NoSuchMethod),
        }
    }
    fn print(&self) -> String {
        format!("{}={}", shown(&self.key), shown(&self.value))
    }
}

/// What an entry shows of a value.
fn shown(value: &Value) -> String {
    value.to_text(SHOWN_BYTES_MAX).unwrap_or_else(|| "...".into())
}

/// Longest key or value that an entry shows.
const SHOWN_BYTES_MAX: usize = 64 * 1024;

/// `Iterator`.
pub(super) struct Iterator {
    items: Vec<Value>,
    next: Cell<usize>,
}

impl Iterator {
    pub(super) fn value(items: Vec<Value>) -> Value {
        Value::Object(Rc::new(Self { items, next: Cell::new(0) }))
    }
}

impl Object for Iterator {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        match (method, arguments) {
            ("hasNext", []) => Ok(Value::Bool(self.next.get() < self.items.len())),
            ("next", []) => {
                let next = self.next.get();
                let item = self.items.get(next).cloned();
                self.next.set(next + 1);
                item.ok_or_else(|| CallError::Failed("there is no next item".into()))
            }
            _ => Err(CallError::NoSuchMethod),
        }
    }
    fn items(&self) -> Option<Vec<Value>> {
        let rest = self.items.get(self.next.get()..).unwrap_or(&[]).to_vec();
        self.next.set(self.items.len());
        Some(rest)
    }
}
