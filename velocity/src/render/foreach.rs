//! `#foreach`.

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use alloc::vec::{IntoIter, Vec};
use core::cell::Cell;

use super::evaluate::{Range, as_int};
use super::{Flow, Machine, Outcome};
use crate::ast::{Expression, Foreach, Slot};
use crate::{CallError, List, Map, Object, RenderErrorKind, Value};

/// A loop: `$foreach` within it.
pub(super) struct Loop {
    index: Cell<usize>,
    has_next: Cell<bool>,
    parent: Value,
    this: Weak<Loop>,
}

/// Java's iterators: what adds or removes items within the loop ends it, or makes it fail.
enum Items {
    Range(Range),
    List { list: List, changes: u32, next: usize },
    Map { map: Map, changes: u32, values: IntoIter<Value> },
    Others(IntoIter<Value>),
}

impl Items {
    fn has_next(&self) -> bool {
        match self {
            Self::Range(range) => range.has_next(),
            Self::List { list, next, .. } => *next != list.len(),
            Self::Map { values, .. } | Self::Others(values) => values.len() > 0,
        }
    }

    fn next(&mut self) -> Outcome<Value> {
        let item = match self {
            Self::Range(range) => range.next().map(Value::Integer),
            Self::List { list, changes, next } if list.changes() == *changes => {
                *next += 1;
                list.get(*next - 1)
            }
            Self::Map { map, changes, values } if map.changes() == *changes => values.next(),
            Self::Others(values) => values.next(),
            Self::List { .. } | Self::Map { .. } => None,
        };
        let changed = || RenderErrorKind::Method {
            name: "#foreach".into(),
            message: "what it goes through was changed (ConcurrentModificationException)".into(),
        };
        Ok(item.ok_or_else(changed)?)
    }
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
            self.write(scope, Value::Object(this.clone()));
        }
        self.loops.push(this.clone());
        let flow = self.iterate(foreach, items, &this);
        self.loops.pop();
        for (slot, value) in saved.into_iter().flatten() {
            match value {
                Value::Null => self.hide(slot, false),
                value => self.write(slot, value),
            }
        }
        flow
    }

    fn iterate(&mut self, foreach: &'t Foreach, mut items: Items, this: &Loop) -> Outcome<Flow> {
        let slots = self.template.foreach;
        let (mut index, mut hides) = (0, true);
        while index < self.budget.bounds.iterations_max && items.has_next() {
            self.budget.step(1)?;
            self.position = foreach.position;
            let item = items.next()?;
            let has_next = items.has_next();
            this.index.set(index);
            this.has_next.set(has_next);
            index += 1;
            let is_null = item.is_null();
            match item {
                Value::Null => self.hide(foreach.item, true),
                item => self.write(foreach.item, item),
            }
            if let Some(count) = slots.count {
                self.write(count, Value::Integer(index as i32));
            }
            if let Some(slot) = slots.has_next {
                self.write(slot, Value::Bool(has_next));
            }
            // An item that is null stays so, whatever is assigned to its variable, until a loop within this one that has the same
            // variable ends; then the next such item does not hide it either.
            self.held.extend(is_null.then_some((foreach.item, hides)));
            let flow = self.nodes(&foreach.body)?;
            if is_null {
                hides = self.held.pop().is_some_and(|held| held.1);
            }
            match flow {
                Flow::On => {}
                Flow::Break => break,
                Flow::BreakLoop(depth) if depth + 1 == self.loops.len() => break,
                flow => return Ok(flow),
            }
        }
        Ok(Flow::On)
    }

    /// Hides or shows a variable that a loop around this place holds at null (`Foreach.NullHolderContext`).
    fn hide(&mut self, slot: Slot, is_hidden: bool) {
        for held in self.held.iter_mut().filter(|held| held.0 == slot) {
            held.1 = is_hidden;
        }
        self.slots[slot as usize] = Value::Null;
    }

    /// What a loop goes through, if it is a collection.
    fn items_of(&mut self, list: &'t Expression) -> Outcome<Option<Items>> {
        if let Expression::Range(bounds, _) = list {
            // As the loop needs them: such a list is never in memory.
            let (first, last) = (self.evaluate(&bounds.0)?, self.evaluate(&bounds.1)?);
            let (Some(first), Some(last)) = (as_int(&first), as_int(&last)) else {
                return Ok(None);
            };
            return Ok(Some(Items::Range(Range::new(first, last))));
        }
        Ok(match self.evaluate(list)? {
            Value::List(list) => Some(Items::List { changes: list.changes(), list, next: 0 }),
            Value::Map(map) => {
                let values: Vec<_> = map.entries().into_iter().map(|(_, value)| value).collect();
                self.budget.step(values.len() as u64 / 8)?;
                Some(Items::Map { changes: map.changes(), map, values: values.into_iter() })
            }
            other => self.collection(&other)?.map(|items| Items::Others(items.into_iter())),
        })
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
            "index" => Value::Integer(self.index.get() as i32),
            "count" => Value::Integer(self.index.get() as i32 + 1),
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

    /// It is a map in Velocity, and nothing is in it.
    fn print(&self) -> String {
        "{}".into()
    }
}
