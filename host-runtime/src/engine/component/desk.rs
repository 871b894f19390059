//! What the component asks while it runs: effects that are answered at once.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gateway_core::codec::{decode, encode};
use gateway_core::effect::Effect;

use super::bindings::edgeway::gateway::effects;
use super::instance::Inside;
use super::transcript::Told;
use crate::engine::AtOnce;

/// Where an instance's questions are answered. The exchange that asks is the one that is called into.
#[derive(Default)]
pub(super) struct Desk {
    answers: Rc<OnceCell<AtOnce>>,
    /// What an exchange that runs again was told before.
    ahead: VecDeque<Told>,
    /// What was answered that was not known before.
    answered: Vec<Told>,
}

impl Desk {
    pub(super) fn new(answers: &Rc<OnceCell<AtOnce>>) -> Self {
        Self { answers: Rc::clone(answers), ..Self::default() }
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
        let answer = encode(&self.answers.get()?(&effect)?);
        self.answered.push(Told::AtOnce(answer.clone()));
        Some(answer)
    }
}

impl effects::Host for Inside {
    fn at_once(&mut self, effect: Vec<u8>) -> Vec<u8> {
        self.desk.answer(&effect)
    }
}
