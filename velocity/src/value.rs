//! The values that templates work with, as Java has them.

mod list;
mod map;
mod narrow;
mod text;

use alloc::{rc::Rc, string::String, sync::Arc, vec::Vec};
use core::fmt;

pub use list::{List, Notation};
pub use map::{Map, Prototype};
pub(crate) use narrow::Class;
pub use narrow::Narrow;
pub(crate) use text::{scalar_json, scalar_text};

use crate::{Big, Object};

/// A value of a template. Clones of lists, maps and objects are the same list, map or object, as in Java.
#[derive(Clone, Default)]
pub enum Value {
    /// Java's null.
    #[default]
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An `Integer`.
    Integer(i32),
    /// A `Long`.
    Long(i64),
    /// A `Double`.
    Decimal(f64),
    /// A `Byte`, a `Short`, a `Float` or a `Character`.
    Narrow(Narrow),
    /// A `BigInteger` or a `BigDecimal`.
    Big(Arc<Big>),
    /// A string. Literals of a template are shared by all of its renderings, whatever their threads.
    String(Arc<str>),
    /// A list, shared and mutable.
    List(List),
    /// A map, shared and mutable.
    Map(Map),
    /// Something of the host's.
    Object(Rc<dyn Object>),
    /// What `#define` made: rendered where it is printed.
    Block(Block),
}

/// A block of the template that is being rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its number in the template.
    pub(crate) number: u32,
    /// Which of the renderings of its `#define` made it.
    pub(crate) instance: u32,
}

impl Value {
    /// A string.
    pub fn string(text: &str) -> Self {
        Self::String(text.into())
    }
    /// An integer as literals and JSON have it: an `Integer` if that holds it, else a `Long`.
    ///
    /// ```
    /// use velocity::Value;
    /// assert!(matches!(Value::integer(-2_147_483_648), Value::Integer(i32::MIN)));
    /// assert!(matches!(Value::integer(2_147_483_648), Value::Long(2_147_483_648)));
    /// ```
    pub fn integer(value: i64) -> Self {
        i32::try_from(value).map_or(Self::Long(value), Self::Integer)
    }
    /// A list of these items, printed as Java's `ArrayList` prints: `[a, b]`.
    pub fn list(items: Vec<Value>) -> Self {
        Self::List(List::new(items, Notation::Java))
    }
    /// A number of as many digits as [`Bounds::DIGITS_MAX`](crate::Bounds::DIGITS_MAX), as it is written: digits,
    /// perhaps with a sign before and a fraction behind them. A `BigDecimal` if it has a fraction, else an `Integer`,
    /// a `Long` or a `BigInteger`, whichever holds it. `None` for other texts, those with exponents among them.
    ///
    /// ```
    /// use velocity::Value;
    /// assert!(matches!(Value::number("-12"), Some(Value::Integer(-12))));
    /// assert!(matches!(Value::number("12345678901234567890"), Some(Value::Big(_))));
    /// assert!(Value::number("1e5").is_none());
    /// ```
    pub fn number(text: &str) -> Option<Self> {
        if text.starts_with('+') {
            return None;
        }
        let integer = text.parse().ok().map(Self::integer);
        integer.or_else(|| Big::parse(text).map(|number| Self::Big(Arc::new(number))))
    }
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }
    /// What a parameter of the type `long` takes: an `Integer`, a `Short` and a `Byte` become one, as in Java.
    pub fn as_long(&self) -> Option<i64> {
        Class::of(self).map(|(_, number)| number)
    }
    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(value) => write!(f, "Bool({value})"),
            Self::Integer(value) => write!(f, "Integer({value})"),
            Self::Long(value) => write!(f, "Long({value})"),
            Self::Decimal(value) => write!(f, "Decimal({value})"),
            Self::Narrow(value) => write!(f, "{value:?}"),
            Self::Big(value) => write!(f, "Big({})", value.text()),
            Self::String(value) => write!(f, "String({value:?})"),
            Self::List(list) => write!(f, "List(of {})", list.len()),
            Self::Map(map) => write!(f, "Map(of {})", map.len()),
            Self::Object(_) => f.write_str("Object"),
            Self::Block(_) => f.write_str("Block"),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value)
    }
}
/// A `Long`, however small: Java has them apart. [`Value::integer`] chooses by size.
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Decimal(value)
    }
}
impl From<Big> for Value {
    fn from(value: Big) -> Self {
        Self::Big(Arc::new(value))
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}
impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Self {
        Self::String(value)
    }
}
impl From<List> for Value {
    fn from(value: List) -> Self {
        Self::List(value)
    }
}
impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Map(value)
    }
}

/// Drops values without recursion, however deep they are within each other.
fn drop_flat(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        let inner = match value {
            Value::List(list) => list.into_items(),
            Value::Map(map) => map.into_values(),
            _ => None,
        };
        values.extend(inner.into_iter().flatten());
    }
}
