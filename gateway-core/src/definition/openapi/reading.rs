//! What every part of the importer reads with: typed values, and the mistakes found on the way.

use alloc::{format, string::String, vec::Vec};
use core::cell::{Cell, RefCell};
use core::ops::RangeInclusive;

use super::super::document::At;
use super::super::{DefinitionError, Protocol, Severity};
use super::Options;
use super::suggest::{did_you_mean, may_protect};
use super::unsupported::Feature;
use crate::limits::DEFINITION_ERRORS_MAX;

/// Which specification a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Swagger2,
    OpenApi3,
}

/// One import: the document, what it is to become, and the mistakes found so far.
///
/// A reader that finds a mistake notes it and answers `None`; the import goes on, so that all
/// mistakes are told at once.
pub(super) struct Reading<'d> {
    pub(super) root: At<'d>,
    pub(super) dialect: Dialect,
    pub(super) protocol: Protocol,
    pub(super) region: &'d str,
    /// The longest `timeoutInMillis` of a REST API's integration whose response is not streamed.
    pub(super) integration_ms_max: u32,
    /// Whether the document names the endpoint type `EDGE`: where it names none, it may be served as any.
    pub(super) is_named_edge: Cell<bool>,
    /// Whether a warning stands for all constraints of parameters that nothing validates.
    pub(super) has_told_of_parameters: Cell<bool>,
    found: RefCell<Vec<DefinitionError>>,
    errors: Cell<usize>,
}

impl<'d> Reading<'d> {
    pub(super) fn new(
        root: At<'d>,
        dialect: Dialect,
        protocol: Protocol,
        options: Options<'d>,
    ) -> Self {
        let Options { region, integration_ms_max, .. } = options;
        Self {
            root,
            dialect,
            protocol,
            region,
            integration_ms_max,
            is_named_edge: Cell::default(),
            has_told_of_parameters: Cell::default(),
            found: RefCell::default(),
            errors: Cell::default(),
        }
    }

    /// Everything that was found, in the order of the document: errors, warnings.
    pub(super) fn finish(self) -> (Vec<DefinitionError>, Vec<DefinitionError>) {
        let mut found = self.found.into_inner();
        found.sort_by_key(|e| e.source.line);
        // What several operations refer to is read several times.
        found.dedup();
        let is_error = |e: &DefinitionError| e.severity == Severity::Error;
        let (mut errors, mut warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(is_error);
        errors.truncate(DEFINITION_ERRORS_MAX);
        warnings.truncate(DEFINITION_ERRORS_MAX);
        (errors, warnings)
    }

    pub(super) fn is_rest(&self) -> bool {
        self.protocol == Protocol::Rest
    }

    pub(super) fn note(&self, mistake: DefinitionError) {
        let mut found = self.found.borrow_mut();
        let is_error = mistake.severity == Severity::Error;
        let noted = if is_error { self.errors.get() } else { found.len() - self.errors.get() };
        if noted < NOTED_MAX {
            self.errors.set(self.errors.get() + usize::from(is_error));
            found.push(mistake);
        }
    }

    /// A suggestion, as long as mistakes are few enough to be told.
    pub(super) fn suggest<'n>(
        &self,
        unknown: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Option<String> {
        let is_told = self.found.borrow().len() < SUGGESTIONS_MAX;
        is_told.then(|| did_you_mean(unknown, known)).flatten()
    }

    pub(super) fn error(&self, at: &At<'d>, message: impl Into<String>) {
        self.note(DefinitionError::error(at.source(), message));
    }

    pub(super) fn error_with(
        &self,
        at: &At<'d>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(DefinitionError::error(at.source(), message).help(help));
    }

    pub(super) fn warning(&self, at: &At<'d>, message: impl Into<String>) {
        self.note(DefinitionError::warning(at.source(), message));
    }

    pub(super) fn unsupported(&self, at: &At<'d>, feature: Feature) {
        self.note(DefinitionError::error(at.source(), feature.message()));
    }

    /// A member that must be there.
    pub(super) fn required(&self, at: &At<'d>, name: &str) -> Option<At<'d>> {
        let member = at.get(name);
        if member.is_none() {
            self.error(at, format!("`{name}` is missing"));
        }
        member
    }

    pub(super) fn string(&self, at: &At<'d>) -> Option<&'d str> {
        let string = at.as_str();
        if string.is_none() {
            self.wrong_type(at, "a string");
        }
        string
    }

    /// A string, or a number as it is written: AWS takes both where it exports either.
    pub(super) fn text(&self, at: &At<'d>) -> Option<&'d str> {
        let text = at.as_text();
        if text.is_none() {
            self.wrong_type(at, "a string or a number");
        }
        text
    }

    /// `true` or `false`, also in quotes.
    pub(super) fn boolean(&self, at: &At<'d>) -> Option<bool> {
        let value = at.as_bool().or(match at.as_str() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        });
        if value.is_none() {
            self.wrong_type(at, "a boolean");
        }
        value
    }

    /// An integer within bounds, also in quotes.
    pub(super) fn integer(&self, at: &At<'d>, range: RangeInclusive<i64>) -> Option<i64> {
        let Some(integer) = at.as_text().and_then(|text| text.parse().ok()) else {
            self.wrong_type(at, "an integer");
            return None;
        };
        if !range.contains(&integer) {
            let (least, most) = range.into_inner();
            self.error(at, format!("{integer} is not between {least} and {most}"));
            return None;
        }
        Some(integer)
    }

    /// Notes anything that is not an object.
    pub(super) fn object(&self, at: At<'d>) -> Option<At<'d>> {
        if !at.is_object() {
            self.wrong_type(&at, "an object");
            return None;
        }
        Some(at)
    }

    /// The items of an array; notes anything else.
    pub(super) fn array(&self, at: &At<'d>) -> impl Iterator<Item = At<'d>> + use<'d> {
        if !at.is_array() {
            self.wrong_type(at, "an array");
        }
        at.items()
    }

    /// An array of strings.
    pub(super) fn strings(&self, at: &At<'d>) -> Vec<String> {
        self.array(at).filter_map(|item| self.string(&item)).map(Into::into).collect()
    }

    /// One of some words, in any case.
    pub(super) fn word<T: Copy>(&self, at: &At<'d>, words: &[(&str, T)]) -> Option<T> {
        let word = self.string(at)?;
        let found = words.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            let help = self
                .suggest(word, names.iter().copied())
                .unwrap_or_else(|| format!("it is one of {}", names.join(", ")));
            self.error_with(at, format!("`{word}` is not known here"), help);
        }
        found.map(|(_, value)| *value)
    }

    /// Refuses members that neither the specification nor a vendor (`x-`) knows: of what says who may call, or
    /// whom an endpoint is trusted to be.
    pub(super) fn members_known(&self, at: &At<'d>, known: &[&str]) {
        for (name, member) in unknown(at, known) {
            self.unknown(name, &member, known, Severity::Error);
        }
    }

    /// Warns of members that AWS does not know either, and ignores ("Parse issue: attribute … is unexpected").
    /// One that may be meant to protect is refused all the same.
    pub(super) fn members_ignored(&self, at: &At<'d>, known: &[&str]) {
        for (name, member) in unknown(at, known) {
            let severity = if may_protect(name) { Severity::Error } else { Severity::Warning };
            self.unknown(name, &member, known, severity);
        }
    }

    fn unknown(&self, name: &str, member: &At<'d>, known: &[&str], severity: Severity) {
        let ignored = if severity == Severity::Error { "" } else { ", and ignored" };
        let message = format!("the member `{name}` is not known here{ignored}");
        let help = self.suggest(name, known.iter().copied());
        let told = DefinitionError::error(member.source(), message);
        self.note(DefinitionError { help, severity, ..told });
    }

    /// Follows `$ref`, within the document.
    pub(super) fn resolve(&self, at: At<'d>) -> Option<At<'d>> {
        let mut at = at;
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = at.get("$ref") else { return Some(at) };
            let name = self.string(&reference)?;
            let Some(pointer) = name.strip_prefix('#') else {
                let help = "references within the document begin with `#/`";
                self.error_with(&reference, format!("`{name}` is not in this document"), help);
                return None;
            };
            let Some(target) = self.root.find(pointer) else {
                let help = self.suggest_reference(pointer);
                let message = format!("`{name}` names nothing in this document");
                self.note(DefinitionError {
                    help,
                    ..DefinitionError::error(reference.source(), message)
                });
                return None;
            };
            at = target;
        }
        self.error(&at, "a reference that leads to itself");
        None
    }

    fn suggest_reference(&self, pointer: &str) -> Option<String> {
        let (parent, name) = pointer.rsplit_once('/')?;
        let parent = self.root.find(parent)?;
        self.suggest(name, parent.members().map(|(name, _)| name))
    }

    fn wrong_type(&self, at: &At<'d>, wanted: &str) {
        self.error(at, format!("expected {wanted}, found {}", at.kind()));
    }
}

fn unknown<'d>(at: &At<'d>, known: &[&str]) -> impl Iterator<Item = (&'d str, At<'d>)> {
    at.members().filter(|(name, _)| !known.contains(name) && !name.starts_with("x-"))
}

/// Longest chain of references.
const REFERENCES_MAX: usize = 16;

/// Most errors, and most warnings, of which the first in the document are told. Beyond so many nobody
/// misses one.
const NOTED_MAX: usize = 100 * DEFINITION_ERRORS_MAX;
/// Most mistakes for which names are compared.
const SUGGESTIONS_MAX: usize = 4 * DEFINITION_ERRORS_MAX;
