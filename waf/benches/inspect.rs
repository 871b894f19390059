//! What a request costs that has nothing in it, and one that is all punctuation.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use waf::{Request, Step, Tokens, WebAcl};

fn acl(groups: &[&str]) -> WebAcl {
    let rules: Vec<_> = groups
        .iter()
        .enumerate()
        .map(|(priority, name)| {
            serde_json::json!({
                "Name": name, "Priority": priority, "OverrideAction": {"None": {}},
                // Sizes only count, so that large bodies are read.
                "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name,
                    "RuleActionOverrides": [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]}},
            })
        })
        .collect();
    let document =
        serde_json::json!({"Name": "bench", "DefaultAction": {"Allow": {}}, "Rules": rules});
    WebAcl::read(&document, &[]).expect("a web ACL").0
}

fn request<'a>(query: &'a str, body: &'a [u8]) -> Request<'a> {
    Request {
        method: "POST",
        path: "/prod/customers/42/orders",
        query,
        headers: vec![
            ("host", "api.example.com"),
            (
                "user-agent",
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            ),
            ("accept", "application/json, text/plain, */*"),
            ("accept-language", "en-US,en;q=0.5"),
            ("content-type", "application/json"),
            ("cookie", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark"),
            ("referer", "https://www.example.com/shop?page=2&sort=price"),
        ],
        body,
        client_ip: "192.0.2.7",
        ..Request::default()
    }
}

fn inspect(c: &mut Criterion) {
    let common = acl(&[
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesSQLiRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]);
    let body = br#"{"customer":{"name":"Conan O'Brien","email":"conan@example.com","phone":"+1 555 0100"},"items":[{"sku":"A-1001","title":"Blue shirt (large)","quantity":2,"price":19.99},{"sku":"B-2002","title":"Running shoes, size 42","quantity":1,"price":89.5}],"note":"Please leave it at the door; it's the one with the red frame.","address":{"street":"12 Main Street","city":"Springfield","zip":"12345"}}"#;
    let clean = request("page=2&sort=price&fields=id,name,items&since=2024-01-01T00:00:00Z", body);
    let odd = "'\"(<=;|$({-#/*`".repeat(1_024);
    let hostile = request("", odd.as_bytes());
    let mut group = c.benchmark_group("inspect");
    for (name, request) in [("clean_1k", &clean), ("punctuation_16k", &hostile)] {
        group.throughput(Throughput::Bytes(request.body.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| match common.evaluate(black_box(request), Tokens::default()).advance() {
                Step::Decided(verdict) => black_box(verdict.decision),
                _ => unreachable!("no rule asks"),
            });
        });
    }
    group.finish();
}

criterion_group!(benches, inspect);
criterion_main!(benches);
