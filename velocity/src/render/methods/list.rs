//! `java.util.ArrayList`.

use alloc::{format, vec::Vec};

use super::views::Iterator;
use super::{Answer, done, failed, found, none};
use crate::Value;
use crate::render::{Machine, Outcome};
use crate::value::{Class, List, Notation};

pub(super) fn call(
    machine: &mut Machine<'_>,
    list: &List,
    name: &str,
    arguments: &[Value],
) -> Answer {
    match (name, arguments) {
        ("size", []) => found(list.len() as i32),
        ("isEmpty", []) => found(list.is_empty()),
        ("get", [Value::Integer(at)]) => match place(*at).and_then(|at| list.get(at)) {
            Some(item) => found(item),
            None => beyond(list, *at),
        },
        ("set", [Value::Integer(at), item]) => {
            machine.check_item(list, item)?;
            let old = place(*at).and_then(|at| {
                list.change(|items| Some(core::mem::replace(items.get_mut(at)?, item.clone())))
            });
            match old {
                Some(old) => found(old),
                None => beyond(list, *at),
            }
        }
        ("add", [item]) => {
            machine.check_item(list, item)?;
            list.change(|items| items.push(item.clone()));
            found(true)
        }
        ("add", [Value::Integer(at), item]) => {
            machine.check_item(list, item)?;
            insert(machine, list, *at, alloc::vec![item.clone()])
        }
        ("addAll", [others]) => {
            let Some(others) = others_of(machine, list, others)? else { return none() };
            let changes = !others.is_empty();
            list.change(|items| items.extend(others));
            found(changes)
        }
        ("addAll", [Value::Integer(at), others]) => {
            let Some(others) = others_of(machine, list, others)? else { return none() };
            let changes = !others.is_empty();
            match insert(machine, list, *at, others)? {
                Ok(_) => found(changes),
                failed => Ok(failed),
            }
        }
        ("contains", [item]) => found(machine.index_of(list, item, false)?.is_some()),
        ("indexOf", [item]) => found(index(machine.index_of(list, item, false)?)),
        ("lastIndexOf", [item]) => found(index(machine.index_of(list, item, true)?)),
        ("containsAll", [others]) => {
            let Some(others) = machine.collection(others)? else { return none() };
            for other in &others {
                if machine.index_of(list, other, false)?.is_none() {
                    return found(false);
                }
            }
            found(true)
        }
        ("remove", [item]) => {
            // What an `int` takes is a place.
            if let Some(at) = Class::int_of(item) {
                return remove(machine, list, at);
            }
            let at = machine.index_of(list, item, false)?;
            if let Some(at) = at {
                drop(list.change(|items| items.remove(at)));
            }
            found(at.is_some())
        }
        ("removeAll" | "retainAll", [others]) => {
            let Some(others) = machine.collection(others)? else { return none() };
            let others = List::new(others, Notation::Java);
            let before = list.items();
            let mut kept = Vec::new();
            for item in &before {
                if machine.index_of(&others, item, false)?.is_some() == (name == "retainAll") {
                    kept.push(item.clone());
                }
            }
            let changes = kept.len() != before.len();
            list.change(|items| *items = kept);
            found(changes)
        }
        ("clear", []) => {
            let gone = list.change(core::mem::take);
            drop(gone);
            done()
        }
        ("subList", [Value::Integer(from), Value::Integer(to)]) => {
            let range = place(*from).zip(place(*to)).filter(|(from, to)| from <= to);
            let Some((from, to)) = range.filter(|(_, to)| *to <= list.len()) else {
                return failed(format!("from {from} to {to} in a list of {}", list.len()));
            };
            machine.budget.allocate_values(to - from)?;
            found(List::new(list.borrow()[from..to].to_vec(), list.notation()))
        }
        ("toArray", []) => {
            machine.budget.allocate_values(list.len())?;
            found(List::new(list.items(), Notation::Java))
        }
        ("iterator", []) => {
            machine.budget.allocate_values(list.len())?;
            found(Iterator::value(list.items()))
        }
        _ => none(),
    }
}

fn remove(machine: &mut Machine<'_>, list: &List, at: i32) -> Answer {
    machine.budget.step(list.len() as u64 / 16)?;
    match place(at).filter(|at| *at < list.len()) {
        Some(at) => found(list.change(|items| items.remove(at))),
        None => beyond(list, at),
    }
}

fn insert(machine: &mut Machine<'_>, list: &List, at: i32, others: Vec<Value>) -> Answer {
    machine.budget.step(list.len() as u64 / 16)?;
    match place(at).filter(|at| *at <= list.len()) {
        Some(at) => {
            list.change(|items| drop(items.splice(at..at, others)));
            done()
        }
        None => beyond(list, at),
    }
}

/// The items of a collection, ready to be added.
fn others_of(
    machine: &mut Machine<'_>,
    list: &List,
    others: &Value,
) -> Outcome<Option<Vec<Value>>> {
    // A map is no collection.
    let Value::List(_) = others else { return Ok(None) };
    let Some(others) = machine.collection(others)? else { return Ok(None) };
    for other in &others {
        machine.check_item(list, other)?;
    }
    Ok(Some(others))
}

impl Machine<'_> {
    fn index_of(&mut self, list: &List, item: &Value, last: bool) -> Outcome<Option<usize>> {
        let items = list.items();
        self.budget.step(items.len() as u64 / 16)?;
        for at in 0..items.len() {
            let at = if last { items.len() - 1 - at } else { at };
            if self.java_equals(&items[at], item, 0)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

fn place(at: i32) -> Option<usize> {
    usize::try_from(at).ok()
}

fn index(at: Option<usize>) -> i32 {
    at.map_or(-1, |at| at as i32)
}

fn beyond(list: &List, at: i32) -> Answer {
    failed(format!("index {at} is out of bounds for length {}", list.len()))
}
