//! One request and its response, as a state machine that asks its host for effects.

use alloc::{boxed::Box, collections::VecDeque, rc::Rc, vec::Vec};
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, EffectError, EffectKind, Notice, Operation, Outcome};
use crate::gateway::Gateway;
use crate::message::{Arrival, Response, Timestamp};
use crate::pipeline;

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
        Self { run: Some(Box::pin(pipeline::run(gateway, arrival, io.clone()))), io }
    }

    /// The last turn of an exchange whose state is lost (its instance trapped, it panicked): AWS's
    /// 500, with the metric and the access log entry that it owes.
    pub fn break_off(gateway: &Gateway, arrival: &Arrival, now: Timestamp) -> Turn {
        let io = Io::new(now.max(arrival.now));
        let response = pipeline::break_off(gateway, arrival, &io);
        let steps = core::mem::take(&mut io.0.borrow_mut().outbox).into_iter();
        let notices = steps.filter_map(|step| match step {
            Step::Notify(notice) => Some(notice),
            Step::Perform(_) | Step::Respond(_) => None,
        });
        Turn { notices: notices.collect(), next: Next::Respond(response) }
    }

    /// The next step.
    pub fn poll(&mut self) -> Result<Step, Misuse> {
        if let Some(step) = self.io.take_step() {
            return Ok(step);
        }
        if let Some(kind) = self.io.0.borrow().pending {
            return Err(Misuse::StillPending(kind));
        }
        let run = self.run.as_mut().ok_or(Misuse::Ended)?;
        if let Poll::Ready(response) = run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.run = None;
            self.io.push(Step::Respond(response));
        }
        Ok(self.io.take_step().expect("only `Io::perform` suspends the pipeline"))
    }

    /// The steps up to the next effect or the response.
    pub fn advance(&mut self) -> Result<Turn, Misuse> {
        let mut notices = Vec::new();
        loop {
            match self.poll()? {
                Step::Notify(notice) => notices.push(notice),
                Step::Perform(effect) => return Ok(Turn { notices, next: Next::Perform(effect) }),
                Step::Respond(response) => {
                    return Ok(Turn { notices, next: Next::Respond(response) });
                }
            }
        }
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
    outbox: VecDeque<Step>,
    pending: Option<EffectKind>,
    answer: Option<Outcome>,
}

impl Port {
    fn new(now: Timestamp) -> Self {
        Self { now, outbox: VecDeque::new(), pending: None, answer: None }
    }
}

impl Io {
    fn new(now: Timestamp) -> Self {
        Self(Rc::new(RefCell::new(Port::new(now))))
    }

    pub(crate) async fn perform<O: Operation>(
        &self,
        operation: O,
    ) -> Result<O::Output, EffectError> {
        let effect = operation.into();
        self.0.borrow_mut().pending = Some(effect.kind());
        self.push(Step::Perform(effect));
        let answer =
            poll_fn(|_| self.0.borrow_mut().answer.take().map_or(Poll::Pending, Poll::Ready)).await;
        O::output(answer).expect("`Exchange::resume` checked the kind")
    }

    pub(crate) fn notify(&self, notice: Notice) {
        self.push(Step::Notify(notice));
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.borrow().now
    }

    fn push(&self, step: Step) {
        self.0.borrow_mut().outbox.push_back(step);
    }

    fn take_step(&self) -> Option<Step> {
        self.0.borrow_mut().outbox.pop_front()
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
