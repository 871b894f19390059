#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ast;
mod big;
mod bounds;
mod error;
mod java;
mod lex;
mod noted;
mod object;
mod parse;
mod pattern;
mod regex;
mod render;
mod scope;
mod template;
mod value;

pub use big::Big;
pub use bounds::Bounds;
pub use error::{Position, RenderError, RenderErrorKind, SyntaxError};
pub use noted::Noted;
pub use object::{CallError, Object};
pub use pattern::Pattern;
pub use scope::Scope;
pub use template::{Dialect, Template};
pub use value::{Block, List, Map, Narrow, Notation, Prototype, Value};

#[cfg(test)]
mod tests {
    #[test]
    fn templates_are_shared_between_threads() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<crate::Template>();
    }

    #[test]
    fn values_are_small_enough_to_be_copied_about() {
        assert!(size_of::<crate::Value>() <= 24);
    }
}
