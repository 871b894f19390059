//! Condition operators ("IAM JSON policy elements: Condition operators").

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::AccessRequest;
use super::ip::IpRange;
use super::pattern::Pattern;
use super::request::Value;
use crate::message::Timestamp;
use crate::time;

/// What a condition compares, without what only changes when it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    BinaryEquals,
    IpAddress,
    /// `ArnEquals` and `ArnLike` are the same.
    Arn,
    Null,
}

/// How a number or a date stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// A value of a policy, read as its operator reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Operand {
    Pattern(Pattern),
    Number(f64),
    Time(Timestamp),
    Boolean(bool),
    Bytes(Vec<u8>),
    Ip(IpRange),
}

/// A name: the comparison, and whether it is negated. `None`: IAM has no such operator.
pub(super) fn parse(name: &str) -> Option<(Comparison, bool)> {
    let found = OPERATORS.iter().find(|(known, ..)| *known == name)?;
    Some((found.1, found.2))
}

/// The names of a comparison, negated or not.
pub(super) fn names(
    comparison: Comparison,
    is_negated: bool,
) -> impl Iterator<Item = &'static str> {
    let is_same = move |(_, known, negated): &&(&str, Comparison, bool)| {
        *known == comparison && *negated == is_negated
    };
    OPERATORS.iter().filter(is_same).map(|(name, ..)| *name)
}

impl Operand {
    /// The text that this was read from, or another that is read as the same.
    pub(super) fn to_source(&self) -> String {
        match self {
            Self::Pattern(pattern) => pattern.to_source(),
            Self::Number(number) => alloc::format!("{number}"),
            Self::Time(at) => {
                let text = time::iso8601(*at);
                // Only seconds since 1970 reach beyond the year 9999.
                let is_read = time::from_iso8601(&text) == Some(*at);
                if is_read { text } else { alloc::format!("{}", at.0 / 1000) }
            }
            Self::Boolean(value) => alloc::format!("{value}"),
            Self::Bytes(bytes) => STANDARD.encode(bytes),
            Self::Ip(range) => range.to_source(),
        }
    }
}

impl Comparison {
    /// Reads a value of the policy; `None` if it is none for this operator.
    pub(super) fn operand(self, text: &str, has_variables: bool) -> Option<Operand> {
        Some(match self {
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Arn => {
                Operand::Pattern(Pattern::parse(text, has_variables)?)
            }
            Self::Numeric(_) => Operand::Number(text.parse().ok().filter(|n: &f64| n.is_finite())?),
            Self::Date(_) => Operand::Time(time::from_iso8601(text).or_else(|| seconds(text))?),
            Self::Bool | Self::Null if text.eq_ignore_ascii_case("true") => Operand::Boolean(true),
            Self::Bool | Self::Null if text.eq_ignore_ascii_case("false") => {
                Operand::Boolean(false)
            }
            Self::Bool | Self::Null => return None,
            Self::BinaryEquals => Operand::Bytes(STANDARD.decode(text).ok()?),
            Self::IpAddress => Operand::Ip(IpRange::parse(text)?),
        })
    }

    /// Whether the request's value is the policy's; `None` where that has a variable without a value.
    pub(super) fn is(
        self,
        value: &Value<'_>,
        operand: &Operand,
        request: &AccessRequest<'_>,
    ) -> Option<bool> {
        let own = || value.text();
        Some(match (self, operand) {
            (Self::StringEquals, Operand::Pattern(pattern)) => pattern.text(request)? == *own(),
            (Self::StringEqualsIgnoreCase, Operand::Pattern(pattern)) => {
                lower(&pattern.text(request)?) == lower(&own())
            }
            (Self::StringLike, Operand::Pattern(pattern)) => {
                pattern.matches_text(&own(), request)?
            }
            (Self::Arn, Operand::Pattern(pattern)) => {
                own().starts_with("arn:") && pattern.matches_arn(&own(), request)
            }
            (Self::Numeric(order), Operand::Number(number)) => {
                let compared = value.number().and_then(|own| own.partial_cmp(number));
                compared.is_some_and(|compared| order.is(compared))
            }
            (Self::Date(order), Operand::Time(at)) => {
                value.time().is_some_and(|own| order.is(own.cmp(at)))
            }
            (Self::Bool, Operand::Boolean(wanted)) => {
                own().eq_ignore_ascii_case(if *wanted { "true" } else { "false" })
            }
            (Self::BinaryEquals, Operand::Bytes(bytes)) => {
                STANDARD.decode(&*own()).is_ok_and(|own| own == *bytes)
            }
            (Self::IpAddress, Operand::Ip(range)) => {
                value.ip().is_some_and(|address| range.contains(address))
            }
            // `operand` makes no other pairs, and `Null` asks for no value.
            _ => false,
        })
    }
}

impl Order {
    fn is(self, compared: Ordering) -> bool {
        match self {
            Self::Equals => compared.is_eq(),
            Self::LessThan => compared.is_lt(),
            Self::LessThanEquals => compared.is_le(),
            Self::GreaterThan => compared.is_gt(),
            Self::GreaterThanEquals => compared.is_ge(),
        }
    }
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Seconds since 1970.
fn seconds(text: &str) -> Option<Timestamp> {
    text.parse::<u64>().ok()?.checked_mul(1000).map(Timestamp)
}

/// Name, comparison, negated.
const OPERATORS: [(&str, Comparison, bool); 27] = [
    ("StringEquals", Comparison::StringEquals, false),
    ("StringNotEquals", Comparison::StringEquals, true),
    ("StringEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, true),
    ("StringLike", Comparison::StringLike, false),
    ("StringNotLike", Comparison::StringLike, true),
    ("NumericEquals", Comparison::Numeric(Order::Equals), false),
    ("NumericNotEquals", Comparison::Numeric(Order::Equals), true),
    ("NumericLessThan", Comparison::Numeric(Order::LessThan), false),
    ("NumericLessThanEquals", Comparison::Numeric(Order::LessThanEquals), false),
    ("NumericGreaterThan", Comparison::Numeric(Order::GreaterThan), false),
    ("NumericGreaterThanEquals", Comparison::Numeric(Order::GreaterThanEquals), false),
    ("DateEquals", Comparison::Date(Order::Equals), false),
    ("DateNotEquals", Comparison::Date(Order::Equals), true),
    ("DateLessThan", Comparison::Date(Order::LessThan), false),
    ("DateLessThanEquals", Comparison::Date(Order::LessThanEquals), false),
    ("DateGreaterThan", Comparison::Date(Order::GreaterThan), false),
    ("DateGreaterThanEquals", Comparison::Date(Order::GreaterThanEquals), false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::BinaryEquals, false),
    ("IpAddress", Comparison::IpAddress, false),
    ("NotIpAddress", Comparison::IpAddress, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnNotLike", Comparison::Arn, true),
    ("Null", Comparison::Null, false),
];
