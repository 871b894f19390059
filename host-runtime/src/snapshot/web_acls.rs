//! Web ACLs: their files read and checked.

use std::path::Path;
use std::sync::OnceLock;

use gateway_core::definition::{DefinitionError, Source, TokenKey, WebAcl, WebAclLogging};
use gateway_core::gateway::{CheckedWebAcl, TOKEN_KEY_BYTES_MIN, check_web_acl};

use super::{Building, read_text};
use crate::config::{Config, WebAclConfig};

impl Building {
    /// The web ACLs of a configuration; what is wrong with one is told with its file.
    pub(super) fn web_acls(&mut self, config: &Config, config_file: &Path) -> Option<Vec<WebAcl>> {
        let read = config.web_acls.iter().map(|acl| self.web_acl(acl, config, config_file));
        let read: Vec<Option<WebAcl>> = read.collect();
        read.into_iter().collect()
    }

    fn web_acl(
        &mut self,
        config: &WebAclConfig,
        whole: &Config,
        config_file: &Path,
    ) -> Option<WebAcl> {
        if config.definition.as_os_str().is_empty() {
            return None; // which was told
        }
        let mut read = |file: &Path| {
            self.files.push(file.to_owned());
            let text = read_text(file);
            text.map_err(|reason| {
                let reason = format!("{}: {reason}", file.display());
                let error = DefinitionError::error(config.source.clone(), reason);
                self.note(config_file, None, [error]);
            })
            .ok()
        };
        let mut definition = WebAcl {
            name: config.name.clone(),
            document: read(&config.definition)?,
            references: Vec::new(),
            logging: None,
            token_key: config.token_key.clone().or_else(|| own_token_key().cloned()),
        };
        for file in &config.references {
            definition.references.push(read(file)?);
        }
        for (name, file) in &config.address_lists {
            definition.references.push(address_list(name, &read(file)?));
        }
        if let Some(destination) = &config.log_destination {
            let document = match &config.logging {
                Some(file) => Some(read(file)?),
                None => None,
            };
            definition.logging = Some(WebAclLogging { destination: destination.clone(), document });
        }
        let checked = check_web_acl(&definition);
        self.web_acl_arns.push(checked.arn.clone());
        self.knows_clients(&checked, config, whole, config_file);
        let found =
            checked.found.into_iter().map(|error| match error.source == Source::default() {
                true => DefinitionError { source: config.source.clone(), ..error },
                false => error,
            });
        let found: Vec<DefinitionError> = found.collect();
        self.note(config_file, None, found);
        Some(definition)
    }
}

impl Building {
    /// A rule about what nobody knows would match nothing, silently.
    fn knows_clients(
        &mut self,
        checked: &CheckedWebAcl,
        config: &WebAclConfig,
        whole: &Config,
        config_file: &Path,
    ) {
        self.asks_for_fingerprints |= checked.asks_for_fingerprints;
        let over_tls = whole.listeners().iter().any(|(_, listener)| listener.tls.is_some());
        if checked.asks_for_fingerprints && (!over_tls || self.is_for_edge) {
            let why = match self.is_for_edge {
                true => "which the platform tells to few",
                false => "and no listener has TLS",
            };
            let message = format!(
                "the web ACL `{}` asks for fingerprints of TLS (JA3, JA4), {why}: its rules fall back",
                config.name
            );
            let warning = DefinitionError::warning(config.source.clone(), message);
            self.note(config_file, None, [warning]);
        }
        let told = &whole.locations;
        let asked = [
            (checked.asks_for_countries && !told.tells_countries(), "countries"),
            (checked.asks_for_networks && !told.tells_networks(), "autonomous systems"),
        ];
        for (_, what) in asked.iter().filter(|(is_missing, _)| *is_missing) {
            if self.is_for_edge {
                continue;
            }
            let message = format!(
                "the web ACL `{}` asks for clients' {what}, and no database tells them: `geoDatabases` names \
                 files in MaxMind's format",
                config.name
            );
            let error = DefinitionError::error(config.source.clone(), message);
            self.note(config_file, None, [error]);
        }
    }
}

/// A key of this process: its tokens count until it ends, and nowhere else. Without randomness there is
/// none, and a web ACL that needs one is refused.
fn own_token_key() -> Option<&'static TokenKey> {
    static KEY: OnceLock<Option<TokenKey>> = OnceLock::new();
    let random = || {
        let mut key = vec![0; TOKEN_KEY_BYTES_MIN];
        getrandom::fill(&mut key).ok().map(|()| TokenKey(key))
    };
    KEY.get_or_init(random).as_ref()
}

/// A list of addresses, one a line, with `#` before what is said about them, as an IP set.
fn address_list(name: &str, text: &str) -> String {
    let lines = text.lines().map(|line| line.split(['#', ';']).next().unwrap_or(line).trim());
    let addresses: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    serde_json::json!({"IPSet": {"Name": name, "ARN": name, "Addresses": addresses}}).to_string()
}
