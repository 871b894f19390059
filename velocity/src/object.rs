//! What a host offers to templates beyond plain values.

use alloc::{rc::Rc, string::String, vec::Vec};

use crate::Value;

/// Something whose members are found when a template asks for them: `$input`, `$context`.
///
/// Names are the template's words: `$thing.name` is `get("name")`, `$thing.name("x")` is `call("name", ["x"])`.
/// A member without a value is `None`, which is Velocity's null.
pub trait Object {
    /// `$object.name`, `$object["name"]`.
    fn get(&self, name: &str) -> Option<Value>;

    /// `#set($object.name = value)`. Whether the object takes it; one that does not is left as it is, as Velocity leaves
    /// an object without a setter.
    fn set(&self, _name: &str, _value: &Value) -> bool {
        false
    }

    /// `$object.method(arguments)`.
    fn call(&self, _method: &str, _arguments: &[Value]) -> Result<Value, CallError> {
        Err(CallError::NoSuchMethod)
    }

    /// Steps that calls have taken since this was last asked, beside the one that each is: what one does is the host's,
    /// and after it so much of [`Bounds::steps_max`](crate::Bounds::steps_max) is gone.
    fn take_steps(&self) -> u64 {
        0
    }

    /// What `#foreach` goes through; `None` for an object that is no collection.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// JSON text of the object, for where it stands within a list that is printed as JSON; `None` is what it prints, as
    /// a string.
    fn json(&self) -> Option<String> {
        None
    }

    /// Whether it is a number that is too long to calculate with: what calculates with it fails.
    fn is_number(&self) -> bool {
        false
    }

    /// What a reference to the object itself prints.
    fn print(&self) -> String {
        String::new()
    }
}

/// Why an [`Object`] does not answer a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// It has no such method, or none with such arguments: the call is null.
    NoSuchMethod,
    /// The method failed: so does the rendering.
    Failed(String),
}

impl<T: Object + 'static> From<Rc<T>> for Value {
    fn from(object: Rc<T>) -> Self {
        Self::Object(object)
    }
}
