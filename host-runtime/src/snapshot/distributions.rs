//! Distributions: their files read and checked.

mod help;

use std::path::Path;
use std::sync::Arc;

use distribution::{Distribution, Document};
use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{DefinitionError, DistributionSource};

use self::help::with_help;
use super::Building;
use super::printed::{Printed, as_error};
use crate::config::{Config, DistributionConfig, WebAclConfig};
use crate::edge::Edge;

impl Building {
    /// The distributions of a configuration; what is wrong with one is told with its file.
    pub(super) fn distributions(&mut self, config: &mut Config, config_file: &Path) {
        let configured = std::mem::take(&mut config.distributions);
        for one in &configured {
            let edge = self.distribution(one, config, config_file);
            config.edges.extend(edge.map(Arc::new));
        }
        config.distributions = configured;
    }

    fn distribution(
        &mut self,
        one: &DistributionConfig,
        config: &Config,
        config_file: &Path,
    ) -> Option<Edge> {
        let ReadDistribution { document, references, mut distribution, is_refused } =
            self.read_distribution(one)?;
        // What operators call it is what its listener and its invalidations call it.
        distribution.id.clone_from(&one.id);
        self.knows_origins(one, &distribution, config_file);
        self.is_reached(one, &distribution, config_file);
        let is_told = self.is_for_edge || config.locations.tells_countries();
        if distribution.restricts_countries() && !is_told {
            let message = format!(
                "the distribution `{}` restricts countries, and no database tells them: `geoDatabases` names files in \
                 MaxMind's format",
                one.id
            );
            self.note_in_document(&document, "/Restrictions/GeoRestriction", message, None);
        }
        let web_acl = distribution.web_acl_id.as_ref().map(|arn| {
            let index = self.web_acl_arns.iter().position(|known| known.as_ref() == Some(arn));
            let knows_all = self.web_acl_arns.iter().all(Option::is_some);
            if index.is_none() && knows_all {
                let message = format!(
                    "the web ACL `{arn}` of the distribution `{}` is not there: `webAcls` lists those that are",
                    one.id
                );
                let help = self.meant_web_acl(arn, config);
                self.note_in_document(&document, "/WebACLId", message, help);
            }
            // Without an index it would be served to everybody; with this one it is served to nobody.
            index.map_or(u32::MAX, |index| index as u32)
        });
        self.has_place_for_logs(one, &distribution, &document);
        self.knows_viewers(one, &distribution, config, config_file);
        let apis: Vec<&str> = config.apis.iter().map(|api| api.id.as_str()).collect();
        self.knows_apis(one, &distribution, &apis, config_file);
        if is_refused {
            return None;
        }
        let options = &one.options;
        let source = DistributionSource {
            id: one.id.clone(),
            definition: document.text,
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

/// The name in a web ACL's ARN, `…/webacl/NAME/ID`; of what is no ARN all of it.
fn name_of(arn: &str) -> &str {
    let named = arn.split_once("/webacl/").and_then(|(_, named)| named.split('/').next());
    named.unwrap_or(arn)
}

/// A distribution that was read.
struct ReadDistribution {
    document: Printed,
    /// What it refers to.
    references: Vec<String>,
    distribution: Distribution,
    /// Whether something is wrong with it: it is checked to its end, and not served.
    is_refused: bool,
}

impl Building {
    /// What the files say, with all that is wrong with it told. `None` where the first is none of a distribution.
    fn read_distribution(&mut self, one: &DistributionConfig) -> Option<ReadDistribution> {
        let named = self.place(&one.source, "definition");
        let document = self.printed(&one.definition, named);
        let mut references: Vec<Option<Printed>> = Vec::new();
        for (index, file) in one.references.iter().enumerate() {
            let named = self.place(&one.source, &format!("references/{index}"));
            references.push(self.printed(file, named));
        }
        let document = document?;
        let all_there = references.iter().all(Option::is_some);
        let text =
            |read: &Option<Printed>| read.as_ref().map_or("{}", |read| &read.text).to_owned();
        let texts: Vec<String> = references.iter().map(text).collect();
        let parts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let checked = Distribution::check(&one.id, &document.text, &parts, one.options.clone());
        let is_refused = checked.is_refused() || !all_there;
        for problem in checked.problems {
            let printed = match problem.document {
                Document::Distribution => Some(&document),
                Document::Reference(index) => references.get(index).and_then(Option::as_ref),
            };
            // What stands in the place of a file that cannot be read is nobody's.
            let Some(printed) = printed else { continue };
            // What cannot be read may have what is missing.
            let is_of_document = problem.document == Document::Distribution;
            let unknown = problem.unknown.as_ref().filter(|_| is_of_document);
            if all_there || !unknown.is_some_and(|unknown| unknown.what.is_referred_to()) {
                let error = as_error(printed.source(&problem.pointer), &problem);
                self.note_in(printed, [with_help(error, &problem)]);
            }
        }
        let distribution = checked.distribution?;
        Some(ReadDistribution { document, references: texts, distribution, is_refused })
    }

    /// The web ACL that a reference to none may mean: one of nearly this name.
    fn meant_web_acl(&self, reference: &str, config: &Config) -> Option<String> {
        let of_one = |(acl, arn): (&'_ WebAclConfig, &'_ Option<String>)| {
            let arn = arn.clone()?;
            Some([(acl.name.clone(), arn.clone()), (name_of(&arn).to_owned(), arn)])
        };
        let known = config.web_acls.iter().zip(&self.web_acl_arns).filter_map(of_one);
        let known: Vec<(String, String)> = known.flatten().collect();
        let names = known.iter().map(|(name, _)| name.as_str());
        let meant = did_you_mean(name_of(reference), names)?;
        let (_, arn) = known.iter().find(|(name, _)| meant.contains(&format!("`{name}`")))?;
        Some(format!("did you mean `{arn}`?"))
    }

    fn knows_origins(
        &mut self,
        one: &DistributionConfig,
        distribution: &Distribution,
        config_file: &Path,
    ) {
        let ids = || distribution.origins.iter().map(|origin| origin.id.as_str());
        for id in one.origins.keys().filter(|id| !ids().any(|known| known == **id)) {
            let message = format!("the distribution `{}` has no origin `{id}`", one.id);
            let member = format!("origins/{}", id.replace('~', "~0").replace('/', "~1"));
            let place = self.place(&one.source, &member);
            let near = did_you_mean(id, ids());
            let known = || format!("its origins are {}", ids().collect::<Vec<_>>().join(", "));
            let error = DefinitionError::error(place, message).help(near.unwrap_or_else(known));
            let document = self.document.clone();
            self.note(config_file, document.as_deref(), [error]);
        }
    }

    /// A mistake in an API's id would send viewers' requests to somebody else's API, silently.
    fn knows_apis(
        &mut self,
        one: &DistributionConfig,
        distribution: &Distribution,
        apis: &[&str],
        config_file: &Path,
    ) {
        for origin in &distribution.origins {
            let Some((api, _)) = origin.domain_name.split_once(".execute-api.") else { continue };
            let is_here = apis.iter().any(|known| known.eq_ignore_ascii_case(api));
            if is_here || one.origins.contains_key(&origin.id) {
                continue;
            }
            let message = format!(
                "the origin `{}` of the distribution `{}` is asked over the network: no API here has the id `{api}`",
                origin.id, one.id
            );
            let elsewhere =
                || format!("where it is meant, `origins: {{{}: https://…}}` says so", origin.id);
            let help = did_you_mean(api, apis.iter().copied()).unwrap_or_else(elsewhere);
            let warning = DefinitionError::warning(one.source.clone(), message).help(help);
            self.note(config_file, None, [warning]);
        }
    }

    /// Nobody asks for a distribution that has neither a name nor a listener.
    fn is_reached(
        &mut self,
        one: &DistributionConfig,
        distribution: &Distribution,
        config_file: &Path,
    ) {
        if one.listen.is_some() || !distribution.aliases.is_empty() {
            return;
        }
        let message = format!(
            "the distribution `{}` has no `listen`, and its document no `Aliases`: no request is for it",
            one.id
        );
        let warning = DefinitionError::warning(one.source.clone(), message);
        let help = "`listen: 127.0.0.1:8081` gives it a listener of its own";
        self.note(config_file, None, [warning.help(help)]);
    }

    /// Fields that nobody here can fill in would be empty, and all viewers be one in a cache key, silently.
    fn knows_viewers(
        &mut self,
        one: &DistributionConfig,
        distribution: &Distribution,
        config: &Config,
        config_file: &Path,
    ) {
        let (mut unlocated, mut ungreeted) = (Vec::new(), Vec::new());
        let (mut unshaken, mut unnamed) = (Vec::new(), Vec::new());
        let over_tls = config.listeners().iter().any(|(_, listener)| listener.tls.is_some());
        for name in distribution.asked_fields() {
            let located = &config.locations;
            match name.strip_prefix("cloudfront-viewer-").unwrap_or_default() {
                "http-version" => {}
                "ja3-fingerprint" | "ja4-fingerprint" => {
                    self.asks_for_fingerprints = true;
                    ungreeted.extend((!over_tls || self.is_for_edge).then_some(*name));
                }
                "tls" if !self.is_for_edge => unshaken.extend((!over_tls).then_some(*name)),
                "country-name" if self.is_for_edge => unnamed.push(*name),
                _ if self.is_for_edge => {}
                "country" | "country-name" => {
                    unlocated.extend((!located.tells_countries()).then_some(*name))
                }
                "asn" => unlocated.extend((!located.tells_networks()).then_some(*name)),
                _ => unlocated.extend((!located.tells_places()).then_some(*name)),
            }
        }
        if !self.is_for_edge {
            unshaken.append(&mut ungreeted);
        }
        for (names, why) in [
            (unlocated, "no database tells them: `geoDatabases` names files in MaxMind's format"),
            (ungreeted, "the platform tells them to few"),
            (unshaken, "no listener has TLS"),
            (unnamed, "the platform tells a country's code alone"),
        ] {
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
        document: &Printed,
    ) {
        let standard = distribution.is_logged() && one.log_destination.is_none();
        let real_time = distribution.has_real_time_logs() && one.real_time_destination.is_none();
        let (standard, real_time) = (
            standard.then_some(("standard logs", "destination", "/Logging")),
            real_time.then_some((
                "real-time logs",
                "realTimeDestination",
                "/DefaultCacheBehavior/RealtimeLogConfigArn",
            )),
        );
        for (what, name, pointer) in standard.into_iter().chain(real_time) {
            let message = format!(
                "the distribution `{}` asks for {what}, and nothing says where: `logging.{name}` does, `stdout`, \
                 `stderr` or a file (there are no buckets and no streams here)",
                one.id
            );
            self.note_in_document(document, pointer, message, None);
        }
    }

    /// An error at a member of a distribution's configuration, in its own document.
    fn note_in_document(
        &mut self,
        document: &Printed,
        pointer: &str,
        message: String,
        help: Option<String>,
    ) {
        // As `get-distribution-config`, `get-distribution` and nobody but the operator wrote it.
        let above =
            ["/DistributionConfig", "/Distribution/DistributionConfig", "/Distribution", ""];
        let at = above.iter().find_map(|above| document.root().find(&format!("{above}{pointer}")));
        let source = at.map_or_else(|| document.root().source(), |at| at.source());
        let error = DefinitionError::error(source, message);
        let error = match help {
            Some(help) => error.help(help),
            None => error,
        };
        self.note_in(document, [error]);
    }
}

#[cfg(test)]
mod tests;
