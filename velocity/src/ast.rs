//! A template, read.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};

use crate::{Big, Position, Value};

/// The number of a variable: names are resolved when the template is read.
pub(crate) type Slot = u32;

/// Nodes, one after the other.
pub(crate) type Nodes = Vec<Node>;

/// What is rendered.
#[derive(Debug)]
pub(crate) enum Node {
    /// Printed as it is.
    Text(String),
    /// `$name…`
    Reference(Box<Printed>),
    /// `#set(target = value)`
    Set(Box<(Reference, Expression)>),
    /// `#if`, with every `#elseif`, and `#else`
    If { branches: Vec<(Expression, Nodes)>, otherwise: Nodes },
    /// `#foreach`
    Foreach(Box<Foreach>),
    /// `#define`: a variable, and the number of its block
    Define(Slot, u32),
    /// `#stop`
    Stop,
    /// `#break`, or `#break($foreach)` with what it breaks out of
    Break(Option<Box<Reference>>),
}

/// `#foreach($item in list) … #end`
#[derive(Debug)]
pub(crate) struct Foreach {
    pub(crate) item: Slot,
    pub(crate) list: Expression,
    pub(crate) body: Nodes,
    pub(crate) position: Position,
}

/// A reference that is printed.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) reference: Reference,
    /// Half of the backslashes before it.
    pub(crate) escapes: Box<str>,
    /// Signs before it that are none of its own: `$` of `$$name`.
    pub(crate) prefix: Box<str>,
    /// An odd number of backslashes: it is shown and not its value.
    pub(crate) escaped: bool,
    /// `$!name`: null prints nothing.
    pub(crate) quiet: bool,
    /// As it is written: what null prints.
    pub(crate) literal: Box<str>,
}

/// `$name.property.method(arguments)[index]`
#[derive(Debug)]
pub(crate) struct Reference {
    /// The variable; `None` for a word without `$`, which is null (`null` itself, for example).
    pub(crate) slot: Option<Slot>,
    pub(crate) members: Vec<Member>,
    pub(crate) position: Position,
    /// As it is written.
    pub(crate) written: Box<str>,
}

/// What follows a reference's name.
#[derive(Debug)]
pub(crate) enum Member {
    Property(Arc<str>),
    Method(Box<str>, Vec<Expression>),
    Index(Expression),
}

/// What has a value.
#[derive(Debug)]
pub(crate) enum Expression {
    /// A number, a boolean, or a string without references.
    Literal(Literal),
    /// A string in double quotes, and whether the last character of what it prints is taken off.
    Interpolated(Nodes, bool),
    Reference(Reference),
    /// `[a..b]`
    Range(Box<(Expression, Expression)>, Position),
    List(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    /// Operands of one precedence, from the left.
    Chain(Box<Chain>),
}

/// Operands of one precedence, from the left.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) first: Expression,
    pub(crate) operations: Vec<Operation>,
}

impl Expression {
    /// The text that it is, whatever the variables are.
    pub(crate) fn text(&self) -> Option<Arc<str>> {
        match self {
            Self::Literal(Literal::String(text)) => Some(text.clone()),
            // `"$.a"`: a sign that begins no reference.
            Self::Interpolated(nodes, false) => match &**nodes {
                [Node::Text(text)] => Some(text.as_str().into()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A value as it is written. Values are of one thread, templates of all: this is what they share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Bool(bool),
    Integer(i32),
    Long(i64),
    Decimal(f64),
    Big(Arc<Big>),
    String(Arc<str>),
}

impl Literal {
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Long(value) => Value::Long(*value),
            Self::Decimal(value) => Value::Decimal(*value),
            Self::Big(value) => Value::Big(value.clone()),
            Self::String(text) => Value::String(text.clone()),
        }
    }
}

/// An operator and what stands to the right of it.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) operator: Operator,
    pub(crate) right: Expression,
    pub(crate) position: Position,
    /// Of a sum what both sides add to a string where they are null.
    pub(crate) literals: Option<Box<(String, String)>>,
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

impl Operator {
    /// Whether it makes a boolean.
    pub(crate) fn is_logical(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Modulus)
    }
}

/// Names of variables, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: Vec<Arc<str>>,
    slots: BTreeMap<Arc<str>, Slot>,
}

impl Names {
    pub(crate) fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.find(name) {
            return slot;
        }
        let (name, slot) = (Arc::<str>::from(name), self.names.len() as Slot);
        self.names.push(name.clone());
        self.slots.insert(name, slot);
        slot
    }
    pub(crate) fn find(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}
