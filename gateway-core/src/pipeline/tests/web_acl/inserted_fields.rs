//! Fields that a web ACL adds to what goes on (`InsertHeaders`).

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;

use super::{gateway, managed, rule};
use crate::definition::{Integration, IntegrationType, Protocol};
use crate::effect::{Effect, EffectError};
use crate::gateway::Gateway;
use crate::message::Fields;
use crate::pipeline::world::{arrival, integration, run, sent_fields};

const PATH: &str = r#"{"ByteMatchStatement": {"SearchString": "L2E=", "PositionalConstraint": "ENDS_WITH",
    "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}"#;

fn inserting(headers: &[(&str, &str)]) -> String {
    let headers = headers.iter().map(|(n, v)| format!(r#"{{"Name": "{n}", "Value": "{v}"}}"#));
    let headers = headers.collect::<alloc::vec::Vec<_>>().join(",");
    format!(r#"{{"CustomRequestHandling": {{"InsertHeaders": [{headers}]}}}}"#)
}

/// A gateway with these rules whose methods have that integration.
fn with(rules: &[String], protocol: Protocol, integration: Integration) -> Rc<Gateway> {
    let mut snapshot = gateway(rules).snapshot.clone();
    let api = &mut snapshot.apis[0];
    api.protocol = protocol;
    for method in &mut api.deployments[0].methods {
        method.integration = integration.clone();
        method.integration.http_method = Some("POST".into());
    }
    Rc::new(Gateway::compile(snapshot).unwrap())
}

fn rules() -> [String; 3] {
    let count = format!(r#""Action": {{"Count": {}}}"#, inserting(&[("Seen", "1"), ("By", "a")]));
    let over = format!(r#""OverrideAction": {{"Count": {}}}"#, inserting(&[("Common", "yes")]));
    let allow = format!(r#""Action": {{"Allow": {}}}"#, inserting(&[("By", "b")]));
    [
        rule("count", 0, PATH, &count),
        rule("common", 1, &managed("AWSManagedRulesCommonRuleSet"), &over),
        rule("allow", 2, PATH, &allow),
    ]
}

fn forwarded(gateway: &Rc<Gateway>, fields: &[&str]) -> Fields {
    let arrival = arrival("GET /prod/a", fields);
    let told = run(gateway, arrival.clone(), |effect| match effect {
        Effect::SendRequest(_) => Some(effect.failed(EffectError::TimedOut)),
        _ => None,
    });
    let sent = told.effects.iter().find(|effect| matches!(effect, Effect::SendRequest(_)));
    sent_fields(sent.expect("a request to the endpoint"), &arrival)
}

#[test]
fn endpoints_see_what_rules_inserted() {
    let proxy = integration(IntegrationType::HttpProxy, "https://backend.example.com/a");
    for protocol in [Protocol::Rest, Protocol::Http] {
        let gateway = with(&rules(), protocol, proxy.clone());
        let fields = ["x-Amzn-Waf-By: forged", "X-Amzn-Waf-By: twice", "User-Agent: a/1"];
        let sent = forwarded(&gateway, &fields);
        assert_eq!(sent.get("x-amzn-waf-seen"), Some("1"), "{protocol:?}");
        let by: alloc::vec::Vec<&str> = sent.all("x-amzn-waf-by").collect();
        assert_eq!(by, ["b"], "the last rule's, and nothing of the client's");
        assert_eq!(sent.get("x-amzn-waf-common"), None, "the group found nothing");
        let sent = forwarded(&gateway, &[]);
        assert_eq!(sent.get("x-amzn-waf-common"), Some("yes"), "there is no user agent");
    }
}

#[test]
fn functions_and_templates_see_what_rules_inserted() {
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations";
    let proxy = integration(IntegrationType::AwsProxy, uri);
    let gateway = with(&rules(), Protocol::Rest, proxy);
    let told = run(&gateway, arrival("GET /prod/a", &["User-Agent: a/1"]), |effect| match effect {
        Effect::InvokeFunction(_) => Some(effect.failed(EffectError::TimedOut)),
        _ => None,
    });
    let payload = told.effects.iter().find_map(|effect| match effect {
        Effect::InvokeFunction(call) => Some(call.payload.0.clone()),
        _ => None,
    });
    let event: serde_json::Value = serde_json::from_slice(&payload.expect("an event")).unwrap();
    assert_eq!(event["headers"]["x-amzn-waf-seen"], "1");
    assert_eq!(event["multiValueHeaders"]["x-amzn-waf-by"], serde_json::json!(["b"]));
}

#[test]
fn what_is_not_matched_has_nothing_inserted() {
    let proxy = integration(IntegrationType::HttpProxy, "https://backend.example.com/a");
    let not = format!(r#"{{"NotStatement": {{"Statement": {PATH}}}}}"#);
    let count = format!(r#""Action": {{"Count": {}}}"#, inserting(&[("Seen", "1")]));
    let gateway = with(&[rule("not", 0, &not, &count)], Protocol::Rest, proxy);
    assert_eq!(forwarded(&gateway, &[]).get("x-amzn-waf-seen"), None);
}
