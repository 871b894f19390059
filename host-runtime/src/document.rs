//! Reads a definition or a configuration, JSON or YAML, into [`Node`]s that know their lines.
//!
//! YAML is 1.2 with the core schema (YAML 1.2.2 §10.3), as AWS's import takes it: `on` and dates are
//! strings, names are strings whatever they look like (`200:`). Anchors, aliases and merge keys are
//! expanded, within bounds. CloudFormation's tags are read as its functions (`!Sub x` is `Fn::Sub: x`).
//! Text that begins with `{` is JSON, and read as strictly as JSON is.

#[path = "document/write.rs"] // found from here too where a fuzz target takes this file for its own
mod write;

use std::collections::{HashMap, HashSet};

use gateway_core::definition::document::{Node, Value};
use gateway_core::definition::{DefinitionError, Source, json};
use gateway_core::limits::{DEFINITION_BYTES_MAX, DEFINITION_DEPTH_MAX};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

pub use write::{json, yaml};

/// Most values of a document after its aliases are expanded: a few aliases of aliases make billions.
const NODES_MAX: usize = 1_000_000;

/// Reads one document. The error tells the line of the mistake.
pub fn read(text: &str) -> Result<Node, DefinitionError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        return json::read(text);
    }
    if text.len() > DEFINITION_BYTES_MAX {
        let message = format!(
            "the document has {} bytes; at most {DEFINITION_BYTES_MAX} are read",
            text.len()
        );
        return Err(DefinitionError::error(Source { pointer: String::new(), line: 1 }, message));
    }
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    reader.document().map_err(|mut mistake| {
        // The parser has the end of a text that ends within a line below that line.
        mistake.source.line = mistake.source.line.clamp(1, lines(text));
        mistake
    })
}

/// How many lines a text has, what follows its last line break among them. YAML breaks lines at carriage returns, too
/// (YAML 1.2.2 §5.4).
fn lines(text: &str) -> u32 {
    let breaks = text.replace("\r\n", "\n").matches(['\n', '\r']).count();
    u32::try_from(1 + breaks).unwrap_or(u32::MAX)
}

type Members = Vec<(String, Node)>;

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Anchored>,
    /// How many values there are so far, those that aliases stand for included.
    nodes: usize,
}

/// A value that aliases may refer to.
#[derive(Clone)]
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, DefinitionError> {
        let mut document = None;
        loop {
            match self.event()? {
                (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
                (Event::DocumentStart(_), span) if document.is_some() => {
                    let message = "a second document in the same file; one is read";
                    return Err(error(&span.start, message));
                }
                (Event::DocumentStart(_), _) => {
                    let (event, span) = self.event()?;
                    document = Some(self.value(event, span, 1)?.node);
                }
                (Event::StreamEnd, span) => {
                    return document.ok_or_else(|| error(&span.start, "the document is empty"));
                }
                (_, span) => return Err(error(&span.start, "expected a document")),
            }
        }
    }

    fn event(&mut self) -> Result<(Event<'t>, Span), DefinitionError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(scan_error)) => Err(syntax_error(&scan_error)),
            None => {
                let end = Source { pointer: String::new(), line: u32::MAX };
                Err(DefinitionError::error(end, "the document ends too early"))
            }
        }
    }

    /// The value that this event begins. `depth` is how many values it stands in, itself included.
    fn value(
        &mut self,
        event: Event<'t>,
        span: Span,
        depth: usize,
    ) -> Result<Anchored, DefinitionError> {
        let start = span.start;
        let function = match &event {
            Event::Scalar(.., tag) | Event::SequenceStart(_, tag) | Event::MappingStart(_, tag) => {
                tag.as_deref().and_then(function)
            }
            _ => None,
        };
        // A function is an object around its argument.
        let depth = depth + usize::from(function.is_some());
        if depth > DEFINITION_DEPTH_MAX {
            let message = format!("more than {DEFINITION_DEPTH_MAX} values in each other");
            return Err(error(&start, message));
        }
        let (value, anchor, nodes, height) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &start, depth),
            Event::Scalar(text, _, anchor, _) if function.is_some() => {
                (Value::String(text.into_owned()), anchor, 0, 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(&text, style, tag.as_deref(), &start)?, anchor, 0, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                accept_collection(tag.as_deref().filter(|_| function.is_none()), "seq", &start)?;
                let (items, nodes, height) = self.sequence(depth)?;
                (Value::Array(items), anchor, nodes, height)
            }
            Event::MappingStart(anchor, tag) => {
                accept_collection(tag.as_deref().filter(|_| function.is_none()), "map", &start)?;
                let (members, nodes, height) = self.mapping(depth)?;
                (Value::Object(members), anchor, nodes, height)
            }
            _ => return Err(error(&start, "expected a value")),
        };
        self.count(1, &start)?;
        let node = Node { value, line: line(&start), column: column(&start) };
        let mut value = Anchored { node, nodes: nodes + 1, depth: height + 1 };
        if let Some(function) = function {
            self.count(1, &start)?;
            let members = vec![(function, value.node)];
            let node =
                Node { value: Value::Object(members), line: line(&start), column: column(&start) };
            value = Anchored { node, nodes: nodes + 2, depth: height + 2 };
        }
        if anchor > 0 {
            self.count(value.nodes, &start)?;
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn alias(
        &mut self,
        anchor: usize,
        start: &Marker,
        depth: usize,
    ) -> Result<Anchored, DefinitionError> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(error(start, "an alias within the value that it stands for"));
        };
        let (nodes, height) = (anchored.nodes, anchored.depth);
        self.count(nodes, start)?;
        if depth + height - 1 > DEFINITION_DEPTH_MAX {
            let message = format!("more than {DEFINITION_DEPTH_MAX} values in each other");
            return Err(error(start, message));
        }
        Ok(self.anchors[&anchor].clone())
    }

    fn count(&mut self, nodes: usize, at: &Marker) -> Result<(), DefinitionError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX {
            let message = format!("more than {NODES_MAX} values once aliases are expanded");
            return Err(error(at, message));
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<(Vec<Node>, usize, usize), DefinitionError> {
        let (mut items, mut nodes, mut height) = (Vec::new(), 0, 0);
        loop {
            match self.event()? {
                (Event::SequenceEnd, _) => return Ok((items, nodes, height)),
                (event, span) => {
                    let item = self.value(event, span, depth + 1)?;
                    nodes += item.nodes;
                    height = height.max(item.depth);
                    items.push(item.node);
                }
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<(Members, usize, usize), DefinitionError> {
        let (mut members, mut nodes, mut height) = (Vec::new(), 0, 0);
        let mut names = HashSet::new();
        // Where merge keys stand, and what they merge.
        let mut merges: Vec<(usize, Vec<(String, Node)>)> = Vec::new();
        loop {
            let (event, span) = self.event()?;
            let (name, is_plain) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, anchor, tag) => {
                    let is_plain = style == ScalarStyle::Plain;
                    if anchor > 0 {
                        let value = scalar(&text, style, tag.as_deref(), &span.start)?;
                        let (line, column) = (line(&span.start), column(&span.start));
                        let node = Node { value, line, column };
                        self.anchors.insert(anchor, Anchored { node, nodes: 1, depth: 1 });
                    }
                    (text.into_owned(), is_plain)
                }
                Event::Alias(anchor) => match self.alias(anchor, &span.start, depth)?.node.value {
                    Value::String(text) | Value::Number(text) => (text, false),
                    _ => return Err(error(&span.start, "a name must be a string")),
                },
                _ => return Err(error(&span.start, "a name must be a string")),
            };
            let is_merge = is_plain && name == "<<";
            if !is_merge && !names.insert(name.clone()) {
                let message = format!("the name {name:?} stands twice in the same object");
                return Err(error(&span.start, message));
            }
            let (event, value_span) = self.event()?;
            let value_start = value_span.start;
            let is_alias = matches!(event, Event::Alias(_));
            let mut value = self.value(event, value_span, depth + 1)?;
            // A block that begins below its name is where the name is: there people look for it. What an
            // alias stands for is where its anchor is.
            if !is_alias && value.node.line > line(&span.start) {
                (value.node.line, value.node.column) = (line(&span.start), column(&span.start));
            }
            nodes += value.nodes;
            height = height.max(value.depth);
            if is_merge {
                merges.push((members.len(), merged(value.node, &value_start)?));
            } else {
                members.push((name, value.node));
            }
        }
        // From the last to the first, so that the places stay right.
        for (place, merged) in merges.iter_mut().rev() {
            merged.retain(|(name, _)| !names.contains(name));
            let place = *place;
            members.splice(place..place, merged.drain(..));
        }
        remove_repeated(&mut members);
        Ok((members, nodes, height))
    }
}

/// The members that a merge key brings: of a mapping, or of several, of which the first one counts.
fn merged(node: Node, at: &Marker) -> Result<Vec<(String, Node)>, DefinitionError> {
    let refused = || error(at, "`<<` merges a mapping or a sequence of mappings");
    match node.value {
        Value::Object(members) => Ok(members),
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                let Value::Object(members) = item.value else { return Err(refused()) };
                all.extend(members);
            }
            Ok(all)
        }
        _ => Err(refused()),
    }
}

/// Keeps the first of equal names. Only merged mappings can bring any.
fn remove_repeated(members: &mut Vec<(String, Node)>) {
    let mut names = HashSet::new();
    let keep: Vec<bool> = members.iter().map(|(name, _)| names.insert(name.as_str())).collect();
    if keep.contains(&false) {
        let mut keep = keep.into_iter();
        members.retain(|_| keep.next().unwrap_or(true));
    }
}

/// Resolves a scalar by the core schema (YAML 1.2.2 §10.3.2) or by its tag.
fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: &Marker,
) -> Result<Value, DefinitionError> {
    let resolved = || match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if is_number(number) => Value::Number(number.into()),
        _ => Value::String(text.into()),
    };
    let Some(tag) = tag else {
        return Ok(match style {
            ScalarStyle::Plain => resolved(),
            _ => Value::String(text.into()),
        });
    };
    if tag.handle.is_empty() && tag.suffix == "!" || tag.handle == "!" && tag.suffix.is_empty() {
        return Ok(Value::String(text.into()));
    }
    let value = match core_tag(tag) {
        Some("str") => return Ok(Value::String(text.into())),
        Some("null" | "bool" | "int" | "float") => resolved(),
        _ => return Err(foreign_tag(tag, at)),
    };
    let fits = matches!(
        (core_tag(tag), &value),
        (Some("null"), Value::Null)
            | (Some("bool"), Value::Bool(_))
            | (Some("int" | "float"), Value::Number(_))
    );
    match fits {
        true => Ok(value),
        false => Err(error(at, format!("{text:?} is not what its tag says"))),
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return !hexadecimal.is_empty() && hexadecimal.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|b| (b'0'..=b'7').contains(&b));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits = exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    exponent_fits
        && match mantissa.split_once('.') {
            None => digits(mantissa),
            Some(("", fraction)) => digits(fraction),
            Some((integer, fraction)) => {
                digits(integer) && (fraction.is_empty() || digits(fraction))
            }
        }
}

fn core_tag(tag: &Tag) -> Option<&str> {
    if tag.handle == "!!" {
        return Some(&tag.suffix);
    }
    let core = "tag:yaml.org,2002:";
    if tag.handle == core {
        return Some(&tag.suffix);
    }
    tag.handle.is_empty().then(|| tag.suffix.strip_prefix(core)).flatten()
}

fn accept_collection(tag: Option<&Tag>, name: &str, at: &Marker) -> Result<(), DefinitionError> {
    match tag {
        Some(tag) if core_tag(tag) != Some(name) => Err(foreign_tag(tag, at)),
        _ => Ok(()),
    }
}

/// The function of CloudFormation that a tag is short for.
fn function(tag: &Tag) -> Option<String> {
    const FUNCTIONS: [&str; 16] = [
        "And",
        "Base64",
        "Cidr",
        "Equals",
        "FindInMap",
        "GetAZs",
        "GetAtt",
        "If",
        "ImportValue",
        "Join",
        "Not",
        "Or",
        "Select",
        "Split",
        "Sub",
        "Transform",
    ];
    match tag.suffix.as_str() {
        _ if tag.handle != "!" => None,
        name @ ("Ref" | "Condition") => Some(name.into()),
        name => FUNCTIONS.contains(&name).then(|| format!("Fn::{name}")),
    }
}

fn foreign_tag(tag: &Tag, at: &Marker) -> DefinitionError {
    error(at, format!("the tag `{}{}` has no meaning here", tag.handle, tag.suffix))
}

fn syntax_error(scan_error: &ScanError) -> DefinitionError {
    error(scan_error.marker(), format!("not valid YAML: {}", scan_error.info()))
}

fn error(at: &Marker, message: impl Into<String>) -> DefinitionError {
    DefinitionError::error(Source { pointer: String::new(), line: line(at) }, message)
}

fn line(at: &Marker) -> u32 {
    u32::try_from(at.line()).unwrap_or(u32::MAX)
}

fn column(at: &Marker) -> u32 {
    u32::try_from(at.col()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests;
