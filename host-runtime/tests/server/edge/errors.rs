//! Answers that are no good, and for how long they are kept.

use serde_json::json;

use super::kit::*;
use crate::kit::*;

#[test]
fn a_304_about_a_temporary_redirect_keeps_it_for_no_time_that_it_does_not_say() {
    let (origin, heads) =
        answering(|head, _| match head.to_lowercase().contains("if-none-match") {
            true => b"HTTP/1.1 304 N\r\nETag: \"1\"\r\n\r\n".to_vec(),
            false => response(307, "Location: /b\r\nETag: \"1\"\r\n", ""),
        });
    // CachingOptimized: a day where the origin does not say.
    let policy = json!({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"});
    let edge = Edge::start(origin, json!({"DefaultCacheBehavior": policy}));
    for _ in 0..3 {
        assert_eq!(edge.get("/a").status, 307);
    }
    assert_eq!(heads.lock().unwrap().len(), 3);
}
