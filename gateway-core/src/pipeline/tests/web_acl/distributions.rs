//! Web ACLs of distributions: exchanges of their own.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::{format, string::String, vec, vec::Vec};

use super::{BLOCK, NONE, gateway, gateway_of, log, managed, rule};
use crate::challenge::tests::solved;
use crate::content_coding::Coding;
use crate::counted::CountedRequests;
use crate::effect::{Effect, EffectError, Outcome};
use crate::exchange::{Exchange, Next};
use crate::gateway::Gateway;
use crate::message::{Arrival, Inspection, OutgoingFields, Version};
use crate::pipeline::world::{self, Told, arrival, posted, run};

fn to_distribution(arrival: Arrival) -> Arrival {
    let inspection =
        Inspection { web_acl: 0, source_id: "EDFDVBD632BHDS5".into(), request_id: "cf-1".into() };
    Arrival { inspection: Some(Box::new(inspection)), ..arrival }
}

fn ask(gateway: &Rc<Gateway>, line: &str, fields: &[&str]) -> Told {
    run(gateway, to_distribution(arrival(line, fields)), |_| None)
}

/// Whether the host is to refuse in its own words.
fn is_in_own_words(told: &Told) -> bool {
    matches!(&told.response.fields, OutgoingFields::Edited(edits) if edits.iter().next().is_none())
}

fn on_path(path: &str, action: &str) -> String {
    use base64::Engine as _;
    let search = base64::engine::general_purpose::STANDARD.encode(path);
    let statement = format!(
        r#"{{"ByteMatchStatement": {{"SearchString": "{search}", "PositionalConstraint": "STARTS_WITH",
        "FieldToMatch": {{"UriPath": {{}}}}, "TextTransformations": [{{"Priority": 0, "Type": "NONE"}}]}}}}"#
    );
    rule("path", 0, &statement, action)
}

#[test]
fn what_it_lets_through_goes_on_with_what_it_inserts() {
    let count = r#""Action": {"Count": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "seen", "Value": "yes"}]}}}"#;
    let gateway = gateway(&[on_path("/a", count)]);
    for (line, inserted) in [("GET /a?b=1", Some("yes")), ("GET /other", None)] {
        let told = ask(&gateway, line, &[]);
        assert_eq!((told.response.status, told.body()), (100, ""), "{line}");
        assert_eq!(told.field("x-amzn-waf-seen"), inserted, "{line}");
        assert!(told.effects.is_empty(), "neither a route nor tokens: {:?}", told.effects);
        // Its log, a sample where a rule counted it, and no request of an API's.
        let samples = told.notices.iter().filter_map(|notice| match notice {
            crate::effect::Notice::KeepSample { sample, .. } => Some(sample),
            _ => None,
        });
        let samples: Vec<_> = samples.collect();
        assert_eq!(told.notices.len(), 1 + samples.len(), "{:?}", told.notices);
        assert_eq!(samples.len(), usize::from(inserted.is_some()));
        assert!(samples.iter().all(|sample| sample.contains(r#""Action":"COUNT""#)));
        let record = log(&told);
        assert_eq!(
            (
                &record["httpSourceName"],
                &record["httpSourceId"],
                &record["httpRequest"]["requestId"]
            ),
            (&"CF".into(), &"EDFDVBD632BHDS5".into(), &"cf-1".into())
        );
    }
}

#[test]
fn its_log_tells_the_version_that_a_viewer_speaks() {
    let gateway = gateway(&[on_path("/a", r#""Action": {"Count": {}}"#)]);
    for (version, told) in [(Version::Http2, "HTTP/2.0"), (Version::Http11, "HTTP/1.1")] {
        let mut asked = to_distribution(arrival("GET /a", &[]));
        asked.request.version = version;
        let record = log(&run(&gateway, asked, |_| None));
        assert_eq!(record["httpRequest"]["httpVersion"], told);
    }
}

#[test]
fn what_it_blocks_is_refused_in_the_distributions_words_or_in_its_own() {
    let gone = r#""Action": {"Block": {"CustomResponse": {"ResponseCode": 410, "CustomResponseBodyKey": "gone",
        "ResponseHeaders": [{"Name": "X-Why", "Value": "old"}]}}}"#;
    let common = rule("common", 1, &managed("AWSManagedRulesCommonRuleSet"), NONE);
    let gateway = gateway(&[on_path("/old", gone), common]);
    let blocked = ask(&gateway, "GET /a?q=<script>alert(1)</script>", &["User-Agent: t"]);
    assert_eq!((blocked.response.status, is_in_own_words(&blocked)), (403, true));
    assert_eq!(log(&blocked)["action"], "BLOCK");
    let custom = ask(&gateway, "GET /old", &["User-Agent: t"]);
    assert_eq!((custom.response.status, custom.body()), (410, "{\"gone\":true}"));
    assert_eq!((custom.field("x-why"), is_in_own_words(&custom)), (Some("old"), false));
    assert_eq!(log(&custom)["responseCodeSent"], 410);
}

#[test]
fn a_rule_on_a_path_holds_for_every_spelling_that_an_origin_may_read_alike() {
    let gateway = gateway(&[on_path("/admin", BLOCK)]);
    for path in ["/admin", "//admin", "/x/../admin", "/%61dmin", "/./admin/b"] {
        assert_eq!(ask(&gateway, &format!("GET {path}"), &[]).response.status, 403, "{path}");
    }
    assert_eq!(ask(&gateway, "GET /open", &[]).response.status, 100);
}

#[test]
fn a_body_is_inspected_as_far_as_the_acl_says_of_distributions() {
    let sql = rule("sql", 0, &managed("AWSManagedRulesSQLiRuleSet"), NONE);
    let association = r#""AssociationConfig": {"RequestBody": {"CLOUDFRONT": {"DefaultSizeInspectionLimit": "KB_48"}}},"#;
    let gateway = gateway_of(&[sql], association);
    let ask = |content: Result<&'static [u8], EffectError>| {
        let fields = ["Content-Type: application/json", "User-Agent: t"];
        let arrival = to_distribution(posted("POST /a", &fields));
        run(&gateway, arrival, move |effect| match effect {
            Effect::PeekContent(peek) => {
                assert_eq!(peek.bytes_max, 48 * 1024);
                Some(Outcome::PeekContent(content.clone().map(|bytes| bytes.to_vec().into())))
            }
            _ => None,
        })
    };
    assert_eq!(ask(Ok(br#"{"name": "O'Brien"}"#)).response.status, 100);
    for (content, status) in [
        (Ok(&br#"{"name": "1' or '1'='1"}"#[..]), 403),
        (Err(EffectError::Cancelled), 403),
        (Err(EffectError::Stalled), 408),
        (Err(EffectError::Overloaded), 503),
    ] {
        let told = ask(content);
        assert_eq!((told.response.status, is_in_own_words(&told)), (status, true));
    }
}

#[test]
fn who_asks_a_distribution_too_often_is_refused() {
    let statement = r#"{"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}}"#;
    let gateway = gateway(&[rule("rate", 0, statement, BLOCK)]);
    let mut counted = CountedRequests::default();
    let mut ask = || {
        let told = run(&gateway, to_distribution(arrival("GET /a", &[])), |effect| match effect {
            Effect::CountRequest(count) => {
                Some(Outcome::CountRequest(Ok(counted.count(count, world::NOW))))
            }
            _ => None,
        });
        told.response.status
    };
    let answers: Vec<u16> = (0..12).map(|_| ask()).collect();
    assert_eq!(answers, [vec![100; 10], vec![403; 2]].concat());
}

#[test]
fn a_challenge_of_a_distribution_is_passed_with_its_token() {
    let challenge = r#""Action": {"Challenge": {}}"#;
    let gateway = gateway(&[on_path("/a", challenge)]);
    let host = "Host: d111111abcdef8.cloudfront.net";
    let asked = ask(&gateway, "GET /a", &[host, "Accept: text/html"]);
    assert_eq!((asked.response.status, is_in_own_words(&asked)), (202, false));
    assert_eq!(asked.field("x-amzn-waf-action"), Some("challenge"));
    let cookie = format!("Cookie: aws-waf-token={}", solved(asked.body()));
    assert_eq!(ask(&gateway, "GET /a", &[host, &cookie]).response.status, 100);
}

#[test]
fn what_nobody_can_inspect_is_refused() {
    let gateway = gateway(&[on_path("/a", BLOCK)]);
    let mut arrival = to_distribution(arrival("GET /b", &[]));
    let lost = Exchange::break_off(&gateway, &arrival, world::NOW);
    assert!(lost.notices.is_empty(), "{:?}", lost.notices);
    assert!(matches!(lost.next, Next::Respond(response) if response.status == 500));
    if let Some(inspection) = &mut arrival.inspection {
        inspection.web_acl = 9;
    }
    assert_eq!(run(&gateway, arrival, |_| None).response.status, 500);
}

#[test]
fn coded_content_is_inspected_as_whatever_an_origin_may_read() {
    let sql = rule("sql", 0, &managed("AWSManagedRulesSQLiRuleSet"), NONE);
    let gateway = gateway(&[sql]);
    let attack = br#"{"name": "1' or '1'='1"}"#;
    let friend = br#"{"name": "O'Brien"}"#;
    let long = [&attack[..], &[b' '; 200_000]].concat();
    let gzip = |content: &[u8]| Coding::Gzip.encode(content);
    let deflate = |content: &[u8]| Coding::Deflate.encode(content);
    let less = |content: Vec<u8>, bytes: usize| content[..content.len() - bytes].to_vec();
    // A file's name in the header, which is as good as a form to who does not decode.
    let mut named = gzip(friend);
    named[3] = 8;
    named.splice(10..10, *b"{\"name\": \"1' or '1'='1\"}\0");
    for (coding, content, status) in [
        ("gzip", gzip(attack), 403),
        ("deflate", deflate(attack), 403),
        ("gzip", gzip(&long), 403),
        ("gzip", gzip(friend), 100),
        ("deflate, gzip", gzip(&deflate(friend)), 100),
        ("deflate, gzip", gzip(&deflate(attack)), 403),
        ("x-gzip", gzip(attack), 403),
        ("gzip, br", gzip(attack), 403),
        ("gzip", [&gzip(attack)[..], b"\0"].concat(), 403),
        ("gzip", [&gzip(attack)[..], b"junk"].concat(), 403),
        ("gzip", less(gzip(attack), 8), 403),
        ("deflate", less(deflate(attack), 4), 403),
        ("deflate", deflate(attack)[2..].to_vec(), 403),
        ("gzip", named, 403),
        // Not in the coding that it is said to have: an origin that reads it does not heed that.
        ("gzip", attack.to_vec(), 403),
        ("deflate", attack.to_vec(), 403),
        ("gzip", friend.to_vec(), 100),
        // A few origins decode no more than the outermost coding, and read what it stands for.
        ("gzip, deflate", deflate(attack), 403),
    ] {
        let field = format!("Content-Encoding: {coding}");
        let fields = ["Content-Type: application/json", "User-Agent: t", &field];
        let arrival = to_distribution(posted("POST /a", &fields));
        let told = run(&gateway, arrival, |effect| match effect {
            Effect::PeekContent(_) => Some(Outcome::PeekContent(Ok(content.clone().into()))),
            _ => None,
        });
        assert_eq!(told.response.status, status, "{field} {content:?}");
    }
}
