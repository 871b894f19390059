//! What the Worker serves stale.

use std::time::Instant;

use serde_json::json;

use super::PATIENCE;
use super::kit::*;

#[tokio::test]
async fn the_worker_validates_and_serves_stale_for_an_origin_that_fails() {
    let changes = json!({"DefaultCacheBehavior": behavior(json!({"CachePolicyId": BY_ORIGIN}))});
    let edge = Edge::start(changes, |received, count| match (count, &*received.path) {
        (1, _) => respond(200, &[("Cache-Control", "max-age=0"), ("ETag", "\"1\"")], "good"),
        (2, _) if received.fields.joined("if-none-match").as_deref() == Some("\"1\"") => {
            respond(304, &[("ETag", "\"1\""), ("Cache-Control", "max-age=0")], "")
        }
        _ => respond(503, &[], "bad"),
    });
    let edge = edge.await;
    assert_eq!(text(&edge.get("/a").await), "good");
    let validated = edge.get("/a").await;
    assert_eq!(
        (text(&validated), field(&validated, "x-cache")),
        ("good".into(), "RefreshHit from cloudfront".into())
    );
    let stale = edge.get("/a").await;
    assert_eq!((stale.status, text(&stale)), (200, "good".into()));
    // As long as its error would be kept it is not asked again.
    let asked = edge.origin.received_len();
    assert_eq!((text(&edge.get("/a").await), edge.origin.received_len()), ("good".into(), asked));
    assert_eq!(edge.get("/b").await.status, 503);
    edge.stop().await;
}

#[tokio::test]
async fn stale_while_revalidate_answers_at_once_and_asks_in_the_background() {
    let changes = json!({"DefaultCacheBehavior": behavior(json!({"CachePolicyId": BY_ORIGIN}))});
    let edge = Edge::start(changes, |_, count| match count {
        1 => respond(200, &[("Cache-Control", "max-age=0, stale-while-revalidate=600")], "old"),
        _ => fresh("new"),
    });
    let edge = edge.await;
    assert_eq!(text(&edge.get("/a").await), "old");
    assert_eq!(text(&edge.get("/a").await), "old");
    let began = Instant::now();
    while text(&edge.get("/a").await) != "new" {
        assert!(began.elapsed() < PATIENCE);
    }
    edge.stop().await;
}
