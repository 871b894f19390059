//! What can be wrong with a template, and where.

use alloc::string::String;
use core::fmt;

/// A place in a template; both numbers begin at 1, and columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub position: Position,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

impl core::error::Error for SyntaxError {}

/// Why a rendering ended without output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    /// The reference, directive or operator that was being rendered.
    pub position: Position,
    /// The kind of failure.
    pub kind: RenderErrorKind,
}

/// The kinds of [`RenderError`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenderErrorKind {
    /// More output, or a longer string, than [`Bounds::output_bytes_max`](crate::Bounds).
    OutputTooLong,
    /// More than [`Bounds::memory_bytes_max`](crate::Bounds).
    TooMuchMemory,
    /// More than [`Bounds::steps_max`](crate::Bounds).
    TooManySteps,
    /// Deeper than [`Bounds::depth_max`](crate::Bounds).
    TooDeep,
    /// A number of more than [`Bounds::DIGITS_MAX`](crate::Bounds::DIGITS_MAX) digits.
    TooManyDigits,
    /// A method or an operator failed, as Java's would throw: `substring` beyond the end, for example.
    Method {
        /// The method's name, or the operator.
        name: String,
        /// What it says.
        message: String,
    },
    /// Something that Velocity does and this crate does not.
    Unsupported(String),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.kind)
    }
}

impl fmt::Display for RenderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutputTooLong => f.write_str("the output is too long"),
            Self::TooMuchMemory => f.write_str("the template takes too much memory"),
            Self::TooManySteps => f.write_str("the template takes too many steps"),
            Self::TooDeep => f.write_str("blocks or values are too deep within each other"),
            Self::TooManyDigits => {
                write!(f, "a number has more than {} digits", crate::Bounds::DIGITS_MAX)
            }
            Self::Method { name, message } => write!(f, "`{name}` failed: {message}"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}

impl core::error::Error for RenderError {}
