//! A place in a document, and what is wrong there.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::problem::{Reading, Unknown};

/// A value with its place.
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

    /// Its JSON pointer.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    pub(super) fn error(&self, message: impl Into<String>) {
        self.tell(message.into(), false, None);
    }

    /// A name that nothing has is written here; these are there.
    pub(super) fn unknown(&self, message: String, name: &str, known: &[&str], is_warning: bool) {
        let known = known.iter().map(|one| (*one).into()).collect();
        self.tell(message, is_warning, Some(Unknown { name: name.into(), known }));
    }

    pub(super) fn warning(&self, message: impl Into<String>) {
        self.tell(message.into(), true, None);
    }

    fn tell(&self, message: String, is_warning: bool, unknown: Option<Unknown>) {
        self.reading.tell(&self.pointer, message, is_warning, unknown);
    }

    /// Refuses members of other names.
    pub(super) fn members(&self, known: &[&str]) {
        let Some(object) = self.value.as_object() else {
            self.error("an object is expected");
            return;
        };
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let message = alloc::format!("unknown member `{name}`");
            // What is there is not meant by what is there too.
            let missing = known.iter().filter(|known| !object.contains_key(**known));
            let missing: Vec<&str> = missing.copied().collect();
            self.child(name, self.value).unknown(message, name, &missing, false);
        }
    }

    /// A member that is there and is not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name)?;
        (!value.is_null()).then(|| self.child(name, value))
    }

    pub(super) fn required(&self, name: &str) -> Option<Self> {
        let found = self.get(name);
        if found.is_none() {
            self.error(alloc::format!("`{name}` is missing"));
        }
        found
    }

    /// The only member, of an object that stands for a choice.
    pub(super) fn choice(&self) -> Option<(&'v str, Self)> {
        let object = self.value.as_object().filter(|object| object.len() == 1);
        let Some((name, value)) = object.and_then(|object| object.iter().next()) else {
            self.error("an object with exactly one member is expected");
            return None;
        };
        Some((name, self.child(name, value)))
    }

    pub(super) fn items(&self) -> Vec<Self> {
        let Some(items) = self.value.as_array() else {
            self.error("an array is expected");
            return Vec::new();
        };
        let at = |(index, value): (usize, &'v Value)| self.child(&index.to_string(), value);
        items.iter().enumerate().map(at).collect()
    }

    /// The members of an object that is used as a map.
    pub(super) fn entries(&self) -> Vec<(&'v str, Self)> {
        let Some(object) = self.value.as_object() else {
            self.error("an object is expected");
            return Vec::new();
        };
        object.iter().map(|(name, value)| (name.as_str(), self.child(name, value))).collect()
    }

    pub(super) fn text(&self) -> Option<String> {
        let text = self.value.as_str();
        if text.is_none() {
            self.error("a string is expected");
        }
        text.map(Into::into)
    }

    pub(super) fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.error("`true` or `false` is expected");
        }
        flag
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(Self::text).collect()
    }

    pub(super) fn whole(&self, min: u64, max: u64) -> Option<u64> {
        let number = self.value.as_u64().filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.error(alloc::format!("a whole number from {min} to {max} is expected"));
        }
        number
    }

    /// One of AWS's words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.none_of(&text, &known);
        }
        found.map(|(_, value)| *value)
    }

    fn none_of(&self, text: &str, known: &[&str]) {
        let message = alloc::format!("`{text}` is not one of {}", known.join(", "));
        self.unknown(message, text, known, false);
    }

    /// The name of a choice that there is not, of these.
    pub(super) fn no_choice(&self, what: &str, name: &str, known: &[&str]) {
        let message = alloc::format!("unknown {what} `{name}`");
        self.unknown(message, name, known, false);
    }

    fn child(&self, name: &str, value: &'v Value) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { value, pointer: alloc::format!("{}/{name}", self.pointer), reading: self.reading }
    }
}
