//! Distributions: their files read and checked.

use std::path::Path;
use std::sync::Arc;

use distribution::{Distribution, Problem};
use gateway_core::definition::{DefinitionError, DistributionSource};

use super::{Building, read_text};
use crate::config::{Config, DistributionConfig};
use crate::edge::Edge;

impl Building {
    /// The distributions of a configuration; what is wrong with one is told with its file.
    /// `knows_web_acls`: those that it may name have been read.
    pub(super) fn distributions(
        &mut self,
        config: &mut Config,
        config_file: &Path,
        knows_web_acls: bool,
    ) {
        let configured = std::mem::take(&mut config.distributions);
        for one in &configured {
            let edge = self.distribution(one, config, config_file, knows_web_acls);
            config.edges.extend(edge.map(Arc::new));
        }
        config.distributions = configured;
    }

    fn distribution(
        &mut self,
        one: &DistributionConfig,
        config: &Config,
        config_file: &Path,
        knows_web_acls: bool,
    ) -> Option<Edge> {
        let mut read = |file: &Path| {
            self.files.push(file.to_owned());
            read_text(file)
                .map_err(|reason| {
                    let reason = format!("{}: {reason}", file.display());
                    let error = DefinitionError::error(one.source.clone(), reason);
                    self.note(config_file, None, [error]);
                })
                .ok()
        };
        let document = read(&one.definition)?;
        let references: Option<Vec<String>> = one.references.iter().map(|f| read(f)).collect();
        let references = references?;
        let texts: Vec<&str> = references.iter().map(String::as_str).collect();
        let (distribution, problems) =
            Distribution::read(&one.id, &document, &texts, one.options.clone());
        let problems = problems.into_iter().map(|problem| self::problem(one, problem));
        self.note(config_file, None, problems.collect::<Vec<_>>());
        let mut distribution = distribution?;
        // What operators call it is what its listener and its invalidations call it.
        distribution.id.clone_from(&one.id);
        for id in one.origins.keys() {
            if !distribution.origins.iter().any(|origin| origin.id == *id) {
                let message = format!("the distribution `{}` has no origin `{id}`", one.id);
                self.note(config_file, None, [DefinitionError::error(one.source.clone(), message)]);
            }
        }
        let is_told = self.is_for_edge || config.locations.tells_countries();
        if distribution.restricts_countries() && !is_told {
            let message = format!(
                "the distribution `{}` restricts countries, and no database tells them: `geoDatabases` names files in \
                 MaxMind's format",
                one.id
            );
            self.note(config_file, None, [DefinitionError::error(one.source.clone(), message)]);
        }
        let web_acl = distribution.web_acl_id.as_ref().map(|arn| {
            let index = self.web_acl_arns.iter().position(|known| known == arn);
            if index.is_none() && knows_web_acls {
                let message = format!(
                    "the web ACL `{arn}` of the distribution `{}` is not there: `webAcls` lists those that are",
                    one.id
                );
                self.note(config_file, None, [DefinitionError::error(one.source.clone(), message)]);
            }
            // Without an index it would be served to everybody; with this one it is served to nobody.
            index.map_or(u32::MAX, |index| index as u32)
        });
        self.has_place_for_logs(one, &distribution, config_file);
        self.knows_viewers(one, &distribution, config, config_file);
        let apis: Vec<&str> = config.apis.iter().map(|api| api.id.as_str()).collect();
        let options = &one.options;
        let source = DistributionSource {
            id: one.id.clone(),
            definition: document,
            references,
            origins: one.origins.clone(),
            has_listener: one.listen.is_some(),
            cdn_cache_control: options.reads_targeted,
            viewer_cache_control: options.heeds_viewers,
            cache_status: options.tells_cache_status,
            heuristic_percent: options.heuristic_percent.try_into().unwrap_or(u32::MAX),
            web_acl,
            log_destination: one.log_destination.clone(),
            real_time_destination: one.real_time_destination.clone(),
        };
        let port = one.listen.as_ref().map(|listener| listener.address.port());
        Some(Edge::new(distribution, source, &apis).at_port(port))
    }
}

impl Building {
    /// Fields that nobody here can fill in would be empty, and all viewers be one in a cache key, silently.
    fn knows_viewers(
        &mut self,
        one: &DistributionConfig,
        distribution: &Distribution,
        config: &Config,
        config_file: &Path,
    ) {
        let (mut unlocated, mut ungreeted) = (Vec::new(), Vec::new());
        let over_tls = config.listeners().iter().any(|(_, listener)| listener.tls.is_some());
        for name in distribution.asked_fields() {
            let located = &config.locations;
            match name.strip_prefix("cloudfront-viewer-").unwrap_or_default() {
                "http-version" => {}
                "ja3-fingerprint" | "ja4-fingerprint" => {
                    self.asks_for_fingerprints = true;
                    ungreeted.extend((!over_tls || self.is_for_edge).then_some(*name));
                }
                _ if self.is_for_edge => {}
                "country" => unlocated.extend((!located.tells_countries()).then_some(*name)),
                "asn" => unlocated.extend((!located.tells_networks()).then_some(*name)),
                _ => unlocated.extend((!located.tells_places()).then_some(*name)),
            }
        }
        let why = match self.is_for_edge {
            true => "the platform tells them to few",
            false => "no listener has TLS",
        };
        let databases = "no database tells them: `geoDatabases` names files in MaxMind's format";
        for (names, why) in [(unlocated, databases), (ungreeted, why)] {
            if names.is_empty() {
                continue;
            }
            let message = format!(
                "the distribution `{}` has policies with fields that stay empty, in cache keys too ({}): {why}",
                one.id,
                names.join(", ")
            );
            let warning = DefinitionError::warning(one.source.clone(), message);
            self.note(config_file, None, [warning]);
        }
    }

    /// Logs that are asked for and written nowhere would be missed when they are needed.
    fn has_place_for_logs(
        &mut self,
        one: &DistributionConfig,
        distribution: &Distribution,
        config_file: &Path,
    ) {
        let standard = distribution.is_logged() && one.log_destination.is_none();
        let real_time = distribution.has_real_time_logs() && one.real_time_destination.is_none();
        let (standard, real_time) = (
            standard.then_some(("standard logs", "destination")),
            real_time.then_some(("real-time logs", "realTimeDestination")),
        );
        for (what, name) in standard.into_iter().chain(real_time) {
            let message = format!(
                "the distribution `{}` asks for {what}, and nothing says where: `logging.{name}` does, `stdout`, \
                 `stderr` or a file (there are no buckets and no streams here)",
                one.id
            );
            self.note(config_file, None, [DefinitionError::error(one.source.clone(), message)]);
        }
    }
}

/// What is wrong, with its file in the place of the document's name.
fn problem(one: &DistributionConfig, problem: Problem) -> DefinitionError {
    let file = match problem.document.strip_prefix("references/") {
        Some(number) => number.parse().ok().and_then(|n: usize| one.references.get(n)),
        None => Some(&one.definition),
    };
    let document = file.map(|file| file.display().to_string()).unwrap_or_default();
    let is_warning = problem.is_warning;
    let message = Problem { document, ..problem }.to_string();
    match is_warning {
        true => DefinitionError::warning(one.source.clone(), message),
        false => DefinitionError::error(one.source.clone(), message),
    }
}
