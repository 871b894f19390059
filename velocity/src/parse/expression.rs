//! Expressions.

use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

use super::{Parsed, Parser};
use crate::ast::{Chain, Expression, Literal, Operation, Operator};
use crate::lex::Kind;

impl Parser<'_, '_> {
    /// Operators and their operands.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        let at = self.next_start()?;
        self.deeper(at, |parser| parser.chain(1)).map(|(expression, _)| expression)
    }

    /// Operands joined by operators of a precedence, from the left; and what is shown of them where they are null.
    fn chain(&mut self, precedence: u8) -> Parsed<(Expression, Range<usize>)> {
        if precedence > MULTIPLICATIVE {
            return self.unary();
        }
        let (first, mut shown) = self.chain(precedence + 1)?;
        let mut operations: Vec<Operation> = Vec::new();
        while let Some(operator) = operator(self.peek(0)?, precedence) {
            let token = self.next()?;
            let (right, right_shown) = self.chain(precedence + 1)?;
            let position = self.position(token.start);
            let literals = (operator == Operator::Add)
                .then(|| Box::new((self.shown_at(shown), self.shown_at(right_shown))));
            operations.push(Operation { operator, right, position, literals });
            // Of two operands Velocity's tree has a node that begins behind the operator.
            shown = token.end..self.end;
        }
        if operations.is_empty() {
            return Ok((first, shown));
        }
        Ok((Expression::Chain(Box::new(Chain { first, operations })), shown))
    }

    fn unary(&mut self) -> Parsed<(Expression, Range<usize>)> {
        let spaced = usize::from(self.peek(0)? == Kind::WhiteSpace);
        if self.peek(spaced)? != Kind::Not {
            return self.primary();
        }
        self.skip_white_space()?;
        let not = self.next()?;
        let (operand, shown) = self.deeper(not.start, Self::unary)?;
        Ok((Expression::Not(Box::new(operand)), shown))
    }

    fn primary(&mut self) -> Parsed<(Expression, Range<usize>)> {
        self.skip_white_space()?;
        let primary = match self.take(Kind::Open)? {
            Some(open) => {
                let inner = self.expression()?;
                let shown = open.end..self.end;
                self.expect(Kind::Close, "`)`")?;
                (inner, shown)
            }
            None => {
                let start = self.next_start()?;
                let value = self.value()?;
                (value, start..self.end)
            }
        };
        self.skip_white_space()?;
        Ok(primary)
    }

    /// A value between white space.
    pub(super) fn parameter(&mut self) -> Parsed<Expression> {
        self.skip_white_space()?;
        let value = self.value()?;
        self.skip_white_space()?;
        Ok(value)
    }

    /// A literal or a reference.
    pub(super) fn value(&mut self) -> Parsed<Expression> {
        let at = self.next_start()?;
        self.deeper(at, Self::value_within)
    }

    fn value_within(&mut self) -> Parsed<Expression> {
        match self.peek(0)? {
            Kind::Identifier | Kind::CurlyOpen => {
                self.reference("a value").map(Expression::Reference)
            }
            Kind::BracketOpen => self.list_or_range(),
            Kind::MapOpen => self.map(),
            _ => self.literal(),
        }
    }

    fn list_or_range(&mut self) -> Parsed<Expression> {
        let open = self.next()?;
        if self.take(Kind::BracketClose)?.is_some() {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.parameter()?;
        let is_bound = matches!(
            &first,
            Expression::Reference(_)
                | Expression::Literal(Literal::Integer(_) | Literal::Long(_) | Literal::Big(_))
        );
        if is_bound && self.take(Kind::DoubleDot)?.is_some() {
            let last = self.parameter()?;
            self.expect(Kind::BracketClose, "`]`")?;
            return Ok(Expression::Range(Box::new((first, last)), self.position(open.start)));
        }
        let mut items = alloc::vec![first];
        while self.take(Kind::Comma)?.is_some() {
            items.push(self.parameter()?);
        }
        self.expect(Kind::BracketClose, "`,` or `]`")?;
        Ok(Expression::List(items))
    }

    fn map(&mut self) -> Parsed<Expression> {
        self.next()?;
        let mut entries = Vec::new();
        let spaced = usize::from(self.peek(0)? == Kind::WhiteSpace);
        if matches!(self.peek(spaced)?, Kind::MapClose | Kind::CurlyClose) {
            self.skip_white_space()?;
        } else {
            loop {
                let key = self.parameter()?;
                self.expect(Kind::Colon, "`:`")?;
                entries.push((key, self.parameter()?));
                if self.take(Kind::Comma)?.is_none() {
                    break;
                }
            }
        }
        let close = self.next()?;
        match close.kind {
            Kind::MapClose | Kind::CurlyClose => Ok(Expression::Map(entries)),
            _ => Err(self.unexpected(&close)),
        }
    }

    /// Where the next token begins.
    fn next_start(&mut self) -> Parsed<usize> {
        self.peek(0)?;
        Ok(self.ahead[0].start)
    }
}

const MULTIPLICATIVE: u8 = 6;

/// The operator that a token is at this precedence.
fn operator(kind: Kind, precedence: u8) -> Option<Operator> {
    let (of, operator) = match kind {
        Kind::Or => (1, Operator::Or),
        Kind::And => (2, Operator::And),
        Kind::Equal => (3, Operator::Equal),
        Kind::NotEqual => (3, Operator::NotEqual),
        Kind::Less => (4, Operator::Less),
        Kind::Greater => (4, Operator::Greater),
        Kind::LessOrEqual => (4, Operator::LessOrEqual),
        Kind::GreaterOrEqual => (4, Operator::GreaterOrEqual),
        Kind::Plus => (5, Operator::Add),
        Kind::Minus => (5, Operator::Subtract),
        Kind::Multiply => (MULTIPLICATIVE, Operator::Multiply),
        Kind::Divide => (MULTIPLICATIVE, Operator::Divide),
        Kind::Modulus => (MULTIPLICATIVE, Operator::Modulus),
        _ => return None,
    };
    (of == precedence).then_some(operator)
}
