//! `java.util.List`.

use alloc::{rc::Rc, vec::Vec};
use core::cell::{Cell, Ref, RefCell};

use super::Value;

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// As Java's `ArrayList`: `[a, b]`.
    Java,
    /// As JSON, with everything within it: `["a","b"]`. So json-smart's `JSONArray` prints.
    Json,
}

/// A list. Clones are the same list.
#[derive(Clone)]
pub struct List(Rc<Body>);

struct Body {
    items: RefCell<Vec<Value>>,
    /// How often items were added or removed.
    changes: Cell<u32>,
    notation: Notation,
}

impl List {
    /// A list of these items.
    pub fn new(items: Vec<Value>, notation: Notation) -> Self {
        Self(Rc::new(Body { items: RefCell::new(items), changes: Cell::new(0), notation }))
    }
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.items.borrow().len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How it is printed.
    pub fn notation(&self) -> Notation {
        self.0.notation
    }
    /// The item at a place.
    pub fn get(&self, at: usize) -> Option<Value> {
        self.0.items.borrow().get(at).cloned()
    }
    /// All items as they are now.
    pub fn items(&self) -> Vec<Value> {
        self.0.items.borrow().clone()
    }
    /// Whether both are the same list.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
    pub(crate) fn borrow(&self) -> Ref<'_, Vec<Value>> {
        self.0.items.borrow()
    }
    /// Changes the items. `change` must not reach this list.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let mut items = self.0.items.borrow_mut();
        let before = items.len();
        let changed = change(&mut items);
        if items.len() != before {
            self.0.changes.set(self.0.changes.get().wrapping_add(1));
        }
        changed
    }
    pub(crate) fn changes(&self) -> u32 {
        self.0.changes.get()
    }
    pub(crate) fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        super::drop_flat(core::mem::take(self.items.get_mut()));
    }
}

impl List {
    /// Its items, if nobody else holds it.
    pub(super) fn into_items(self) -> Option<Vec<Value>> {
        let mut body = Rc::into_inner(self.0)?;
        Some(core::mem::take(body.items.get_mut()))
    }
}
