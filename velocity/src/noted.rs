//! What a rendering read and set.

use alloc::string::String;

use crate::Position;

/// A reference that had a value, or was set to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Whether it was set; else it was read.
    pub is_set: bool,
    /// As the template writes it: `$input.path('$.a')`.
    pub reference: String,
    /// What it prints, of which only the beginning may be kept; `None` is null.
    pub value: Option<String>,
    /// Where it stands.
    pub position: Position,
}
