//! The host: what it has, and how it carries effects out.

use std::rc::Rc;

use gateway_core::bucket::{Buckets, take_all};
use gateway_core::counted::CountedRequests;
use gateway_core::effect::{
    Effect, EffectError, EffectKind, FunctionAnswer, Notice, Outcome, RecallResponse,
    RecalledResponse, RememberResponse, RequestSignature, ResponseDigest,
};
use gateway_core::exchange::{Exchange, Next};
use gateway_core::gateway::Gateway;
use gateway_core::limits::STEPS_MAX;
use gateway_core::message::{
    Arrival, Content, ContentId, EndpointResponse, Field, Fields, Location, Response, Timestamp,
};
use gateway_core::remembered::RememberedAuthorizations;
use gateway_core::stage_cache::{Ending, Lookup, StageCache, Ticket};

use super::api::{AUTHORIZER, CALLED};
use super::{Faults, Sample, Transcript, is_signed, snapshot, token};

/// The reason that the host gives for its failures: for logs, never for clients.
pub const REASON: &str = "connect 10.1.2.3:6379: refused";

/// A host made of data. Buckets outlive exchanges, as they do in a real one.
pub struct World {
    gateway: Rc<Gateway>,
    buckets: Buckets,
    remembered: RememberedAuthorizations,
    counted: CountedRequests,
    stage_cache: Responses,
    /// How long each effect takes, milliseconds.
    pub effect_ms: u64,
}

/// Responses that the stage caches.
type Responses = StageCache<Stored, ()>;

#[derive(Debug, Clone)]
struct Stored {
    status: u16,
    fields: Fields,
    content: Vec<u8>,
}

/// What the host holds for an exchange.
#[derive(Debug, Default)]
struct Held {
    contents: Vec<Vec<u8>>,
    /// What edits of a response refer to.
    base: Fields,
    flight: Option<(ResponseDigest, Ticket)>,
}

impl Held {
    /// An endpoint's content is the host's, whoever made it.
    fn hold(&mut self, mut outcome: Outcome) -> Outcome {
        if let Outcome::SendRequest(Ok(endpoint)) = &mut outcome
            && let Content::Bytes(bytes) = &mut endpoint.content
        {
            self.contents.push(std::mem::take(bytes));
            endpoint.content = Content::Held(ContentId(self.contents.len() as u32 - 1));
        }
        outcome
    }
}

/// What an exchange did.
#[derive(Debug)]
pub struct Run {
    /// What it began with.
    pub arrival: Arrival,
    /// Its response.
    pub response: Response,
    /// The response's fields, changes made.
    pub fields: Fields,
    /// Each effect and what it was answered with.
    pub effects: Vec<(Effect, Outcome)>,
    /// Positions of effects that went wrong.
    pub faults: Vec<usize>,
    /// All notices.
    pub notices: Vec<Notice>,
    /// When it ended.
    pub ended: Timestamp,
    /// What a replay needs.
    pub transcript: Transcript,
}

impl Run {
    /// The content that the core made; nothing for content that the host holds.
    pub fn body(&self) -> &[u8] {
        if let Content::Bytes(bytes) = &self.response.content { bytes } else { &[] }
    }
    /// The kinds of its effects.
    pub fn asked(&self) -> Vec<EffectKind> {
        self.effects.iter().map(|(effect, _)| effect.kind()).collect()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world that serves [`snapshot`] and has forgotten all earlier requests.
    pub fn new() -> Self {
        let gateway = Gateway::compile(snapshot()).expect("the world's definition is right");
        Self::of(Rc::new(gateway))
    }

    /// As it was before its first request.
    pub fn forget(&mut self) {
        *self = Self::of(self.gateway());
    }

    fn of(gateway: Rc<Gateway>) -> Self {
        Self {
            gateway,
            buckets: Buckets::default(),
            remembered: RememberedAuthorizations::default(),
            counted: CountedRequests::default(),
            stage_cache: Responses::bounded(1_000_000),
            effect_ms: 5,
        }
    }

    /// What it serves.
    pub fn gateway(&self) -> Rc<Gateway> {
        self.gateway.clone()
    }

    /// Runs an exchange to its end.
    ///
    /// # Panics
    /// If it takes more than [`STEPS_MAX`] steps, or asks for content that the host does not hold.
    pub fn exchange(&mut self, sample: &Sample, mut faults: Faults) -> Run {
        let arrival = sample.arrival.clone();
        let mut held = Held { contents: vec![sample.content.clone()], ..Held::default() };
        let mut now = arrival.now;
        let mut transcript = Transcript::default();
        let (mut effects, mut notices, mut faulty) = (Vec::new(), Vec::new(), Vec::new());
        let mut exchange = Exchange::begin(self.gateway.clone(), arrival.clone());
        for position in 0..STEPS_MAX {
            let turn = exchange.advance().expect("the world keeps the contract");
            transcript.push_turn(&turn);
            for notice in turn.notices {
                if let Notice::RememberAuthorization { key, grant, until } = &notice {
                    self.remembered.remember(*key, grant.clone(), *until, now);
                }
                notices.push(notice);
            }
            match turn.next {
                Next::Respond(response) => {
                    let fields = response.fields.clone().resolve(&held.base);
                    self.end_flight(&mut held, now);
                    return Run {
                        arrival,
                        response,
                        fields,
                        effects,
                        faults: faulty,
                        notices,
                        ended: now,
                        transcript,
                    };
                }
                Next::Perform(effect) => {
                    let outcome = match faults.next(position) {
                        Some(fault) => {
                            faulty.push(position);
                            held.hold(fault.outcome(&effect))
                        }
                        None => self.perform(&effect, &mut held, now),
                    };
                    if let Outcome::SendRequest(Ok(endpoint)) = &outcome {
                        held.base = endpoint.fields.clone();
                    }
                    now.0 += self.effect_ms;
                    transcript.push_outcome(now, &outcome);
                    effects.push((effect, outcome.clone()));
                    exchange.resume(now, outcome).expect("the outcome is of the effect's kind");
                }
            }
        }
        panic!("more than {STEPS_MAX} steps: {effects:#?}");
    }

    /// Exchanges of this world run one after the other: nobody is there to wait.
    fn recall(&mut self, recall: &RecallResponse, held: &mut Held, now: Timestamp) -> Outcome {
        let digest = recall.key.digest;
        let lookup = match recall.replaces {
            true => Lookup::Ask(self.stage_cache.ask_alone()),
            false => self.stage_cache.look_up(&digest, now, || ()),
        };
        Outcome::RecallResponse(Ok(match lookup {
            Lookup::Found(Stored { status, fields, content }) => {
                held.base = fields;
                held.contents.push(content.clone());
                let id = ContentId(held.contents.len() as u32 - 1);
                let content_length = content.len() as u64;
                Some(RecalledResponse { status, content: Content::Held(id), content_length })
            }
            Lookup::Ask(ticket) => {
                held.flight = Some((digest, ticket));
                None
            }
            Lookup::Wait(()) => panic!("an exchange ended and left its flight"),
        }))
    }

    fn remember(
        &mut self,
        remember: &RememberResponse,
        held: &mut Held,
        now: Timestamp,
    ) -> Outcome {
        let RememberResponse { key, status, fields, content, until } = remember;
        let bytes = match content {
            Content::Empty => Vec::new(),
            Content::Bytes(bytes) => bytes.clone(),
            Content::Held(ContentId(id)) => held.contents[*id as usize].clone(),
        };
        let Some((digest, ticket)) = held.flight.take() else {
            return Outcome::RememberResponse(Ok(content.clone()));
        };
        assert_eq!(digest, key.digest, "what is remembered is what was asked for");
        let fields = fields.clone().resolve(&held.base);
        let (status, length) = (*status, bytes.len());
        let stored = Stored { status, fields, content: bytes };
        self.stage_cache.store(&digest, ticket, stored, length, *until, now);
        Outcome::RememberResponse(Ok(content.clone()))
    }

    fn end_flight(&mut self, held: &mut Held, now: Timestamp) {
        if let Some((digest, ticket)) = held.flight.take() {
            self.stage_cache.end(&digest, ticket, Ending::Lost, now);
        }
    }

    fn perform(&mut self, effect: &Effect, held: &mut Held, now: Timestamp) -> Outcome {
        let contents = &mut held.contents;
        match effect {
            Effect::RecallResponse(recall) => self.recall(recall, held, now),
            Effect::RememberResponse(remember) => self.remember(remember, held, now),
            Effect::ReadContent(read) => {
                let content = &contents[read.content.0 as usize];
                Outcome::ReadContent(match content.len() > read.bytes_max as usize {
                    true => Err(EffectError::TooLarge),
                    false => Ok(content.clone().into()),
                })
            }
            Effect::SendRequest(request) => {
                assert!(request.url.starts_with("https://endpoint.example/"), "{}", request.url);
                contents.push(request.url.clone().into_bytes());
                let content = Content::Held(ContentId(contents.len() as u32 - 1));
                let fields = [("Content-Type", "text/plain"), ("Date", "today"), ("X-Own", "1")];
                let fields = fields.iter().map(|(name, value)| Field::new(*name, *value)).collect();
                Outcome::SendRequest(Ok(EndpointResponse { status: 200, fields, content }))
            }
            Effect::InvokeFunction(invoke) => {
                // A proxy's event must be JSON, whatever the client sent; what a template makes need not be.
                let event: Result<serde_json::Value, _> = serde_json::from_slice(&invoke.payload.0);
                let event = match invoke.function.name.as_str() {
                    CALLED => event.unwrap_or_default(),
                    _ => event.expect("an event is JSON"),
                };
                let payload = match invoke.function.name.as_str() {
                    AUTHORIZER => authorization(&event),
                    CALLED => serde_json::json!({"made": event["a"]}),
                    "echo" => serde_json::json!({
                        "statusCode": 200,
                        "headers": {"X-Own": "1"},
                        "body": event["requestContext"]["stage"],
                    }),
                    // No status code that a response can have.
                    _ => serde_json::json!({"statusCode": 0}),
                };
                Outcome::InvokeFunction(Ok(FunctionAnswer {
                    status: 200,
                    function_error: None,
                    payload: payload.to_string().into_bytes().into(),
                    request_id: Some("f1".into()),
                    trace: None,
                    content: None,
                }))
            }
            Effect::TakeTokens(take) => {
                Outcome::TakeTokens(Ok(take_all(take, now, &mut self.buckets)))
            }
            Effect::VerifyRequestSignature(_) => {
                Outcome::VerifyRequestSignature(Ok(RequestSignature::Valid))
            }
            Effect::PeekContent(peek) => {
                let content = &contents[peek.content.0 as usize];
                let end = content.len().min(peek.bytes_max as usize + 1);
                Outcome::PeekContent(Ok(content[..end].to_vec().into()))
            }
            Effect::CountRequest(count) => {
                Outcome::CountRequest(Ok(self.counted.count(count, now)))
            }
            Effect::LocateAddress(_) => Outcome::LocateAddress(Ok(Location::default())),
            Effect::RecallAuthorization(recall) => {
                Outcome::RecallAuthorization(Ok(self.remembered.recall(&recall.key, now)))
            }
            Effect::FindKey(find) => Outcome::FindKey(Ok(find.kid.as_deref().and_then(token::key))),
            Effect::VerifySignature(verify) => {
                Outcome::VerifySignature(Ok(is_signed(&verify.message.0, &verify.signature.0)))
            }
        }
    }
}

/// Who says `allow` may call what begins with `/fn`, who says `deny` nothing.
fn authorization(event: &serde_json::Value) -> serde_json::Value {
    let said = event["authorizationToken"].as_str().unwrap_or_default();
    let statement = |effect: &str, resource: &str| {
        serde_json::json!({
            "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource,
        })
    };
    let statements = match said {
        "allow" => vec![statement("Allow", "arn:aws:execute-api:*:*:*/*/GET/guarded/*")],
        "deny" => vec![statement("Deny", "*")],
        // No principal, no policy.
        _ => return serde_json::json!({"context": {}}),
    };
    serde_json::json!({
        "principalId": said,
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": {"k": 1},
    })
}
