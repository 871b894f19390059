//! `#foreach`.

use alloc::rc::{Rc, Weak};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::cell::Cell;

use super::evaluate::{Range, as_int};
use super::{Flow, Machine, Outcome};
use crate::ast::{Expression, Foreach};
use crate::{CallError, Object, Value};

/// A loop: `$foreach` within it.
pub(super) struct Loop {
    index: Cell<usize>,
    has_next: Cell<bool>,
    parent: Value,
    this: Weak<Loop>,
}

impl<'t> Machine<'t> {
    pub(super) fn foreach(&mut self, foreach: &'t Foreach) -> Outcome<Flow> {
        self.position = foreach.position;
        let Some(items) = self.items_of(&foreach.list)? else { return Ok(Flow::On) };
        let slots = self.template.foreach;
        let own = [Some(foreach.item), slots.scope, slots.count, slots.has_next];
        let saved = own.map(|slot| slot.map(|slot| (slot, self.slots[slot as usize].clone())));
        let parent = slots.scope.map(|slot| self.slots[slot as usize].clone()).unwrap_or_default();
        let this = Rc::new_cyclic(|this| {
            let this = this.clone();
            Loop { index: Cell::new(0), has_next: Cell::new(false), parent, this }
        });
        if let Some(scope) = slots.scope {
            self.slots[scope as usize] = Value::Object(this.clone());
        }
        self.loops.push(this.clone());
        let flow = self.iterate(foreach, items, &this);
        self.loops.pop();
        for (slot, value) in saved.into_iter().flatten() {
            self.slots[slot as usize] = value;
        }
        flow
    }

    fn iterate(
        &mut self,
        foreach: &'t Foreach,
        items: Box<dyn Iterator<Item = Value>>,
        this: &Loop,
    ) -> Outcome<Flow> {
        let slots = self.template.foreach;
        let mut items = items.take(self.budget.bounds.iterations_max).peekable();
        let mut index = 0;
        while let Some(item) = items.next() {
            self.budget.step(1)?;
            let has_next = items.peek().is_some();
            this.index.set(index);
            this.has_next.set(has_next);
            index += 1;
            self.slots[foreach.item as usize] = item;
            if let Some(count) = slots.count {
                self.slots[count as usize] = Value::Integer(index as i64);
            }
            if let Some(slot) = slots.has_next {
                self.slots[slot as usize] = Value::Bool(has_next);
            }
            match self.nodes(&foreach.body)? {
                Flow::On => {}
                Flow::Break => break,
                Flow::BreakLoop(depth) if depth + 1 == self.loops.len() => break,
                flow => return Ok(flow),
            }
        }
        Ok(Flow::On)
    }

    /// What a loop goes through, if it is a collection.
    fn items_of(
        &mut self,
        list: &'t Expression,
    ) -> Outcome<Option<Box<dyn Iterator<Item = Value>>>> {
        if let Expression::Range(bounds, _) = list {
            // As the loop needs them: such a list is never in memory.
            let (first, last) = (self.evaluate(&bounds.0)?, self.evaluate(&bounds.1)?);
            let (Some(first), Some(last)) = (as_int(&first), as_int(&last)) else {
                return Ok(None);
            };
            return Ok(Some(Box::new(Range::new(first, last).map(Value::Integer))));
        }
        let list = self.evaluate(list)?;
        Ok(self.collection(&list)?.map(|items| Box::new(items.into_iter()) as _))
    }

    /// The items of a list, the values of a map.
    pub(super) fn collection(&mut self, value: &Value) -> Outcome<Option<Vec<Value>>> {
        let items = match value {
            Value::List(list) => list.items(),
            Value::Map(map) => map.entries().into_iter().map(|(_, value)| value).collect(),
            Value::Object(object) => match object.items() {
                Some(items) => items,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.budget.step(items.len() as u64 / 8)?;
        Ok(Some(items))
    }

    /// The depth of the loop that a value is the scope of.
    pub(super) fn loop_of(&self, scope: &Value) -> Option<usize> {
        let Value::Object(scope) = scope else { return None };
        let scope = Rc::as_ptr(scope).cast::<()>();
        self.loops.iter().position(|l| Rc::as_ptr(l).cast::<()>() == scope)
    }
}

impl Object for Loop {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "index" => Value::Integer(self.index.get() as i64),
            "count" => Value::Integer(self.index.get() as i64 + 1),
            "hasNext" => Value::Bool(self.has_next.get()),
            "first" => Value::Bool(self.index.get() == 0),
            "last" => Value::Bool(!self.has_next.get()),
            "parent" => self.parent.clone(),
            "topmost" => match &self.parent {
                // Of loops there are not many within each other.
                Value::Object(parent) => parent.get("topmost")?,
                _ => Value::Object(self.this.upgrade()?),
            },
            _ => return None,
        })
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        let property = match method {
            "getIndex" => "index",
            "getCount" => "count",
            "hasNext" | "getHasNext" => "hasNext",
            "isFirst" | "getFirst" => "first",
            "isLast" | "getLast" => "last",
            "getParent" => "parent",
            "getTopmost" => "topmost",
            _ => return Err(CallError::NoSuchMethod),
        };
        if !arguments.is_empty() {
            return Err(CallError::NoSuchMethod);
        }
        self.get(property).ok_or(CallError::NoSuchMethod)
    }

    fn print(&self) -> String {
        String::new()
    }
}
