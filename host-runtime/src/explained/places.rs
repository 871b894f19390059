//! Where what decided stands: the files of definitions and web ACLs, read again for an account.

use std::path::Path;

use gateway_core::definition::Source;
use gateway_core::definition::document::{At, Node};
use gateway_core::transcript::{Entry, Event, PipelineStage};

use crate::config::{ApiConfig, Config};
use crate::snapshot::read_text;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file's name, without its folders.
    pub(super) file: String,
    pub(super) source: Source,
}

/// The files that the entries of an account speak of.
pub(super) struct Places<'c> {
    config: &'c Config,
    definition: Option<Document<'c>>,
    web_acl: Option<Document<'c>>,
}

/// The file of a distribution.
pub(super) struct DistributionPlaces<'c>(Option<Document<'c>>);

impl<'c> DistributionPlaces<'c> {
    pub(super) fn new(config: &'c Config, id: &str) -> Self {
        let one = config.distributions.iter().find(|one| one.id == id);
        Self(one.map(|one| Document::read(&one.definition)))
    }

    /// Where in it a pointer leads.
    pub(super) fn of(&self, pointer: &str) -> Option<Place> {
        Some(self.0.as_ref()?.place(&Source { pointer: pointer.to_owned(), line: 0 }))
    }
}

struct Document<'c> {
    file: &'c Path,
    /// `None` where it cannot be read any more.
    root: Option<Node>,
}

impl<'c> Places<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self { config, definition: None, web_acl: None }
    }

    /// What decided an entry. Entries are asked about in their order: the first ones say which API and
    /// which web ACL the others are about.
    pub(super) fn of(&mut self, entry: &Entry) -> Option<Place> {
        match &entry.event {
            Event::Addressed { api_id, deployment_id, .. } => {
                let api = self.config.apis.iter().find(|api| api.id == *api_id);
                // A canary's, and what was promoted, stand in another file than the API's own.
                let file =
                    |api: &'c ApiConfig| api.deployed.get(deployment_id).unwrap_or(&api.definition);
                self.definition = api.map(|api| Document::read(file(api)));
            }
            Event::WebAclAsked { name, .. } => {
                let acl = self.config.web_acls.iter().find(|acl| acl.name == *name);
                self.web_acl = acl.map(|acl| Document::read(&acl.definition));
            }
            _ => {}
        }
        let document = match entry.stage {
            PipelineStage::Inspect => &self.web_acl,
            _ => &self.definition,
        };
        Some(document.as_ref()?.place(entry.source.as_ref()?))
    }
}

impl<'c> Document<'c> {
    fn read(file: &'c Path) -> Self {
        let text = read_text(file).ok();
        Self { file, root: text.and_then(|text| crate::document::read(&text).ok()) }
    }

    /// The place of what the pointer names, or of what holds it: an only statement may stand without a list.
    fn place(&self, source: &Source) -> Place {
        let file = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let found = self.root.as_ref().and_then(|root| nearest(&At::root(root), &source.pointer));
        Place { file, source: found.unwrap_or_else(|| source.clone()) }
    }
}

fn nearest(root: &At<'_>, pointer: &str) -> Option<Source> {
    match root.find(pointer) {
        _ if pointer.is_empty() => None,
        Some(at) => Some(at.source()),
        None => nearest(root, pointer.rsplit_once('/')?.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pointer_does_not_reach_has_the_place_of_what_holds_it() {
        let text = "a:\n  Statement:\n    Effect: Deny\nb:\n- 1\n- 2\n";
        let root = crate::document::read(text).unwrap();
        let root = At::root(&root);
        let nearest = |pointer: &str| nearest(&root, pointer).map(|s| (s.pointer, s.line));
        assert_eq!(nearest("/b/1"), Some(("/b/1".into(), 6)));
        assert_eq!(nearest("/a/Statement/0"), Some(("/a/Statement".into(), 2)));
        assert_eq!(nearest("/a/x/y/z"), Some(("/a".into(), 1)));
        assert_eq!(nearest("/c/d"), None);
        assert_eq!(nearest("c"), None);
    }
}
