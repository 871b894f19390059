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
/// Longest that nobody looks whether a certificate is to be renewed: others may write the files.
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
            let mut wait = LOOK_EVERY;
            for (ordered, (next, again_in)) in ordered.iter().zip(&mut tries) {
                let due = ordered.due().max(*next);
                if due <= now() {
                    let is_issued = self.try_order(&http, ordered, *again_in).await;
                    // One that is due as soon as it is issued, by a clock that goes wrong, is no success.
                    if is_issued && ordered.due() > now() {
                        *again_in = BACK_OFF[0];
                    } else {
                        *next = after(*again_in);
                        *again_in = (*again_in * 2).min(BACK_OFF[1]);
                    }
                }
                let due = ordered.due().max(*next);
                wait = wait.min(Duration::from_millis(due.0.saturating_sub(now().0)));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether a certificate is issued; otherwise the log says why not.
    async fn try_order(&self, http: &HttpClient, ordered: &Ordered, again_in: Duration) -> bool {
        let Ordered { domain_name, config } = ordered;
        let order = tokio::time::timeout(ORDER_MAX, self.order(http, ordered)).await;
        match order.unwrap_or_else(|_| Err("it took too long".into())) {
            Ok(()) => {
                tracing::info!(domain_name, "a certificate is issued");
                self.health.issued.fetch_add(1, Relaxed);
                self.tell.try_send(()).ok(); // full: it is known already
                true
            }
            Err(reason) => {
                self.health.failures.fetch_add(1, Relaxed);
                let again_in_s = again_in.as_secs();
                let directory = client::shown(&config.directory_url);
                tracing::error!(
                    domain_name,
                    directory,
                    reason,
                    again_in_s,
                    "no certificate is issued"
                );
                false
            }
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

impl Ordered {
    fn due(&self) -> Timestamp {
        due(&self.config.file(&self.domain_name), &self.domain_name)
    }
}

/// When a certificate is to be ordered: with a third of the time left of the one that is there, and
/// at once if that is no use.
fn due(file: &Path, domain_name: &str) -> Timestamp {
    let validity = || {
        let text = fs::read_to_string(file).ok()?;
        tls::shown(&text, &text, Some(domain_name), now()).ok()?.validity()
    };
    validity().map_or(Timestamp(0), |(begin, end)| {
        Timestamp(end.0.saturating_sub(end.0.saturating_sub(begin.0) / 3))
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
        let at_once = Timestamp(0);
        assert_eq!(due(&file, "a.example.com"), at_once, "there is none");
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["a.example.com".into()]).unwrap();
        // 90 days, of which the last 30 begin with the second of March.
        params.not_before = rcgen::date_time_ymd(2030, 1, 1);
        params.not_after = rcgen::date_time_ymd(2030, 4, 1);
        let certificate = params.self_signed(&key).unwrap();
        fs::write(&file, [key.serialize_pem(), certificate.pem()].concat()).unwrap();
        let march = gateway_core::time::from_iso8601_basic("20300302T000000Z").unwrap();
        assert_eq!(due(&file, "a.example.com"), march);
        assert_eq!(due(&file, "b.example.com"), at_once, "it is another name's");
        fs::write(&file, "nothing").unwrap();
        assert_eq!(due(&file, "a.example.com"), at_once);
    }
}
