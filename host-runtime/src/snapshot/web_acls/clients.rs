//! What rules have to know about clients, and whether anybody here tells it.

use std::path::Path;

use gateway_core::definition::document::At;
use gateway_core::definition::{DefinitionError, Source};
use gateway_core::gateway::CheckedWebAcl;

use super::doubtful::visit;
use super::{Building, Files};
use crate::config::Config;
use crate::snapshot::printed::Printed;

/// What a rule asks about a client's address, and the members by which it does.
struct Asked {
    what: &'static str,
    members: &'static [&'static str],
    /// Whether a database tells it.
    is_told: bool,
    /// Whether it is asked, as far as mistakes let that be known.
    is_known: bool,
}

impl Building {
    /// A rule about what nobody knows would match nothing, silently.
    pub(super) fn knows_clients(
        &mut self,
        checked: &CheckedWebAcl,
        files: &Files<'_>,
        whole: &Config,
        config_file: &Path,
    ) {
        self.knows_fingerprints(checked, files, whole, config_file);
        if self.is_for_edge {
            return;
        }
        let asked = [
            Asked {
                what: "countries",
                members: &["GeoMatchStatement"],
                is_told: whole.locations.tells_countries(),
                is_known: checked.asks_for_countries,
            },
            Asked {
                what: "autonomous systems",
                members: &["AsnMatchStatement", "ASN"],
                is_told: whole.locations.tells_networks(),
                is_known: checked.asks_for_networks,
            },
        ];
        // A mistake hides what the rules ask; it does not hide where they do.
        let is_refused = checked.found.iter().any(|problem| !problem.is_warning);
        for asked in asked.iter().filter(|asked| !asked.is_told) {
            let place = files.first(asked.members);
            let may_be_asked = is_refused && place.is_some();
            if !asked.is_known && !may_be_asked {
                continue;
            }
            let message = format!(
                "the web ACL `{}` asks for clients' {}, and no database tells them: `geoDatabases` names files in \
                 MaxMind's format",
                files.config.name, asked.what
            );
            match place {
                Some((printed, source)) => {
                    self.note_in(printed, [DefinitionError::error(source, message)]);
                }
                None => {
                    let error = DefinitionError::error(files.config.source.clone(), message);
                    self.note(config_file, None, [error]);
                }
            }
        }
    }

    fn knows_fingerprints(
        &mut self,
        checked: &CheckedWebAcl,
        files: &Files<'_>,
        whole: &Config,
        config_file: &Path,
    ) {
        self.asks_for_fingerprints |= checked.asks_for_fingerprints;
        let over_tls = whole.listeners().iter().any(|(_, listener)| listener.tls.is_some());
        if !checked.asks_for_fingerprints || (over_tls && !self.is_for_edge) {
            return;
        }
        let why = match self.is_for_edge {
            true => "which the platform tells to few",
            false => "and no listener has TLS",
        };
        let message = format!(
            "the web ACL `{}` asks for fingerprints of TLS (JA3, JA4), {why}: its rules fall back",
            files.config.name
        );
        let warning = DefinitionError::warning(files.config.source.clone(), message);
        self.note(config_file, None, [warning]);
    }
}

impl Files<'_> {
    /// Where the first member of one of these names stands.
    fn first(&self, members: &[&str]) -> Option<(&Printed, Source)> {
        let mut documents = [&self.definition].into_iter().chain(&self.references);
        documents.find_map(|printed| Some((printed, first(&printed.root(), members)?)))
    }
}

fn first(root: &At<'_>, members: &[&str]) -> Option<Source> {
    let mut found = None;
    for name in members {
        visit(root, name, &mut |at| {
            found.get_or_insert_with(|| at.source());
        });
    }
    found
}
