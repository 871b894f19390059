//! What the Worker's cache has nothing to do with, and what it keeps of an origin that is away.

use serde_json::json;
use tests::backend::Answer;

use super::kit::*;

#[tokio::test]
async fn where_nothing_may_be_stored_nobody_gets_another_viewers_answer() {
    let policies = json!({
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", // CachingDisabled
        "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3", // AllViewer
    });
    let changes = json!({"DefaultCacheBehavior": behavior(policies)});
    let said = [("Cache-Control", "max-age=600, stale-while-revalidate=600"), ("ETag", "\"1\"")];
    let edge = Edge::start(changes, move |received, count| match count {
        3 => respond(503, &[], "failed"),
        _ => respond(200, &said, &received.fields.joined("x-user").unwrap_or_default()),
    });
    let edge = edge.await;
    for (user, status, told) in
        [("A", 200, "A"), ("B", 200, "B"), ("C", 503, "failed"), ("D", 200, "D")]
    {
        let answer = edge.ask("GET", "/a", &[("X-User", user)]).await;
        assert_eq!((answer.status, text(&answer)), (status, told.into()));
        assert_eq!(field(&answer, "cache-status"), "edgeway; fwd=bypass");
    }
    edge.stop().await;
}

#[tokio::test]
async fn an_origin_that_gives_no_answer_is_an_error_that_is_kept() {
    let errors = json!({"Items": [{"ErrorCode": 502, "ErrorCachingMinTTL": 600}]});
    let edge = Edge::start(json!({"CustomErrorResponses": errors}), |_, _| Answer::Drop).await;
    let first = edge.get("/a").await;
    assert_eq!((first.status, field(&first, "x-cache")), (502, "Error from cloudfront".into()));
    let asked = edge.origin.received_len();
    let again = edge.get("/a").await;
    assert_eq!((again.status, text(&again)), (502, text(&first)));
    assert!(!field(&again, "age").is_empty());
    assert_eq!(edge.origin.received_len(), asked);
    edge.stop().await;
}
