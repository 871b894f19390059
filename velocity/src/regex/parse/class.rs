//! Classes of characters, between brackets.

use alloc::format;

use super::escape::named;
use super::{Class, DEPTH_MAX, Outcome, Parser};
use crate::regex::class::Item;

impl Parser<'_> {
    /// After `[`.
    pub(super) fn class(&mut self) -> Outcome<Class> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("too many classes within each other".into());
        }
        let negated = self.eat('^');
        let mut class = Class { negated, fold: self.flags.fold, ..Class::default() };
        let mut is_first = true;
        loop {
            let Some(c) = self.rest.next() else { return Err("a class is not closed".into()) };
            match c {
                ']' if !is_first => break,
                '[' => class.items.push(Item::Class(self.class()?)),
                '&' if self.eat('&') => {
                    class.also.push(self.intersected()?);
                    break;
                }
                c => self.class_item(c, &mut class)?,
            }
            is_first = false;
        }
        self.depth -= 1;
        Ok(class)
    }

    /// The right side of `&&`, with the bracket that closes both.
    fn intersected(&mut self) -> Outcome<Class> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("too many classes within each other".into());
        }
        let mut class = Class { fold: self.flags.fold, ..Class::default() };
        loop {
            let Some(c) = self.rest.next() else { return Err("a class is not closed".into()) };
            match c {
                ']' => break,
                '[' => class.items.push(Item::Class(self.class()?)),
                '&' if self.eat('&') => {
                    class.also.push(self.intersected()?);
                    break;
                }
                c => self.class_item(c, &mut class)?,
            }
        }
        self.depth -= 1;
        Ok(class)
    }

    fn class_item(&mut self, c: char, class: &mut Class) -> Outcome<()> {
        let Some(from) = self.class_char(c, class)? else { return Ok(()) };
        let mut ahead = self.rest.clone();
        let is_range =
            ahead.next() == Some('-') && ahead.next().is_some_and(|c| !matches!(c, ']' | '['));
        if !is_range {
            class.items.push(Item::Range(from, from));
            return Ok(());
        }
        self.rest.next();
        let Some(c) = self.rest.next() else { return Err("a class is not closed".into()) };
        match self.class_char(c, class)? {
            Some(to) if from <= to => class.items.push(Item::Range(from, to)),
            _ => return Err(format!("the range from `{from}` ends before it begins")),
        }
        Ok(())
    }

    /// A character of a class; `None` if it was a set of them, which then is in the class.
    fn class_char(&mut self, c: char, class: &mut Class) -> Outcome<Option<char>> {
        if c != '\\' {
            return Ok(Some(c));
        }
        let Some(c) = self.rest.next() else { return Err("a `\\` is last".into()) };
        if let Some(item) = named(c) {
            class.items.push(item);
            return Ok(None);
        }
        match c {
            'p' | 'P' => {
                let item = self.property(c == 'P')?;
                class.items.push(item);
                Ok(None)
            }
            'Q' => {
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.eat('E') {
                        break;
                    }
                    class.items.push(Item::Range(c, c));
                }
                Ok(None)
            }
            c => self.character(c).map(Some),
        }
    }
}
