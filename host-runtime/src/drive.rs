//! The loop: a request arrives, the pipeline says what is to be done, the host does it.

use std::rc::Rc;
use std::sync::Arc;

use gateway_core::effect::{Came, EffectError, Notice, Outcome};
use gateway_core::exchange::{Next, Turn};
use gateway_core::limits::STEPS_MAX;
use gateway_core::message::{Arrival, Response, Timestamp};
use gateway_core::transcript::Transcript;

use crate::body::{Body, Unfinished};
use crate::engine::ExchangeHandle;
use crate::explained::Explained;
use crate::framing::{self, ClientRequest};
use crate::perform::stage_caches::{Flight, SharedFlight};
use crate::perform::{self, content::Contents};
use crate::section::Section;
use crate::settings::Settings;
use crate::traces::Clock;
use crate::worker::Worker;

/// Answers one request.
///
/// Dropping the future (the client left) cancels what is under way at once and drives the exchange
/// to its end, so that its access log entry is written.
pub(crate) async fn drive(
    worker: &Rc<Worker>,
    arrival: Arrival,
    client: ClientRequest,
    contents: Contents,
) -> http::Response<Body> {
    let mut held = Held::new(client, contents);
    let (mut driven, turn) = Driven::begin(worker, arrival);
    let Some((response, is_broken)) = run(worker, &mut held, &mut driven, turn).await else {
        return framing::internal_server_error(500);
    };
    let mut response = respond(response, &mut held, is_broken);
    if let Some(entry) = driven.unfinished.take() {
        response = response.map(|body| body.telling(*entry));
    }
    if let Some(explained) = driven.take_account(response.status().as_u16()) {
        response.extensions_mut().insert(explained);
    }
    response
}

/// Has the web ACL of a distribution decide ([`Inspection`](gateway_core::message::Inspection)). The contents are
/// still there afterwards. With the account that the arrival asked for.
pub(crate) async fn inspect(
    worker: &Rc<Worker>,
    arrival: Arrival,
    held: &mut Held,
) -> Option<(Response, Option<Explained>)> {
    let (mut driven, turn) = Driven::begin(worker, arrival);
    let (response, _) = run(worker, held, &mut driven, turn).await?;
    let explained = driven.take_account(response.status);
    Some((response, explained))
}

/// Does what an exchange asks until it responds. `true`: the client's content ended in what is not HTTP.
async fn run(
    worker: &Rc<Worker>,
    held: &mut Held,
    driven: &mut Driven,
    mut turn: Next,
) -> Option<(Response, bool)> {
    let mut is_broken = false;
    for _ in 0..STEPS_MAX {
        match turn {
            Next::Respond(response) => {
                if let Some(flight) = held.flight.take() {
                    flight.answered(now());
                }
                if let Some(flight) = held.shared_flight.take() {
                    flight.answered(now());
                }
                return Some((response, is_broken));
            }
            Next::Perform(effect) => {
                driven.if_dropped = Some(effect.failed(EffectError::Cancelled));
                driven.clock.iter_mut().for_each(Clock::ask);
                let outcome = perform::perform(worker, &driven.settings, held, effect).await;
                is_broken |= driven.if_dropped.as_ref() == Some(&outcome);
                turn = driven.resume(outcome);
            }
        }
    }
    tracing::error!(steps = STEPS_MAX, "a pipeline did not end and is given up");
    driven.if_dropped = None;
    None
}

/// What the host holds for an exchange.
pub(crate) struct Held {
    /// The request's head, which edits refer to.
    pub(crate) client: ClientRequest,
    /// All content.
    pub(crate) contents: Contents,
    /// The header section of the last endpoint response, which edits refer to.
    pub(crate) endpoint: Section,
    /// The response that it is on its way to store, for which others may wait.
    pub(crate) flight: Option<Flight>,
    /// The same, where machines share the cache.
    pub(crate) shared_flight: Option<SharedFlight>,
}

impl Held {
    pub(crate) fn new(client: ClientRequest, contents: Contents) -> Self {
        Self { client, contents, endpoint: Section::default(), flight: None, shared_flight: None }
    }
}

/// `is_broken`: the client's content ended in what is not HTTP. To the pipeline that client has left;
/// one that still reads is told what it did.
fn respond(response: Response, held: &mut Held, is_broken: bool) -> http::Response<Body> {
    let status = if is_broken && response.status == 499 { 400 } else { response.status };
    let body = held.contents.send(response.content);
    let endpoint = std::mem::take(&mut held.endpoint);
    let framed = body.map_err(|e| e.to_string()).and_then(|body| {
        framing::client_response(status, &response.fields, &endpoint, body, &held.client.method)
    });
    framed.unwrap_or_else(|reason| {
        tracing::warn!(%reason, "an answer that HTTP cannot carry");
        framing::internal_server_error(502)
    })
}

/// An exchange under way.
struct Driven {
    worker: Rc<Worker>,
    /// A configuration that comes meanwhile is for the next request.
    settings: Arc<Settings>,
    exchange: ExchangeHandle,
    if_dropped: Option<Outcome>,
    arrived: Timestamp,
    /// The account that the arrival asked for; [`drive`] gives it with its response.
    transcript: Option<Transcript>,
    /// Of an exchange that may be traced.
    clock: Option<Clock>,
    /// The access log's entry of an answer that is streamed: written without waiting if nothing comes of it.
    unfinished: Option<Box<Unfinished>>,
}

impl Driven {
    fn begin(worker: &Rc<Worker>, arrival: Arrival) -> (Self, Next) {
        let arrived = arrival.now;
        let settings = Arc::clone(&worker.settings.borrow());
        let clock = settings.tracing.is_some().then(Clock::start);
        let (exchange, turn) = worker.engine.begin(arrival);
        let worker = Rc::clone(worker);
        let mut driven = Self {
            worker,
            settings,
            exchange,
            if_dropped: None,
            arrived,
            transcript: None,
            clock,
            unfinished: None,
        };
        let next = driven.notify(turn);
        (driven, next)
    }

    fn resume(&mut self, outcome: Outcome) -> Next {
        self.if_dropped = None;
        self.clock.iter_mut().for_each(Clock::answer);
        let turn = self.worker.engine.resume(&mut self.exchange, now(), outcome);
        self.notify(turn)
    }

    /// Does what is to be done in the background.
    fn notify(&mut self, turn: Turn) -> Next {
        let worker = &self.worker;
        for notice in turn.notices {
            match notice {
                Notice::WriteAccessLog { destination, line, late } if late.is_empty() => {
                    worker.access_log.write(&destination, &line);
                }
                Notice::WriteAccessLog { destination, line, late } => {
                    let (log, came) = (worker.access_log.clone(), Came::default());
                    let entry = Unfinished { log, destination, line, late, came };
                    self.unfinished = Some(Box::new(entry));
                }
                Notice::WriteExecutionLog { destination, lines } => {
                    lines.iter().for_each(|line| worker.access_log.write(&destination, line));
                }
                Notice::KeepSample { web_acl_arn, metric_name, weight, sample } => {
                    worker.shared.samples.keep(web_acl_arn, metric_name, weight, sample, now());
                }
                Notice::ReportAuthorizer(failure) => {
                    perform::unreachable::tell_of_authorizer(&failure);
                }
                Notice::ReportIntegration(failure) => {
                    perform::unreachable::tell_of_integration(&failure);
                }
                Notice::Explain(transcript) => self.transcript = Some(transcript),
                Notice::RecordRequest(request) => {
                    worker.shared.metrics.record(&request);
                    perform::unserved::tell(&request);
                }
                Notice::RecordTrace(record) => {
                    if let (Some(traces), Some(clock)) = (worker.traces(), &self.clock) {
                        traces.add(&record, clock);
                    }
                }
                Notice::RememberAuthorization { key, grant, until } => {
                    self.settings.authorizations.remember(key, grant, until, now());
                }
            }
        }
        turn.next
    }

    fn take_account(&mut self, status: u16) -> Option<Explained> {
        let transcript = self.transcript.take()?;
        let latency_ms = now().0.saturating_sub(self.arrived.0);
        Some(Explained { status, latency_ms, transcript, distribution: None })
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        for _ in 0..STEPS_MAX {
            let Some(outcome) = self.if_dropped.take() else { break };
            if let Next::Perform(effect) = self.resume(outcome) {
                self.if_dropped = Some(effect.failed(EffectError::Cancelled));
            }
        }
        // Why a client was not answered in time is worth knowing most of all.
        if let Some(explained) = self.take_account(0) {
            self.worker.shared.explanations.keep(explained);
        }
    }
}

/// The time of day.
pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp(since_epoch.as_millis() as u64)
}
