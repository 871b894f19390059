//! What a backslash begins.

use alloc::format;

use super::{Assertion, Class, Node, Outcome, Parser, Reference};
use crate::regex::class::{Item, Named};

impl Parser<'_> {
    pub(super) fn escape(&mut self) -> Outcome<Node> {
        let Some(c) = self.rest.next() else { return Err("a `\\` is last".into()) };
        if let Some(item) = named(c) {
            return Ok(Node::Class(Class::of(alloc::vec![item])));
        }
        Ok(match c {
            'b' => Node::Assert(Assertion::Boundary),
            'B' => Node::Assert(Assertion::NoBoundary),
            'A' => Node::Assert(Assertion::Start),
            'z' => Node::Assert(Assertion::End),
            'Z' => Node::Assert(Assertion::EndOrLastLine),
            'R' => Node::Either(alloc::vec![
                Node::Sequence(alloc::vec![Node::Char('\r', false), Node::Char('\n', false)]),
                Node::Class(Class::named(Named::VerticalSpace, false)),
            ]),
            'p' | 'P' => Node::Class(Class::of(alloc::vec![self.property(c == 'P')?])),
            'k' if self.eat('<') => Node::Back(Reference::Name(self.until('>')?), self.flags.fold),
            '1'..='9' => {
                let mut number = c as usize - '0' as usize;
                // More digits as long as there is such a group.
                while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(10)) {
                    let longer = number * 10 + digit as usize;
                    if longer >= self.groups {
                        break;
                    }
                    number = longer;
                    self.rest.next();
                }
                Node::Back(Reference::Number(number), self.flags.fold)
            }
            c => Node::Char(self.character(c)?, self.flags.fold),
        })
    }

    /// The character that an escape stands for.
    pub(super) fn character(&mut self, c: char) -> Outcome<char> {
        let code = match c {
            't' => return Ok('\t'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            'f' => return Ok('\u{c}'),
            'a' => return Ok('\u{7}'),
            'e' => return Ok('\u{1b}'),
            '0' => self.digits(8, 1, 3)?,
            'x' if self.eat('{') => {
                u32::from_str_radix(&self.until('}')?, 16).map_err(|_| "not hexadecimal")?
            }
            'x' => self.digits(16, 2, 2)?,
            'u' => self.digits(16, 4, 4)?,
            'c' => match self.rest.next() {
                Some(c) => u32::from(c) ^ 64,
                None => return Err("a `\\c` is last".into()),
            },
            c if c.is_ascii_alphabetic() => return Err(format!("`\\{c}` is not supported")),
            c => return Ok(c),
        };
        char::from_u32(code).ok_or_else(|| "not a character".into())
    }

    fn digits(&mut self, radix: u32, min: usize, max: usize) -> Outcome<u32> {
        let (mut code, mut count) = (0, 0);
        while count < max
            && let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(radix))
        {
            code = code * radix + digit;
            count += 1;
            self.rest.next();
        }
        if count < min { Err("a character's number has too few digits".into()) } else { Ok(code) }
    }

    /// After `\p` or `\P`.
    pub(super) fn property(&mut self, negated: bool) -> Outcome<Item> {
        let name = match self.rest.next() {
            Some('{') => self.until('}')?,
            Some(c) => c.into(),
            None => return Err("a `\\p` is last".into()),
        };
        let named = Named::property(&name);
        let named = named.ok_or_else(|| format!("`\\p{{{name}}}` is not supported"))?;
        Ok(Item::Named(named, negated))
    }
}

pub(super) fn named(c: char) -> Option<Item> {
    let named = match c.to_ascii_lowercase() {
        'd' => Named::Digit,
        'w' => Named::Word,
        's' => Named::Space,
        'h' => Named::HorizontalSpace,
        'v' => Named::VerticalSpace,
        _ => return None,
    };
    Some(Item::Named(named, c.is_ascii_uppercase()))
}
