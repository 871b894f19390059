//! `equals` and `hashCode` of everything.

use super::super::{Machine, Outcome};
use crate::{RenderErrorKind, Value, java};

impl Machine<'_> {
    /// `Object.equals`: lists by their items, maps by their entries.
    pub(in super::super) fn java_equals(
        &mut self,
        a: &Value,
        b: &Value,
        depth: usize,
    ) -> Outcome<bool> {
        self.budget.step(1)?;
        if depth > self.budget.bounds.depth_max {
            return Err(RenderErrorKind::TooDeep.into());
        }
        match (a, b) {
            (Value::List(a), Value::List(b)) => {
                if a.is(b) {
                    return Ok(true);
                }
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.items().iter().zip(&b.items()) {
                    if !self.java_equals(a, b, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Map(a), Value::Map(b)) => {
                if a.is(b) {
                    return Ok(true);
                }
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (key, a) in a.entries() {
                    match b.get_value(&key) {
                        Some(b) if self.java_equals(&a, &b, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Value::String(a), Value::String(b)) => {
                self.budget.look_at(a.len().min(b.len()))?;
                Ok(a == b)
            }
            _ => Ok(java::scalar_equals(a, b)),
        }
    }

    /// `Object.hashCode`.
    pub(super) fn java_hash(&mut self, value: &Value, depth: usize) -> Outcome<i32> {
        self.budget.step(1)?;
        if depth > self.budget.bounds.depth_max {
            return Err(RenderErrorKind::TooDeep.into());
        }
        match value {
            Value::List(list) => {
                let mut hash = 1_i32;
                for item in list.items() {
                    let item = self.java_hash(&item, depth + 1)?;
                    hash = hash.wrapping_mul(31).wrapping_add(item);
                }
                Ok(hash)
            }
            Value::Map(map) => {
                let mut hash = 0_i32;
                for (key, value) in map.entries() {
                    let value = self.java_hash(&value, depth + 1)?;
                    hash = hash.wrapping_add(java::hash_code(&key) ^ value);
                }
                Ok(hash)
            }
            Value::String(text) => {
                self.budget.look_at(text.len())?;
                Ok(java::hash_code(value))
            }
            value => Ok(java::hash_code(value)),
        }
    }
}
