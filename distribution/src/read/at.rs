//! A place in a document, and what is wrong there.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::problem::{Named, Reading, Unknown};

/// Most names that are told of those that could have been meant: each mistake has its own list.
const KNOWN_MAX: usize = 200;

#[derive(Clone)]
pub(super) struct At<'v, 'r> {
    pub(super) value: &'v Value,
    pointer: String,
    reading: &'r Reading,
}

impl<'v, 'r> At<'v, 'r> {
    pub(super) fn top(reading: &'r Reading, value: &'v Value) -> Self {
        Self { value, pointer: String::new(), reading }
    }

    pub(super) fn error(&self, message: impl Into<String>) {
        self.tell(message.into(), false, None);
    }

    /// A name that nothing has is written here; these are there.
    pub(super) fn unknown(
        &self,
        message: String,
        what: Named,
        known: &mut dyn Iterator<Item = &str>,
    ) {
        let name = self.value.as_str().unwrap_or_default().into();
        let known = known.take(KNOWN_MAX).map(String::from).collect();
        self.tell(message, false, Some(Unknown { name, what, known }));
    }

    /// Something is named here that is not there: the document of these that has it has to be given.
    pub(super) fn not_given<T>(&self, name: &str, what: Named, given: &BTreeMap<String, T>) {
        let text = self.value.as_str().unwrap_or_default();
        let message = alloc::format!("there is no {name} `{text}`: `references` brings it");
        self.unknown(message, what, &mut given.keys().map(String::as_str));
    }

    pub(super) fn warning(&self, message: impl Into<String>) {
        self.tell(message.into(), true, None);
    }

    fn tell(&self, message: String, is_warning: bool, unknown: Option<Unknown>) {
        self.reading.tell(&self.pointer, message, is_warning, unknown);
    }

    fn child(&self, name: &str, value: &'v Value) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { value, pointer: [&*self.pointer, "/", &name].concat(), reading: self.reading }
    }

    /// Refuses members of other names, except where they say nothing.
    pub(super) fn members(&self, known: &[&str]) {
        let Some(object) = self.value.as_object() else { return self.error("it is no object") };
        for (name, value) in object.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            if !value.is_null() {
                let message = alloc::format!("unknown member `{name}`");
                // What is there is not meant by what is there too.
                let known = known.iter().filter(|known| !object.contains_key(**known));
                let known = known.map(|known| String::from(*known)).collect();
                let unknown = Unknown { name: name.clone(), what: Named::Word, known };
                self.child(name, value).tell(message, false, Some(unknown));
            }
        }
    }

    /// Where a member is, or else this value.
    pub(super) fn at(&self, name: &str) -> Self {
        self.get(name).unwrap_or_else(|| self.clone())
    }

    /// A member that is there and is not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        (!value.is_null()).then(|| self.child(name, value))
    }

    pub(super) fn required(&self, name: &str) -> Option<Self> {
        let member = self.get(name);
        if member.is_none() {
            self.error(alloc::format!("`{name}` is missing"));
        }
        member
    }

    /// The items of a member in AWS's shape, `{"Quantity": 1, "Items": […]}`; an array will do too.
    pub(super) fn items(&self, name: &str) -> Vec<Self> {
        self.get(name).map(|at| at.own_items()).unwrap_or_default()
    }

    /// The same of this value.
    pub(super) fn own_items(&self) -> Vec<Self> {
        let list = if self.value.is_array() { Some(self.clone()) } else { self.get("Items") };
        let is_one = |list: &Self| list.value.is_array();
        if !list.as_ref().map_or(self.value.is_object(), is_one) {
            list.as_ref().unwrap_or(self).error("it must be a list");
            return Vec::new();
        }
        let items = list.map(|list| list.elements()).unwrap_or_default();
        let quantity = self.get("Quantity").and_then(|at| at.number());
        if quantity.is_some_and(|quantity| quantity != items.len() as u64) {
            self.error("`Quantity` is not the number of `Items`");
        }
        items
    }

    /// Those of a list, whatever else is wrong with it.
    pub(super) fn elements(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(n, value)| self.child(&n.to_string(), value)).collect()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.items(name).iter().filter_map(|at| at.text().map(String::from)).collect()
    }

    /// Where it is (RFC 6901).
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    pub(super) fn text(&self) -> Option<&'v str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.error("it must be a text");
        }
        text
    }

    /// `"true"` is none: a key group that is enabled so would let everybody in.
    pub(super) fn boolean(&self) -> Option<bool> {
        let boolean = self.value.as_bool();
        if boolean.is_none() {
            self.error("it must be true or false");
        }
        boolean
    }

    /// A whole number, which some exporters write with a point.
    pub(super) fn number(&self) -> Option<u64> {
        let float = || self.value.as_f64().filter(|n| *n >= 0.0 && *n < 1e15).map(|n| n as u64);
        let number = self.value.as_u64().or_else(float);
        if number.is_none() {
            self.error("it must be a whole number, 0 or more");
        }
        number
    }

    pub(super) fn one_of(&self, known: &[&'static str]) -> Option<&'static str> {
        let text = self.value.as_str().unwrap_or_default();
        let found = known.iter().find(|one| **one == text);
        if found.is_none() {
            let message = alloc::format!("it must be one of {}", known.join(", "));
            self.unknown(message, Named::Word, &mut known.iter().copied());
        }
        found.copied()
    }

    /// Whether a member is `true`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name).and_then(|at| at.boolean()).unwrap_or(false)
    }
}
