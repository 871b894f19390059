//! What is answered while the pipeline runs, without a step: from this process's memory.

use std::rc::Rc;

use gateway_core::effect::{Effect, Outcome};
use gateway_core::message::Timestamp;

use crate::drive::now;
use crate::engine::AtOnce;
use crate::worker::Worker;

/// Answers for the engine of this worker.
pub(crate) fn answers(worker: &Rc<Worker>) -> AtOnce {
    let worker = Rc::downgrade(worker);
    Box::new(move |effect| answer(&*worker.upgrade()?, effect))
}

fn answer(worker: &Worker, effect: &Effect) -> Option<(Timestamp, Outcome)> {
    // Spans say when each effect was asked for and answered, which is measured between steps.
    if worker.settings.borrow().tracing.is_some() {
        return None;
    }
    let (shared, now) = (&worker.shared, now());
    let outcome = match effect {
        // What machines share has to be asked.
        Effect::TakeTokens(take) if worker.shared_tokens.borrow().is_none() => {
            Outcome::TakeTokens(Ok(shared.tokens.take(take, now)))
        }
        Effect::CountRequest(count) => Outcome::CountRequest(Ok(shared.counted.count(count, now))),
        Effect::RecallAuthorization(recall) => {
            let settings = worker.settings.borrow();
            Outcome::RecallAuthorization(Ok(settings.authorizations.recall(&recall.key, now)))
        }
        Effect::VerifySignature(verify) => {
            Outcome::VerifySignature(Ok(shared.verified.verify(verify, now)))
        }
        _ => return None,
    };
    Some((now, outcome))
}
