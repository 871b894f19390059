//! Text, directives, comments.

use alloc::{boxed::Box, format, string::String, vec::Vec};

use super::{Parsed, Parser};
use crate::Dialect;
use crate::ast::{Expression, Foreach, Node, Nodes, Reference, Slot};
use crate::lex::{Kind, State, Token};

/// Directives that Velocity has beyond its grammar.
const DIRECTIVES: [&str; 9] =
    ["foreach", "define", "break", "stop", "literal", "macro", "include", "parse", "evaluate"];

/// An argument of a directive.
enum Argument {
    Word,
    /// With whether it is a reference without braces and `!`.
    Expression(Expression, bool),
}

impl Parser<'_, '_> {
    /// Statements, up to the end of the template or what ends a block.
    pub(super) fn statements(&mut self) -> Parsed<Nodes> {
        let mut nodes = Nodes::new();
        loop {
            match self.peek(0)? {
                Kind::Eof | Kind::End | Kind::Else | Kind::ElseIf => return Ok(nodes),
                _ => self.statement(&mut nodes)?,
            }
        }
    }

    fn statement(&mut self, nodes: &mut Nodes) -> Parsed<()> {
        let is_formal = self.peek(0)? == Kind::CurlyOpen && self.peek(1)? == Kind::Identifier;
        if is_formal || self.peek(0)? == Kind::Identifier {
            match self.printed_reference()? {
                Ok(printed) => nodes.push(Node::Reference(Box::new(printed))),
                Err(text) => push_text(nodes, &text),
            }
            return Ok(());
        }
        let token = self.next()?;
        let image = self.image(&token);
        match token.kind {
            Kind::If => nodes.push(self.deeper(token.start, Self::if_)?),
            Kind::Set => nodes.push(self.set()?),
            Kind::LineCommentStart => {
                push_text(nodes, before(image, "##"));
                self.take(Kind::LineCommentEnd)?;
            }
            Kind::BlockComment | Kind::FormalComment if image.contains("#*") => {
                push_text(nodes, before(image, "#*"));
            }
            Kind::BlockComment | Kind::FormalComment => {}
            Kind::TextBlock => push_text(nodes, image.get(3..image.len() - 3).unwrap_or("")),
            Kind::EscapedDirective => push_text(nodes, &unescaped(image)),
            Kind::DoubleEscape => self.escapes(nodes)?,
            Kind::Word | Kind::BracketedWord => self.directive(&token, nodes)?,
            Kind::Text
            | Kind::Dot
            | Kind::Close
            | Kind::Open
            | Kind::Integer
            | Kind::Decimal
            | Kind::StringLiteral
            | Kind::Escape
            | Kind::CurlyOpen
            | Kind::CurlyClose
            | Kind::EmptyIndex => {
                push_text(nodes, &token.stray);
                push_text(nodes, image);
            }
            _ => return Err(self.unexpected(&token)),
        }
        Ok(())
    }

    // What is not to be inlined would become part of `statement`, which V8 compiles whole when it is first called: also
    // for a template without directives.

    /// Pairs of backslashes: before a directive each pair is one of them.
    #[inline(never)]
    fn escapes(&mut self, nodes: &mut Nodes) -> Parsed<()> {
        let mut count = 1;
        while self.take(Kind::DoubleEscape)?.is_some() {
            count += 1;
        }
        let control = matches!(self.peek(0)?, Kind::If | Kind::Else | Kind::ElseIf | Kind::End);
        let name = self.image(&self.ahead[0]).get(1..).unwrap_or("");
        let shown = if control || DIRECTIVES.contains(&name) { "\\" } else { "\\\\" };
        push_text(nodes, &shown.repeat(count));
        Ok(())
    }

    #[inline(never)]
    fn if_(&mut self) -> Parsed<Node> {
        let mut branches = alloc::vec![self.branch()?];
        while self.take(Kind::ElseIf)?.is_some() {
            branches.push(self.branch()?);
        }
        let otherwise = match self.take(Kind::Else)? {
            Some(_) => self.statements()?,
            None => Nodes::new(),
        };
        self.expect(Kind::End, "`#end`")?;
        Ok(Node::If { branches, otherwise })
    }

    fn branch(&mut self) -> Parsed<(Expression, Nodes)> {
        self.skip_white_space()?;
        self.expect(Kind::Open, "`(`")?;
        let condition = self.expression()?;
        self.expect(Kind::Close, "`)`")?;
        Ok((condition, self.statements()?))
    }

    #[inline(never)]
    fn set(&mut self) -> Parsed<Node> {
        self.skip_white_space()?;
        let is_plain = self.is_plain()?;
        let mut target = self.reference("a reference to set")?;
        if target.members.is_empty() {
            target.slot = target.slot.map(|slot| self.assigned(slot, is_plain));
        }
        self.skip_white_space()?;
        self.expect(Kind::Assign, "`=`")?;
        let value = self.expression()?;
        self.expect(Kind::Close, "`)`")?;
        self.lexer.stack.in_set = false;
        Ok(Node::Set(Box::new((target, value))))
    }

    /// Whether a reference without braces and `!` follows.
    fn is_plain(&mut self) -> Parsed<bool> {
        let is_identifier = self.peek(0)? == Kind::Identifier;
        Ok(is_identifier && !self.image(&self.ahead[0]).contains('!'))
    }

    /// The variable that is assigned: of `${name}` and `$!name` Velocity 1.7 takes `{` and `!name` for the name, which
    /// no reference has.
    fn assigned(&mut self, slot: Slot, is_plain: bool) -> Slot {
        match self.shared.dialect {
            Dialect::Velocity17 if !is_plain => self.shared.names.slot("{"),
            _ => slot,
        }
    }

    #[inline(never)]
    fn directive(&mut self, word: &Token, nodes: &mut Nodes) -> Parsed<()> {
        let image = self.image(word);
        let name = match word.kind {
            Kind::BracketedWord => image.get(2..image.len() - 1),
            _ => image.get(1..),
        };
        let name = name.unwrap_or("");
        // Nothing was looked at beyond the word: the lexer stands behind it.
        self.lexer.stack.state = State::Directive;
        if !self.lexer.parenthesis_follows() {
            self.lexer.stack.pop();
            match name {
                "stop" => nodes.push(Node::Stop),
                "break" => nodes.push(Node::Break(None)),
                "foreach" | "define" | "macro" => {
                    let message = format!("`#{name}` needs arguments in `( )`");
                    return Err(self.error(word.start, message));
                }
                _ => push_text(nodes, image),
            }
            return Ok(());
        }
        self.skip_white_space()?;
        self.expect(Kind::Open, "`(`")?;
        let arguments = self.directive_arguments(name)?;
        self.expect(Kind::Close, "`)`")?;
        match name {
            "foreach" => {
                nodes.push(self.deeper(word.start, |p| p.foreach(word, arguments))?);
            }
            "define" => nodes.push(self.deeper(word.start, |p| p.define(word, arguments))?),
            "stop" => nodes.push(Node::Stop),
            "break" => nodes.push(Node::Break(self.broken(word, arguments)?)),
            "macro" | "literal" | "include" | "parse" | "evaluate"
                if self.shared.dialect == Dialect::Velocity17 =>
            {
                return Err(self.error(word.start, format!("`#{name}` is not supported")));
            }
            // A definition vanishes: API Gateway has no macros.
            "macro" => drop(self.deeper(word.start, Self::block)?),
            _ if name.starts_with('@') || name == "literal" => {
                self.deeper(word.start, Self::block)?;
                push_text(nodes, &self.images_at(word.start..self.end));
            }
            // What is no directive is text, its arguments too.
            _ => push_text(nodes, &self.images_at(word.start..self.end)),
        }
        Ok(())
    }

    fn directive_arguments(&mut self, name: &str) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        loop {
            self.skip_white_space()?;
            if self.peek(0)? == Kind::Close {
                return Ok(arguments);
            }
            if self.take(Kind::Comma)?.is_some() {
                self.skip_white_space()?;
            }
            let is_plain = self.is_plain()?;
            arguments.push(match self.take(Kind::Word)? {
                Some(word)
                    if DIRECTIVES.contains(&name)
                        && !(name == "foreach" && arguments.len() == 1)
                        && !(name == "macro" && arguments.is_empty()) =>
                {
                    return Err(self.unexpected(&word));
                }
                Some(_) => Argument::Word,
                None => Argument::Expression(self.value()?, is_plain),
            });
        }
    }

    fn foreach(&mut self, word: &Token, arguments: Vec<Argument>) -> Parsed<Node> {
        let mut arguments = arguments.into_iter();
        let parts = (arguments.next(), arguments.next(), arguments.next());
        let (
            Some(Argument::Expression(
                Expression::Reference(Reference { slot: Some(item), .. }),
                _,
            )),
            Some(Argument::Word),
            Some(Argument::Expression(list, _)),
        ) = parts
        else {
            return Err(self.error(word.start, "`#foreach` is written `#foreach($item in $list)`"));
        };
        let position = self.position(word.start);
        let body = self.block()?;
        Ok(Node::Foreach(Box::new(Foreach { item, list, body, position })))
    }

    fn define(&mut self, word: &Token, arguments: Vec<Argument>) -> Parsed<Node> {
        let Some(Argument::Expression(
            Expression::Reference(Reference { slot: Some(slot), .. }),
            is_plain,
        )) = arguments.into_iter().next()
        else {
            return Err(self.error(word.start, "`#define` is written `#define($name)`"));
        };
        let slot = self.assigned(slot, is_plain);
        let body = self.block()?;
        self.shared.blocks.push(body);
        Ok(Node::Define(slot, self.shared.blocks.len() as u32 - 1))
    }

    /// What `#break(…)` breaks out of.
    fn broken(&mut self, word: &Token, arguments: Vec<Argument>) -> Parsed<Option<Box<Reference>>> {
        match arguments.into_iter().next() {
            None => Ok(None),
            Some(Argument::Expression(Expression::Reference(scope), _)) => {
                Ok(Some(Box::new(scope)))
            }
            Some(_) => {
                let message = "`#break` takes a scope, as in `#break($foreach)`";
                Err(self.error(word.start, message))
            }
        }
    }

    /// Statements and their `#end`.
    fn block(&mut self) -> Parsed<Nodes> {
        let nodes = self.statements()?;
        self.expect(Kind::End, "`#end`")?;
        Ok(nodes)
    }
}

/// Adds text to the text before it.
fn push_text(nodes: &mut Nodes, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Node::Text(last)) = nodes.last_mut() {
        last.push_str(text);
    } else {
        nodes.push(Node::Text(text.into()));
    }
}

fn before<'i>(image: &'i str, mark: &str) -> &'i str {
    image.split(mark).next().unwrap_or("")
}

/// An escaped directive: half of its backslashes stay, if it is a directive.
fn unescaped(image: &str) -> String {
    let last = image.rfind('\\').unwrap_or(0);
    let directive = &image[last + 1..];
    let name = directive.trim_start_matches('#').trim_start_matches('{').trim_end_matches('}');
    let known =
        DIRECTIVES.contains(&name) || matches!(name, "if" | "end" | "set" | "else" | "elseif");
    if known { format!("{}{directive}", &image[..last / 2]) } else { image.into() }
}
