//! Values of expressions, and whether they are true.

use alloc::string::String;

use super::arithmetic::failed;
use super::{Machine, Outcome};
use crate::Value;
use crate::ast::{Chain, Expression, Literal, Operation, Operator};
use crate::value::{List, Map, Narrow, Notation};

impl<'t> Machine<'t> {
    /// The value of an expression.
    pub(super) fn evaluate(&mut self, expression: &'t Expression) -> Outcome<Value> {
        self.budget.step(1)?;
        match expression {
            Expression::Literal(literal) => Ok(literal.value()),
            Expression::Reference(reference) => self.resolve(reference),
            _ => self.nested(|machine| machine.evaluate_within(expression)),
        }
    }

    fn evaluate_within(&mut self, expression: &'t Expression) -> Outcome<Value> {
        Ok(match expression {
            Expression::Literal(literal) => literal.value(),
            Expression::Reference(reference) => self.resolve(reference)?,
            Expression::Interpolated(nodes, cut) => {
                let mut text = self.captured(|machine| machine.nodes(nodes).map(drop))?;
                if *cut {
                    text.pop();
                }
                text.into()
            }
            Expression::Range(bounds, position) => {
                let (first, last) = (self.evaluate(&bounds.0)?, self.evaluate(&bounds.1)?);
                self.position = *position;
                let (Some(first), Some(last)) = (as_int(&first), as_int(&last)) else {
                    return Ok(Value::Null);
                };
                self.budget.allocate_values(first.abs_diff(last) as usize)?;
                let items = Range::new(first, last).map(Value::Integer).collect();
                List::new(items, Notation::Java).into()
            }
            Expression::List(expressions) => {
                self.budget.allocate_values(1 + expressions.len())?;
                let items = expressions.iter().map(|item| self.evaluate(item));
                List::new(items.collect::<Outcome<_>>()?, Notation::Java).into()
            }
            Expression::Map(expressions) => {
                self.budget.allocate_values(1 + 2 * expressions.len())?;
                let map = Map::new();
                for (key, value) in expressions {
                    let (key, value) = (self.evaluate(key)?, self.evaluate(value)?);
                    map.put(self.key(&key)?, value);
                }
                map.into()
            }
            Expression::Not(operand) => Value::Bool(!self.is_true(operand)?),
            Expression::Chain(chain) => self.chain(chain)?,
        })
    }

    /// Whether `#if` takes it for true. Of expressions without a truth (strings, lists, sums) nothing is evaluated: they
    /// are false.
    pub(super) fn is_true(&mut self, expression: &'t Expression) -> Outcome<bool> {
        self.budget.step(1)?;
        Ok(match expression {
            Expression::Reference(reference) => match self.resolve(reference)? {
                Value::Bool(value) => value,
                // What has a text is true; so it is rendered, with all that it sets.
                block @ Value::Block(_) => self.own_text(&block)?.is_some(),
                value => !value.is_null(),
            },
            Expression::Literal(Literal::Bool(value)) => *value,
            Expression::Not(operand) => !self.nested(|machine| machine.is_true(operand))?,
            Expression::Chain(chain)
                if chain.operations.last().is_some_and(|last| last.operator.is_logical()) =>
            {
                matches!(self.evaluate(expression)?, Value::Bool(true))
            }
            _ => false,
        })
    }

    fn chain(&mut self, chain: &'t Chain) -> Outcome<Value> {
        let Chain { first, operations } = chain;
        if let [Operation { operator: operator @ (Operator::And | Operator::Or), .. }, ..] =
            &operations[..]
        {
            return self.logical(first, operations, *operator == Operator::Or);
        }
        let mut left = self.evaluate(first)?;
        for operation in operations {
            let right = self.evaluate(&operation.right)?;
            self.budget.step(1)?;
            self.position = operation.position;
            left = self.operate(operation, left, right)?;
        }
        Ok(left)
    }

    /// `and`, `or`: what decides is the last that is evaluated.
    fn logical(
        &mut self,
        first: &'t Expression,
        operations: &'t [Operation],
        decisive: bool,
    ) -> Outcome<Value> {
        let mut value = self.is_true(first)?;
        for operation in operations {
            if value == decisive {
                break;
            }
            value = self.is_true(&operation.right)?;
        }
        Ok(Value::Bool(value))
    }

    fn operate(&mut self, operation: &Operation, left: Value, right: Value) -> Outcome<Value> {
        Ok(match operation.operator {
            Operator::Equal => Value::Bool(self.equal(&left, &right)?),
            Operator::NotEqual => Value::Bool(!self.equal(&left, &right)?),
            Operator::Less
            | Operator::Greater
            | Operator::LessOrEqual
            | Operator::GreaterOrEqual => {
                let order = self.compare(&left, &right)?;
                Value::Bool(order.is_some_and(|order| match operation.operator {
                    Operator::Less => order.is_lt(),
                    Operator::Greater => order.is_gt(),
                    Operator::LessOrEqual => order.is_le(),
                    _ => order.is_ge(),
                }))
            }
            Operator::Add
                if matches!(left, Value::String(_)) || matches!(right, Value::String(_)) =>
            {
                let literals = operation.literals.as_deref();
                let mut text = self.operand_text(&left, literals.map(|(left, _)| left))?;
                text.push_str(&self.operand_text(&right, literals.map(|(_, right)| right))?);
                self.budget.allocate(text.len())?;
                text.into()
            }
            operator => self.calculate(operator, &left, &right)?,
        })
    }

    fn operand_text(&mut self, value: &Value, literal: Option<&String>) -> Outcome<String> {
        match (value, literal) {
            (Value::Null, Some(literal)) => Ok(literal.clone()),
            // `toString` of a block that is too often within itself is null, to which Java adds nothing.
            _ => self.own_text(value)?.ok_or_else(|| failed("+", "the text of a block is null")),
        }
    }

    /// `==`: numbers by value, what has one class by `equals`, everything else by its text.
    pub(super) fn equal(&mut self, left: &Value, right: &Value) -> Outcome<bool> {
        let is_object = |value| matches!(value, &Value::Object(_));
        if !is_object(left)
            && !is_object(right)
            && let Some(order) = self.compare(left, right)?
        {
            return Ok(order.is_eq());
        }
        match (left, right) {
            (Value::Null, Value::Null) => Ok(true),
            (Value::Null, _) | (_, Value::Null) => Ok(false),
            (Value::String(a), Value::String(b)) => {
                self.budget.look_at(a.len().min(b.len()))?;
                Ok(a == b)
            }
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
                self.java_equals(left, right, 0)
            }
            _ => Ok(self.own_text(left)? == self.own_text(right)?),
        }
    }
}

/// An integer as `intValue` gives it.
pub(super) fn as_int(value: &Value) -> Option<i32> {
    match value {
        Value::Decimal(value) => Some(*value as i32),
        Value::Narrow(Narrow::Float(value)) => Some(*value as i32),
        Value::Big(value) => Some(value.to_integer().low() as i32),
        _ => value.as_long().map(|value| value as i32),
    }
}

/// From one integer to another, upwards or downwards, both included.
pub(super) struct Range {
    next: Option<i32>,
    last: i32,
}

impl Range {
    pub(super) fn new(first: i32, last: i32) -> Self {
        Self { next: Some(first), last }
    }
    pub(super) fn has_next(&self) -> bool {
        self.next.is_some()
    }
}

impl Iterator for Range {
    type Item = i32;
    fn next(&mut self) -> Option<i32> {
        let next = self.next?;
        self.next = (next != self.last).then(|| if next < self.last { next + 1 } else { next - 1 });
        Some(next)
    }
}
