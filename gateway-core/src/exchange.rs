//! One request and its response, as a state machine that asks its host for effects.

use alloc::{boxed::Box, rc::Rc, vec::Vec};
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use serde::{Deserialize, Serialize};

use crate::apart::{Apart, apart};
use crate::definition::Source;
use crate::effect::{Effect, EffectError, EffectKind, Notice, Operation, Outcome, ReadContent};
use crate::gateway::Gateway;
use crate::limits::TRACED_CONTENT_BYTES_MAX;
use crate::message::{Arrival, Content, Fields, Response, Timestamp};
use crate::pipeline;
use crate::spans::Tracer;
use crate::transcript::Message::EndpointResponse;
use crate::transcript::{Event, PipelineStage, Recorder};

const SUSPENDED: &str = "only `Io::perform` suspends the pipeline";

/// One exchange. The host polls it, performs what it asks, and resumes it with the outcome.
///
/// A host never drops an exchange that has not responded: when the client leaves it answers the
/// open effect with [`EffectError::Cancelled`], so that the access log entry is still written.
pub struct Exchange {
    run: Option<Pin<Box<dyn Future<Output = Response>>>>,
    io: Io,
}

/// What the host does next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Perform this effect, then call [`Exchange::resume`] with its outcome.
    Perform(Effect),
    /// Do this in the background; nothing is owed back.
    Notify(Notice),
    /// Send this response: the exchange is over.
    Respond(Response),
}

/// All steps up to the next one that the exchange waits for: what crosses to a host in one piece.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// To be done in the background, in this order.
    pub notices: Vec<Notice>,
    /// What the exchange waits for, or its end.
    pub next: Next,
}

/// The end of a [`Turn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Next {
    /// As [`Step::Perform`].
    Perform(Effect),
    /// As [`Step::Respond`].
    Respond(Response),
}

/// The host broke the contract of [`Exchange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Misuse {
    /// Polled while this effect waits for its outcome.
    StillPending(EffectKind),
    /// Resumed while no effect waits.
    NothingPending,
    /// Resumed with the outcome of another effect.
    OutcomeMismatch {
        /// The effect that waits.
        asked: EffectKind,
        /// What the outcome answers.
        got: EffectKind,
    },
    /// Polled after the response.
    Ended,
}

impl Exchange {
    /// Begins the exchange of a request that arrived.
    pub fn begin(gateway: Rc<Gateway>, arrival: impl Into<Rc<Arrival>>) -> Self {
        let arrival = arrival.into();
        let io = Io::new(arrival.now);
        let run: Pin<Box<dyn Future<Output = Response>>> = match arrival.inspection.as_deref() {
            None => Box::pin(pipeline::run(gateway, arrival, io.clone())),
            Some(inspection) => {
                let inspection = inspection.clone();
                Box::pin(pipeline::inspect_alone(gateway, arrival, inspection, io.clone()))
            }
        };
        Self { run: Some(run), io }
    }

    /// The last turn of an exchange whose state is lost (its instance trapped, it panicked): AWS's
    /// 500, with the metric and the access log entry that it owes.
    pub fn break_off(gateway: &Gateway, arrival: &Arrival, now: Timestamp) -> Turn {
        let io = Io::new(now.max(arrival.now));
        let response = pipeline::break_off(gateway, arrival, &io);
        let notices = core::mem::take(&mut io.0.borrow_mut().notices);
        Turn { notices, next: Next::Respond(response) }
    }

    /// The next step.
    pub fn poll(&mut self) -> Result<Step, Misuse> {
        self.run_on()?;
        let mut port = self.io.0.borrow_mut();
        if !port.notices.is_empty() {
            return Ok(Step::Notify(port.notices.remove(0)));
        }
        Ok(match port.next.take().expect(SUSPENDED) {
            Next::Perform(effect) => Step::Perform(effect),
            Next::Respond(response) => Step::Respond(response),
        })
    }

    /// The steps up to the next effect or the response.
    pub fn advance(&mut self) -> Result<Turn, Misuse> {
        self.run_on()?;
        let mut port = self.io.0.borrow_mut();
        let notices = core::mem::take(&mut port.notices);
        Ok(Turn { notices, next: port.next.take().expect(SUSPENDED) })
    }

    /// Runs the pipeline until it waits or ends, unless steps of it are still to be taken.
    fn run_on(&mut self) -> Result<(), Misuse> {
        match &*self.io.0.borrow() {
            Port { next: Some(_), .. } => return Ok(()),
            Port { pending: Some(kind), .. } => return Err(Misuse::StillPending(*kind)),
            _ => {}
        }
        let run = self.run.as_mut().ok_or(Misuse::Ended)?;
        if let Poll::Ready(response) = run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.run = None;
            self.io.0.borrow_mut().next = Some(Next::Respond(response));
        }
        Ok(())
    }

    /// Answers the effect that waits. Time never runs backwards within an exchange.
    pub fn resume(&mut self, now: Timestamp, outcome: Outcome) -> Result<(), Misuse> {
        let mut port = self.io.0.borrow_mut();
        let asked = port.pending.ok_or(Misuse::NothingPending)?;
        if asked != outcome.kind() {
            return Err(Misuse::OutcomeMismatch { asked, got: outcome.kind() });
        }
        port.pending = None;
        port.now = port.now.max(now);
        port.answer = Some(outcome);
        Ok(())
    }
}

/// The pipeline's only way out: ask the host, tell the host, read the time it last gave.
#[derive(Clone)]
pub(crate) struct Io(Rc<RefCell<Port>>);

struct Port {
    now: Timestamp,
    notices: Vec<Notice>,
    /// What the pipeline waits for, or its end, until the host takes it.
    next: Option<Next>,
    pending: Option<EffectKind>,
    answer: Option<Outcome>,
    /// Nobody asked for a transcript if there is none.
    recorder: Option<Box<Recorder>>,
    /// The exchange is not traced if there is none.
    tracer: Option<Box<Tracer>>,
}

impl Port {
    fn new(now: Timestamp) -> Self {
        let (notices, next, recorder, tracer) = (Vec::new(), None, None, None);
        Self { now, notices, next, pending: None, answer: None, recorder, tracer }
    }
}

impl Io {
    fn new(now: Timestamp) -> Self {
        Self(Rc::new(RefCell::new(Port::new(now))))
    }

    /// Asks the host, and waits for its answer. Not an `async fn`: that would keep the operation for
    /// as long as the answer takes.
    pub(crate) fn perform<O: Operation>(
        &self,
        operation: O,
    ) -> impl Future<Output = Result<O::Output, EffectError>> + use<'_, O> {
        let effect = operation.into();
        let is_recorded = self.is_recording();
        if is_recorded {
            self.note(|recorder, now| recorder.asked(now, &effect));
        }
        self.ask(effect);
        async move {
            let outcome = match is_recorded {
                // In a box, so that exchanges without a transcript take no memory for it.
                true => Apart(Box::pin(self.answer_recorded())).await,
                false => self.answer().await,
            };
            O::output(outcome).expect("`Exchange::resume` checked the kind")
        }
    }

    fn ask(&self, effect: Effect) {
        let mut port = self.0.borrow_mut();
        if let Some(tracer) = &mut port.tracer {
            tracer.asked(&effect);
        }
        port.pending = Some(effect.kind());
        port.next = Some(Next::Perform(effect));
    }

    fn answer(&self) -> impl Future<Output = Outcome> + use<'_> {
        poll_fn(|_| {
            let mut port = self.0.borrow_mut();
            let Some(answer) = port.answer.take() else { return Poll::Pending };
            if let Some(tracer) = &mut port.tracer {
                tracer.answered(&answer);
            }
            Poll::Ready(answer)
        })
    }

    /// Begins to trace.
    pub(crate) fn trace_spans(&self, tracer: Box<Tracer>) {
        self.0.borrow_mut().tracer = Some(tracer);
    }

    /// What was traced, which ends here.
    pub(crate) fn take_tracer(&self) -> Option<Box<Tracer>> {
        self.0.borrow_mut().tracer.take()
    }

    /// Writes the answer down, with content that is read for that.
    async fn answer_recorded(&self) -> Outcome {
        let outcome = self.answer().await;
        self.note(|recorder, now| recorder.answered(now, &outcome));
        if let Outcome::SendRequest(Ok(endpoint)) = &outcome {
            let content = &endpoint.content;
            if !self.0.borrow().recorder.as_ref().is_some_and(|recorder| recorder.is_streamed) {
                self.read_for_transcript(content, &endpoint.fields).await;
            }
            self.note(|recorder, now| recorder.content(now, EndpointResponse, content));
        }
        outcome
    }

    /// Begins a transcript.
    pub(crate) fn record(&self, recorder: Recorder) {
        self.0.borrow_mut().recorder = Some(Box::new(recorder));
    }

    /// The transcript, which ends here.
    pub(crate) fn take_recorder(&self) -> Option<Box<Recorder>> {
        self.0.borrow_mut().recorder.take()
    }

    /// Whether a transcript is written. The cheap question before anything is made for one.
    pub(crate) fn is_recording(&self) -> bool {
        self.0.borrow().recorder.as_ref().is_some_and(|recorder| !recorder.takes_end_alone)
    }

    /// Whether an account is written, and not the log of a stage alone.
    pub(crate) fn is_explaining(&self) -> bool {
        self.0.borrow().recorder.as_ref().is_some_and(|recorder| recorder.is_explained)
    }

    /// Writes an event down, which is made only if a transcript is written.
    pub(crate) fn trace(&self, event: impl FnOnce() -> Event) {
        if self.is_recording() {
            apart(|| {
                let event = event();
                self.with_recorder(|recorder, now| recorder.push(now, None, event));
            });
        }
    }

    /// As [`Io::trace`], with what of the definition decided.
    pub(crate) fn trace_rule(&self, source: &Source, event: impl FnOnce() -> Event) {
        if self.is_recording() {
            apart(|| {
                let event = event();
                self.with_recorder(|recorder, now| recorder.push(now, Some(source), event));
            });
        }
    }

    /// What follows is of this stage.
    pub(crate) fn enter(&self, stage: PipelineStage) {
        let mut port = self.0.borrow_mut();
        if let Some(recorder) = &mut port.recorder {
            recorder.enter(stage);
        }
        if let Some(tracer) = &mut port.tracer {
            tracer.enter(stage);
        }
    }

    /// Does something with the transcript, if one is written.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Recorder, Timestamp)) {
        self.with_recorder(|recorder, now| apart(|| note(recorder, now)));
    }

    fn with_recorder(&self, work: impl FnOnce(&mut Recorder, Timestamp)) {
        let mut port = self.0.borrow_mut();
        let now = port.now;
        if let Some(recorder) = &mut port.recorder {
            work(recorder, now);
        }
    }

    /// Has content read that a transcript is to show and that the pipeline may not look at: what is
    /// known to be small. The host keeps it, so that nothing else changes.
    pub(crate) async fn read_for_transcript(&self, content: &Content, fields: &Fields) {
        let reads = self.is_recording()
            && self.0.borrow().recorder.as_ref().is_some_and(|recorder| recorder.reads_content);
        let length = fields.get("content-length").and_then(|length| length.trim().parse().ok());
        if let Content::Held(content) = content
            && reads
            && length.is_some_and(|length: u32| length <= TRACED_CONTENT_BYTES_MAX)
        {
            let read = ReadContent { content: *content, bytes_max: TRACED_CONTENT_BYTES_MAX };
            // Whoever needs it will be told again why it cannot be read.
            self.ask(read.into());
            let outcome = self.answer().await;
            self.note(|recorder, _| {
                recorder.note_read(*content, &outcome);
            });
        }
    }

    pub(crate) fn notify(&self, notice: Notice) {
        self.0.borrow_mut().notices.push(notice);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.borrow().now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::world;

    #[test]
    fn an_exchange_takes_bounded_memory_before_its_first_step() {
        let gateway = world::gateway(alloc::vec![]);
        let run =
            pipeline::run(gateway, world::arrival("GET /", &[]).into(), Io::new(Timestamp(0)));
        let bytes = size_of_val(&run);
        assert!(bytes <= 4_096, "{bytes} bytes");
    }

    #[test]
    fn a_gateway_is_shared_between_threads() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Gateway>();
    }

    #[test]
    fn a_host_that_breaks_the_contract_is_told_how() {
        let gateway = world::gateway(alloc::vec![world::rest(alloc::vec![world::method(
            "GET /",
            world::mock("{}")
        )])]);
        let mut exchange = Exchange::begin(gateway, world::arrival("GET /prod", &[]));
        let empty = Outcome::ReadContent(Ok(Default::default()));
        assert_eq!(exchange.resume(Timestamp(0), empty.clone()), Err(Misuse::NothingPending));
        assert!(matches!(exchange.poll(), Ok(Step::Perform(Effect::TakeTokens(_)))));
        assert_eq!(exchange.poll(), Err(Misuse::StillPending(EffectKind::TakeTokens)));
        let mismatch =
            Misuse::OutcomeMismatch { asked: EffectKind::TakeTokens, got: EffectKind::ReadContent };
        assert_eq!(exchange.resume(Timestamp(0), empty), Err(mismatch));
        let taken = Outcome::TakeTokens(Ok(crate::effect::Taken::All));
        assert_eq!(exchange.resume(Timestamp(0), taken), Ok(()));
        assert!(matches!(exchange.advance(), Ok(Turn { next: Next::Respond(_), .. })));
        assert_eq!(exchange.poll(), Err(Misuse::Ended));
    }
}
