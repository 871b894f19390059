//! What a trap does to the exchanges of its instance.

use std::cell::Cell;
use std::rc::Rc;

use gateway_core::codec::encode;
use gateway_core::content_coding::gzip;
use gateway_core::effect::{Effect, Outcome};
use gateway_core::exchange::{Next, Turn};
use gateway_core::message::{Arrival, Content, Timestamp};

use super::program::{let_pass, ticks};
use super::{Bounds, ComponentEngine, ComponentExchange};
use crate::engine::fixture;
use crate::growth::{Growth, least, room_for};

const LEAST: usize = least(1);

/// An exchange that is driven step by step.
struct Driven {
    exchange: ComponentExchange,
    turn: Turn,
    step: u64,
}

impl Driven {
    fn begin(engine: &ComponentEngine, arrival: Arrival) -> Self {
        let (exchange, turn) = engine.begin(arrival);
        Self { exchange, turn, step: 0 }
    }
    fn effect(&self) -> Option<&Effect> {
        match &self.turn.next {
            Next::Perform(effect) => Some(effect),
            Next::Respond(_) => None,
        }
    }
    fn step(&mut self, engine: &ComponentEngine) {
        let outcome = fixture::outcome(self.effect().expect("it has not ended"));
        self.step_with(engine, outcome);
    }
    fn step_with(&mut self, engine: &ComponentEngine, outcome: Outcome) {
        self.step += 1;
        let now = Timestamp(fixture::NOW_MS + 7 * self.step);
        self.turn = engine.resume(&mut self.exchange, now, outcome);
    }
    fn finish(mut self, engine: &ComponentEngine) -> Vec<u8> {
        while self.effect().is_some() {
            self.step(engine);
        }
        encode(&self.turn)
    }
    fn status(&self) -> Option<u16> {
        match &self.turn.next {
            Next::Perform(_) => None,
            Next::Respond(response) => Some(response.status),
        }
    }
    fn trap_in_the_next_step(&self) {
        let seat = self.exchange.seat.as_ref().expect("it has not ended");
        seat.instance.interrupt_next.set(true);
    }
}

fn engine(bounds: Bounds) -> ComponentEngine {
    ComponentEngine::start_within(fixture::snapshot(), bounds).unwrap()
}

/// One exchange after each number of steps, with the last turn that each must come to.
fn in_flight(engine: &ComponentEngine) -> Vec<(Driven, Vec<u8>)> {
    let kinds = [fixture::http_proxy(), fixture::function(), fixture::secured()];
    let mut all = Vec::new();
    for (steps, arrival) in kinds.into_iter().enumerate() {
        let expected = Driven::begin(engine, arrival.clone()).finish(engine);
        let mut driven = Driven::begin(engine, arrival);
        for _ in 0..steps {
            driven.step(engine);
        }
        all.push((driven, expected));
    }
    all
}

#[test]
fn a_trap_ends_one_exchange_and_the_others_answer_as_if_nothing_had_happened() {
    let engine = engine(Bounds::default());
    let others = in_flight(&engine);
    let mut unlucky = Driven::begin(&engine, fixture::http_proxy());
    unlucky.trap_in_the_next_step();
    unlucky.step(&engine);
    assert_eq!(unlucky.status(), Some(500));
    let (counted, line) = fixture::recorded(&unlucky.turn);
    assert_eq!(counted, ("rest".into(), "prod".into(), 500));
    assert!(line.contains(r#""status":"500""#) && line.contains(r#""path":"/prod/"#), "{line}");
    for (driven, expected) in others {
        assert!(!driven.exchange.seat.as_ref().unwrap().instance.is_alive());
        assert_eq!(driven.finish(&engine), expected);
    }
    let expected = in_flight(&engine);
    assert_eq!(expected.len(), 3, "new exchanges begin");
}

#[test]
fn the_clock_stops_a_call_at_its_deadline_and_not_a_tick_before() {
    let bounds = Bounds { call_ms_max: 100, ..Bounds::default() };
    let at_deadline = ticks(bounds.call_ms_max);
    for (passing, expected) in [(at_deadline - 1, 200), (at_deadline, 500)] {
        let engine = engine(bounds);
        let passing = Cell::new(passing);
        // The exchange asks in the middle of a call, which goes on for so long.
        engine.answer_at_once(Box::new(move |effect| {
            let_pass(passing.take());
            Some((Timestamp(fixture::NOW_MS), fixture::outcome(effect)))
        }));
        let mut driven = Driven::begin(&engine, fixture::http_proxy());
        while driven.effect().is_some() {
            driven.step(&engine);
        }
        assert_eq!(
            (driven.status(), fixture::recorded(&driven.turn).0.2),
            (Some(expected), expected)
        );
        // Another call has a deadline of its own.
        let mut next = Driven::begin(&engine, fixture::http_proxy());
        next.step(&engine);
        assert_eq!(next.status(), Some(200));
    }
}

#[test]
fn one_trap_after_another_costs_one_exchange_each() {
    let engine = engine(Bounds::default());
    let mut others = in_flight(&engine);
    for _ in 0..5 {
        let mut unlucky = Driven::begin(&engine, fixture::function());
        unlucky.trap_in_the_next_step();
        unlucky.step(&engine);
        assert_eq!(unlucky.status(), Some(500));
        // One of the others is moved to the new instance before that one traps too.
        let (first, _) = &mut others[0];
        if first.effect().is_some() {
            first.step(&engine);
        }
    }
    for (driven, expected) in others {
        assert_eq!(driven.finish(&engine), expected);
    }
}

#[test]
fn an_exchange_that_was_interrupted_ends_on_the_snapshot_that_it_began_with() {
    let engine = engine(Bounds::default());
    let others = in_flight(&engine);
    let mut unlucky = Driven::begin(&engine, fixture::http_proxy());
    let mut empty = gateway_core::definition::Snapshot::from_bytes(&fixture::snapshot()).unwrap();
    empty.apis.clear();
    engine.commit(engine.prepare(empty.to_bytes().into()).unwrap());
    unlucky.trap_in_the_next_step();
    unlucky.step(&engine);
    assert_eq!(unlucky.status(), Some(500));
    for (driven, expected) in others {
        assert_eq!(driven.finish(&engine), expected);
    }
}

#[test]
fn content_beyond_the_memory_ends_its_exchange_alone() {
    let engine = engine(Bounds { memory_bytes_max: 16 << 20, ..Bounds::default() });
    let others = in_flight(&engine);
    let mut greedy = Driven::begin(&engine, fixture::function());
    while let Some(effect) = greedy.effect() {
        let outcome = match effect {
            Effect::ReadContent(_) => Outcome::ReadContent(Ok(vec![b'x'; 10 << 20].into())),
            other => fixture::outcome(other),
        };
        greedy.step_with(&engine, outcome);
    }
    assert_eq!(greedy.status(), Some(500));
    assert_eq!(fixture::recorded(&greedy.turn).0.2, 500);
    for (driven, expected) in others {
        assert_eq!(driven.finish(&engine), expected);
    }
}

#[test]
fn memory_that_others_used_up_is_not_held_against_an_exchange() {
    // Each keeps 1 MB in the instance; they fit one by one, not all together.
    let bounds =
        Bounds { memory_bytes_max: 12 << 20, transcript_bytes_max: 4 << 20, ..Bounds::default() };
    let engine = engine(bounds);
    let mut large = fixture::http_proxy();
    large.request.content = Content::Bytes(vec![b'x'; 1 << 20]);
    let mut all: Vec<Driven> = (0..16).map(|_| Driven::begin(&engine, large.clone())).collect();
    assert!(all.iter().all(|driven| driven.status().is_none()), "all wait for an effect");
    let first = all[0].exchange.seat.as_ref().unwrap();
    assert!(!first.instance.is_alive(), "one instance had not enough memory for all");
    for driven in &mut all {
        while driven.effect().is_some() {
            driven.step(&engine);
        }
        assert_eq!(driven.status(), Some(200));
    }
}

#[test]
fn an_exchange_too_long_to_be_kept_is_answered_500_after_a_trap_and_right_without_one() {
    let engine = engine(Bounds { transcript_bytes_max: 100, ..Bounds::default() });
    let (undisturbed, expected) = in_flight(&engine).remove(1);
    assert_eq!(undisturbed.finish(&engine), expected);
    let mut interrupted = Driven::begin(&engine, fixture::function());
    let mut unlucky = Driven::begin(&engine, fixture::http_proxy());
    unlucky.trap_in_the_next_step();
    unlucky.step(&engine);
    interrupted.step(&engine);
    assert_eq!(interrupted.status(), Some(500));
    assert_eq!(fixture::recorded(&interrupted.turn).0.2, 500);
}

#[test]
fn instances_that_wait_with_what_they_have_grown_by_stay_below_the_bound_of_all() {
    let growth: &'static Growth = Box::leak(Box::new(Growth::new(LEAST)));
    // Each that was handed content is worn out, and lives as long as its exchange waits.
    let engine = engine(Bounds { growth, growth_bytes_max: 1 << 20, ..Bounds::default() });
    let content = || Outcome::ReadContent(Ok(vec![b'x'; 5 << 20].into()));
    let upload = || {
        let mut driven = Driven::begin(&engine, fixture::function());
        while !matches!(driven.effect(), None | Some(Effect::InvokeFunction(_))) {
            let outcome = match driven.effect() {
                Some(Effect::ReadContent(_)) => content(),
                other => fixture::outcome(other.unwrap()),
            };
            driven.step_with(&engine, outcome);
            assert!(growth.held() <= LEAST, "{}", growth.held());
        }
        driven
    };
    let all: Vec<Driven> = (0..40).map(|_| upload()).collect();
    let waiting = all.iter().take_while(|driven| driven.status().is_none()).count();
    assert!((2..20).contains(&waiting), "{waiting} wait");
    assert!(all[waiting..].iter().all(|driven| driven.status() == Some(503)));
    assert!(growth.held() > LEAST / 8, "what waits is counted: {}", growth.held());
    // What needs no content is served, and content again once others are through.
    let mut plain = Driven::begin(&engine, fixture::http_proxy());
    while plain.effect().is_some() {
        plain.step(&engine);
    }
    assert_eq!(plain.status(), Some(200));
    drop(all);
    assert_eq!(upload().status(), None);
}

#[test]
fn what_a_template_makes_of_a_million_values_fits_into_the_room_for_their_content() {
    for (item, count) in
        [("{}", 990_000), ("[[]]", 330_000), (r#"{"a":1.5}"#, 490_000), ("1.5", 990_000)]
    {
        let growth: &'static Growth = Box::leak(Box::new(Growth::new(LEAST)));
        let bounds = Bounds { growth, ..Bounds::default() };
        let engine = ComponentEngine::start_within(fixture::templated(), bounds).unwrap();
        let text = format!("[{}{item}]", format!("{item},").repeat(count - 1));
        let hand = || {
            let mut driven = Driven::begin(&engine, fixture::function());
            while let Some(effect) = driven.effect() {
                let outcome = match effect {
                    Effect::ReadContent(_) => {
                        Outcome::ReadContent(Ok(text.clone().into_bytes().into()))
                    }
                    Effect::SendRequest(_) => break,
                    other => fixture::outcome(other),
                };
                driven.step_with(&engine, outcome);
            }
            driven
        };
        let first = hand();
        let grown = growth.held();
        assert!(
            first.status().is_none() && grown < room_for(text.as_bytes(), &[]),
            "{item}: {grown}"
        );
        let others: Vec<Driven> = (0..3).map(|_| hand()).collect();
        assert!(growth.held() <= LEAST, "{item}: {}", growth.held());
        assert!(others.iter().all(|driven| matches!(driven.status(), None | Some(503))), "{item}");
    }
}

#[test]
fn content_that_is_encoded_needs_room_for_what_it_stands_for() {
    let growth: &'static Growth = Box::leak(Box::new(Growth::new(8 << 20)));
    let engine = engine(Bounds { growth, ..Bounds::default() });
    let hand = |coding: &str, content: Vec<u8>| {
        let mut arrival = fixture::function();
        arrival.request.fields.push("Content-Encoding", coding);
        let mut driven = Driven::begin(&engine, arrival);
        while let Some(effect) = driven.effect() {
            let outcome = match effect {
                Effect::ReadContent(_) => Outcome::ReadContent(Ok(content.clone().into())),
                Effect::InvokeFunction(_) => break,
                other => fixture::outcome(other),
            };
            driven.step_with(&engine, outcome);
        }
        driven.status()
    };
    let items: Vec<String> =
        (0..600).map(|id| format!(r#"{{"id":{id},"name":"n{id}"}}"#)).collect();
    let ordinary = format!("[{}]", items.join(","));
    assert_eq!(hand("gzip", gzip(ordinary.as_bytes())), None);
    assert_eq!(hand("identity", ordinary.into_bytes()), None);
    assert_eq!(hand("gzip", gzip(&vec![b' '; 1 << 20])), Some(503));
    assert!(growth.held() < 4 << 20, "what was set apart and not used is given back");
}

#[test]
fn an_instance_that_is_worn_out_and_idle_gives_back_what_it_has_grown_by() {
    for load_here_bytes_max in [usize::MAX, 0] {
        let growth: &'static Growth = Box::leak(Box::new(Growth::new(LEAST)));
        let bounds =
            Bounds { growth, growth_bytes_max: 1 << 20, load_here_bytes_max, ..Bounds::default() };
        let engine = engine(bounds);
        let mut driven = Driven::begin(&engine, fixture::function());
        while let Some(effect) = driven.effect() {
            let outcome = match effect {
                Effect::ReadContent(_) => Outcome::ReadContent(Ok(vec![b'x'; 5 << 20].into())),
                other => fixture::outcome(other),
            };
            driven.step_with(&engine, outcome);
        }
        assert!(driven.status().is_some());
        drop(driven);
        // Nothing begins on this thread any more.
        if engine.generation.borrow().wait_for_successor() {
            assert!(growth.held() > 1 << 20, "the large snapshot is loaded elsewhere meanwhile");
            engine.tend();
        }
        assert_eq!(growth.held(), 0);
    }
}

/// An engine whose host answers all at once but signatures, and how often it was asked.
fn answering_at_once() -> (ComponentEngine, Rc<Cell<u32>>) {
    let engine = engine(Bounds::default());
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    engine.answer_at_once(Box::new(move |effect| {
        count.set(count.get() + 1);
        let waits = matches!(effect, Effect::VerifySignature(_));
        (!waits).then(|| (Timestamp(fixture::NOW_MS + 3), fixture::outcome(effect)))
    }));
    (engine, asked)
}

#[test]
fn what_is_answered_at_once_is_no_step_and_what_has_to_wait_is() {
    let (engine, asked) = answering_at_once();
    let mut driven = Driven::begin(&engine, fixture::secured());
    let mut steps = Vec::new();
    while let Some(effect) = driven.effect() {
        steps.push(effect.kind());
        driven.step(&engine);
    }
    use gateway_core::effect::EffectKind::{FindKey, SendRequest, VerifySignature};
    assert_eq!(steps, [FindKey, VerifySignature, SendRequest]);
    assert_eq!(asked.get(), 2, "the signature, and the tokens");
    assert_eq!(driven.status(), Some(200));
}

#[test]
fn an_exchange_that_runs_again_asks_nothing_that_was_answered_at_once() {
    let (engine, asked) = answering_at_once();
    let expected = Driven::begin(&engine, fixture::secured()).finish(&engine);
    let asked_by_one = asked.replace(0);
    let mut interrupted = Driven::begin(&engine, fixture::secured());
    while !matches!(interrupted.effect(), Some(Effect::SendRequest(_))) {
        interrupted.step(&engine);
    }
    assert_eq!(asked.get(), asked_by_one);
    let mut unlucky = Driven::begin(&engine, fixture::http_proxy());
    asked.set(0);
    unlucky.trap_in_the_next_step();
    unlucky.step(&engine);
    assert_eq!(unlucky.status(), Some(500));
    assert_eq!(interrupted.finish(&engine), expected);
    assert_eq!(asked.get(), 0, "its tokens are taken once");
}

#[test]
fn a_worn_out_instance_finishes_what_it_began_and_begins_nothing() {
    let engine = engine(Bounds { exchanges_max: 8, ..Bounds::default() });
    let others = in_flight(&engine);
    let old = Rc::clone(&others[0].0.exchange.seat.as_ref().unwrap().instance);
    for _ in 0..8 {
        let last = Driven::begin(&engine, fixture::http_proxy()).finish(&engine);
        assert_eq!(last, others[0].1);
    }
    assert!(old.is_alive() && !old.is_fit());
    for (driven, expected) in others {
        let seat = driven.exchange.seat.as_ref().unwrap();
        assert!(Rc::ptr_eq(&seat.instance, &old));
        assert_eq!(driven.finish(&engine), expected);
    }
}

#[test]
fn an_instance_is_not_worn_out_by_the_snapshot_that_fills_it() {
    let bounds = Bounds { growth_bytes_max: 512 << 10, ..Bounds::default() };
    let engine = engine(bounds);
    let first = Driven::begin(&engine, fixture::http_proxy());
    let instance = Rc::clone(&first.exchange.seat.as_ref().unwrap().instance);
    assert!(instance.loaded_bytes > bounds.growth_bytes_max);
    first.finish(&engine);
    let second = Driven::begin(&engine, fixture::http_proxy());
    assert!(Rc::ptr_eq(&second.exchange.seat.as_ref().unwrap().instance, &instance));
}

#[test]
fn a_worn_out_instance_serves_on_while_a_large_snapshot_is_loaded_for_another() {
    let engine = engine(Bounds { exchanges_max: 1, load_here_bytes_max: 0, ..Bounds::default() });
    let instance = || {
        let driven = Driven::begin(&engine, fixture::http_proxy());
        Rc::clone(&driven.exchange.seat.as_ref().unwrap().instance)
    };
    let generation = Rc::clone(&engine.generation.borrow());
    let first = instance();
    assert!(!generation.wait_for_successor(), "it is not worn out yet");
    // Nothing was loaded before this one began, and it did not wait for it.
    assert!(Rc::ptr_eq(&instance(), &first));
    assert!(generation.wait_for_successor());
    assert!(!Rc::ptr_eq(&instance(), &first));
}

#[test]
fn an_exchange_that_is_dropped_is_forgotten_by_its_instance() {
    let engine = engine(Bounds::default());
    let expected = Driven::begin(&engine, fixture::http_proxy()).finish(&engine);
    let dropped = Driven::begin(&engine, fixture::http_proxy());
    let number = dropped.exchange.seat.as_ref().unwrap().number;
    drop(dropped);
    let next = Driven::begin(&engine, fixture::http_proxy());
    assert_eq!(next.exchange.seat.as_ref().unwrap().number, number, "its number is used again");
    assert_eq!(next.finish(&engine), expected);
}

#[test]
fn the_instance_of_an_old_snapshot_goes_with_its_last_exchange() {
    let engine = engine(Bounds::default());
    let driven = Driven::begin(&engine, fixture::http_proxy());
    let old = Rc::downgrade(&driven.exchange.seat.as_ref().unwrap().instance);
    engine.commit(engine.prepare(fixture::snapshot()).unwrap());
    assert!(old.upgrade().is_some());
    driven.finish(&engine);
    assert!(old.upgrade().is_none());
}
