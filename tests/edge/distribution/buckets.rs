//! Buckets behind distributions in the Worker: what is signed, and what is not.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tests::backend::{Answer, Received};
use tests::client::{self, Request};
use tests::sigv4::{Signing, Subject, sign};

use super::PATIENCE;
use super::kit::*;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A distribution before a bucket, with these members of its origin.
fn before_bucket(origin: Value) -> Value {
    let mut bucket = json!({
        "Id": "bucket", "DomainName": "site.s3.eu-west-1.amazonaws.com", "OriginPath": "/public",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    });
    for (name, member) in origin.as_object().into_iter().flatten() {
        bucket[name] = member.clone();
    }
    let behavior = behavior(json!({"TargetOriginId": "bucket"}));
    json!({"Origins": {"Items": [bucket]}, "CacheBehaviors": {"Items": []}, "DefaultCacheBehavior": behavior})
}

/// 403 for what is not signed as S3 wants it with this secret, by a signer of our tests' own.
fn bucket(secret: &'static str) -> impl Fn(&Received, usize) -> Answer + Send + Sync {
    move |received, _| match verified(received, secret) {
        Ok(()) => fresh(&format!(
            "{} {} {}",
            received.method,
            received.path,
            String::from_utf8_lossy(&received.content)
        )),
        Err(reason) => respond(403, &[("Cache-Control", "no-store")], &reason),
    }
}

fn verified(received: &Received, secret: &str) -> Result<(), String> {
    let said = |name: &str| received.fields.joined(name).unwrap_or_default();
    let (authorization, date) = (said("authorization"), said("x-amz-date"));
    let names =
        authorization.split("SignedHeaders=").nth(1).and_then(|rest| rest.split(',').next());
    let names: Vec<String> = names.ok_or("not signed")?.split(';').map(Into::into).collect();
    let fields: Vec<(String, String)> =
        names.iter().map(|name| (name.clone(), said(name))).collect();
    let signing = Signing {
        key: "AKIDEXAMPLE".into(),
        secret: secret.into(),
        service: Some("s3".into()),
        region: Some("eu-west-1".into()),
        sign: Some(names),
        payload: Some(said("x-amz-content-sha256")),
        decode_path: true,
        ..Signing::default()
    };
    let target = match &*received.query {
        "" => received.path.clone(),
        query => format!("{}?{query}", received.path),
    };
    // It was signed some moments ago.
    for seconds in 0..30 {
        let mut own = fields.clone();
        let at = SystemTime::now() - Duration::from_secs(seconds);
        let subject = Subject { method: &received.method, target: &target, content: b"" };
        sign(&signing, subject, &mut own, at);
        let of = |name: &str| {
            own.iter().rev().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone())
        };
        if of("x-amz-date").as_deref() == Some(&*date) {
            let expected = of("authorization").unwrap_or_default();
            return match expected == authorization {
                true => Ok(()),
                false => Err(format!("{authorization}\n{expected}")),
            };
        }
    }
    Err(format!("signed at {date}"))
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

#[tokio::test]
async fn the_worker_signs_what_it_asks_a_bucket() {
    let control = json!({"OriginAccessControlId": "E1"});
    let (received, told) = (Arc::new(Mutex::new(Vec::new())), bucket(SECRET));
    let noted = Arc::clone(&received);
    let edge = Edge::start(before_bucket(control), move |received, count| {
        let said = |name: &str| received.fields.joined(name).unwrap_or_default();
        let said = ["x-amz-content-sha256", "authorization", "x-amz-acl"].map(said);
        noted.lock().unwrap().push(said);
        told(received, count)
    });
    let edge = edge.await;
    let answer = edge.get("/a(b)%20c.txt").await;
    assert_eq!((answer.status, &*text(&answer)), (200, "GET /site/public/a%28b%29%20c.txt "));
    assert_eq!(field(&edge.get("/a(b)%20c.txt").await, "x-cache"), "Hit from cloudfront");
    // What a viewer says to a bucket is not said in the distribution's name.
    let own = [("Authorization", "Bearer t"), ("X-Amz-Acl", "public-read"), ("X-Amz-Date", "x")];
    assert_eq!(edge.ask("GET", "/b", &own).await.status, 200);
    let content = b"an object".to_vec();
    let request = Request {
        method: "PUT".into(),
        target: "/put".into(),
        fields: vec![("Host".into(), CDN.into()), ("Content-Length".into(), "9".into())],
        content,
    };
    let put = client::send(edge.gateway.address, &request).await.unwrap();
    assert_eq!((put.status, &*text(&put)), (200, "PUT /site/public/put an object"));
    let received = received.lock().unwrap().clone();
    let hashes: Vec<&str> = received.iter().map(|[hash, ..]| &**hash).collect();
    assert_eq!(hashes, [EMPTY, EMPTY, "UNSIGNED-PAYLOAD"]);
    for [_, authorization, acl] in &received {
        assert!(authorization.contains("/eu-west-1/s3/aws4_request, SignedHeaders=host;"));
        assert!(!authorization.contains("x-amz-acl") && acl.is_empty());
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_bucket_refuses_a_worker_with_another_secret() {
    let control = json!({"OriginAccessControlId": "E1"});
    let edge = Edge::start(before_bucket(control), bucket("another")).await;
    let refused = edge.get("/a").await;
    assert_eq!((refused.status, edge.origin.received_len()), (403, 1), "{}", text(&refused));
    edge.stop().await;
}

#[tokio::test]
async fn a_bucket_without_access_control_is_asked_as_it_is() {
    let edge = Edge::start(before_bucket(json!({})), |received, _| {
        fresh(&format!("{}{:?}", received.path, received.fields.joined("authorization")))
    });
    let edge = edge.await;
    assert_eq!(text(&edge.get("/a(b).txt").await), "/site/public/a(b).txtNone");
    edge.stop().await;
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_in_time_is_asked_again_for_what_is_safe() {
    let impatient = json!({"OriginAccessIdentity": "", "OriginReadTimeout": 1});
    let origin = json!({"S3OriginConfig": impatient, "ConnectionAttempts": 2});
    let edge = Edge::start(before_bucket(origin), |_, count| Answer::Respond {
        status: 200,
        fields: vec![("Cache-Control".into(), "no-store".into())],
        content: count.to_string().into(),
        delay: if count % 2 == 1 { PATIENCE } else { Duration::ZERO },
    });
    let edge = edge.await;
    let answer = edge.get("/a").await;
    assert_eq!((answer.status, text(&answer)), (200, "2".into()));
    let answer = edge.ask("POST", "/a", &[("Content-Length", "0")]).await;
    assert_eq!((answer.status, edge.origin.received_len()), (504, 3));
    edge.stop().await;
}
