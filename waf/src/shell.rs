//! Commands of a system's shell in a text that was meant to be an argument.
//!
//! A command is a name of one where a shell would look for one: at the start, behind a separator, in a
//! substitution; and, for names that are words of English too, with what a command is followed by
//! (options, paths, another separator). Quotes, backslashes and empty expansions within a name, which
//! a shell takes away, are taken away first.

mod argument;
mod commands;
mod expansion;
mod expression;
mod function;
mod language;
mod names;
mod option;
mod powershell;
mod redirection;
mod unix;
mod windows;
mod word;

pub(crate) use powershell::{is_powershell, is_powershell_segment};
pub(crate) use unix::{is_unix, is_unix_segment};
pub(crate) use windows::{is_windows, is_windows_segment};

#[cfg(test)]
mod tests;
