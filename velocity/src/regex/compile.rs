//! Programs from expressions.

use alloc::string::String;
use alloc::vec::Vec;

use super::class::Class;
use super::parse::{Kind, Node, Parsed, Reference};
use super::{Instruction, Regex};

/// Longest program.
const INSTRUCTIONS_MAX: usize = 20_000;

struct Compiler {
    program: Vec<Instruction>,
    classes: Vec<Class>,
    groups: usize,
    names: Vec<(String, usize)>,
    registers: usize,
    /// Parts compiled so far: one that makes no instruction can be repeated too.
    parts: usize,
}

/// Compiles an expression.
pub(super) fn compile(parsed: Parsed) -> Result<Regex, String> {
    let Parsed { node, groups, names } = parsed;
    let mut compiler = Compiler {
        program: Vec::new(),
        classes: Vec::new(),
        groups,
        names,
        registers: 0,
        parts: 0,
    };
    compiler.push(Instruction::Save(0))?;
    compiler.node(&node)?;
    compiler.push(Instruction::Save(1))?;
    compiler.push(Instruction::Match)?;
    let Compiler { program, classes, groups, names, registers, .. } = compiler;
    Ok(Regex { program, classes, groups, names, registers })
}

impl Compiler {
    fn push(&mut self, instruction: Instruction) -> Result<usize, String> {
        if self.program.len() == INSTRUCTIONS_MAX {
            return Err("the regular expression is too large".into());
        }
        self.program.push(instruction);
        Ok(self.program.len() - 1)
    }

    fn here(&self) -> usize {
        self.program.len()
    }

    fn class(&mut self, class: &Class) -> usize {
        let at = self.classes.iter().position(|c| c == class);
        at.unwrap_or_else(|| {
            self.classes.push(class.clone());
            self.classes.len() - 1
        })
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        self.parts += 1;
        if self.parts > 2 * INSTRUCTIONS_MAX {
            return Err("the regular expression is too large".into());
        }
        match node {
            Node::Char(c, fold) => drop(self.push(Instruction::Char { c: *c, fold: *fold })?),
            Node::Class(class) => {
                let class = self.class(class);
                self.push(Instruction::Class(class))?;
            }
            Node::Assert(assertion) => drop(self.push(Instruction::Assert(*assertion))?),
            Node::Group(node, group) => {
                self.push(Instruction::Save(2 * group))?;
                self.node(node)?;
                self.push(Instruction::Save(2 * group + 1))?;
            }
            Node::Back(reference, fold) => {
                let group = match reference {
                    Reference::Number(number) => Some(*number),
                    Reference::Name(name) => {
                        self.names.iter().find(|(n, _)| n == name).map(|(_, group)| *group)
                    }
                };
                let group = group.filter(|group| *group < self.groups);
                let group = group.ok_or("a backreference names no group")?;
                self.push(Instruction::Back { group, fold: *fold })?;
            }
            Node::Sequence(nodes) => {
                for node in nodes {
                    self.node(node)?;
                }
            }
            Node::Either(choices) => self.either(choices)?,
            Node::Repeat { node, min, max, kind: Kind::Possessive } => {
                let atomic = self.push(Instruction::End)?;
                self.repeat(node, *min, *max, true)?;
                self.push(Instruction::End)?;
                self.program[atomic] = Instruction::Atomic { next: self.here() };
            }
            Node::Repeat { node, min, max, kind } => {
                self.repeat(node, *min, *max, *kind == Kind::Greedy)?;
            }
            Node::Look { node, behind, negate } => {
                let behind = match behind {
                    true => {
                        let (min, max) = width(node);
                        let max = max.filter(|max| *max <= 255);
                        Some((min, max.ok_or("a look-behind has no bound that is small")?))
                    }
                    false => None,
                };
                let look = self.push(Instruction::End)?;
                self.node(node)?;
                self.push(Instruction::End)?;
                let next = self.here();
                self.program[look] = Instruction::Look { behind, negate: *negate, next };
            }
            Node::Atomic(node) => {
                let atomic = self.push(Instruction::End)?;
                self.node(node)?;
                self.push(Instruction::End)?;
                self.program[atomic] = Instruction::Atomic { next: self.here() };
            }
        }
        Ok(())
    }

    fn either(&mut self, choices: &[Node]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (at, choice) in choices.iter().enumerate() {
            if at + 1 == choices.len() {
                self.node(choice)?;
                break;
            }
            let split = self.push(Instruction::End)?;
            self.node(choice)?;
            jumps.push(self.push(Instruction::End)?);
            self.program[split] = Instruction::Split(split + 1, self.here());
        }
        for jump in jumps {
            self.program[jump] = Instruction::Jump(self.here());
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, min: usize, max: usize, greedy: bool) -> Result<(), String> {
        let single = match node {
            Node::Class(class) => Some(self.class(class)),
            Node::Char(c, fold) => {
                let mut class = Class::of(alloc::vec![super::class::Item::Range(*c, *c)]);
                class.fold = *fold;
                Some(self.class(&class))
            }
            _ => None,
        };
        if let Some(class) = single {
            self.push(Instruction::Repeat { class, min, max, greedy })?;
            return Ok(());
        }
        for _ in 0..min {
            self.node(node)?;
        }
        if max == usize::MAX {
            let register = self.registers;
            self.registers += 1;
            let split = self.push(Instruction::End)?;
            self.push(Instruction::Mark(register))?;
            self.node(node)?;
            let progress = self.push(Instruction::End)?;
            self.push(Instruction::Jump(split))?;
            let exit = self.here();
            self.program[progress] = Instruction::Progress { register, exit };
            self.program[split] = split_of(greedy, split + 1, exit);
            return Ok(());
        }
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.push(Instruction::End)?);
            self.node(node)?;
        }
        for split in splits {
            self.program[split] = split_of(greedy, split + 1, self.here());
        }
        Ok(())
    }
}

fn split_of(greedy: bool, again: usize, exit: usize) -> Instruction {
    if greedy { Instruction::Split(again, exit) } else { Instruction::Split(exit, again) }
}

/// How many characters a part matches at least and at most; `None` without a bound.
fn width(node: &Node) -> (usize, Option<usize>) {
    match node {
        Node::Char(..) | Node::Class(_) => (1, Some(1)),
        Node::Assert(_) | Node::Look { .. } => (0, Some(0)),
        Node::Group(node, _) | Node::Atomic(node) => width(node),
        Node::Back(..) => (0, None),
        Node::Sequence(nodes) => nodes.iter().map(width).fold((0, Some(0)), |sum, next| {
            (sum.0.saturating_add(next.0), sum.1.zip(next.1).map(|(a, b)| a.saturating_add(b)))
        }),
        Node::Either(nodes) => nodes.iter().map(width).fold((usize::MAX, Some(0)), |all, next| {
            (all.0.min(next.0), all.1.zip(next.1).map(|(a, b)| a.max(b)))
        }),
        Node::Repeat { node, min, max, .. } => {
            let (least, most) = width(node);
            let most = most.filter(|_| *max != usize::MAX).map(|most| most.saturating_mul(*max));
            (least.saturating_mul(*min), most)
        }
    }
}
