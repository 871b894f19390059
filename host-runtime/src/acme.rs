//! Certificates of custom domain names, ordered of an authority that speaks ACME (RFC 8555) and proved
//! by `tls-alpn-01` (RFC 8737): the listeners themselves answer, so that no other port need be open.
//!
//! By hand: an order is eight requests, and the crates for it bring another HTTP client and another
//! runtime. What is issued is written into a file, and read from there as every other certificate is.

mod certificate;
mod challenges;
mod client;
mod jws;

use std::fmt::Write;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use gateway_core::message::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use challenges::Challenges;
use client::Client;
use jws::AccountKey;

use crate::config::{AcmeConfig, Config};
use crate::drive::now;
use crate::perform::http::HttpClient;
use crate::perform::metrics::describe;
use crate::perform::trust::Trust;
use crate::tls;

/// Waits after orders that failed, doubled from the first to the last: authorities count failures.
const BACK_OFF: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(12 * 3_600)];
/// Longest that nobody looks whether a certificate is to be renewed.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// Longest that an order may take.
const ORDER_MAX: Duration = Duration::from_secs(180);

/// How it goes with orders.
#[derive(Debug, Default)]
pub struct AcmeHealth {
    issued: AtomicU64,
    failures: AtomicU64,
}

/// A domain name, and where its certificate is ordered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ordered {
    domain_name: String,
    config: Arc<AcmeConfig>,
}

/// Orders certificates while it lives.
#[derive(Debug)]
pub(crate) struct Acme {
    ordered: Vec<Ordered>,
    trust: Arc<Trust>,
    task: Option<JoinHandle<()>>,
    issued: mpsc::Receiver<()>,
}

impl Acme {
    /// Orders what this configuration has no certificates for, and renews those that it has. On a
    /// runtime for local tasks.
    pub(crate) fn start(
        config: &Config,
        trust: &Arc<Trust>,
        challenges: &Arc<Challenges>,
        health: &Arc<AcmeHealth>,
    ) -> Self {
        let ordered: Vec<Ordered> = ordered(config).collect();
        let (tell, issued) = mpsc::channel(1);
        let orders = Orders {
            trust: Arc::clone(trust),
            challenges: Arc::clone(challenges),
            health: Arc::clone(health),
            tell,
        };
        let task =
            (!ordered.is_empty()).then(|| tokio::task::spawn_local(orders.keep(ordered.clone())));
        Self { ordered, trust: Arc::clone(trust), task, issued }
    }

    /// Whether it orders for this configuration already.
    pub(crate) fn is_for(&self, config: &Config, trust: &Arc<Trust>) -> bool {
        Arc::ptr_eq(&self.trust, trust) && ordered(config).eq(self.ordered.iter().cloned())
    }

    /// Waits until a certificate is issued. Safe to be dropped.
    pub(crate) async fn issued(&mut self) {
        if self.issued.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

impl Drop for Acme {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

impl AcmeHealth {
    /// In Prometheus's text format.
    pub fn write_metrics(&self, text: &mut String) {
        for (name, help, count) in [
            ("acme_certificates_total", "Certificates that were issued.", &self.issued),
            ("acme_failures_total", "Orders of certificates that failed.", &self.failures),
        ] {
            describe(text, name, help, "counter");
            let _ = writeln!(text, "edgeway_{name} {}", count.load(Relaxed));
        }
    }
}

fn ordered(config: &Config) -> impl Iterator<Item = Ordered> {
    config.domain_tls.iter().filter_map(|domain| {
        let config = Arc::clone(domain.certificate.acme.as_ref()?);
        Some(Ordered { domain_name: domain.domain_name.clone(), config })
    })
}

/// What orders need.
struct Orders {
    trust: Arc<Trust>,
    challenges: Arc<Challenges>,
    health: Arc<AcmeHealth>,
    tell: mpsc::Sender<()>,
}

impl Orders {
    /// One after the other, so that an authority is asked by one at a time; each by its own time.
    async fn keep(self, ordered: Vec<Ordered>) {
        // When to try again, and how long to wait after that fails too.
        let mut tries = vec![(now(), BACK_OFF[0]); ordered.len()];
        let http = HttpClient::new(&self.trust);
        loop {
            for (ordered, (next, wait)) in ordered.iter().zip(&mut tries) {
                let Ordered { domain_name, config } = ordered;
                if now() < *next || !is_due(&config.file(domain_name), domain_name) {
                    continue;
                }
                let order = tokio::time::timeout(ORDER_MAX, self.order(&http, ordered)).await;
                match order.unwrap_or_else(|_| Err("it took too long".into())) {
                    Ok(()) => {
                        tracing::info!(domain_name, "a certificate is issued");
                        self.health.issued.fetch_add(1, Relaxed);
                        *wait = BACK_OFF[0];
                        self.tell.try_send(()).ok(); // full: it is known already
                    }
                    Err(reason) => {
                        self.health.failures.fetch_add(1, Relaxed);
                        let again_in_s = wait.as_secs();
                        tracing::error!(
                            domain_name,
                            directory = config.directory_url,
                            reason,
                            again_in_s,
                            "no certificate is issued"
                        );
                        *next = after(*wait);
                        *wait = (*wait * 2).min(BACK_OFF[1]);
                    }
                }
            }
            let soonest = tries.iter().map(|(next, _)| next.0.saturating_sub(now().0));
            let soonest = soonest.filter(|wait| *wait > 0).min().map(Duration::from_millis);
            tokio::time::sleep(soonest.unwrap_or(LOOK_EVERY).min(LOOK_EVERY)).await;
        }
    }

    async fn order(&self, http: &HttpClient, ordered: &Ordered) -> Result<(), String> {
        let Ordered { domain_name, config } = ordered;
        let folder = &config.cache_directory;
        let in_folder = |error: io::Error| format!("{}: {error}", folder.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(in_folder)?;
        let key = AccountKey::of(config)?;
        let mut client = Client::open(http, &config.directory_url, key).await?;
        client.sign_in(&config.contacts).await?;
        let (chain, key) = client.order(domain_name, &self.challenges).await?;
        tls::shown(&chain, &key, Some(domain_name), now())
            .map_err(|reason| format!("what was issued is no use: {reason}"))?;
        let file = config.file(domain_name);
        write_secret(&file, &[key, chain].concat())
            .map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// Whether there is no certificate, or less than a third of its time is left.
fn is_due(file: &Path, domain_name: &str) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return true };
    let Ok(shown) = tls::shown(&text, &text, Some(domain_name), now()) else { return true };
    shown.validity().is_none_or(|(begin, end)| {
        let third = end.0.saturating_sub(begin.0) / 3;
        end.0.saturating_sub(third) <= now().0
    })
}

fn after(wait: Duration) -> Timestamp {
    Timestamp(now().0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
}

/// Writes a file that nobody else may read, whole or not at all.
fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("new");
    fs::remove_file(&beside).ok(); // of one who was interrupted
    let mut opened =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_its_owners_alone_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.example.com.pem");
        for text in ["one", "two"] {
            write_secret(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_certificate_is_due_when_it_is_no_use_or_two_thirds_of_its_time_have_passed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.pem");
        assert!(is_due(&file, "a.example.com"), "there is none");
        let write = |begins_ago_s: u64, ends_in_s: u64| {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::new(["a.example.com".into()]).unwrap();
            let now = std::time::SystemTime::now();
            (params.not_before, params.not_after) = (
                (now - Duration::from_secs(begins_ago_s)).into(),
                (now + Duration::from_secs(ends_in_s)).into(),
            );
            let certificate = params.self_signed(&key).unwrap();
            fs::write(&file, [key.serialize_pem(), certificate.pem()].concat()).unwrap();
        };
        write(60, 130);
        assert!(!is_due(&file, "a.example.com"));
        assert!(is_due(&file, "b.example.com"), "it is another name's");
        write(140, 60);
        assert!(is_due(&file, "a.example.com"));
        fs::write(&file, "nothing").unwrap();
        assert!(is_due(&file, "a.example.com"));
    }
}
