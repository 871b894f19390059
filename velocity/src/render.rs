//! Output from a template and variables.

mod arithmetic;
mod budget;
mod evaluate;
mod foreach;
mod methods;
mod note;
mod print;
mod reference;

use alloc::{collections::VecDeque, rc::Rc, string::String, vec::Vec};

use crate::ast::{Expression, Node, Slot};
use crate::{
    Block, Bounds, Dialect, Noted, Position, RenderError, RenderErrorKind, Scope, Template, Value,
};
use budget::Budget;
use foreach::Loop;
use note::Unnoted;

type Outcome<T> = Result<T, End>;

/// Why a rendering ends early.
#[derive(Debug)]
enum End {
    /// `#stop`: what was printed so far is the output, without the string that was being made.
    Stop,
    Error(RenderErrorKind),
}

impl From<RenderErrorKind> for End {
    fn from(kind: RenderErrorKind) -> Self {
        Self::Error(kind)
    }
}

/// Most renderings and evaluations within each other, of whatever kind: each takes stack.
const NESTING_MAX: usize = 400;

/// How much text is printed in a step.
const TEXT_BYTES_PER_STEP: u64 = 256;

/// How often a `#define` block may be within itself (`directive.define.maxdepth`).
const RECURSION_MAX: usize = 2;

/// Renders a template.
pub(crate) fn render<'t>(
    template: &'t Template,
    scope: &Scope,
    bounds: &'t Bounds,
    noted: Option<&'t mut Vec<Noted>>,
) -> Result<String, RenderError> {
    if let Some(text) = template.literal() {
        return literal(text, bounds);
    }
    let mut machine = Machine {
        template,
        slots: template
            .names
            .iter()
            .map(|name| scope.get(name).cloned().unwrap_or_default())
            .collect(),
        held: Vec::new(),
        out: String::new(),
        budget: Budget::new(bounds),
        loops: Vec::new(),
        blocks: Vec::new(),
        defined: 0,
        nesting: 0,
        position: Position { line: 1, column: 1 },
        empty: Value::string(""),
        noted,
        last: VecDeque::new(),
    };
    let rendered = match machine.nodes(&template.nodes) {
        Ok(_) | Err(End::Stop) => Ok(()),
        Err(End::Error(kind)) => Err(RenderError { position: machine.position, kind }),
    };
    machine.note_last();
    rendered.map(|()| machine.out)
}

/// Renders one text: as a machine would.
fn literal(text: &str, bounds: &Bounds) -> Result<String, RenderError> {
    let steps = if text.is_empty() { 0 } else { 1 + text.len() as u64 / TEXT_BYTES_PER_STEP };
    let kind = if text.len() > bounds.output_bytes_max {
        RenderErrorKind::OutputTooLong
    } else if steps > bounds.steps_max {
        RenderErrorKind::TooManySteps
    } else {
        return Ok(text.into());
    };
    Err(RenderError { position: Position { line: 1, column: 1 }, kind })
}

/// A rendering.
struct Machine<'t> {
    template: &'t Template,
    /// Variables by number; null is none.
    slots: Vec<Value>,
    /// Variables of loops around this place whose items are null, and whether that hides what is assigned to them.
    held: Vec<(Slot, bool)>,
    out: String,
    budget: Budget<'t>,
    /// The loops around this place, from outside.
    loops: Vec<Rc<Loop>>,
    /// The `#define` blocks around this place, from outside.
    blocks: Vec<Block>,
    /// How many `#define`s were rendered.
    defined: u32,
    nesting: usize,
    /// What is being rendered, for errors.
    position: Position,
    /// The empty string.
    empty: Value,
    /// Where references are noted, if anybody asked.
    noted: Option<&'t mut Vec<Noted>>,
    /// The last references, beyond those that are noted.
    last: VecDeque<Unnoted>,
}

/// Whether rendering goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    /// Out of the innermost loop or block.
    Break,
    /// Out of the loop of this depth.
    BreakLoop(usize),
}

impl<'t> Machine<'t> {
    fn nodes(&mut self, nodes: &'t [Node]) -> Outcome<Flow> {
        self.nested(|machine| {
            for node in nodes {
                match machine.node(node)? {
                    Flow::On => {}
                    flow => return Ok(flow),
                }
            }
            Ok(Flow::On)
        })
    }

    fn node(&mut self, node: &'t Node) -> Outcome<Flow> {
        self.budget.step(1)?;
        match node {
            Node::Text(text) => self.push(text)?,
            Node::Reference(printed) => return self.print_reference(printed),
            Node::Set(set) => self.set(&set.0, &set.1)?,
            Node::If { branches, otherwise } => {
                for (condition, nodes) in branches {
                    if self.is_true(condition)? {
                        return self.nodes(nodes);
                    }
                }
                return self.nodes(otherwise);
            }
            Node::Foreach(foreach) => return self.foreach(foreach),
            Node::Define(slot, block) => {
                self.defined = self.defined.wrapping_add(1);
                self.write(*slot, Value::Block(Block { number: *block, instance: self.defined }));
            }
            Node::Stop => return Err(End::Stop),
            Node::Break(None) => return Ok(Flow::Break),
            Node::Break(Some(scope)) => {
                let scope = self.resolve(scope)?;
                return Ok(self.loop_of(&scope).map_or(Flow::On, Flow::BreakLoop));
            }
        }
        Ok(Flow::On)
    }

    fn write(&mut self, slot: Slot, value: Value) {
        if !self.held.contains(&(slot, true)) {
            self.slots[slot as usize] = value;
        }
    }

    /// `#set`. Null is not assigned.
    fn set(&mut self, target: &'t crate::ast::Reference, value: &'t Expression) -> Outcome<()> {
        let value = self.evaluate(value)?;
        self.position = target.position;
        self.note(true, target, &value);
        match value {
            Value::Null => self.unset(target),
            value => self.assign(target, value),
        }
    }

    /// What is printed by `print`, as a string of its own.
    fn captured(&mut self, print: impl FnOnce(&mut Self) -> Outcome<()>) -> Outcome<String> {
        let outside = core::mem::take(&mut self.out);
        let printed = print(self);
        let text = core::mem::replace(&mut self.out, outside);
        printed?;
        self.budget.allocate(text.len())?;
        Ok(text)
    }

    /// Renders a `#define` block in place; `None` if it is within itself more often than Velocity lets it be.
    fn block(&mut self, block: Block) -> Outcome<Option<Flow>> {
        if self.blocks.iter().filter(|b| **b == block).count() == RECURSION_MAX {
            return Ok(None);
        }
        if self.blocks.len() == self.budget.bounds.depth_max {
            return Err(RenderErrorKind::TooDeep.into());
        }
        self.blocks.push(block);
        let flow = self.nodes(&self.template.blocks[block.number as usize]);
        self.blocks.pop();
        Ok(Some(match flow? {
            Flow::Break => Flow::On,
            flow => flow,
        }))
    }

    fn push(&mut self, text: &str) -> Outcome<()> {
        if text.len() > self.budget.bounds.output_bytes_max.saturating_sub(self.out.len()) {
            return Err(RenderErrorKind::OutputTooLong.into());
        }
        self.budget.step(text.len() as u64 / TEXT_BYTES_PER_STEP)?;
        self.out.push_str(text);
        Ok(())
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.nesting == NESTING_MAX {
            return Err(RenderErrorKind::TooDeep.into());
        }
        self.nesting += 1;
        let outcome = inner(self);
        self.nesting -= 1;
        outcome
    }

    /// What null is to a reference.
    fn nothing(&self) -> Value {
        match self.template.dialect {
            Dialect::Velocity17 => Value::Null,
            Dialect::ApiGateway => self.empty.clone(),
        }
    }
}
