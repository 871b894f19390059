//! Walks a value along a path.

use alloc::{borrow::Cow, string::String, vec::Vec};

use super::compare::accepts;
use super::function;
use super::{Found, JsonPath, Token};
use crate::json::{Json, Object};
use crate::limits::{JSON_PATH_STEPS_MAX, JSON_VALUES_MAX, PAYLOAD_BYTES_MAX};

/// What a path finds in a value, and the steps that it took.
pub(super) fn evaluate<'j>(path: &JsonPath, root: &'j Json) -> (Found<'j>, u64) {
    let mut budget = Budget { steps: JSON_PATH_STEPS_MAX };
    let found = match find(path, root, root, false, &mut budget) {
        Ok(Some(found)) => found,
        Ok(None) | Err(Stop::Missing) => Found::Missing,
        Err(Stop::TooMuch) => Found::TooMuch,
    };
    (found, (JSON_PATH_STEPS_MAX - budget.steps) as u64)
}

/// Why an evaluation ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Jayway's `PathNotFoundException` and what else ends it without a value.
    Missing,
    TooMuch,
}

/// Work that may still be done: filters within filters share it.
pub(super) struct Budget {
    steps: usize,
}

impl Budget {
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.checked_sub(steps).ok_or(Stop::TooMuch)?;
        Ok(())
    }
    /// For work on all of a value.
    pub(super) fn spend_on(&mut self, value: &Json) -> Result<(), Stop> {
        self.spend(1)?;
        match value {
            Json::Array(items) => items.iter().try_for_each(|item| self.spend_on(item)),
            Json::Object(object) => object.values().try_for_each(|value| self.spend_on(value)),
            Json::String(text) => self.spend(text.len() / 16),
            Json::Null | Json::Bool(_) | Json::Number(_) => Ok(()),
        }
    }
}

/// `None`: a definite path that leads to nothing. With `is_required` (Jayway's REQUIRE_PROPERTIES),
/// a missing member ends an indefinite path too.
pub(super) fn find<'j>(
    path: &JsonPath,
    root: &'j Json,
    item: &'j Json,
    is_required: bool,
    budget: &mut Budget,
) -> Result<Option<Found<'j>>, Stop> {
    let start = if path.starts_at_root { root } else { item };
    let is_definite = path.is_definite();
    let room = Room { values: JSON_VALUES_MAX, bytes: PAYLOAD_BYTES_MAX as usize };
    let mut walk = Walk { path, root, is_required, is_definite, budget, room, found: Vec::new() };
    walk.step(0, start)?;
    let mut found = walk.found;
    Ok(match is_definite {
        // A function before the end adds a value of its own; the last counts.
        true => found.pop().map(Found::One),
        false => Some(Found::List(found)),
    })
}

/// How much may be found: values that contain each other are many more than the whole has.
struct Room {
    values: usize,
    bytes: usize,
}

impl Room {
    fn take(&mut self, value: &Json) -> Option<()> {
        self.values = self.values.checked_sub(1)?;
        match value {
            Json::Array(items) => items.iter().try_for_each(|item| self.take(item)),
            Json::Object(object) => object.iter().try_for_each(|(name, value)| {
                self.bytes = self.bytes.checked_sub(name.len())?;
                self.take(value)
            }),
            Json::String(text) => {
                self.bytes = self.bytes.checked_sub(text.len())?;
                Some(())
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => Some(()),
        }
    }
}

struct Walk<'p, 'b, 'j> {
    path: &'p JsonPath,
    root: &'j Json,
    is_required: bool,
    is_definite: bool,
    budget: &'b mut Budget,
    room: Room,
    found: Vec<Cow<'j, Json>>,
}

impl<'j> Walk<'_, '_, 'j> {
    /// The step at an index, or the end of the path.
    fn step(&mut self, index: usize, value: &'j Json) -> Result<(), Stop> {
        self.budget.spend(1)?;
        let path = self.path;
        let Some(step) = path.steps.get(index) else { return self.keep(Cow::Borrowed(value)) };
        let is_leaf = index + 1 == path.steps.len();
        // Jayway throws only where the path has been definite so far.
        let absent = if step.is_upstream_definite { Err(Stop::Missing) } else { Ok(()) };
        match &step.token {
            Token::Properties(names) => match value {
                Json::Object(object) if is_leaf && names.len() > 1 => self.merged(object, names),
                Json::Object(object) => names.iter().try_for_each(|name| match object.get(name) {
                    Some(value) => self.step(index + 1, value),
                    None if self.is_required => Err(Stop::Missing),
                    None if is_leaf => Ok(()),
                    None => {
                        if step.is_definite {
                            absent
                        } else {
                            Ok(())
                        }
                    }
                }),
                _ => absent,
            },
            Token::Wildcard => match value {
                Json::Object(object) => {
                    object.values().try_for_each(|value| self.branch(index + 1, value))
                }
                Json::Array(items) => {
                    items.iter().try_for_each(|item| self.branch(index + 1, item))
                }
                _ => Ok(()),
            },
            Token::Indices(indices) => match value {
                Json::Array(items) => {
                    indices.iter().try_for_each(|at| self.item(index + 1, items, *at))
                }
                _ => absent,
            },
            Token::Slice { from, to } => match value {
                Json::Array(items) => slice(*from, *to, items.len())
                    .try_for_each(|at| self.item(index + 1, items, at)),
                _ => absent,
            },
            Token::Filter(filter) => match value {
                Json::Object(_) => match accepts(filter, self.root, value, self.budget)? {
                    true => self.step(index + 1, value),
                    false => Ok(()),
                },
                Json::Array(items) => items.iter().try_for_each(|item| {
                    match accepts(filter, self.root, item, self.budget)? {
                        true => self.step(index + 1, item),
                        false => Ok(()),
                    }
                }),
                _ => absent,
            },
            Token::Function(function, parameters) => {
                let result = function::call(*function, parameters, self.root, value, self.budget)?;
                if is_leaf {
                    return self.keep(Cow::Owned(result));
                }
                self.after_function(index + 1, &result)
            }
            Token::Scan => self.scan(index + 1, value),
        }
    }

    /// One of many: what is missing in it is only missing there.
    fn branch(&mut self, index: usize, value: &'j Json) -> Result<(), Stop> {
        match self.step(index, value) {
            Err(Stop::Missing) if !self.is_required => Ok(()),
            other => other,
        }
    }

    fn item(&mut self, index: usize, items: &'j [Json], at: i64) -> Result<(), Stop> {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let at = usize::try_from(if at < 0 { length + at } else { at });
        match at.ok().and_then(|at| items.get(at)) {
            Some(item) => self.step(index, item),
            None => self.budget.spend(1),
        }
    }

    /// Several names at the end: one object with those that are there.
    fn merged(&mut self, object: &'j Object, names: &[String]) -> Result<(), Stop> {
        let mut members = Vec::new();
        for name in names {
            match object.get(name) {
                Some(value) => {
                    self.budget.spend_on(value)?;
                    members.push((name.clone(), value.clone()));
                }
                None if self.is_required => return Err(Stop::Missing),
                None => {}
            }
        }
        self.keep(Cow::Owned(Json::Object(Object::new(members))))
    }

    /// The step at an index for a value and all that is in it, outer before inner.
    fn scan(&mut self, index: usize, value: &'j Json) -> Result<(), Stop> {
        self.budget.spend(1)?;
        let path = self.path;
        let Some(step) = path.steps.get(index) else { return Ok(()) };
        let is_leaf = index + 1 == path.steps.len();
        match value {
            Json::Object(object) => {
                let matches = match &step.token {
                    Token::Properties(names) if step.is_definite && !self.is_required => {
                        names.iter().all(|name| object.get(name).is_some())
                    }
                    Token::Properties(_) | Token::Wildcard => true,
                    Token::Filter(filter) => accepts(filter, self.root, value, self.budget)?,
                    _ => false,
                };
                if matches {
                    self.step(index, value)?;
                }
                object.values().try_for_each(|value| self.scan(index, value))
            }
            Json::Array(items) => {
                let matches = match &step.token {
                    Token::Wildcard | Token::Indices(_) | Token::Slice { .. } => true,
                    Token::Filter(filter) => accepts(filter, self.root, value, self.budget)?,
                    _ => false,
                };
                if matches && is_leaf {
                    self.step(index, value)?;
                } else if matches {
                    // So Jayway has it: what follows is looked for in every item, not in those that
                    // the index names.
                    items.iter().try_for_each(|item| self.step(index + 1, item))?;
                }
                items.iter().try_for_each(|item| self.scan(index, item))
            }
            _ => Ok(()),
        }
    }

    /// The rest of a path on what a function made, which does not outlive this call.
    fn after_function(&mut self, index: usize, value: &Json) -> Result<(), Stop> {
        let room = Room { values: self.room.values, bytes: self.room.bytes };
        let mut walk = Walk {
            path: self.path,
            root: self.root,
            is_required: self.is_required,
            is_definite: self.is_definite,
            budget: &mut *self.budget,
            room,
            found: Vec::new(),
        };
        walk.step(index, value)?;
        let found: Vec<Json> = walk.found.into_iter().map(Cow::into_owned).collect();
        self.found.extend(found.into_iter().map(Cow::Owned));
        Ok(())
    }

    fn keep(&mut self, value: Cow<'j, Json>) -> Result<(), Stop> {
        if !self.is_definite {
            self.room.take(&value).ok_or(Stop::TooMuch)?;
        }
        self.found.push(value);
        Ok(())
    }
}

/// The indices of a slice, some of which may be negative and count from the end (Jayway counts up
/// from a negative beginning through -1 to 0).
fn slice(from: Option<i64>, to: Option<i64>, length: usize) -> core::ops::Range<i64> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_end = |at: i64| if at < 0 { length + at } else { at };
    match (from, to) {
        (Some(from), None) => from_end(from).max(0)..length,
        (None, Some(to)) => 0..from_end(to).min(length),
        (Some(from), Some(to)) => from..to.min(length),
        (None, None) => 0..0,
    }
}
