//! Behaviours of which nothing may be stored: nobody gets what is another one's.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::kit::*;

/// `CachingDisabled` with all that the viewer sends, and the older form of it.
fn behaviors() -> [Value; 2] {
    [
        json!({
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
        }),
        json!({
            "CachePolicyId": null,
            "ForwardedValues":
                {"QueryString": true, "Cookies": {"Forward": "all"}, "Headers": {"Quantity": 1, "Items": ["*"]}},
        }),
    ]
}

fn edge(origin: SocketAddr, behavior: &Value) -> Edge {
    let mut document = distribution(origin, json!({}));
    let default = document["DistributionConfig"]["DefaultCacheBehavior"].as_object_mut().unwrap();
    for (name, value) in behavior.as_object().unwrap() {
        match value {
            Value::Null => _ = default.remove(name),
            value => _ = default.insert(name.clone(), value.clone()),
        }
    }
    Edge::start_with(origin, &document, "", &[])
}

/// What each of these viewers is answered.
fn answered(edge: &Edge, method: &str) -> Vec<(u16, String)> {
    let ask = |user| {
        let answer = edge.ask(method, "/a", &format!("Cookie: u={user}\r\nX-User: {user}\r\n"));
        assert!(has(&answer, "cache-status: edgeway; fwd=bypass"), "{}", answer.head);
        (answer.status, answer.text())
    };
    ["A", "B", "C"].into_iter().map(ask).collect()
}

fn user(head: &str) -> &str {
    head.lines()
        .find_map(|line| line.to_lowercase().starts_with("x-user: ").then(|| &line[8..]))
        .unwrap_or_default()
}

#[test]
fn each_viewer_gets_the_own_answer_whatever_it_says_of_caches() {
    for behavior in behaviors() {
        for said in [
            "Cache-Control: max-age=600, stale-while-revalidate=600, stale-if-error=600\r\nETag: \"1\"\r\n",
            "Cache-Control: public, s-maxage=600\r\n",
            "ETag: \"1\"\r\n",
        ] {
            for status in [200, 404, 308] {
                let (origin, heads) = answering(move |head, _| response(status, said, user(head)));
                let answers = answered(&edge(origin, &behavior), "GET");
                let own = ["A", "B", "C"].map(|user| (status, user.to_owned()));
                assert_eq!(answers, own, "{behavior} {said}");
                assert_eq!(heads.lock().unwrap().len(), 3);
            }
        }
    }
}

#[test]
fn another_ones_answer_stands_in_for_no_error_and_for_no_304() {
    for behavior in behaviors() {
        let (origin, _) = answering(|head, count| match count {
            1 => response(200, "ETag: \"1\"\r\n", user(head)),
            2 => response(502, "", "failed"),
            _ => b"HTTP/1.1 304 N\r\nETag: \"1\"\r\n\r\n".to_vec(),
        });
        let answers = answered(&edge(origin, &behavior), "GET");
        let expected = [(200, "A"), (502, "failed"), (304, "")].map(|(s, t)| (s, t.to_owned()));
        assert_eq!(answers, expected, "{behavior}");
    }
}

#[test]
fn nobody_waits_for_another_viewers_answer() {
    for behavior in behaviors() {
        let gated = gated();
        let edge = edge(gated.address, &behavior);
        let mut clients = [edge.client(), edge.client()];
        for client in &mut clients {
            client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        // Both are asked for before any is answered.
        let calls = [gated.call(), gated.call()];
        for (_, answer) in calls {
            answer.send(response(200, "Cache-Control: max-age=600\r\n", "own")).unwrap();
        }
        clients.iter_mut().for_each(|client| assert_eq!(client.answer().text(), "own"));
    }
}

#[test]
fn what_one_viewer_says_of_content_is_in_nobody_elses_answer() {
    for behavior in behaviors() {
        let (origin, _) = answering(|head, _| fresh(head));
        let edge = edge(origin, &behavior);
        assert!(
            edge.ask("GET", "/a", "Content-Type: evil/evil\r\nFrom: evil\r\n")
                .text()
                .contains("evil")
        );
        assert!(!edge.get("/a").text().contains("evil"));
    }
}
