use super::*;

type Cache = StageCache<u32, ()>;

const LATER: Timestamp = Timestamp(1_000);

fn key(n: u32) -> ResponseDigest {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&n.to_be_bytes());
    ResponseDigest(digest)
}

fn ask(cache: &mut Cache, n: u32, now: u64) -> Ticket {
    match cache.look_up(&key(n), Timestamp(now), || ()) {
        Lookup::Ask(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn found(cache: &mut Cache, n: u32, now: u64) -> Option<u32> {
    match cache.look_up(&key(n), Timestamp(now), || ()) {
        Lookup::Found(response) => Some(response),
        Lookup::Ask(ticket) => {
            cache.end(&key(n), ticket, Ending::Lost, Timestamp(now));
            None
        }
        Lookup::Wait(()) => panic!("somebody is waited for"),
    }
}

fn store(cache: &mut Cache, n: u32, bytes: usize) {
    let ticket = cache.ask_alone();
    cache.store(&key(n), ticket, n, bytes, LATER, Timestamp(0));
}

#[test]
fn a_response_is_there_until_its_time_and_not_at_it() {
    let mut cache = Cache::bounded(10_000);
    store(&mut cache, 1, 3);
    assert_eq!(found(&mut cache, 1, 999), Some(1));
    assert_eq!(found(&mut cache, 2, 0), None);
    assert_eq!(found(&mut cache, 1, LATER.0), None);
    let ticket = cache.ask_alone();
    cache.store(&key(3), ticket, 3, 1, LATER, LATER);
    assert_eq!(found(&mut cache, 3, 0), None);
}

#[test]
fn who_asks_for_what_is_asked_for_already_waits_and_finds_it() {
    let mut cache = Cache::bounded(10_000);
    let ticket = ask(&mut cache, 1, 0);
    assert_eq!(cache.look_up(&key(1), Timestamp(0), || ()), Lookup::Wait(()));
    ask(&mut cache, 2, 0);
    assert_eq!(cache.store(&key(1), ticket, 7, 1, LATER, Timestamp(0)), Some(()));
    assert_eq!(found(&mut cache, 1, 0), Some(7));
}

#[test]
fn a_lost_leader_has_one_successor() {
    let mut cache = Cache::bounded(10_000);
    let lost = ask(&mut cache, 1, 0);
    assert_eq!(cache.end(&key(1), lost, Ending::Lost, Timestamp(1)), Some(()));
    let next = ask(&mut cache, 1, 1);
    assert_eq!(cache.look_up(&key(1), Timestamp(1), || ()), Lookup::Wait(()));
    // The lost one ends nobody else's flight.
    assert_eq!(cache.end(&key(1), lost, Ending::Lost, Timestamp(1)), None);
    assert_eq!(cache.look_up(&key(1), Timestamp(1), || ()), Lookup::Wait(()));
    assert_eq!(cache.store(&key(1), next, 7, 1, LATER, Timestamp(1)), Some(()));
}

#[test]
fn nobody_queues_up_for_what_is_not_stored() {
    let mut cache = Cache::bounded(10_000);
    let ticket = ask(&mut cache, 1, 0);
    assert_eq!(cache.end(&key(1), ticket, Ending::Answered, Timestamp(5)), Some(()));
    let at_once: Vec<Ticket> = (0..3).map(|_| ask(&mut cache, 1, 5)).collect();
    assert!(at_once.iter().all(|ticket| !ticket.leads));
    // Until one of them is stored after all, or the time is over.
    ask(&mut cache, 1, 5 + CACHE_PASS_MS);
    assert_eq!(cache.look_up(&key(1), Timestamp(5 + CACHE_PASS_MS), || ()), Lookup::Wait(()));
    let mut cache = Cache::bounded(10_000);
    let ticket = ask(&mut cache, 1, 0);
    cache.end(&key(1), ticket, Ending::Answered, Timestamp(0));
    store(&mut cache, 1, 1);
    assert_eq!(found(&mut cache, 1, 0), Some(1));
    ask(&mut cache, 1, LATER.0);
    assert_eq!(cache.look_up(&key(1), LATER, || ()), Lookup::Wait(()));
}

#[test]
fn keys_that_are_passed_by_are_bounded() {
    let mut cache = Cache::bounded(10_000);
    for n in 0..CACHE_PASSES_MAX as u32 + 10 {
        let ticket = ask(&mut cache, n, 0);
        cache.end(&key(n), ticket, Ending::Answered, Timestamp(0));
    }
    assert!(cache.passes.len() <= CACHE_PASSES_MAX && cache.flights.is_empty());
}

#[test]
fn what_was_asked_for_earlier_does_not_replace_what_was_asked_for_later() {
    let mut cache = Cache::bounded(10_000);
    let slow = ask(&mut cache, 1, 0);
    let replacing = cache.ask_alone();
    // Those who wait for the slow one have what they wait for.
    assert_eq!(cache.store(&key(1), replacing, 2, 1, LATER, Timestamp(0)), Some(()));
    assert_eq!(cache.store(&key(1), slow, 1, 1, LATER, Timestamp(0)), None);
    assert_eq!(found(&mut cache, 1, 0), Some(2));
}

#[test]
fn a_flush_forgets_what_is_on_its_way_too() {
    let mut cache = Cache::bounded(10_000);
    store(&mut cache, 1, 1);
    let on_its_way = ask(&mut cache, 2, 0);
    assert_eq!(cache.flush(), [()]);
    assert_eq!(cache.size(), (0, 0));
    assert_eq!(cache.store(&key(2), on_its_way, 2, 1, LATER, Timestamp(0)), None);
    assert_eq!((found(&mut cache, 1, 0), found(&mut cache, 2, 0)), (None, None));
    store(&mut cache, 2, 1);
    assert_eq!(found(&mut cache, 2, 0), Some(2));
}

#[test]
fn what_is_on_its_way_is_not_stored_where_it_was_forgotten_meanwhile() {
    let mut cache = Cache::bounded(10_000);
    let land = |cache: &mut Cache, n: u32, ticket| {
        cache.store(&key(n), ticket, n, 3, LATER, Timestamp(0));
        cache.find(&key(n), Timestamp(0))
    };
    let (one, other) = (ask(&mut cache, 1, 0), ask(&mut cache, 2, 0));
    cache.forget_on_way(key(1).0.first_chunk().copied());
    assert_eq!((land(&mut cache, 1, one), land(&mut cache, 2, other)), (None, Some(2)));
    let later = ask(&mut cache, 1, 0);
    assert_eq!(land(&mut cache, 1, later), Some(1), "it was asked for afterwards");
    let third = ask(&mut cache, 3, 0);
    cache.forget_on_way(None);
    assert_eq!(land(&mut cache, 3, third), None);
}

#[test]
fn so_many_things_that_were_forgotten_are_remembered_and_then_all_are_one() {
    let mut cache = Cache::bounded(10_000);
    let on_way = ask(&mut cache, 0, 0);
    let forget = |n: usize| Some((n as u64 + 1_000_000).to_be_bytes());
    (0..FORGOTTEN_MAX + 1).for_each(|n| cache.forget_on_way(forget(n)));
    assert!(cache.forgotten.len() <= FORGOTTEN_MAX);
    cache.store(&key(0), on_way, 0, 3, LATER, Timestamp(0));
    assert_eq!(cache.find(&key(0), Timestamp(0)), None);
}

#[test]
fn when_it_is_full_the_oldest_goes_that_nobody_wanted() {
    let mut cache = Cache::bounded(3 * (ENTRY_BYTES + 10));
    (1..=3).for_each(|n| store(&mut cache, n, 10));
    assert_eq!(found(&mut cache, 1, 0), Some(1));
    store(&mut cache, 4, 10);
    let there = [1, 2, 3, 4].map(|n| found(&mut cache, n, 0).is_some());
    assert_eq!(there, [true, false, true, true]);
    // What no room could be found for is not stored, and nothing goes for it.
    store(&mut cache, 5, 3 * (ENTRY_BYTES + 10));
    assert_eq!((found(&mut cache, 5, 0), cache.size().0), (None, 3));
}

#[test]
fn bytes_are_counted_through_all_that_can_happen() {
    let mut cache = Cache::bounded(20 * ENTRY_BYTES);
    let mut random = 1_u32;
    for step in 0..20_000_u64 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (n, now) = (random >> 8 & 31, Timestamp(step / 8));
        match random >> 24 & 7 {
            0..=3 => {
                let ticket = cache.ask_alone();
                let until = Timestamp(now.0 + u64::from(random >> 13 & 127));
                cache.store(&key(n), ticket, n, (random >> 16 & 1_023) as usize, until, now);
            }
            4..=6 => drop(cache.look_up(&key(n), now, || ())),
            _ if random >> 27 & 31 == 0 => drop(cache.flush()),
            _ => {}
        }
        let bytes: usize = cache.entries.values().map(|entry| entry.bytes).sum();
        assert!(bytes == cache.bytes && bytes <= cache.bytes_max, "step {step}");
        assert_eq!(cache.order.len(), cache.entries.len(), "step {step}");
    }
}

#[test]
fn what_is_forgotten_is_gone_and_its_room_is_free() {
    let mut cache = Cache::bounded(10_000);
    (0..4).for_each(|n| store(&mut cache, n, 100));
    let before = cache.size();
    assert_eq!(cache.forget(|n| n % 2 == 0), 2);
    assert_eq!((0..4).filter_map(|n| found(&mut cache, n, 0)).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(cache.size(), (2, before.1 / 2));
    assert_eq!(cache.forget(|_| false), 0);
    store(&mut cache, 0, 100);
    assert_eq!(cache.forget(|_| true), 3);
    assert_eq!(cache.size(), (0, 0));
}

fn join(cache: &mut Cache, flown: &[u32]) -> Option<Ticket> {
    let flown: Vec<ResponseDigest> = flown.iter().map(|n| key(*n)).collect();
    match cache.join(&flown, Timestamp(0), || ()) {
        Lookup::Ask(ticket) => Some(ticket),
        Lookup::Wait(()) => None,
        Lookup::Found(_) => panic!("nothing is looked up"),
    }
}

fn merge(cache: &mut Cache, n: u32, ticket: Ticket, bytes: usize) -> Merged {
    cache.merge(&key(n), &key(n), ticket, n, (bytes, LATER), Timestamp(0))
}

#[test]
fn who_joins_waits_for_any_of_several_flights_and_leads_the_last() {
    let mut cache = Cache::bounded(10_000);
    let whole = join(&mut cache, &[1]).unwrap();
    assert_eq!(join(&mut cache, &[1, 2]), None);
    cache.end(&key(1), whole, Ending::Lost, Timestamp(0));
    assert!(join(&mut cache, &[1, 2]).is_some_and(|ticket| ticket.leads));
    assert_eq!(join(&mut cache, &[1, 2]), None);
    // Nobody who asks for the whole waits for a part.
    let whole = join(&mut cache, &[1]).unwrap();
    cache.end(&key(1), whole, Ending::Answered, Timestamp(0));
    assert!(join(&mut cache, &[1, 3]).is_some_and(|ticket| !ticket.leads), "it is passed by");
    assert!(join(&mut cache, &[]).is_some_and(|ticket| !ticket.leads));
}

#[test]
fn what_is_merged_ends_nobodys_flight_and_comes_in_any_order() {
    let mut cache = Cache::bounded(10_000);
    let (one, other) = (join(&mut cache, &[1]).unwrap(), join(&mut cache, &[2]).unwrap());
    let stored = |cache: &mut Cache, ticket, response| {
        cache.merge(&key(9), &key(1), ticket, response, (1, LATER), Timestamp(0))
    };
    assert_eq!(stored(&mut cache, other, 2), Merged::Stored);
    assert_eq!((join(&mut cache, &[1]), join(&mut cache, &[2])), (None, None));
    assert_eq!(stored(&mut cache, one, 21), Merged::Stored, "it was asked for earlier");
    assert_eq!(found(&mut cache, 9, 0), Some(21));
    assert_eq!(cache.end(&key(1), one, Ending::Lost, Timestamp(0)), Some(()));
}

#[test]
fn what_is_merged_and_worth_nothing_is_gone_and_what_has_no_room_changes_nothing() {
    let mut cache = Cache::bounded(1_000);
    store(&mut cache, 1, 10);
    let ticket = cache.ask_alone();
    assert_eq!(merge(&mut cache, 1, ticket, 1_000), Merged::Refused);
    assert_eq!(found(&mut cache, 1, 0), Some(1));
    let empty = cache.merge(&key(1), &key(1), ticket, 1, (0, Timestamp(0)), Timestamp(0));
    assert_eq!((empty, cache.size()), (Merged::Removed, (0, 0)));
    cache.forget_on_way(None);
    assert_eq!(merge(&mut cache, 1, ticket, 1), Merged::Forgotten);
    let ticket = cache.ask_alone();
    assert_eq!(merge(&mut cache, 1, ticket, 1), Merged::Stored);
}

#[test]
fn what_is_merged_after_all_is_waited_for_again() {
    let mut cache = Cache::bounded(10_000);
    let ticket = join(&mut cache, &[1]).unwrap();
    cache.end(&key(1), ticket, Ending::Answered, Timestamp(0));
    let alone = join(&mut cache, &[1]).unwrap();
    merge(&mut cache, 1, alone, 1);
    assert!(join(&mut cache, &[1]).unwrap().leads);
    assert_eq!(join(&mut cache, &[1]), None);
}
