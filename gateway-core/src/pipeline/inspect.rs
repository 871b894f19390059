//! The web ACL: before everything that the API itself decides.
//!
//! Lets through what the stage's web ACL allows. Refuses the rest with `WAF_FILTERED`, or answers as
//! the rule says. May ask for `PeekContent`, where a rule looks at bodies, and for `CountRequest`,
//! where one counts requests, and for `LocateAddress`, where one goes by an address that a proxy told of.
//!
//! A host that cannot hand in the body, or count, does not open the gate: the body is inspected as one
//! that is too large, and a count that is not there is one that is exceeded nowhere, as AWS's own
//! rules let through what they have not counted yet.
//!
//! The web ACL of a distribution decides in an exchange of its own ([`inspect_alone`]): the cache behind it is
//! the host's, and most of what it lets through never becomes a request to an API.

mod account;
mod log;

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use waf::{Counting, Decision, Resource, Seen, Step, Tokens, Verdict};

use super::trace;
use crate::challenge::{self, Kind};
use crate::content_coding::{Reading, readings};
use crate::context::Context;
use crate::effect::{CountRequest, EffectError, LocateAddress, PeekContent};
use crate::exchange::Io;
use crate::gateway::{Gateway, StageOf, WebAclPlan};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::{
    Arrival, Content, Field, FieldEdits, Fields, Fingerprints, Inspection, Location,
    OutgoingFields, Request, Response, Version,
};
use crate::target;
use crate::transcript::{PipelineStage, is_secret};

/// What the web ACL decided.
#[derive(Debug)]
pub(super) enum Inspected {
    /// The request goes on, with these fields added to it.
    GoesOn(Fields),
    /// The web ACL's own answer.
    Answered(Response),
}

/// What a web ACL stands in front of.
#[derive(Clone, Copy)]
pub(super) enum Guarded<'g> {
    Stage(StageOf<'g>),
    Distribution(&'g Inspection),
}

/// Has the web ACL of a distribution decide, and nobody else: what an [`Inspection`] says of its response.
pub(crate) async fn inspect_alone(
    gateway: Rc<Gateway>,
    arrival: Rc<Arrival>,
    inspection: Inspection,
    io: Io,
) -> Response {
    // A web ACL that is not there lets nobody through.
    let Some(plan) = gateway.web_acl_at(inspection.web_acl) else { return in_own_words(500) };
    let mut context = Context::new(&arrival, &gateway.snapshot);
    context.resource_request_path = context.path.clone();
    trace::arrived(&arrival, &context, &io);
    io.enter(PipelineStage::Inspect);
    let guarded = Guarded::Distribution(&inspection);
    let response = match inspect(guarded, plan, &arrival, &context, &io).await {
        Ok(Inspected::GoesOn(inserted)) => respond(100, inserted, None),
        Ok(Inspected::Answered(response)) => response,
        Err(error) => {
            in_own_words(error.status.unwrap_or_else(|| error.response_type.default_status()))
        }
    };
    trace::ended(&io);
    response
}

/// A refusal that the host is to word.
pub(super) fn in_own_words(status: u16) -> Response {
    let fields = OutgoingFields::Edited(FieldEdits::new());
    Response { status, fields, content: Content::Empty }
}

/// Has the web ACL decide.
pub(super) async fn inspect(
    at: Guarded<'_>,
    plan: &WebAclPlan,
    arrival: &Arrival,
    context: &Context<'_>,
    io: &Io,
) -> Result<Inspected, GatewayError> {
    account::asked(plan, io);
    let request = &arrival.request;
    let location = arrival.location.as_deref().cloned().map(located);
    let bodies = bodies(at, plan, request, io).await?;
    let (body, body_is_cut) =
        bodies.first().map_or((&[][..], false), |body| (&*body.content, body.is_cut));
    let (_, query) = target::split(&request.target);
    let fingerprints = arrival.tls.as_ref().and_then(|tls| tls.fingerprints.as_deref());
    let known = |which: fn(&Fingerprints) -> &String| {
        fingerprints.map(|all| which(all).as_str()).filter(|text| !text.is_empty())
    };
    let inspected = waf::Request {
        method: &request.method,
        // By whatever name the API was addressed, its rules speak of `/{stage}/…`.
        path: &context.path,
        query,
        body,
        body_is_cut,
        http_version: match (at, request.version) {
            (Guarded::Distribution(_), Version::Http2) => "HTTP/2.0",
            (_, version) => version.as_str(),
        },
        headers: request.fields.iter().map(|line| (line.name, line.value)).collect(),
        client_ip: &context.source_ip,
        location: location.as_ref(),
        ja3: known(|fingerprints| &fingerprints.ja3),
        ja4: known(|fingerprints| &fingerprints.ja4),
        now_ms: io.now().0,
        ..waf::Request::default()
    };
    // What an endpoint may read besides: the ACL must let through all of it.
    let routed = routed_paths(context);
    let ways = routed.len();
    if ways * bodies.len() > WAYS_MAX || ways * context.path.len() > PATHS_BYTES_MAX {
        let reason = "the request can be read in too many ways to be inspected";
        return Err(GatewayError::new(ResponseType::WafFiltered, reason));
    }
    let paths = || core::iter::once(&*context.path).chain(routed.iter().map(String::as_str));
    let others = bodies.iter().flat_map(|body| paths().map(move |path| (body, path))).skip(1);
    let others: Vec<_> = others
        .map(|(Reading { content: body, is_cut: body_is_cut }, path)| waf::Request {
            path,
            body,
            body_is_cut: *body_is_cut,
            ..inspected.clone()
        })
        .collect();
    let seen = Seen::default();
    let mut known = Known { counts: Vec::new(), seen: (!others.is_empty()).then_some(&seen) };
    let (mut inspected, mut verdict) =
        (&inspected, evaluate(plan, &inspected, &mut known, io).await);
    for other in &others {
        if verdict.decision != Decision::Allow {
            break;
        }
        let of_other = evaluate(plan, other, &mut known, io).await;
        if of_other.decision != Decision::Allow {
            (inspected, verdict) = (other, of_other);
        }
    }
    let answer = answer(plan, inspected, &verdict);
    let concluded = Concluded { at, plan, inspected, verdict: &verdict, answer: &answer };
    account::tell(concluded, io);
    log::log(concluded, context, io);
    log::sample(concluded, io);
    match answer {
        Answer::GoOn => {
            Ok(Inspected::GoesOn(verdict.inserted.iter().map(|(n, v)| Field::new(n, v)).collect()))
        }
        Answer::Refuse => Err(GatewayError::new(ResponseType::WafFiltered, reason(&verdict))),
        Answer::Respond(response) => Ok(Inspected::Answered(response)),
    }
}

impl Guarded<'_> {
    fn resource(self) -> Resource {
        match self {
            Self::Stage(_) => Resource::ApiGateway,
            Self::Distribution(_) => Resource::CloudFront,
        }
    }

    /// Whether what is called so is told to nobody: secrets, and what the stage's authorizers go by.
    fn hides(self, name: &str) -> bool {
        is_secret(name) || matches!(self, Self::Stage(at) if at.identifies(name))
    }
}

/// The paths that the request is routed by, or that endpoints read in it, where they are not the one that
/// was sent. AWS WAF inspects `UriPath` as it was sent, so that `/prod//admin` passes a rule on
/// `/prod/admin` there, although it is routed alike. Here the ACL must let through all of them.
fn routed_paths(context: &Context<'_>) -> Vec<String> {
    let below = &*context.resource_request_path;
    let prefix = context.path.strip_suffix(below).unwrap_or_default();
    let prefix = prefix.split('/').filter(|segment| !segment.is_empty());
    let prefix = prefix.fold(String::new(), |path, segment| path + "/" + segment);
    let readings = target::readings(below);
    let all = core::iter::once(below).chain(readings.iter().map(String::as_str));
    all.map(|below| [&prefix, below].concat()).filter(|path| *path != context.path).collect()
}

fn located(Location { country, region, asn }: Location) -> waf::Location {
    waf::Location { country, region, asn }
}

/// Most ways besides the first in which a request is inspected, of its paths and its contents together, and most bytes of
/// these paths: nobody means a request that has more.
const WAYS_MAX: usize = 64;
const PATHS_BYTES_MAX: usize = 32 * 1_024;

/// What is known of a request from another way to read it.
struct Known<'a> {
    counts: Vec<(String, u32)>,
    seen: Option<&'a Seen>,
}

/// What the ACL says of a request. It is counted once, however often it is evaluated.
async fn evaluate<'a>(
    plan: &'a WebAclPlan,
    inspected: &'a waf::Request<'a>,
    known: &mut Known<'a>,
    io: &Io,
) -> alloc::boxed::Box<Verdict<'a>> {
    let tokens = tokens(plan, inspected);
    let mut evaluation = plan.acl.evaluate_beside(inspected, tokens, known.seen);
    loop {
        match evaluation.advance() {
            Step::Decided(verdict) => return verdict,
            Step::Count(Counting { key, window_ms }) => {
                let counted = known.counts.iter().find(|(counted, _)| *counted == key);
                if let Some((_, requests)) = counted {
                    evaluation.counted(*requests);
                    continue;
                }
                let window_ms = u32::try_from(window_ms).unwrap_or(u32::MAX);
                let counted = io.perform(CountRequest { key: key.clone(), window_ms }).await;
                let requests = counted.unwrap_or(0);
                known.counts.push((key, requests));
                evaluation.counted(requests);
            }
            Step::Locate(address) => {
                let found = io.perform(LocateAddress { address: address.to_string() }).await;
                evaluation.located(found.map(located).unwrap_or_default());
            }
        }
    }
}

/// As much of the content as the ACL inspects, in every way that it may be read: coded content as what it stands for, whoever
/// decodes it, and what of it is in no coding as it was sent. The ACL must let through all of them.
async fn bodies(
    at: Guarded<'_>,
    plan: &WebAclPlan,
    request: &Request,
    io: &Io,
) -> Result<Vec<Reading>, GatewayError> {
    let Some(bytes_max) = plan.acl.body_bytes_max(at.resource()) else {
        return Ok([Reading::default()].into());
    };
    let sent = sent(bytes_max, request, io).await?;
    Ok(readings(request.fields.all("content-encoding"), sent, bytes_max))
}

/// So many bytes of the content as it was sent.
async fn sent(bytes_max: usize, request: &Request, io: &Io) -> Result<Reading, GatewayError> {
    let begun = |content: &[u8]| {
        let end = content.len().min(bytes_max);
        Reading { content: content[..end].to_vec(), is_cut: content.len() > end }
    };
    match &request.content {
        Content::Empty => Ok(begun(&[])),
        Content::Bytes(bytes) => Ok(begun(bytes)),
        Content::Held(content) => {
            let bytes_max = u32::try_from(bytes_max).unwrap_or(u32::MAX);
            match io.perform(PeekContent { content: *content, bytes_max }).await {
                Ok(crate::effect::Bytes(mut content)) => {
                    let is_cut = content.len() > bytes_max as usize;
                    content.truncate(bytes_max as usize);
                    Ok(Reading { content, is_cut })
                }
                Err(EffectError::TooLarge) => Ok(Reading { content: Vec::new(), is_cut: true }),
                Err(error) => Err(unreadable(&error)),
            }
        }
    }
}

/// Content that cannot be inspected is not let through.
fn unreadable(error: &EffectError) -> GatewayError {
    let reason = alloc::format!("the content cannot be inspected: {error}");
    match error {
        EffectError::Stalled => {
            GatewayError::new(ResponseType::Default4xx, reason).with_status(408)
        }
        EffectError::Overloaded => {
            GatewayError::new(ResponseType::Default5xx, reason).with_status(503)
        }
        _ => GatewayError::new(ResponseType::WafFiltered, reason),
    }
}

/// What a web ACL came to: all that is told of it.
#[derive(Clone, Copy)]
struct Concluded<'c> {
    at: Guarded<'c>,
    plan: &'c WebAclPlan,
    inspected: &'c waf::Request<'c>,
    verdict: &'c Verdict<'c>,
    answer: &'c Answer,
}

enum Answer {
    GoOn,
    Refuse,
    Respond(Response),
}

impl Answer {
    /// What the ACL itself answers; how a refusal is worded, the API decides.
    fn status(&self) -> Option<u16> {
        match self {
            Self::Respond(response) => Some(response.status),
            Self::GoOn | Self::Refuse => None,
        }
    }
}

/// When the client solved what, as its tokens say.
fn tokens(plan: &WebAclPlan, request: &waf::Request<'_>) -> Tokens {
    let mut tokens = Tokens::default();
    let Some(key) = &plan.token_key else { return tokens };
    let host = request.header("host").unwrap_or_default();
    let cookies = request.cookies().filter(|(name, _)| *name == challenge::COOKIE);
    let sent = cookies.map(|(_, value)| value).chain(request.header(challenge::HEADER));
    for token in sent.take(TOKENS_MAX) {
        let domains = plan.acl.token_domains();
        let Some((kind, at_ms)) = challenge::read(key, token, host, domains, request.now_ms) else {
            tokens.has_invalid = true;
            continue;
        };
        let solved = match kind {
            Kind::Challenge => &mut tokens.challenge_ms,
            Kind::Captcha => &mut tokens.captcha_ms,
        };
        *solved = (*solved).max(Some(at_ms));
    }
    tokens
}

/// Most tokens of a request that are looked at: each costs digests.
const TOKENS_MAX: usize = 4;

fn answer(plan: &WebAclPlan, request: &waf::Request<'_>, verdict: &Verdict<'_>) -> Answer {
    match &verdict.decision {
        Decision::Allow => Answer::GoOn,
        Decision::Block(None) => Answer::Refuse,
        Decision::Block(Some(custom)) => {
            let mut fields = Fields::new();
            if let Some((media_type, _)) = custom.body {
                fields.push("content-type", media_type);
            }
            custom.headers.iter().for_each(|(name, value)| fields.push(name, value));
            let body = custom.body.as_ref().map(|(_, text)| text.clone().into_bytes());
            Answer::Respond(respond(custom.status, fields, body))
        }
        // "AWS WAF sends a CAPTCHA response with the status 405, and a challenge with 202."
        Decision::Captcha => Answer::Respond(puzzle(405, Kind::Captcha, plan, request)),
        Decision::Challenge => Answer::Respond(puzzle(202, Kind::Challenge, plan, request)),
    }
}

/// "If the request's `Accept` header has `text/html`, the response has the page; others get the status
/// and `x-amzn-waf-action` alone."
fn puzzle(status: u16, kind: Kind, plan: &WebAclPlan, request: &waf::Request<'_>) -> Response {
    let mut fields = Fields::new();
    fields.push("x-amzn-waf-action", kind.name());
    fields.push("access-control-expose-headers", "x-amzn-waf-action");
    fields.push("cache-control", "no-store, max-age=0");
    let wants_page = request.header_values("accept").any(|accept| accept.contains("text/html"));
    let page = plan.token_key.as_ref().filter(|_| wants_page).map(|key| {
        let host = request.header("host").unwrap_or_default();
        challenge::page(key, kind, host, plan.acl.token_domains(), request.now_ms)
    });
    if page.is_some() {
        fields.push("content-type", "text/html; charset=utf-8");
    }
    respond(status, fields, page.map(String::into_bytes))
}

fn respond(status: u16, fields: Fields, body: Option<Vec<u8>>) -> Response {
    let content = body.map_or(Content::Empty, Content::Bytes);
    Response { status, fields: OutgoingFields::Complete(fields), content }
}

fn reason(verdict: &Verdict<'_>) -> String {
    match (verdict.rule(), verdict.rule_in_group()) {
        (Some(rule), Some(inner)) => alloc::format!("web ACL: rule `{rule}`, `{inner}` in it"),
        (Some(rule), None) => alloc::format!("web ACL: rule `{rule}`"),
        (None, _) => "web ACL: the default action".into(),
    }
}
