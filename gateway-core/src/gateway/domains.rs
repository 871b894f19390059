//! Custom domain names, compiled: from a host and a path to an API and its stage.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::definition::{ApiMapping, DefinitionError, Snapshot, Source};

/// All custom domain names.
#[derive(Debug, Default)]
pub(crate) struct Domains {
    /// By name in lower case; `*.example.com` by `example.com`, apart.
    exact: BTreeMap<String, Vec<ApiMapping>>,
    wildcard: BTreeMap<String, Vec<ApiMapping>>,
}

/// A mapping that a path falls under.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mapped<'g, 'p> {
    pub(crate) mapping: &'g ApiMapping,
    /// What follows the base path.
    pub(crate) below: &'p str,
}

impl Domains {
    pub(super) fn compile(snapshot: &Snapshot, errors: &mut Vec<DefinitionError>) -> Self {
        let mut domains = Self::default();
        for domain in &snapshot.domain_names {
            let name = domain.domain_name.to_ascii_lowercase();
            let error = |message| DefinitionError::error(Source::default(), message);
            for mapping in &domain.mappings {
                if let Err(reason) = check(snapshot, mapping) {
                    errors.push(error(alloc::format!("domain name `{name}`: {reason}")));
                }
            }
            let mut mappings = domain.mappings.clone();
            // The longest comes first. Two that are equal cannot both be meant.
            mappings.sort_by_key(|mapping| core::cmp::Reverse(mapping.base_path.len()));
            if mappings.iter().enumerate().any(|(i, mapping)| {
                mappings[..i].iter().any(|other| other.base_path == mapping.base_path)
            }) {
                errors.push(error(alloc::format!("`{name}` has two mappings of one base path")));
            }
            let names = match name.strip_prefix("*.") {
                Some(rest) => domains.wildcard.insert(rest.into(), mappings),
                None => domains.exact.insert(name.clone(), mappings),
            };
            if names.is_some() {
                errors.push(error(alloc::format!("the domain name `{name}` is there twice")));
            }
        }
        domains
    }

    /// The mapping that a request falls under: `None` if the host is no custom domain name,
    /// `Some(None)` if it is one, and nothing is mapped there.
    pub(crate) fn find<'p>(&self, host: &str, path: &'p str) -> Option<Option<Mapped<'_, 'p>>> {
        if self.exact.is_empty() && self.wildcard.is_empty() {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let mappings = self.exact.get(&host).or_else(|| {
            let (_, rest) = host.split_once('.')?;
            self.wildcard.get(rest)
        })?;
        // As before a stage, any number of slashes may stand before a base path.
        let path = path.trim_start_matches('/');
        Some(mappings.iter().find_map(|mapping| {
            let below = path.strip_prefix(mapping.base_path.as_str())?;
            let whole_segments =
                mapping.base_path.is_empty() || below.is_empty() || below.starts_with('/');
            whole_segments.then_some(Mapped { mapping, below })
        }))
    }
}

fn check(snapshot: &Snapshot, mapping: &ApiMapping) -> Result<(), String> {
    let base_path = &mapping.base_path;
    let Some(api) = snapshot.apis.get(mapping.api as usize) else {
        return Err(alloc::format!("base path `{base_path}` is mapped to no API"));
    };
    match &mapping.stage {
        Some(stage) if !api.stages.iter().any(|s| s.stage_name == *stage) => Err(alloc::format!(
            "base path `{base_path}` is mapped to stage `{stage}`, which API `{}` does not have",
            api.id
        )),
        _ => Ok(()),
    }
}
