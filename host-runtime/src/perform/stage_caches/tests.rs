use std::cell::Cell;

use futures_util::FutureExt;
use gateway_core::effect::{ResponseDigest, ResponseKey};
use gateway_core::limits::CACHE_PASS_MS;
use gateway_core::message::{ContentId, Field, Fields, OutgoingFields};
use http::{HeaderMap, Method};

use super::*;
use crate::framing::ClientRequest;

const BYTES: usize = 20_000_000;

fn name(stage_name: &str) -> CacheName {
    CacheName { api_id: "a".into(), stage_name: stage_name.into() }
}

fn config(stage_name: &str, bytes: usize) -> StageCacheConfig {
    StageCacheConfig { name: name(stage_name), cluster_bytes: bytes as u64, bytes }
}

fn caches() -> StageCaches {
    let caches = StageCaches::default();
    caches.configure(&[config("prod", BYTES)]);
    caches
}

fn key(n: u8) -> ResponseKey {
    ResponseKey { cache: name("prod"), digest: ResponseDigest([n; 32]) }
}

fn held() -> Held {
    let client = ClientRequest { method: Method::GET, headers: HeaderMap::new() };
    Held {
        client,
        contents: Default::default(),
        endpoint: Default::default(),
        flight: None,
        shared_flight: None,
    }
}

fn now() -> Timestamp {
    Timestamp(0)
}

async fn recall(caches: &StageCaches, n: u8, held: &mut Held) -> Option<RecalledResponse> {
    let recall = RecallResponse { key: key(n), replaces: false, wait_ms_max: 1_000 };
    caches.recall(recall, now, held).await.unwrap()
}

async fn remember(caches: &StageCaches, n: u8, content: Content, held: &mut Held) -> Content {
    let fields: Fields =
        [Field::new("X-Own", "1"), Field::new("Connection", "x")].into_iter().collect();
    let fields = OutgoingFields::Complete(fields);
    let until = Timestamp(300_000);
    let remember = RememberResponse { key: key(n), status: 203, fields, content, until };
    let memory = Arc::<Memory>::default();
    memory.limit(BYTES);
    caches.remember(remember, now, held, &memory).await.unwrap()
}

fn bytes(content: &str) -> Content {
    Content::Bytes(content.as_bytes().to_vec())
}

#[tokio::test]
async fn what_is_remembered_is_recalled_with_its_fields_and_content() {
    let (caches, mut first, mut second) = (caches(), held(), held());
    assert_eq!(recall(&caches, 1, &mut first).await, None);
    let content = remember(&caches, 1, bytes("hello"), &mut first).await;
    let sent = first.contents.send(content).unwrap().collect(5).await.unwrap();
    let stored = recall(&caches, 1, &mut second).await.unwrap();
    assert_eq!((stored.status, stored.content_length), (203, 5));
    assert_eq!(second.endpoint.all("x-own").next().unwrap(), b"1");
    // What was about another connection is not about this one.
    assert!(second.endpoint.all("connection").next().is_none());
    let again = second.contents.send(stored.content).unwrap().collect(5).await.unwrap();
    assert_eq!((&sent[..], &again[..]), (&b"hello"[..], &b"hello"[..]));
}

#[tokio::test]
async fn a_hundred_concurrent_misses_are_one_flight() {
    let caches = caches();
    let (asked, found) = (Cell::new(0), Cell::new(0));
    let ask = async || {
        let mut held = held();
        match recall(&caches, 1, &mut held).await {
            Some(_) => found.set(found.get() + 1),
            None => {
                asked.set(asked.get() + 1);
                tokio::task::yield_now().await;
                remember(&caches, 1, bytes("hello"), &mut held).await;
            }
        }
    };
    futures_util::future::join_all((0..100).map(|_| ask())).await;
    assert_eq!((asked.get(), found.get()), (1, 99));
}

#[tokio::test]
async fn one_of_those_who_wait_takes_the_place_of_a_leader_that_is_lost() {
    let caches = caches();
    let (mut leader, mut second, mut third) = (held(), held(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let mut waits = Box::pin(recall(&caches, 1, &mut second));
    let mut waits_too = Box::pin(recall(&caches, 1, &mut third));
    assert!(waits.as_mut().now_or_never().is_none());
    assert!(waits_too.as_mut().now_or_never().is_none());
    drop(leader);
    assert_eq!(waits.await, None);
    assert!(waits_too.as_mut().now_or_never().is_none());
    remember(&caches, 1, bytes("hello"), &mut second).await;
    assert!(waits_too.await.is_some());
}

#[tokio::test]
async fn a_leader_that_is_lost_while_it_stores_is_replaced_too() {
    let (caches, mut leader, mut second) = (caches(), held(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let content = leader.contents.hold(b"hello".to_vec().into());
    drop(remember(&caches, 1, content, &mut leader));
    drop(leader);
    assert_eq!(recall(&caches, 1, &mut second).await, None);
    assert!(second.flight.is_some());
}

#[tokio::test]
async fn everybody_goes_on_when_an_answer_is_not_stored() {
    let caches = caches();
    let (mut leader, mut second, mut third) = (held(), held(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let mut waits = Box::pin(recall(&caches, 1, &mut second));
    let mut waits_too = Box::pin(recall(&caches, 1, &mut third));
    assert!(waits.as_mut().now_or_never().is_none());
    assert!(waits_too.as_mut().now_or_never().is_none());
    let too_large = "x".repeat(CACHED_CONTENT_BYTES_MAX as usize + 1);
    let content = remember(&caches, 1, bytes(&too_large), &mut leader).await;
    assert_eq!(content, bytes(&too_large));
    assert_eq!((waits.await, waits_too.await), (None, None));
    assert!(CACHE_PASS_MS > 0 && caches.sizes()[0].1 == 0);
}

#[tokio::test]
async fn the_largest_content_that_is_stored_is_of_one_mebibyte() {
    let caches = caches();
    for (n, more, is_stored) in [(1, 0, true), (2, 1, false)] {
        let (mut first, mut second) = (held(), held());
        assert_eq!(recall(&caches, n, &mut first).await, None);
        let content = vec![b'x'; CACHED_CONTENT_BYTES_MAX as usize + more];
        let content = first.contents.hold(content.into());
        assert_eq!(remember(&caches, n, content.clone(), &mut first).await, content);
        assert!(first.contents.send(content).is_ok());
        assert_eq!(recall(&caches, n, &mut second).await.is_some(), is_stored);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_their_own_request_may_take() {
    let (caches, mut leader, mut second) = (caches(), held(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let begun = Instant::now();
    assert_eq!(recall(&caches, 1, &mut second).await, None);
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    // It stores what it finds all the same, and those who wait for the leader find that.
    remember(&caches, 1, bytes("second"), &mut second).await;
    assert!(recall(&caches, 1, &mut held()).await.is_some());
}

#[tokio::test]
async fn who_asks_for_a_new_answer_waits_for_nobody_and_replaces_the_old_one() {
    let (caches, mut leader, mut replacing) = (caches(), held(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let replaces = RecallResponse { key: key(1), replaces: true, wait_ms_max: 1_000 };
    assert_eq!(caches.recall(replaces, now, &mut replacing).await, Ok(None));
    remember(&caches, 1, bytes("new"), &mut replacing).await;
    // What was asked for before does not come in its place.
    remember(&caches, 1, bytes("older"), &mut leader).await;
    assert_eq!(recall(&caches, 1, &mut held()).await.unwrap().content_length, 3);
}

#[tokio::test]
async fn a_flush_forgets_one_stage_and_wakes_those_who_wait() {
    let caches = caches();
    caches.configure(&[config("prod", BYTES), config("test", BYTES)]);
    let (mut leader, mut second) = (held(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let mut waits = Box::pin(recall(&caches, 1, &mut second));
    assert!(waits.as_mut().now_or_never().is_none());
    assert!(caches.flush("A", "prod") && !caches.flush("a", "absent"));
    assert_eq!(waits.await, None);
    remember(&caches, 1, bytes("from before"), &mut leader).await;
    assert_eq!(caches.sizes()[0].1, 0);
    remember(&caches, 1, bytes("new"), &mut second).await;
    assert!(caches.flush("a", "test"));
    assert_eq!(recall(&caches, 1, &mut held()).await.unwrap().content_length, 3);
}

#[tokio::test]
async fn another_size_empties_a_cache_and_the_same_keeps_it() {
    let caches = caches();
    let mut first = held();
    assert_eq!(recall(&caches, 1, &mut first).await, None);
    remember(&caches, 1, bytes("hello"), &mut first).await;
    caches.configure(&[config("prod", BYTES), config("test", BYTES)]);
    assert!(recall(&caches, 1, &mut held()).await.is_some());
    caches.configure(&[config("prod", 2 * BYTES)]);
    assert_eq!(recall(&caches, 1, &mut held()).await, None);
    caches.configure(&[]);
    let mut without = held();
    assert_eq!(recall(&caches, 1, &mut without).await, None);
    assert!(without.flight.is_none());
    assert_eq!(remember(&caches, 1, bytes("hello"), &mut without).await, bytes("hello"));
}

#[tokio::test]
async fn content_that_is_not_there_is_told_and_nobody_waits_for_it() {
    let (caches, mut leader) = (caches(), held());
    assert_eq!(recall(&caches, 1, &mut leader).await, None);
    let remember = RememberResponse {
        key: key(1),
        status: 200,
        fields: OutgoingFields::Complete(Fields::new()),
        content: Content::Held(ContentId(7)),
        until: Timestamp(1),
    };
    assert!(caches.remember(remember, now, &mut leader, &Arc::default()).await.is_err());
    assert_eq!(recall(&caches, 1, &mut held()).await, None);
}
