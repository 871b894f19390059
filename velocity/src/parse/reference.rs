//! References.

use alloc::{format, string::String, vec::Vec};

use super::{Parsed, Parser};
use crate::ast::{Expression, Member, Printed, Reference};
use crate::lex::Kind;

impl Parser<'_, '_> {
    /// A reference in text; or the text that it is, if signs in it make it none.
    pub(super) fn printed_reference(&mut self) -> Parsed<Result<Printed, String>> {
        self.peek(0)?;
        let first = self.ahead[0].clone();
        let (reference, end) = self.reference_and_end("a reference")?;
        let image = self.image(&first);
        if reference.slot.is_none() && !image.contains('$') {
            // A word that only looks like a reference: of what it has behind it nothing is printed.
            return Ok(Err(format!("{}{image}", first.stray)));
        }
        if image.contains("\\!") {
            return Ok(Err(format!("{}{}", first.stray, slashed(image))));
        }
        let backslashes = image.len() - image.trim_start_matches('\\').len();
        let image = &image[backslashes..];
        let name = image.rfind('$').unwrap_or(0);
        let escaped = backslashes % 2 == 1;
        Ok(Ok(Printed {
            reference,
            escapes: "\\".repeat(backslashes / 2).into(),
            prefix: image[..name].into(),
            escaped,
            quiet: image[name..].starts_with("$!") && !escaped,
            literal: [&*first.stray, &self.shown_at(first.start..end)].concat().into(),
        }))
    }

    /// A reference that has a value or takes one.
    pub(super) fn reference(&mut self, what: &str) -> Parsed<Reference> {
        self.reference_and_end(what).map(|(reference, _)| reference)
    }

    fn reference_and_end(&mut self, what: &str) -> Parsed<(Reference, usize)> {
        let first = match self.take(Kind::CurlyOpen)? {
            Some(first) => first,
            None => self.expect(Kind::Identifier, what)?,
        };
        let position = self.position(first.start);
        let formal = first.kind == Kind::CurlyOpen;
        let name = if formal { self.expect(Kind::Identifier, "a name")? } else { first.clone() };
        let image = self.image(&first);
        let slot = (image.contains('$') && !image.contains("\\!")).then(|| {
            let image = self.image(&name);
            // In braces a sign is part of the name, which nothing has then.
            let name = if formal { image } else { image.rsplit(['$', '!']).next().unwrap_or("") };
            self.shared.names.slot(name)
        });
        let mut members = Vec::new();
        self.indices(&mut members)?;
        while self.peek(0)? == Kind::Dot && self.peek(1)? == Kind::Identifier {
            self.next()?;
            let member = self.next()?;
            let name = self.image(&member);
            if self.peek(0)? == Kind::Open && self.begins_arguments()? {
                let arguments = self.deeper(member.start, Self::arguments)?;
                if let [argument] = &*arguments
                    && let Some(text) = argument.text()
                {
                    self.shared.calls.push((name.into(), text));
                }
                members.push(Member::Method(name.into(), arguments));
            } else {
                members.push(Member::Property(name.into()));
            }
            self.indices(&mut members)?;
        }
        if formal {
            self.expect(Kind::CurlyClose, "`}`")?;
        }
        self.edit_first(&first);
        let end = self.end;
        let written = self.text[first.start..end].into();
        Ok((Reference { slot, members, position, written }, end))
    }

    fn indices(&mut self, members: &mut Vec<Member>) -> Parsed<()> {
        while let Some(open) = self.take(Kind::IndexOpen)? {
            let index = self.deeper(open.start, Self::index)?;
            self.expect(Kind::IndexClose, "`]`")?;
            members.push(Member::Index(index));
        }
        Ok(())
    }

    fn index(&mut self) -> Parsed<Expression> {
        self.skip_white_space()?;
        if self.peek(0)? == Kind::Decimal {
            let token = self.next()?;
            return Err(self.unexpected(&token));
        }
        let index = self.value()?;
        self.skip_white_space()?;
        Ok(index)
    }

    /// Whether the parenthesis at this place begins arguments.
    fn begins_arguments(&mut self) -> Parsed<bool> {
        Ok(matches!(
            self.peek(1)?,
            Kind::ArgumentsClose
                | Kind::WhiteSpace
                | Kind::StringLiteral
                | Kind::Integer
                | Kind::Decimal
                | Kind::BracketOpen
                | Kind::MapOpen
                | Kind::True
                | Kind::False
                | Kind::Identifier
                | Kind::CurlyOpen
        ))
    }

    fn arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.next()?;
        let mut arguments = Vec::new();
        if self.peek(0)? != Kind::ArgumentsClose {
            arguments.push(self.parameter()?);
            while self.take(Kind::Comma)?.is_some() {
                arguments.push(self.parameter()?);
            }
        }
        self.expect(Kind::ArgumentsClose, "`,` or `)`")?;
        Ok(arguments)
    }
}

/// `$\!name` is no reference: of the backslashes within, one goes.
fn slashed(image: &str) -> String {
    let dollar = image.find('$').unwrap_or(0);
    let start = image[dollar..].find('\\').map_or(image.len(), |at| dollar + at);
    let slashes = image[start..].len() - image[start..].trim_start_matches('\\').len();
    format!("{}{}", &image[..start + slashes.saturating_sub(1)], &image[start + slashes..])
}
