//! VPC links: which target a private integration's request goes to.

mod checks;
mod health;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::effect::EffectError;
use http::uri::PathAndQuery;

use self::checks::Checks;
use self::health::{Health, Seen, State, Thresholds, choose};
use super::metrics::{describe, escape};
use super::outgoing::OutgoingRequest;
use super::received;
use crate::config::{Config, Target, TargetGroup, VpcLinkConfig};

/// The VPC links of one configuration, for all threads.
#[derive(Debug, Default)]
pub struct VpcLinks {
    links: BTreeMap<String, Link>,
    checks: Arc<Checks>,
}

#[derive(Debug, Default)]
struct Link {
    own: Option<Arc<Group>>,
    by_uri: BTreeMap<String, Arc<Group>>,
}

/// Targets that answer the same requests, and how each of them is.
#[derive(Debug)]
struct Group {
    spec: TargetGroup,
    labels: Labels,
    /// One for each target.
    health: Vec<TargetHealth>,
    turn: AtomicUsize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Labels {
    vpc_link: String,
    name: String,
    integration_uri: String,
}

#[derive(Debug, Default)]
struct TargetHealth {
    health: Mutex<Health>,
    /// What `health` says, for every request to read.
    is_healthy: AtomicBool,
}

/// The way of one request: to a target that was chosen for it.
#[derive(Debug)]
pub(crate) struct Way {
    group: Arc<Group>,
    index: usize,
    server_name: Option<String>,
}

impl VpcLinks {
    /// The links of a configuration. Groups that have not changed since `before` keep what is known of
    /// their targets' health.
    pub(crate) fn new(config: &Config, before: Option<&Self>) -> Self {
        let checks = before.map(|before| Arc::clone(&before.checks)).unwrap_or_default();
        let group = |link: &VpcLinkConfig, uri: Option<&String>, spec: &TargetGroup| {
            let labels = Labels {
                vpc_link: link.vpc_link_id.clone(),
                name: link.name.clone().unwrap_or_default(),
                integration_uri: uri.cloned().unwrap_or_default(),
            };
            let kept = before.and_then(|before| before.exactly(&link.vpc_link_id, uri));
            let kept = kept.filter(|group| group.spec == *spec && group.labels == labels);
            kept.map(Arc::clone).unwrap_or_else(|| {
                let health = spec.targets.iter().map(|_| TargetHealth::default()).collect();
                let turn = AtomicUsize::new(0);
                let group = Arc::new(Group { spec: spec.clone(), labels, health, turn });
                if spec.health_check.is_some() {
                    checks.begin(&group);
                }
                group
            })
        };
        let link = |link: &VpcLinkConfig| {
            let own = link.targets.as_ref().map(|spec| group(link, None, spec));
            let by_uri = link.listeners.iter();
            let by_uri = by_uri.map(|(uri, spec)| (uri.clone(), group(link, Some(uri), spec)));
            (link.vpc_link_id.clone(), Link { own, by_uri: by_uri.collect() })
        };
        let links = config.vpc_links.iter().map(link).collect();
        Self { links, checks }
    }

    fn exactly(&self, vpc_link_id: &str, uri: Option<&String>) -> Option<&Arc<Group>> {
        let link = self.links.get(vpc_link_id)?;
        match uri {
            Some(uri) => link.by_uri.get(uri),
            None => link.own.as_ref(),
        }
    }

    /// The way of a request, to a target whose turn it is.
    ///
    /// # Errors
    /// [`EffectError::Misconfigured`] if there is no such link, or it does not lead there.
    pub(crate) fn way(
        &self,
        vpc_link_id: &str,
        integration_uri: Option<&str>,
        server_name: Option<&str>,
    ) -> Result<Way, EffectError> {
        let link = self.links.get(vpc_link_id);
        let group = link.and_then(|link| {
            let named = integration_uri.and_then(|uri| link.by_uri.get(uri));
            named.or(link.own.as_ref())
        });
        let Some(group) = group.map(Arc::clone) else {
            let reason = format!("the VPC link `{vpc_link_id}` does not lead there");
            return Err(EffectError::Misconfigured(reason));
        };
        let turn = group.turn.fetch_add(1, Relaxed);
        let index = choose(turn, group.health.iter().map(|target| target.is_healthy.load(Relaxed)));
        Ok(Way { group, index, server_name: server_name.map(Into::into) })
    }

    /// How many targets are healthy and how many are not, in Prometheus's text format.
    pub(crate) fn write_metrics(&self, text: &mut String) {
        let all = self.links.values().flat_map(|link| link.own.iter().chain(link.by_uri.values()));
        let checked: Vec<_> = all.filter(|group| group.spec.health_check.is_some()).collect();
        if checked.is_empty() {
            return;
        }
        for (name, help, state) in [
            ("healthy_hosts", "Targets that are healthy (AWS: HealthyHostCount).", State::Healthy),
            (
                "unhealthy_hosts",
                "Targets that are not healthy (AWS: UnHealthyHostCount).",
                State::Unhealthy,
            ),
        ] {
            let name = format!("vpc_link_{name}");
            describe(text, &name, help, "gauge");
            for group in &checked {
                let Labels { vpc_link, name: link_name, integration_uri } = &group.labels;
                let count = group.health.iter().filter(|t| t.lock().state() == state).count();
                let _ = writeln!(
                    text,
                    "edgeway_{name}{{vpc_link=\"{}\",name=\"{}\",integration_uri=\"{}\"}} {count}",
                    escape(vpc_link),
                    escape(link_name),
                    escape(integration_uri),
                );
            }
        }
    }
}

impl Group {
    /// Takes note of what was seen of a target.
    fn see(&self, index: usize, seen: Seen) {
        let Some(check) = &self.spec.health_check else { return };
        let target = &self.health[index];
        let mut health = target.lock();
        let thresholds =
            Thresholds { healthy: check.healthy_threshold, unhealthy: check.unhealthy_threshold };
        let before = health.state();
        *health = health.after(seen, thresholds);
        let state = health.state();
        target.is_healthy.store(state == State::Healthy, Relaxed);
        drop(health);
        if state != before {
            let Labels { vpc_link, name, integration_uri } = &self.labels;
            let target = &self.spec.targets[index].authority;
            match state {
                State::Unhealthy => {
                    tracing::warn!(vpc_link, name, integration_uri, %target, "a target is unhealthy");
                }
                _ => {
                    tracing::info!(vpc_link, name, integration_uri, %target, "a target is healthy")
                }
            }
        }
    }
}

impl TargetHealth {
    fn lock(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way {
    /// Turns a request to a URL into the same request to the target. `Host` stays the URL's. It goes
    /// over TLS if either of them says so: neither can take that from the other.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] if the target's path and the request's are too long together.
    pub(crate) fn direct(&self, request: &mut OutgoingRequest<'_>) -> Result<(), EffectError> {
        let target: &Target = &self.group.spec.targets[self.index];
        let origin = &mut request.origin;
        request.named = Some(std::mem::replace(&mut origin.authority, target.authority.clone()));
        origin.tls |= target.is_https;
        origin.server_name = self.server_name.clone().filter(|_| origin.tls);
        if !target.path.is_empty() {
            let whole = format!("{}{}", target.path, request.target);
            request.target = PathAndQuery::try_from(whole)
                .map_err(|e| EffectError::Unavailable(format!("the target's path: {e}")))?;
        }
        Ok(())
    }

    /// Takes note of whether the target answered. A slow answer says nothing of a target's health, and
    /// what the client's content does neither.
    pub(crate) fn ended(&self, error: Option<&EffectError>) {
        if let Some(seen) = seen(error) {
            self.group.see(self.index, seen);
        }
    }
}

fn seen(error: Option<&EffectError>) -> Option<Seen> {
    match error {
        None => Some(Seen::Answered),
        // What one request has a target say takes it from nobody else.
        Some(error) if received::is_too_large(error) => None,
        Some(EffectError::Unavailable(_) | EffectError::Misconfigured(_)) => Some(Seen::Unanswered),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_away_where_it_gives_no_answer_at_all() {
        let away = [
            EffectError::Unavailable("refused".into()),
            EffectError::Misconfigured("its certificate has expired".into()),
        ];
        assert!(away.iter().all(|error| matches!(seen(Some(error)), Some(Seen::Unanswered))));
        let there = [
            received::too_large(),
            EffectError::Malformed("no HTTP".into()),
            EffectError::TimedOut,
            EffectError::Cancelled,
        ];
        assert!(there.iter().all(|error| seen(Some(error)).is_none()));
        assert!(matches!(seen(None), Some(Seen::Answered)));
    }
}
