//! Custom domain names, compiled: from a host and a path to an API and its stage.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::definition::{ApiMapping, DefinitionError, Snapshot, Source};
use crate::message::Tls;
use crate::target;

/// All custom domain names.
#[derive(Debug, Default)]
pub(crate) struct Domains {
    /// By name in lower case; `*.example.com` by `example.com`, apart.
    exact: BTreeMap<String, Domain>,
    wildcard: BTreeMap<String, Domain>,
}

/// A custom domain name.
#[derive(Debug)]
pub(crate) struct Domain {
    /// The longest base path first.
    mappings: Vec<ApiMapping>,
    mutual_tls: bool,
    strict_access: bool,
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
            let (mutual_tls, strict_access) = (domain.mutual_tls, domain.strict_access);
            let compiled = Domain { mappings, mutual_tls, strict_access };
            let names = match name.strip_prefix("*.") {
                Some(rest) => domains.wildcard.insert(rest.into(), compiled),
                None => domains.exact.insert(name.clone(), compiled),
            };
            if names.is_some() {
                errors.push(error(alloc::format!("the domain name `{name}` is there twice")));
            }
        }
        domains
    }

    /// The custom domain name that a host is.
    pub(crate) fn find(&self, host: &str) -> Option<&Domain> {
        if self.is_empty() {
            return None;
        }
        let host = host.to_ascii_lowercase();
        self.exact.get(&host).or_else(|| self.wildcard.get(host.split_once('.')?.1))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wildcard.is_empty()
    }

    /// Why a request may not come by this connection, if so. What the host verified counts for the
    /// domain name alone that the connection was made for: otherwise a client could connect to one
    /// domain name and ask for another.
    pub(crate) fn admit(
        &self,
        domain: &Domain,
        host: &str,
        tls: Option<&Tls>,
    ) -> Result<(), &'static str> {
        let server_name = tls.and_then(|tls| tls.server_name.as_deref());
        if domain.strict_access && !server_name.is_some_and(|n| n.eq_ignore_ascii_case(host)) {
            return Err(
                "the connection was made for another host name (endpointAccessMode: STRICT)",
            );
        }
        if !domain.mutual_tls {
            return Ok(());
        }
        let connected_to = server_name.and_then(|name| self.find(name));
        if !connected_to.is_some_and(|connected_to| core::ptr::eq(connected_to, domain)) {
            return Err(
                "the connection was not made for this domain name, which asks for mutual TLS",
            );
        }
        let certificate = tls.and_then(|tls| tls.client_certificate.as_ref());
        certificate.map(|_| ()).ok_or("the client has shown no certificate (mutual TLS)")
    }
}

impl Domain {
    /// Whether it asks for clients' certificates.
    pub(crate) fn is_mutual_tls(&self) -> bool {
        self.mutual_tls
    }

    /// The mapping that a path falls under, or why it falls under none.
    pub(crate) fn map<'p>(&self, path: &'p str) -> Result<Mapped<'_, 'p>, &'static str> {
        // As before a stage, any number of slashes may stand before a base path.
        let slashes = path.len() - path.trim_start_matches('/').len();
        let path = &path[slashes.saturating_sub(1)..];
        let mapped = self.map_as_sent(path);
        let mapped = mapped.ok_or("no mapping of this domain name has this base path")?;
        // To the endpoint of a mapping of everything `/%76%31/admin` and `/./v1/admin` are `/v1/admin`, which another
        // mapping's API protects; and a signature for the one is a signature for the other.
        let is_another = |read: &String| {
            let read = self.map_as_sent(read);
            read.is_some_and(|read| !core::ptr::eq(read.mapping, mapped.mapping))
        };
        if self.mappings.len() > 1 && target::readings(path).iter().any(is_another) {
            return Err("the path may be read as one below another base path");
        }
        Ok(mapped)
    }

    fn map_as_sent<'p>(&self, path: &'p str) -> Option<Mapped<'_, 'p>> {
        let path = path.trim_start_matches('/');
        self.mappings.iter().find_map(|mapping| {
            let below = path.strip_prefix(mapping.base_path.as_str())?;
            let whole_segments =
                mapping.base_path.is_empty() || below.is_empty() || below.starts_with('/');
            whole_segments.then_some(Mapped { mapping, below })
        })
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
