//! The route table: which method answers a path.
//!
//! A trie whose edges live in one hash table, so that a step costs the same with ten routes and
//! with ten thousand. What a request can make it visit is bounded by the routes that share a
//! prefix with its path and by [`crate::limits::RESOURCE_DEPTH_MAX`].

use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

use super::path_template::{PathTemplate, Segment};
use crate::definition::{ANY, Protocol};
use crate::target;

/// A table of routes, each known by its index in the deployment's methods.
#[derive(Debug)]
pub(crate) struct Routes {
    protocol: Protocol,
    nodes: Vec<Node>,
    edges: Edges,
    /// An HTTP API's `$default`.
    default: Option<u32>,
}

/// The route that was found, and what that cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) route: u32,
    /// Nodes looked at: the measure that must not grow with the number of routes.
    pub(crate) visits: u32,
}

#[derive(Debug, Default)]
struct Node {
    variable: Option<u32>,
    here: Methods,
    greedy: Methods,
}

/// The methods of one resource: seven, and `ANY`.
#[derive(Debug, Default)]
struct Methods {
    named: Vec<(String, u32)>,
    any: Option<u32>,
}

impl Routes {
    /// No routes.
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            nodes: alloc::vec![Node::default()],
            edges: Edges::default(),
            default: None,
        }
    }

    /// Adds `$default` (HTTP APIs).
    pub(crate) fn insert_default(&mut self, route: u32) -> Result<(), u32> {
        match self.default {
            Some(other) => Err(other),
            None => {
                self.default = Some(route);
                Ok(())
            }
        }
    }

    /// Adds a route; the error is the route that already answers the same requests.
    pub(crate) fn insert(
        &mut self,
        template: &PathTemplate,
        http_method: &str,
        route: u32,
    ) -> Result<(), u32> {
        let (mut at, mut greedy) = (0, false);
        for segment in &template.segments {
            at = match segment {
                Segment::Greedy(_) => {
                    greedy = true;
                    break;
                }
                Segment::Variable(_) => match self.nodes[at as usize].variable {
                    Some(child) => child,
                    None => {
                        let child = self.push_node();
                        self.nodes[at as usize].variable = Some(child);
                        child
                    }
                },
                Segment::Literal(text) => match self.edges.child(at, text) {
                    Some(child) => child,
                    None => {
                        let child = self.push_node();
                        self.edges.insert(at, text, child);
                        child
                    }
                },
            };
        }
        let node = &mut self.nodes[at as usize];
        let methods = if greedy { &mut node.greedy } else { &mut node.here };
        methods.insert(http_method, route)
    }

    /// The route for a method and a path without its stage.
    ///
    /// REST: at each level a literal segment is tried before a variable, that before a greedy one,
    /// and a resource without the method counts as no match. HTTP: a full match anywhere comes
    /// before any greedy one, and `$default` is last.
    pub(crate) fn find(&self, http_method: &str, path: &str) -> Option<Found> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let mut search = Search { routes: self, http_method, visits: 0 };
        let route = match self.protocol {
            Protocol::Rest => {
                let path = path.trim_end_matches('/');
                let rest = (!path.is_empty()).then_some(path);
                search.visit(0, rest, Greedy::InTurn)
            }
            Protocol::Http => {
                let rest = (!path.is_empty()).then_some(path);
                search
                    .visit(0, rest, Greedy::Never)
                    .or_else(|| search.visit(0, rest, Greedy::Only))
                    .or(self.default)
            }
        };
        route.map(|route| Found { route, visits: search.visits })
    }

    fn push_node(&mut self) -> u32 {
        self.nodes.push(Node::default());
        (self.nodes.len() - 1) as u32
    }
}

/// Which routes a search looks for.
#[derive(Clone, Copy, PartialEq)]
enum Greedy {
    InTurn,
    Never,
    Only,
}

struct Search<'a> {
    routes: &'a Routes,
    http_method: &'a str,
    visits: u32,
}

impl Search<'_> {
    /// `rest` is what is left of the path: `None` at its end, without the slash before it.
    fn visit(&mut self, at: u32, rest: Option<&str>, greedy: Greedy) -> Option<u32> {
        self.visits += 1;
        let node = &self.routes.nodes[at as usize];
        let Some(rest) = rest else {
            return if greedy == Greedy::Only { None } else { node.here.get(self.http_method) };
        };
        let (first, after) = match target::split_once(rest, b'/') {
            Some((first, after)) => (first, Some(after)),
            None => (rest, None),
        };
        // The events of HTTP APIs show paths decoded, so their routes match decoded segments.
        let literal = match self.routes.protocol {
            Protocol::Rest => Cow::Borrowed(first),
            Protocol::Http => target::decode(first),
        };
        if let Some(child) = self.routes.edges.child(at, &literal)
            && let Some(route) = self.visit(child, after, greedy)
        {
            return Some(route);
        }
        if !first.is_empty()
            && let Some(child) = node.variable
            && let Some(route) = self.visit(child, after, greedy)
        {
            return Some(route);
        }
        if greedy == Greedy::Never || rest.is_empty() {
            return None;
        }
        node.greedy.get(self.http_method)
    }
}

impl Methods {
    fn insert(&mut self, http_method: &str, route: u32) -> Result<(), u32> {
        if http_method == "ANY" {
            if let Some(other) = self.any {
                return Err(other);
            }
            self.any = Some(route);
            return Ok(());
        }
        match self.named.iter().find(|(name, _)| name == http_method) {
            Some((_, other)) => Err(*other),
            None => {
                self.named.push((http_method.into(), route));
                Ok(())
            }
        }
    }

    fn get(&self, http_method: &str) -> Option<u32> {
        let named = self.named.iter().find(|(name, _)| name == http_method);
        named.map(|(_, route)| *route).or(self.any.filter(|_| ANY.contains(&http_method)))
    }
}

/// Literal segments: (parent, text) → child, in an open-addressed table at most half full.
/// Only definitions add to it, so that a fixed hash function is safe.
#[derive(Debug, Default)]
struct Edges {
    slots: Vec<u32>,
    edges: Vec<Edge>,
}

#[derive(Debug)]
struct Edge {
    parent: u32,
    text: String,
    child: u32,
}

/// No edge.
const FREE: u32 = u32::MAX;

impl Edges {
    fn child(&self, parent: u32, text: &str) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash(parent, text) as usize & mask;
        while self.slots[slot] != FREE {
            let edge = &self.edges[self.slots[slot] as usize];
            if edge.parent == parent && edge.text == text {
                return Some(edge.child);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    fn insert(&mut self, parent: u32, text: &str, child: u32) {
        self.edges.push(Edge { parent, text: text.into(), child });
        if self.edges.len() * 2 > self.slots.len() {
            let size = (self.edges.len() * 2).next_power_of_two().max(8);
            self.slots = alloc::vec![FREE; size];
            (0..self.edges.len()).for_each(|edge| self.place(edge));
        } else {
            self.place(self.edges.len() - 1);
        }
    }

    fn place(&mut self, edge: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = hash(self.edges[edge].parent, &self.edges[edge].text) as usize & mask;
        while self.slots[slot] != FREE {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = edge as u32;
    }
}

/// FNV-1a over the parent and the text, then mixed: the table uses its low bits.
fn hash(parent: u32, text: &str) -> u64 {
    let bytes = parent.to_le_bytes().into_iter().chain(text.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests;
