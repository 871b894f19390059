//! What a configuration brings besides its snapshot.

use std::sync::Arc;

use gateway_core::definition::WhenAway;

use crate::admin::token::AdminToken;
use crate::config::{Config, Limits};
use crate::credentials::Credentials;
use crate::edge::Edge;
use crate::functions::Functions;
use crate::locations::Locations;
use crate::perform::access_keys::AccessKeys;
use crate::perform::authorizations::Authorizations;
use crate::perform::keys::Keys;
use crate::perform::services::Services;
use crate::perform::stage_caches::StageCacheConfig;
use crate::perform::trust::Trust;
use crate::perform::vpc_links::VpcLinks;
use crate::redis::RedisConfig;
use crate::tls::Tls;
use crate::traces::TracingConfig;

/// Everything that effects need and the pipeline does not.
#[derive(Debug, Default)]
pub struct Settings {
    /// Issuers' keys.
    pub keys: Arc<Keys>,
    /// Lambda functions.
    pub functions: Functions,
    /// AWS's services.
    pub services: Services,
    /// Secrets of access keys that clients sign with.
    pub access_keys: AccessKeys,
    /// Who vouches for endpoints.
    pub trust: Arc<Trust>,
    /// Certificates that clients are shown.
    pub tls: Arc<Tls>,
    /// Where private integrations are.
    pub vpc_links: Arc<VpcLinks>,
    /// Results of Lambda authorizers.
    pub authorizations: Arc<Authorizations>,
    /// Caches of stages.
    pub stage_caches: Vec<StageCacheConfig>,
    /// Distributions.
    pub distributions: Vec<Arc<Edge>>,
    /// Where addresses are.
    pub locations: Arc<Locations>,
    /// Bounds.
    pub limits: Limits,
    /// Whose calls may change what is served, and whose requests account for themselves.
    pub admin_token: Option<AdminToken>,
    /// Where several machines keep buckets and counts.
    pub redis: Option<Arc<RedisConfig>>,
    /// What becomes of requests while it is away.
    pub when_away: WhenAway,
    /// Where spans go.
    pub tracing: Option<Arc<TracingConfig>>,
    cognito_endpoint: Option<String>,
}

impl Settings {
    /// The settings of this configuration. What has not changed since `before` is kept: after a
    /// reload issuers' keys and what authorizers granted are still known, and functions' processes still run.
    pub fn new(config: &Config, before: Option<&Self>) -> Self {
        let cognito_endpoint = config.endpoint("cognito-idp");
        let keys = match before {
            Some(before) if before.cognito_endpoint == cognito_endpoint => Arc::clone(&before.keys),
            _ => Arc::new(Keys::new(cognito_endpoint.clone())),
        };
        let credentials = Arc::new(credentials(config));
        let before_functions = before.map(|before| &before.functions);
        let functions = Functions::new(config, Arc::clone(&credentials), before_functions);
        let authorizations = match before {
            Some(before) if before.functions.are_those_of(&functions) => {
                Arc::clone(&before.authorizations)
            }
            // What a function granted is worth nothing where another one stands in its place.
            _ => Arc::default(),
        };
        let services = Services::new(config, credentials);
        let added = config.truststore.as_ref().map_or(&[][..], |store| &store.certificates);
        let trust = match before {
            Some(before) if before.trust.adds(added) => Arc::clone(&before.trust),
            _ => Arc::new(Trust::new(added.to_vec())),
        };
        let tls = Arc::clone(&config.tls);
        let tls = before.map_or(Arc::clone(&tls), |before| tls.or_before(&before.tls));
        let before_links = before.map(|before| &*before.vpc_links);
        let vpc_links = Arc::new(VpcLinks::new(config, before_links));
        let access_keys = AccessKeys::new(config.access_keys.clone());
        Self {
            keys,
            functions,
            services,
            access_keys,
            trust,
            tls,
            vpc_links,
            authorizations,
            stage_caches: config.stage_caches(),
            distributions: config.edges.clone(),
            locations: Arc::clone(&config.locations),
            limits: config.limits,
            admin_token: config.admin_token,
            redis: config.redis.clone(),
            when_away: config.throttling.when_away,
            tracing: config.tracing.clone(),
            cognito_endpoint,
        }
    }
}

/// The host's own, and those of the roles that it assumes for integrations.
fn credentials(config: &Config) -> Credentials {
    let variable = |name: &str| std::env::var(name).ok();
    let own = Credentials::from_environment(&config.region, &variable)
        .with_callers(AccessKeys::new(config.access_keys.clone()));
    if !config.assume_roles {
        return own;
    }
    let endpoint = config.endpoint("sts").unwrap_or_else(|| {
        let suffix = if config.region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://sts.{}.amazonaws.com{suffix}", config.region)
    });
    own.assuming_roles(endpoint.trim_end_matches('/').into(), &config.region)
}
