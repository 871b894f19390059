//! References: their values, what they print, what they are set to.

use alloc::{string::ToString, vec::Vec};

use super::{Flow, Machine, Outcome, methods};
use crate::ast::{Member, Printed, Reference};
use crate::value::{List, Map};
use crate::{CallError, RenderErrorKind, Value};

impl<'t> Machine<'t> {
    /// The value of a reference; what is not there is null, or what the dialect makes of it.
    pub(super) fn resolve(&mut self, reference: &'t Reference) -> Outcome<Value> {
        // A word without `$` is null in each dialect.
        let Some(slot) = reference.slot else { return Ok(Value::Null) };
        let value = self.slots[slot as usize].clone();
        let value = self.follow(value, &reference.members, reference)?;
        self.note(false, reference, &value);
        // Nothing is null to a note, whatever the dialect makes of it.
        if value.is_null() { Ok(self.nothing()) } else { Ok(value) }
    }

    fn follow(
        &mut self,
        mut value: Value,
        members: &'t [Member],
        reference: &'t Reference,
    ) -> Outcome<Value> {
        for (at, member) in members.iter().enumerate() {
            if value.is_null() {
                break;
            }
            self.budget.step(1)?;
            self.position = reference.position;
            let is_answer = matches!((&value, member), (Value::Object(_), Member::Method(..)));
            value = self.member(&value, member, reference)?;
            // `$input.path('$.none').length()`: as of a variable that is set to it.
            if value.is_null() && is_answer && at + 1 < members.len() {
                value = self.nothing();
            }
        }
        if value.is_null() {
            self.position = reference.position;
        }
        Ok(value)
    }

    fn member(
        &mut self,
        value: &Value,
        member: &'t Member,
        reference: &'t Reference,
    ) -> Outcome<Value> {
        match member {
            Member::Property(name) => Ok(property(value, name)),
            Member::Method(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.evaluate(argument));
                let arguments = arguments.collect::<Outcome<Vec<_>>>()?;
                self.position = reference.position;
                self.call(value, name, &arguments)
            }
            Member::Index(index) => {
                let index = self.nested(|machine| machine.evaluate(index))?;
                self.position = reference.position;
                let index = from_the_end(value, index);
                self.call(value, "get", &[index])
            }
        }
    }

    fn call(&mut self, value: &Value, name: &str, arguments: &[Value]) -> Outcome<Value> {
        let called = self.nested(|machine| match value {
            Value::Object(object) => {
                let called = object.call(name, arguments);
                machine.budget.step(object.take_steps())?;
                if let Ok(Value::String(text)) = &called {
                    machine.budget.allocate(text.len())?;
                    machine.budget.look_at(text.len())?;
                }
                Ok(called)
            }
            value => methods::call(machine, value, name, arguments),
        })?;
        match called {
            Ok(value) => Ok(value),
            Err(CallError::NoSuchMethod) => Ok(Value::Null),
            Err(CallError::Failed(message)) => {
                Err(RenderErrorKind::Method { name: name.to_string(), message }.into())
            }
        }
    }

    /// Prints a reference: its value, or what stands for none.
    pub(super) fn print_reference(&mut self, printed: &'t Printed) -> Outcome<Flow> {
        let value = self.nested(|machine| machine.resolve(&printed.reference))?;
        self.position = printed.reference.position;
        if printed.escaped {
            self.push(&printed.escapes)?;
            if value.is_null() {
                self.push("\\")?;
            }
            self.push(&printed.literal)?;
            return Ok(Flow::On);
        }
        let value = match value {
            // A block is printed without what stands before it.
            Value::Block(block) => match self.block(block)? {
                Some(flow) => return Ok(flow),
                None => Value::Null,
            },
            value => value,
        };
        self.push(&printed.escapes)?;
        if value.is_null() {
            // Once more: they escape nothing.
            self.push(&printed.escapes)?;
            self.push(&printed.prefix)?;
            if !printed.quiet {
                self.push(&printed.literal)?;
            }
        } else {
            self.push(&printed.prefix)?;
            self.print(&value)?;
        }
        Ok(Flow::On)
    }

    /// `#set` to a value.
    pub(super) fn assign(&mut self, target: &'t Reference, value: Value) -> Outcome<()> {
        let Some(slot) = target.slot else { return Ok(()) };
        let Some((last, members)) = target.members.split_last() else {
            self.write(slot, value);
            return Ok(());
        };
        let mut holder = self.slots[slot as usize].clone();
        for member in members {
            if holder.is_null() {
                return Ok(());
            }
            holder = self.member(&holder, member, target)?;
        }
        match last {
            Member::Property(name) => match &holder {
                Value::Map(map) => self.put(map, Value::String(name.clone()), value).map(drop),
                Value::Object(object) => {
                    object.set(name, &value);
                    Ok(())
                }
                _ => Ok(()),
            },
            Member::Index(index) => {
                let index = self.nested(|machine| machine.evaluate(index))?;
                self.position = target.position;
                let index = from_the_end(&holder, index);
                match &holder {
                    Value::Map(map) => self.put(map, index, value).map(drop),
                    Value::Object(object) => {
                        if let Value::String(name) = index {
                            object.set(&name, &value);
                        }
                        Ok(())
                    }
                    holder => self.call(holder, "set", &[index, value]).map(drop),
                }
            }
            Member::Method(..) => Ok(()),
        }
    }

    /// `#set` to null: nothing is assigned.
    pub(super) fn unset(&mut self, _target: &'t Reference) -> Outcome<()> {
        Ok(())
    }

    /// Puts an entry into a map.
    pub(super) fn put(&mut self, map: &Map, key: Value, value: Value) -> Outcome<Option<Value>> {
        let key = self.key(&key)?;
        self.refuse_cycle(map.address(), &value)?;
        self.budget.allocate_values(2)?;
        Ok(map.put(key, value))
    }

    /// A value as a map's key: lists and maps, which may change, are none here.
    pub(super) fn key(&mut self, key: &Value) -> Outcome<Value> {
        match key {
            Value::List(_) | Value::Map(_) => {
                let message = "lists and maps are not supported as keys of a map";
                Err(RenderErrorKind::Unsupported(message.to_string()).into())
            }
            key => Ok(key.clone()),
        }
    }

    /// A list or map that held itself would never be freed.
    pub(super) fn refuse_cycle(&mut self, container: usize, value: &Value) -> Outcome<()> {
        if !matches!(value, Value::List(_) | Value::Map(_)) {
            return Ok(());
        }
        let mut seen = alloc::collections::BTreeSet::new();
        let mut open = alloc::vec![value.clone()];
        while let Some(value) = open.pop() {
            self.budget.step(1)?;
            let (address, inner) = match &value {
                Value::List(list) => (list.address(), containers(list.borrow().iter())),
                Value::Map(map) => {
                    (map.address(), containers(map.borrow().iter().map(|(_, value)| value)))
                }
                _ => continue,
            };
            if address == container {
                let message = "a list or map cannot contain itself";
                return Err(RenderErrorKind::Unsupported(message.to_string()).into());
            }
            if seen.insert(address) {
                self.budget.step(inner.0)?;
                open.extend(inner.1);
            }
        }
        Ok(())
    }

    /// Adds to a list what is not the list itself.
    pub(super) fn check_item(&mut self, list: &List, value: &Value) -> Outcome<()> {
        self.refuse_cycle(list.address(), value)?;
        self.budget.allocate_values(1)
    }
}

/// Those of values that contain others, and how many there are in all.
fn containers<'v>(values: impl ExactSizeIterator<Item = &'v Value>) -> (u64, Vec<Value>) {
    let count = values.len() as u64;
    (count, values.filter(|v| matches!(v, Value::List(_) | Value::Map(_))).cloned().collect())
}

/// `-1` is the last item of a list. Velocity counts from the end of whatever has a size, maps among them.
fn from_the_end(value: &Value, index: Value) -> Value {
    let size = match value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return index,
    };
    match index {
        Value::Integer(at @ ..0) => Value::Integer((size as i32).wrapping_add(at)),
        index => index,
    }
}

fn property(value: &Value, name: &str) -> Value {
    match value {
        Value::Map(map) => map.get(name).unwrap_or_default(),
        Value::Object(object) => object.get(name).unwrap_or_default(),
        Value::List(list) if name == "empty" => Value::Bool(list.is_empty()),
        Value::String(text) => match name {
            "empty" => Value::Bool(text.is_empty()),
            "blank" => Value::Bool(text.trim().is_empty()),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}
