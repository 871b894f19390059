//! Distributions: the edge in front of APIs and other origins.
//!
//! The same as `host-runtime/src/edge`, and decided by the same crates; what is stored is in the platform's
//! cache, and who waits for whom is known to an isolate alone.

mod cached;
mod compressing;
mod flights;
mod inspect;
mod invalidations;
mod keeping;
mod logged;
mod origin;
mod response;
mod store;
mod together;
mod verify;
mod viewer;

use std::rc::Rc;

use distribution::{CacheResult, Distribution, Matched, Options, Place, Viewer};
use gateway_core::definition::{DistributionSource, Snapshot};
use gateway_core::gateway::Gateway;
use gateway_core::limits::{FIELDS_BYTES_MAX, FIELDS_MAX};
use gateway_core::message::{Arrival, Content, Scheme};
use http_cache::{CacheStatus, Fields};
use wasm_bindgen::JsValue;
use worker::{Context, Env};

use self::inspect::{Inspected, inspect};
use self::logged::Logs;
use self::response::{Outcome, to_response};
use self::store::Store;
use crate::content::Contents;
use crate::convert;

/// A distribution, and where its origins are.
#[derive(Debug)]
pub(crate) struct Edge {
    distribution: Distribution,
    /// Beside the origins of the distribution.
    places: Vec<Place>,
    has_listener: bool,
    /// The web ACL in front of it.
    web_acl: Option<u32>,
    logs: Logs,
}

/// The distributions of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    edges: Vec<Rc<Edge>>,
    /// Names of the APIs' own, which lead past a distribution that has everything else.
    domain_names: Vec<String>,
}

impl Edges {
    /// What was checked when it was bundled is read again.
    pub(crate) fn read(
        sources: &[DistributionSource],
        snapshot: &Snapshot,
    ) -> Result<Self, String> {
        let apis: Vec<&str> = snapshot.apis.iter().map(|api| api.id.as_str()).collect();
        let edges = sources.iter().map(|source| Edge::read(source, &apis).map(Rc::new));
        let names = snapshot.domain_names.iter();
        Ok(Self {
            edges: edges.collect::<Result<_, String>>()?,
            domain_names: names.map(|one| one.domain_name.to_ascii_lowercase()).collect(),
        })
    }

    /// The one that has this host name; else the one that natively has a listener of its own has all names
    /// that are not the APIs'.
    pub(crate) fn find(&self, host: &str) -> Option<Rc<Edge>> {
        let named = self.edges.iter().find(|edge| edge.distribution.is_for(host));
        let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let is_apis = || name.contains(".execute-api.") || self.domain_names.contains(&name);
        let other = || self.edges.iter().find(|edge| edge.has_listener && !is_apis());
        named.or_else(other).cloned()
    }
}

impl Edge {
    fn read(source: &DistributionSource, apis: &[&str]) -> Result<Self, String> {
        let references: Vec<&str> = source.references.iter().map(String::as_str).collect();
        let options = Options {
            reads_targeted: source.cdn_cache_control,
            heeds_viewers: source.viewer_cache_control,
            tells_cache_status: source.cache_status,
            heuristic_percent: source.heuristic_percent.into(),
        };
        let read = Distribution::read(&source.id, &source.definition, &references, options);
        let (Some(mut distribution), _) = read else {
            return Err(format!("the distribution `{}` cannot be read", source.id));
        };
        distribution.id.clone_from(&source.id);
        let elsewhere = |id: &str| source.origins.get(id).map(String::as_str);
        let places = distribution.places(elsewhere, apis);
        let DistributionSource { has_listener, web_acl, .. } = *source;
        let logs = Logs {
            is_standard: source.log_destination.is_some(),
            is_real_time: source.real_time_destination.is_some(),
        };
        Ok(Self { distribution, places, has_listener, web_acl, logs })
    }
}

/// Answers a viewer.
pub(crate) async fn answer(
    gateway: Rc<Gateway>,
    edge: Rc<Edge>,
    request: &web_sys::Request,
    env: &Env,
    context: &Rc<Context>,
) -> web_sys::Response {
    let mut contents = Contents::default();
    let mut arrival = convert::arrival(request, &mut contents);
    let request_id = request_id(&arrival);
    let mut fields: Fields = arrival.request.fields.iter().map(|f| (f.name, f.value)).collect();
    let bytes: usize = fields.iter().map(|f| f.name.len() + f.value.len()).sum();
    let method = arrival.request.method.clone();
    if bytes + arrival.request.target.len() > FIELDS_BYTES_MAX || fields.len() > FIELDS_MAX {
        let mut refused =
            Outcome::from(distribution::Answer::error(413, "The request is too large."));
        refused.result.mark(&mut refused.fields, &request_id);
        logged::write(&edge, (request, &arrival), &fields, &refused, &request_id);
        return to_response(refused, &method);
    }
    let sent = fields.clone(); // before the web ACL adds to them
    // Before the web ACL adds fields of its own, which no viewer's `Connection` is to take away.
    http_cache::remove_hop_by_hop(&mut fields);
    let has_content = arrival.request.content != Content::Empty;
    let inspected = match edge.web_acl {
        Some(index) => {
            let (acl, asked) = ((&*edge, index), (&arrival, contents));
            let gateway = Rc::clone(&gateway);
            inspect(gateway, acl, asked, &request_id, (env, &**context), &mut fields).await
        }
        None => Inspected::GoesOn(request.body().map(Into::into)),
    };
    arrival.request.content = Content::Empty; // it is held here
    let asked = Asked {
        host: fields.text("host").unwrap_or_default().to_owned(),
        country: arrival.location.as_deref().and_then(|location| location.country.clone()),
        told: viewer::told(request, &arrival, edge.distribution.asked_fields()),
        fields,
        has_content,
        arrival,
    };
    let exchange = Exchange {
        store: Store::of(&edge.distribution),
        gateway,
        edge,
        request_id,
        asked: Rc::new(asked),
        env: env.clone(),
        context: Rc::clone(context),
    };
    let outcome = match inspected {
        Inspected::GoesOn(content) => exchange.run(content).await,
        Inspected::Refused(refused) => exchange.blocked(refused).await,
        Inspected::Answered(mut outcome) => {
            outcome.result.mark(&mut outcome.fields, &exchange.request_id);
            outcome
        }
    };
    let Exchange { edge, asked, request_id, .. } = &exchange;
    logged::write(edge, (request, &asked.arrival), &sent, &outcome, request_id);
    to_response(outcome, &method)
}

/// What a viewer asked.
#[derive(Debug)]
struct Asked {
    /// Without its content.
    arrival: Arrival,
    host: String,
    country: Option<String>,
    told: Vec<(&'static str, String)>,
    fields: Fields,
    has_content: bool,
}

/// A viewer's request on its way.
#[derive(Clone)]
struct Exchange {
    gateway: Rc<Gateway>,
    edge: Rc<Edge>,
    asked: Rc<Asked>,
    store: Store,
    request_id: String,
    env: Env,
    context: Rc<Context>,
}

impl Exchange {
    async fn run(&self, content: Option<JsValue>) -> Outcome {
        let matched = match self.matched() {
            Ok(matched) => matched,
            Err(refused) => return self.refused(refused),
        };
        if let Err(refused) = self.verify(&matched).await {
            return self.blocked(refused).await;
        }
        let mut outcome = self.obtain(&matched, content).await;
        if let Some(paged) = self.error_page(&matched, outcome.status).await {
            outcome = paged;
        }
        self.finish(&matched, outcome)
    }

    /// What the web ACL, a country or a missing signature keeps out, with a page of the operator's if it is to be
    /// had: "CloudFront cannot distinguish between a 403 of the origin and one of AWS WAF".
    async fn blocked(&self, refused: distribution::Answer) -> Outcome {
        let Ok(matched) = self.matched() else { return self.refused(refused) };
        // No origin is to see anything of what is kept out.
        match self.error_page(&matched.of_nobody(), refused.status).await {
            Some(paged) => self.finish(&matched, paged),
            None => self.refused(refused),
        }
    }

    /// A page of the operator's own in the place of an error. "If the custom error page isn't available, CloudFront
    /// returns to the viewer the status code that it received from the origin that contains the custom error pages."
    async fn error_page(&self, matched: &Matched<'_>, status: u16) -> Option<Outcome> {
        let (page, told) = matched.error_page(status)?;
        let paged = self.obtain(&page, None).await;
        let status = if paged.status < 400 { told } else { paged.status };
        Some(Outcome { status, result: CacheResult::Error, ..paged })
    }

    fn refused(&self, refused: distribution::Answer) -> Outcome {
        let mut outcome = Outcome::from(refused);
        outcome.result.mark(&mut outcome.fields, &self.request_id);
        outcome
    }

    fn finish(&self, matched: &Matched<'_>, mut outcome: Outcome) -> Outcome {
        let Outcome { fields, result, cache_status, .. } = &mut outcome;
        matched.finish(fields, *result, cache_status.as_ref(), &self.request_id);
        outcome
    }

    fn matched(&self) -> Result<Matched<'_>, distribution::Answer> {
        let Asked { arrival, host, country, told, fields, has_content } = &*self.asked;
        if arrival.location.is_none() && self.edge.distribution.restricts_countries() {
            // A platform that locates nobody is not one that could not locate this viewer.
            return Err(distribution::Answer::error(403, "Viewers' countries are not known here."));
        }
        self.edge.distribution.route(&Viewer {
            method: &arrival.request.method,
            target: &arrival.request.target,
            host,
            is_https: arrival.scheme == Scheme::Https,
            ip: &arrival.source_ip,
            country: country.as_deref(),
            told,
            fields,
            has_content: *has_content,
        })
    }

    async fn verify(&self, matched: &Matched<'_>) -> Result<(), distribution::Answer> {
        let Some(signature) = matched.signature(convert::now().0 / 1000)? else { return Ok(()) };
        let key = self.edge.distribution.public_keys.get(&signature.key_id);
        let is_verified = match key {
            Some(key) => verify::is_verified(key, &signature).await,
            None => false,
        };
        matched.is_trusted(is_verified).map_or(Ok(()), Err)
    }

    async fn obtain(&self, matched: &Matched<'_>, content: Option<JsValue>) -> Outcome {
        if matched.is_cached() {
            return self.cached(matched).await;
        }
        let request = &self.asked.arrival.request;
        let status = CacheStatus::passed(&request.method);
        match self.ask(matched, None, content).await {
            Ok(answer) => {
                // An error page is got, whatever was asked that failed.
                let gone = http_cache::invalidated(
                    matched.cache_method(),
                    &self.asked.host,
                    &request.target,
                    answer.status,
                    &answer.fields,
                );
                for gone in gone.iter().filter_map(|gone| self.edge.distribution.object(gone)) {
                    flights::forget(&gone);
                    self.store.forget(&gone).await;
                }
                Outcome::passed(answer).with_status(status)
            }
            Err(error) => Outcome::from(error).with_status(status),
        }
    }
}

/// The edge's name for a request: nobody can guess another one's.
fn request_id(arrival: &Arrival) -> String {
    arrival.seed.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
