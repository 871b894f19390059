//! `java.util.Map`.

use alloc::vec::Vec;

use super::views::Entry;
use super::{Answer, done, found, none};
use crate::Value;
use crate::render::{Machine, Outcome};
use crate::value::{List, Map, Notation};

pub(super) fn call(
    machine: &mut Machine<'_>,
    map: &Map,
    name: &str,
    arguments: &[Value],
) -> Answer {
    match (name, arguments) {
        ("size", []) => found(map.len() as i32),
        ("isEmpty", []) => found(map.is_empty()),
        ("get", [key]) => {
            machine.look_up(map, key)?;
            found(map.get_value(key).unwrap_or_default())
        }
        ("getOrDefault", [key, other]) => {
            machine.look_up(map, key)?;
            found(map.get_value(key).unwrap_or_else(|| other.clone()))
        }
        ("containsKey", [key]) => {
            machine.look_up(map, key)?;
            found(map.get_value(key).is_some())
        }
        ("containsValue", [value]) => {
            for (_, own) in map.entries() {
                if machine.java_equals(&own, value, 0)? {
                    return found(true);
                }
            }
            found(false)
        }
        ("put", [key, value]) => {
            let old = machine.put(map, key.clone(), value.clone())?;
            found(old.unwrap_or_default())
        }
        ("putIfAbsent", [key, value]) => match map.get_value(key) {
            Some(old) if !old.is_null() => found(old),
            _ => {
                machine.put(map, key.clone(), value.clone())?;
                found(Value::Null)
            }
        },
        ("replace", [key, value]) => match map.get_value(key) {
            Some(_) => found(machine.put(map, key.clone(), value.clone())?.unwrap_or_default()),
            None => found(Value::Null),
        },
        ("putAll", [Value::Map(others)]) => {
            for (key, value) in others.entries() {
                machine.put(map, key, value)?;
            }
            done()
        }
        ("remove", [key]) => {
            machine.budget.step(map.len() as u64 / 4)?;
            found(map.remove(key).unwrap_or_default())
        }
        ("remove", [key, value]) => {
            machine.look_up(map, key)?;
            let is_there = match map.get_value(key) {
                Some(own) => machine.java_equals(&own, value, 0)?,
                None => false,
            };
            if is_there {
                map.remove(key);
            }
            found(is_there)
        }
        ("clear", []) => {
            map.clear();
            done()
        }
        ("keySet", []) => list(machine, map.entries().into_iter().map(|(key, _)| key).collect()),
        ("values", []) => {
            list(machine, map.entries().into_iter().map(|(_, value)| value).collect())
        }
        ("entrySet", []) => {
            let entries = map.entries().into_iter();
            list(machine, entries.map(|(key, value)| Entry::value(key, value)).collect())
        }
        _ => none(),
    }
}

fn list(machine: &mut Machine<'_>, items: Vec<Value>) -> Answer {
    machine.budget.allocate_values(items.len())?;
    found(List::new(items, Notation::Java))
}

impl Machine<'_> {
    fn look_up(&mut self, map: &Map, key: &Value) -> Outcome<()> {
        // Keys that are no strings are looked for one by one.
        let steps = if matches!(key, Value::String(_)) { 1 } else { map.len() / 16 };
        self.budget.step(steps as u64)
    }
}
