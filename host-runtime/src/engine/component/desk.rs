//! What the component asks while it runs: effects that are answered at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gateway_core::codec::{decode, encode};
use gateway_core::effect::Effect;

use super::bindings::edgeway::gateway::effects;
use super::instance::Inside;
use super::transcript::Told;
use crate::engine::AtOnce;

thread_local! {
    /// Who answers on this thread. Not in the instances: they are loaded on another one.
    static ANSWERS: RefCell<BTreeMap<EngineNumber, Rc<AtOnce>>> = const { RefCell::new(BTreeMap::new()) };
}

/// An engine, among those of its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EngineNumber(u64);

impl EngineNumber {
    /// One that no other engine has.
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Relaxed))
    }

    /// Has this answer what the engine's instances ask. What is told first stays.
    pub(super) fn answer_by(self, answers: AtOnce) {
        ANSWERS.with_borrow_mut(|all| {
            all.entry(self).or_insert_with(|| Rc::new(answers));
        });
    }

    /// The engine is gone.
    pub(super) fn forget(self) {
        // A thread that ends has forgotten everything already.
        let _ = ANSWERS.try_with(|all| all.borrow_mut().remove(&self));
    }

    fn answers(self) -> Option<Rc<AtOnce>> {
        ANSWERS.with_borrow(|all| all.get(&self).map(Rc::clone))
    }
}

/// Where an instance's questions are answered. The exchange that asks is the one that is called into.
#[derive(Default)]
pub(super) struct Desk {
    /// None yet of an instance that was loaded and is not served.
    engine: Option<EngineNumber>,
    /// What an exchange that runs again was told before.
    ahead: VecDeque<Told>,
    /// What was answered that was not known before.
    answered: Vec<Told>,
}

impl Desk {
    /// It is this engine's from now on.
    pub(super) fn belong_to(&mut self, engine: EngineNumber) {
        self.engine = Some(engine);
    }

    /// An exchange runs again: it is told this, in this order, before anything is asked anew.
    pub(super) fn tell_again(&mut self, told: Vec<Told>) {
        self.ahead = told.into();
    }

    /// When the effect that waits was answered before, and how.
    pub(super) fn next_resumed(&mut self) -> Option<(u64, Vec<u8>)> {
        match self.ahead.pop_front_if(|told| matches!(told, Told::Resumed(..)))? {
            Told::Resumed(now_ms, outcome) => Some((now_ms, outcome)),
            Told::AtOnce(_) => None,
        }
    }

    /// Whether everything was told again. What was not is forgotten.
    pub(super) fn has_told_all(&mut self) -> bool {
        std::mem::take(&mut self.ahead).is_empty()
    }

    pub(super) fn take_answered(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.answered)
    }

    /// An encoded time and outcome, or nothing where the exchange has to wait.
    fn answer(&mut self, effect: &[u8]) -> Vec<u8> {
        match self.ahead.pop_front_if(|told| matches!(told, Told::AtOnce(_))) {
            Some(Told::AtOnce(answer)) => answer,
            _ if self.ahead.is_empty() => self.answer_anew(effect).unwrap_or_default(),
            _ => Vec::new(), // it waited then
        }
    }

    fn answer_anew(&mut self, effect: &[u8]) -> Option<Vec<u8>> {
        let effect: Effect = decode(effect).ok()?;
        let answer = encode(&self.engine?.answers()?(&effect)?);
        self.answered.push(Told::AtOnce(answer.clone()));
        Some(answer)
    }
}

impl effects::Host for Inside {
    fn at_once(&mut self, effect: Vec<u8>) -> Vec<u8> {
        self.desk.answer(&effect)
    }
}
