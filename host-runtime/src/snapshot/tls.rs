//! The files of certificates that a configuration names, read with the definitions.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use gateway_core::definition::document::Node;
use gateway_core::definition::{DefinitionError, Source};
use gateway_core::message::Timestamp;

use super::{Building, read_text};
use crate::config::{Certificate, Config, DomainTls, MutualTls};
use crate::tls::clients::{self, Clients};
use crate::tls::files::{self, Unusable};
use crate::tls::policy::SecurityPolicy;
use crate::tls::{Shown, Tls, Wrong, identity, shown};

impl Building {
    /// Reads all certificates, keys, truststores and revocation lists. What is no use is a mistake
    /// now, not a surprise at the first handshake.
    pub(super) fn tls(&mut self, config: &mut Config, config_file: &Path, document: &Node) {
        let mut reading = Files {
            building: self,
            config_file,
            document,
            now: crate::drive::now(),
            tls: Tls::default(),
        };
        let listeners = config.listeners();
        reading.tls.note(format!("{listeners:?} {:?}", config.domain_tls).as_bytes());
        for (place, listener) in &listeners {
            let Some(tls) = &listener.tls else { continue };
            let Some(certificate) = &tls.certificate else { continue };
            let Some(shown) = reading.certificate(certificate, None) else { continue };
            reading.doubt(&certificate.source, tls.security_policy);
            match identity(&shown, tls.security_policy, None) {
                Ok(identity) => reading.tls.add_listener(place.clone(), identity),
                Err(reason) => reading.error(&certificate.source, reason),
            }
        }
        let over_tls = listeners.iter().any(|(_, listener)| listener.tls.is_some());
        for domain in &config.domain_tls {
            reading.domain(domain);
            // Whose name is wrong was told of that.
            if !over_tls && !domain.domain_name.is_empty() {
                let message = format!(
                    "no listener has TLS: nobody is shown `{}`'s certificate",
                    domain.domain_name
                );
                let help = "`listen: [{address: 0.0.0.0:443, tls: {}}]` serves over TLS";
                let source = domain.certificate.source.clone();
                reading.note(DefinitionError::warning(source, message).help(help));
            }
        }
        let tls = reading.tls;
        config.tls = Arc::new(tls);
    }
}

/// The files of one configuration.
struct Files<'b> {
    building: &'b mut Building,
    config_file: &'b Path,
    document: &'b Node,
    now: Timestamp,
    tls: Tls,
}

impl Files<'_> {
    fn domain(&mut self, domain: &DomainTls) {
        let source = &domain.certificate.source;
        let shown = match domain.certificate.acme.is_some() {
            true => self.issued(domain),
            false => self.certificate(&domain.certificate, Some(&domain.domain_name)),
        };
        self.doubt(source, domain.security_policy);
        let clients = match &domain.mutual_tls {
            // Whoever cannot be verified is not let in: without these there is no domain name.
            Some(mutual) => match self.clients(mutual, domain.security_policy) {
                Some(clients) => Some(clients),
                None => return,
            },
            None => None,
        };
        let Some(shown) = shown else { return };
        match identity(&shown, domain.security_policy, clients) {
            Ok(identity) => self.tls.add_domain(&domain.domain_name, identity),
            Err(reason) => self.error(source, reason),
        }
    }

    fn certificate(&mut self, of: &Certificate, domain_name: Option<&str>) -> Option<Shown> {
        let (chain, key) =
            (self.read(&of.chain, &of.source), self.read(&of.private_key, &of.source));
        if let Some(mode) = readable_by_others(&of.private_key) {
            let message = format!(
                "{}: others may read this private key (mode {mode:o})",
                of.private_key.display()
            );
            self.note(DefinitionError::warning(of.source.clone(), message).help("chmod 600"));
        }
        match shown(&chain?, &key?, domain_name, self.now) {
            Ok(shown) => {
                for doubt in &shown.doubts {
                    let message = format!("{}: {doubt}", of.chain.display());
                    self.note(DefinitionError::warning(of.source.clone(), message));
                }
                Some(shown)
            }
            Err(wrong) => {
                let (file, unusable) = match wrong {
                    Wrong::Chain(unusable) => (&of.chain, unusable),
                    Wrong::Key(unusable) => (&of.private_key, unusable),
                };
                self.unusable(&of.source, file, unusable);
                None
            }
        }
    }

    /// A certificate that is ordered. What is there and no use is ordered anew: it keeps nobody else
    /// from being served.
    fn issued(&mut self, domain: &DomainTls) -> Option<Shown> {
        let Certificate { chain: file, source, .. } = &domain.certificate;
        let told = |error: String| DefinitionError::warning(source.clone(), error);
        if !file.exists() {
            let help = "it is ordered as soon as the gateway serves";
            let message = format!("`{}` has no certificate yet", domain.domain_name);
            self.note(told(message).help(help));
            return None;
        }
        self.building.files.add(file);
        let shown = read_text(file).and_then(|text| {
            self.tls.note(text.as_bytes());
            let shown = shown(&text, &text, Some(&domain.domain_name), self.now);
            shown.map_err(|wrong| wrong.to_string())
        });
        match shown {
            Ok(shown) => Some(shown),
            Err(reason) => {
                self.note(told(format!("{}: {reason}: another is ordered", file.display())));
                None
            }
        }
    }

    fn clients(&mut self, mutual: &MutualTls, policy: SecurityPolicy) -> Option<Arc<Clients>> {
        let text = self.read(&mutual.truststore, &mutual.source);
        let mut lists = Vec::new();
        let mut all_read = true;
        for file in &mutual.revocation_lists {
            let text = self.read(file, &mutual.source);
            match text.map(|text| files::revocation_lists(&text)) {
                Some(Ok(read)) => lists.extend(read),
                Some(Err(unusable)) => {
                    all_read = false;
                    self.unusable(&mutual.source, file, unusable);
                }
                None => all_read = false,
            }
        }
        let truststore = match clients::truststore(&text?, self.now) {
            Ok(truststore) => truststore,
            Err(unusable) => {
                self.unusable(&mutual.source, &mutual.truststore, unusable);
                return None;
            }
        };
        if let [first, ..] = truststore.expired[..] {
            let file = mutual.truststore.display();
            let message = format!("{file}: its certificate {first} has expired");
            self.note(DefinitionError::warning(mutual.source.clone(), message));
        }
        if !all_read {
            return None;
        }
        let provider = Arc::new(policy.provider());
        match clients::verifier(truststore.roots, lists, provider) {
            Ok(clients) => Some(clients),
            Err(reason) => {
                self.error(&mutual.source, format!("the revocation lists: {reason}"));
                None
            }
        }
    }

    fn read(&mut self, file: &Path, source: &Source) -> Option<String> {
        self.building.files.add(file);
        match read_text(file) {
            Ok(text) => {
                self.tls.note(text.as_bytes());
                Some(text)
            }
            Err(reason) => {
                self.error(source, format!("{}: {reason}", file.display()));
                None
            }
        }
    }

    fn doubt(&mut self, source: &Source, policy: SecurityPolicy) {
        if let Some(doubt) = policy.doubt() {
            self.note(DefinitionError::warning(source.clone(), doubt));
        }
    }

    fn unusable(&mut self, source: &Source, file: &Path, unusable: Unusable) {
        let Unusable { reason, help } = unusable;
        let message = format!("{}: {reason}", file.display());
        self.note(DefinitionError { help, ..DefinitionError::error(source.clone(), message) });
    }

    fn error(&mut self, source: &Source, reason: String) {
        self.note(DefinitionError::error(source.clone(), reason));
    }

    fn note(&mut self, error: DefinitionError) {
        self.building.note(self.config_file, Some(self.document), [error]);
    }
}

/// The mode of a file that others than its owner may read.
fn readable_by_others(file: &Path) -> Option<u32> {
    let mode = std::fs::metadata(file).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use crate::snapshot::Origin;

    #[test]
    fn whose_certificate_nobody_is_shown_is_told_by_name_or_not_at_all() {
        let told = |domain_name: &str| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("edgeway.yaml");
            let domain = format!(
                "{{domainName: '{domain_name}', certificate: {{chain: c.pem, privateKey: k.pem}}}}"
            );
            std::fs::write(&file, format!("apis: []\ndomainNames: [{domain}]\n")).unwrap();
            let told = Origin::Config(file).build().unwrap_err().diagnostics;
            let told = told.into_iter().map(|told| told.error.message);
            told.filter(|told| told.contains("nobody is shown")).collect::<Vec<_>>()
        };
        let named = "no listener has TLS: nobody is shown `a.example`'s certificate";
        assert_eq!(told("a.example"), [named]);
        assert!(told("a b").is_empty());
    }
}
