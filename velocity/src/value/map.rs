//! `java.util.Map`.

use alloc::{collections::BTreeMap, rc::Rc, sync::Arc, vec::Vec};
use core::cell::{OnceCell, Ref, RefCell};
use core::ops::Deref;

use super::Value;
use crate::java;

/// A map in the order of insertion, as `LinkedHashMap` has it. Clones are the same map.
#[derive(Clone)]
pub struct Map(Rc<Body>);

struct Body {
    entries: RefCell<Held>,
    is_silent: bool,
    /// The first key that was given another value, of a silent map.
    replaced: OnceCell<Value>,
}

/// Entries that new maps begin with. They are copied when one of these maps changes, not before.
pub struct Prototype(Rc<Entries>);

enum Held {
    Own(Entries),
    /// Those of a prototype.
    Shared(Rc<Entries>),
}

#[derive(Default, Clone)]
struct Entries {
    entries: Vec<(Value, Value)>,
    /// Places of keys that are strings, where there are too many to look at one by one.
    places: OnceCell<BTreeMap<Arc<str>, usize>>,
    /// How often entries were added or removed.
    changes: u32,
    /// Whether another spelling of a key finds it.
    is_lower_case: bool,
}

/// Up to so many keys are searched one by one.
const SEARCHED_MAX: usize = 12;

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::with(Held::default(), false)
    }
    /// An empty map that prints nothing, whatever is in it: so are those of API Gateway's `$context`.
    pub fn silent() -> Self {
        Self::with(Held::default(), true)
    }
    fn with(entries: Held, is_silent: bool) -> Self {
        let (entries, replaced) = (RefCell::new(entries), OnceCell::new());
        Self(Rc::new(Body { entries, is_silent, replaced }))
    }
    /// Whether it prints nothing.
    pub fn is_silent(&self) -> bool {
        self.0.is_silent
    }
    /// The first key that was given another value than it had. Of a silent map alone: API Gateway's have
    /// keys that may be set once.
    pub fn replaced(&self) -> Option<&Value> {
        self.0.replaced.get()
    }
    /// Of entries with the same key the last counts, in the place of the first.
    pub fn from_entries(entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let (map, entries) = (Self::new(), entries.into_iter());
        // As many as there will be: most maps are small, and there may be many.
        map.0.entries.borrow_mut().to_mut().entries.reserve_exact(entries.size_hint().0);
        for (key, value) in entries {
            map.put(key, value);
        }
        map
    }
    /// A map of keys that were told in lower case, however they were written: so are names of header
    /// fields in HTTP/2. Another spelling of a key finds it.
    pub fn of_lower_case(entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let map = Self::from_entries(entries);
        map.0.entries.borrow_mut().to_mut().is_lower_case = true;
        map
    }
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.entries.borrow().entries.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value of a key that is a string.
    pub fn get(&self, key: &str) -> Option<Value> {
        let entries = self.0.entries.borrow();
        let at = entries.place_of(key)?;
        Some(entries.entries[at].1.clone())
    }
    /// The value of any key.
    pub fn get_value(&self, key: &Value) -> Option<Value> {
        let entries = self.0.entries.borrow();
        let at = entries.place(key)?;
        Some(entries.entries[at].1.clone())
    }
    /// Sets a value, and returns the old one.
    ///
    /// A map that holds itself, directly or not, is never freed; templates cannot make one.
    pub fn put(&self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        let mut held = self.0.entries.borrow_mut();
        let entries = held.to_mut();
        match entries.place(&key) {
            Some(at) => {
                if self.is_silent() {
                    self.0.replaced.get_or_init(|| key);
                }
                Some(core::mem::replace(&mut entries.entries[at].1, value))
            }
            None => {
                let at = entries.entries.len();
                if let (Some(places), Value::String(key)) = (entries.places.get_mut(), &key) {
                    places.insert(key.clone(), at);
                }
                entries.changes = entries.changes.wrapping_add(1);
                entries.entries.push((key, value));
                None
            }
        }
    }
    /// Removes a key, and returns its value.
    pub fn remove(&self, key: &Value) -> Option<Value> {
        let mut held = self.0.entries.borrow_mut();
        let at = held.place(key)?;
        let entries = held.to_mut();
        entries.places.take();
        entries.changes = entries.changes.wrapping_add(1);
        Some(entries.entries.remove(at).1)
    }
    /// Removes everything.
    pub fn clear(&self) {
        let mut held = self.0.entries.borrow_mut();
        let entries = held.to_mut();
        entries.places.take();
        entries.changes = entries.changes.wrapping_add(1);
        let gone = core::mem::take(&mut entries.entries);
        drop(held);
        drop(gone);
    }
    /// All entries as they are now.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        self.0.entries.borrow().entries.clone()
    }
    /// Whether both are the same map.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
    pub(crate) fn borrow(&self) -> Ref<'_, [(Value, Value)]> {
        Ref::map(self.0.entries.borrow(), |entries| entries.entries.as_slice())
    }
    pub(crate) fn changes(&self) -> u32 {
        self.0.entries.borrow().changes
    }
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }
    /// Its values, if nobody else holds it.
    pub(super) fn into_values(self) -> Option<Vec<Value>> {
        let mut body = Rc::into_inner(self.0)?;
        Some(body.take_values())
    }
}

impl Body {
    fn take_values(&mut self) -> Vec<Value> {
        let entries = match self.entries.get_mut() {
            Held::Own(entries) => Some(entries),
            Held::Shared(entries) => Rc::get_mut(entries),
        };
        let entries = entries.map(|entries| core::mem::take(&mut entries.entries));
        entries.unwrap_or_default().into_iter().map(|(_, value)| value).collect()
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        super::drop_flat(self.take_values());
    }
}

impl Prototype {
    /// With the entries of a map, which has none any more.
    pub fn of(map: Map) -> Self {
        Self(Rc::new(core::mem::take(map.0.entries.borrow_mut().to_mut())))
    }
    /// A new map with these entries.
    pub fn map(&self) -> Map {
        Map::with(Held::Shared(self.0.clone()), false)
    }
    /// The value of a key that is a string.
    pub fn get(&self, key: &str) -> Option<Value> {
        let at = self.0.place_of(key)?;
        Some(self.0.entries[at].1.clone())
    }
}

impl Default for Held {
    fn default() -> Self {
        Self::Own(Entries::default())
    }
}

impl Deref for Held {
    type Target = Entries;

    fn deref(&self) -> &Entries {
        match self {
            Self::Own(entries) => entries,
            Self::Shared(entries) => entries,
        }
    }
}

impl Held {
    fn to_mut(&mut self) -> &mut Entries {
        if let Self::Shared(entries) = self {
            *self = Self::Own((**entries).clone());
        }
        match self {
            Self::Own(entries) => entries,
            Self::Shared(entries) => Rc::make_mut(entries),
        }
    }
}

impl Entries {
    fn place(&self, key: &Value) -> Option<usize> {
        match key {
            Value::String(key) => self.place_of(key),
            key => self.entries.iter().position(|(k, _)| java::scalar_equals(k, key)),
        }
    }

    fn place_of(&self, key: &str) -> Option<usize> {
        let place = self.exact_place_of(key);
        if place.is_none() && self.is_lower_case && key.bytes().any(|b| b.is_ascii_uppercase()) {
            return self.exact_place_of(&key.to_ascii_lowercase());
        }
        place
    }

    fn exact_place_of(&self, key: &str) -> Option<usize> {
        if self.entries.len() <= SEARCHED_MAX {
            return self.entries.iter().position(|(k, _)| k.as_str() == Some(key));
        }
        let entries = &self.entries;
        let places = self.places.get_or_init(|| {
            let names = entries.iter().enumerate();
            names
                .filter_map(|(at, (key, _))| match key {
                    Value::String(key) => Some((key.clone(), at)),
                    _ => None,
                })
                .collect()
        });
        places.get(key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_a_prototype_share_its_entries_until_they_change() {
        let names: Vec<Arc<str>> = (0..20).map(|n| alloc::format!("k{n}").into()).collect();
        let entries = names.iter().map(|name| (name.clone().into(), 1.into()));
        let prototype = Prototype::of(Map::from_entries(entries));
        let (one, other) = (prototype.map(), prototype.map());
        assert!(!one.is(&other));
        assert!(core::ptr::eq(&*one.borrow(), &*other.borrow()));
        one.put("k7", 2);
        one.put("new", 3);
        assert!(one.remove(&"k8".into()).is_some());
        let value = |map: &Map, key| match map.get(key) {
            Some(Value::Integer(value)) => value,
            _ => 0,
        };
        let values = |map| ["k7", "new", "k8", "k19"].map(|key| value(map, key));
        assert_eq!(values(&one), [2, 3, 0, 1]);
        other.clear();
        assert_eq!((other.len(), values(&prototype.map())), (0, [1, 0, 1, 1]));
        assert!(matches!(prototype.get("k19"), Some(Value::Integer(1))));
    }
}
