//! Numbers, booleans, strings.

use alloc::{format, string::String, vec::Vec};

use super::{Origin, Parsed, Parser};
use crate::Value;
use crate::ast::{Expression, Literal, Node};
use crate::lex::{Kind, Token};

impl Parser<'_, '_> {
    pub(super) fn literal(&mut self) -> Parsed<Expression> {
        let token = self.next()?;
        let image = self.image(&token);
        Ok(Expression::Literal(match token.kind {
            Kind::True => Literal::Bool(true),
            Kind::False => Literal::Bool(false),
            Kind::Integer => match Value::number(image) {
                Some(Value::Integer(value)) => Literal::Integer(value),
                Some(Value::Long(value)) => Literal::Long(value),
                Some(Value::Big(value)) => Literal::Big(value),
                _ => return Err(self.error(token.start, "this integer has too many digits")),
            },
            Kind::Decimal => match image.parse() {
                Ok(value) => Literal::Decimal(value),
                Err(_) => return Err(self.unexpected(&token)),
            },
            Kind::StringLiteral => return self.string(&token),
            Kind::Eof => {
                return Err(self.error(token.start, "the template ends where a value is expected"));
            }
            _ => {
                let message = format!("{} where a value is expected", self.shown(&token));
                return Err(self.error(token.start, message));
            }
        }))
    }

    fn string(&mut self, token: &Token) -> Parsed<Expression> {
        let image = self.image(token);
        let quote = &image[..1];
        let within = &image[1..image.len() - 1];
        let mut text = String::from(within);
        if quote == "\"" && within.contains("\\u") {
            text = unescaped(within).ok_or_else(|| {
                self.error(token.start, "`\\u` in a string needs four hexadecimal digits")
            })?;
        }
        let doubled = quote.repeat(2);
        if text.contains(&doubled) {
            text = text.replace(&doubled, quote);
        }
        if quote == "'" || !within.contains(['$', '#']) {
            return Ok(Expression::Literal(Literal::String(text.into())));
        }
        self.interpolated(token, text)
    }

    /// A string that is a template itself. Velocity puts a space behind it, and takes the last character off what is
    /// printed: so no newline follows a directive at its end, and a `$` there begins nothing.
    fn interpolated(&mut self, token: &Token, mut text: String) -> Parsed<Expression> {
        let spaced = !text.contains("##");
        if spaced {
            text.push(' ');
        }
        let Origin { lines, offset } = self.origin;
        let origin = Origin { lines, offset: offset + token.start + 1 };
        let mut nodes = self
            .deeper(token.start, |parser| Parser::new(&text, origin, parser.shared).document())?;
        let mut spaced = spaced;
        if let (true, Some(Node::Text(last))) = (spaced, nodes.last_mut())
            && last.ends_with(' ')
        {
            // The usual case: nothing to take off each time.
            last.pop();
            spaced = false;
        }
        Ok(Expression::Interpolated(nodes, spaced))
    }
}

/// `\u` with four digits is a character; nothing else is escaped.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split("\\u");
    let mut units: Vec<u16> = parts.next()?.encode_utf16().collect();
    for part in parts {
        let digits = part.get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        units.push(u16::from_str_radix(digits, 16).ok()?);
        units.extend(part[4..].encode_utf16());
    }
    Some(String::from_utf16_lossy(&units))
}
