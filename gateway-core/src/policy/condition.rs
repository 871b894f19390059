//! Conditions: an operator, a key, and the values that it is compared with.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::operator::{Comparison, Operand, names, parse};
use super::{AccessRequest, Effect};

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Condition {
    quantifier: Quantifier,
    comparison: Comparison,
    is_negated: bool,
    /// `…IfExists`
    holds_without_key: bool,
    /// In lower case.
    key: String,
    operands: Vec<Operand>,
}

/// What stands before an operator. Every key here has one value, so that the difference is in what
/// holds where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Quantifier {
    None,
    ForAnyValue,
    ForAllValues,
}

/// An operator's name, read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    quantifier: Quantifier,
    pub(super) comparison: Comparison,
    is_negated: bool,
    holds_without_key: bool,
}

impl Operator {
    /// `ForAllValues:StringNotLikeIfExists`; `None`: IAM has no such operator.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (quantifier, name) = match name.split_once(':') {
            None => (Quantifier::None, name),
            Some(("ForAnyValue", name)) => (Quantifier::ForAnyValue, name),
            Some(("ForAllValues", name)) => (Quantifier::ForAllValues, name),
            Some(_) => return None,
        };
        let (name, holds_without_key) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (comparison, is_negated) = parse(name)?;
        if comparison == Comparison::Null && (holds_without_key || quantifier != Quantifier::None) {
            return None;
        }
        Some(Self { quantifier, comparison, is_negated, holds_without_key })
    }
}

impl Condition {
    pub(super) fn new(operator: Operator, key: &str, operands: Vec<Operand>) -> Self {
        let Operator { quantifier, comparison, is_negated, holds_without_key } = operator;
        let key = key.to_ascii_lowercase();
        Self { quantifier, comparison, is_negated, holds_without_key, key, operands }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The names of its operator: most have one.
    pub(super) fn operator_names(&self) -> impl Iterator<Item = String> + use<'_> {
        let quantifier = match self.quantifier {
            Quantifier::None => "",
            Quantifier::ForAnyValue => "ForAnyValue:",
            Quantifier::ForAllValues => "ForAllValues:",
        };
        let if_exists = if self.holds_without_key { "IfExists" } else { "" };
        names(self.comparison, self.is_negated)
            .map(move |name| alloc::format!("{quantifier}{name}{if_exists}"))
    }

    /// What the key is compared with, as texts that are read as the same values.
    pub(super) fn operands(&self) -> impl Iterator<Item = String> + use<'_> {
        self.operands.iter().map(Operand::to_source)
    }

    /// Whether it holds for a request. `effect` decides for a value with a variable that the request
    /// does not fill in: such a value is unlike any other, and must not allow anything by that.
    pub(super) fn holds(&self, request: &AccessRequest<'_>, effect: Effect) -> bool {
        let value = request.value(&self.key);
        if self.comparison == Comparison::Null {
            return self.operands.contains(&Operand::Boolean(value.is_none()));
        }
        let Some(value) = value else {
            return self.holds_without_key
                || match self.quantifier {
                    // "Negated matching condition operators return true if the key is not present."
                    Quantifier::None => self.is_negated,
                    Quantifier::ForAnyValue => false,
                    Quantifier::ForAllValues => true,
                };
        };
        let mut is_one = false;
        for operand in &self.operands {
            match self.comparison.is(&value, operand, request) {
                Some(is) => is_one |= is,
                None if self.is_negated && effect == Effect::Allow => return false,
                None => {}
            }
        }
        is_one != self.is_negated
    }
}
