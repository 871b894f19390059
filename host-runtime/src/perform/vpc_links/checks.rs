//! The thread that checks targets' health, for all workers.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use http::{Request, header};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::Group;
use super::health::Seen;
use crate::body::Body;
use crate::config::{HealthCheck, HealthCheckProtocol, Target};
use crate::perform::http::HttpClient;
use crate::perform::trust::Trust;

/// Checks groups from the first one on; dropped, it ends.
#[derive(Debug, Default)]
pub(super) struct Checks {
    groups: OnceLock<Option<UnboundedSender<Weak<Group>>>>,
}

impl Checks {
    /// Checks this group until nobody has it any more.
    pub(super) fn begin(&self, group: &Arc<Group>) {
        let sender = self.groups.get_or_init(|| {
            let (sender, groups) = unbounded_channel();
            let started =
                std::thread::Builder::new().name("health-checks".into()).spawn(move || run(groups));
            let failed = |error| tracing::error!(%error, "targets' health is not checked");
            started.map_err(failed).ok().map(|_| sender)
        });
        if let Some(sender) = sender {
            sender.send(Arc::downgrade(group)).ok(); // the thread has ended: it said why
        }
    }
}

fn run(mut groups: UnboundedReceiver<Weak<Group>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "targets' health is not checked"),
    };
    let trust = Arc::new(Trust::of_anybody());
    runtime.block_on(async move {
        while let Some(group) = groups.recv().await {
            let targets = group.upgrade().map_or(0, |group| group.spec.targets.len());
            for index in 0..targets {
                tokio::task::spawn_local(check_on_time(group.clone(), index, Arc::clone(&trust)));
            }
        }
    });
}

/// Checks one target now and then at each interval.
async fn check_on_time(group: Weak<Group>, index: usize, trust: Arc<Trust>) {
    let mut next = Instant::now();
    loop {
        tokio::time::sleep_until(next).await;
        let Some(group) = group.upgrade() else { return };
        let Some(check) = &group.spec.health_check else { return };
        next = Instant::now() + check.interval;
        let seen = match passes(&group.spec.targets[index], check, &trust).await {
            true => Seen::CheckPassed,
            false => Seen::CheckFailed,
        };
        group.see(index, seen);
    }
}

async fn passes(target: &Target, check: &HealthCheck, trust: &Arc<Trust>) -> bool {
    match &check.protocol {
        HealthCheckProtocol::Tcp => connects(target, check.timeout).await,
        HealthCheckProtocol::Http { is_https, path, matcher } => {
            let scheme = if *is_https { "https" } else { "http" };
            let url = format!("{scheme}://{}{path}", target.authority);
            let status = status(url, check.timeout, trust).await;
            status.is_some_and(|status| matcher.iter().any(|range| range.contains(&status)))
        }
    }
}

async fn connects(target: &Target, timeout: Duration) -> bool {
    let host = target.authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = target.authority.port_u16().unwrap_or(if target.is_https { 443 } else { 80 });
    let connecting = TcpStream::connect((host, port));
    matches!(tokio::time::timeout(timeout, connecting).await, Ok(Ok(_)))
}

/// The answer to a health check, over a connection of its own: one that was made before would say
/// nothing of whether new ones are taken.
async fn status(url: String, timeout: Duration, trust: &Arc<Trust>) -> Option<u16> {
    let request = Request::get(url)
        .header(header::USER_AGENT, "Edgeway-HealthCheck")
        .header(header::CONNECTION, "close")
        .body(Body::Empty)
        .ok()?;
    let answer = HttpClient::new(trust).send(request, timeout).await.ok()?;
    Some(answer.status().as_u16())
}
