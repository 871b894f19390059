//! `acme`: where certificates of custom domain names are ordered (RFC 8555), and where they are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::definition::document::At;

use super::reading::Reading;

const DIRECTORY_DEFAULT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// An authority, and who orders of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmeConfig {
    /// Its directory (RFC 8555 §7.1.1).
    pub directory_url: String,
    /// `mailto:` URLs that it tells of trouble.
    pub contacts: Vec<String>,
    /// Where the account's key and the certificates are, each in a file that nobody else may read.
    pub cache_directory: PathBuf,
}

impl AcmeConfig {
    /// The certificate of a domain name with its key.
    pub fn file(&self, domain_name: &str) -> PathBuf {
        self.cache_directory.join(format!("{domain_name}.pem"))
    }
}

pub(super) fn read(reading: &Reading, root: &At<'_>, directory: &Path) -> Option<Arc<AcmeConfig>> {
    let at = root.get("acme")?;
    const KEYS: [&str; 4] = ["directoryUrl", "contacts", "cacheDirectory", "termsOfServiceAgreed"];
    reading.keys(&at, &KEYS);
    let directory_url = at.get("directoryUrl").and_then(|at| reading.url(&at));
    let directory_url = directory_url.unwrap_or_else(|| DIRECTORY_DEFAULT.into());
    if !directory_url.starts_with("https://") {
        // RFC 8555 §6.1.
        reading.error(&at, "`directoryUrl` begins with https://");
    }
    let contacts = at.get("contacts");
    let contacts = contacts.iter().flat_map(|at| reading.array(at)).filter_map(|at| {
        let contact = reading.text(&at)?;
        let is_plain = contact.bytes().all(|b| b.is_ascii_graphic());
        if !contact.starts_with("mailto:") || !contact.contains('@') || !is_plain {
            reading.error_with(&at, "a contact is a `mailto:` URL", "mailto:ops@example.com");
        }
        Some(contact.to_owned())
    });
    let contacts = contacts.collect();
    let agrees = at.get("termsOfServiceAgreed").and_then(|at| reading.boolean(&at));
    if agrees != Some(true) {
        let help = "read them, and add `termsOfServiceAgreed: true`";
        reading.error_with(&at, "an account must agree to the authority's terms of service", help);
    }
    let folder = reading.required(&at, "cacheDirectory");
    let folder = folder.and_then(|at| reading.text(&at).map(|text| directory.join(text)));
    let folder = folder.unwrap_or_default();
    Some(Arc::new(AcmeConfig { directory_url, contacts, cache_directory: folder }))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(acme: &str, domain: &str) -> Result<Config, String> {
        let text = format!(
            "acme: {acme}\napis: [{{id: a, protocol: REST, definition: d, stages: [{{stageName: s}}]}}]\n\
             domainNames: [{{domainName: {domain}, certificate: acme, \
             basePathMappings: [{{restApiId: a, stage: s}}]}}]\n"
        );
        let document = crate::document::read(&text).unwrap();
        Config::read(&document, Path::new("/etc/e")).map_err(|errors| format!("{errors:?}"))
    }

    const ACME: &str =
        "{cacheDirectory: acme, contacts: ['mailto:a@example.com'], termsOfServiceAgreed: true}";

    #[test]
    fn a_domain_name_may_have_its_certificate_ordered() {
        let config = read(ACME, "api.example.com").unwrap();
        let certificate = &config.domain_tls[0].certificate;
        let acme = certificate.acme.as_ref().unwrap();
        assert_eq!(acme.directory_url, DIRECTORY_DEFAULT);
        assert_eq!(acme.contacts, ["mailto:a@example.com"]);
        let file = Path::new("/etc/e/acme/api.example.com.pem");
        assert_eq!((&*certificate.chain, &*certificate.private_key), (file, file));
    }

    #[test]
    fn what_no_authority_would_do_is_refused() {
        for (acme, domain, words) in [
            (ACME, "'*.example.com'", "wildcard"),
            ("{cacheDirectory: acme}", "a.example.com", "terms of service"),
            (
                "{cacheDirectory: a, termsOfServiceAgreed: false}",
                "a.example.com",
                "terms of service",
            ),
            ("{termsOfServiceAgreed: true}", "a.example.com", "cacheDirectory"),
            (
                "{cacheDirectory: a, termsOfServiceAgreed: true, contacts: [a@b]}",
                "a.example.com",
                "mailto",
            ),
            (
                "{cacheDirectory: a, termsOfServiceAgreed: true, directoryUrl: 'http://h/d'}",
                "a.example.com",
                "https",
            ),
        ] {
            let refused = read(acme, domain).unwrap_err();
            assert!(refused.contains(words), "{words}: {refused}");
        }
    }
}
