//! Samples of requests that a web ACL has inspected, for the operator.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::kit::*;
use crate::program::Program;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ARN: &str = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/s/1";

fn acl() -> String {
    let seen = |metric: &str| json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": metric});
    json!({"WebACL": {"Name": "s", "ARN": ARN, "DefaultAction": {"Allow": {}}, "VisibilityConfig": seen("all"),
        "Rules": [{"Name": "sql", "Priority": 0, "OverrideAction": {"None": {}}, "VisibilityConfig": seen("sql"),
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet"}}}],
    }})
    .to_string()
}

fn sampled(program: &Program, target: &str, arn: &str, metric: &str, more: &Value) -> Answer {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let mut input = json!({"WebAclArn": arn, "RuleMetricName": metric, "Scope": "REGIONAL", "MaxItems": 100,
        "TimeWindow": {"StartTime": now - 600.0, "EndTime": now + 600.0}});
    more.as_object().into_iter().flatten().for_each(|(name, value)| input[name] = value.clone());
    let fields = format!("X-Amz-Security-Token: {TOKEN}\r\nX-Amz-Target: {target}\r\n");
    program.call("POST /", &fields, &input.to_string())
}

#[test]
fn the_operator_is_shown_examples_of_what_a_rule_does() {
    let folder = Folder::new();
    folder.write("acl.json", &acl());
    let more =
        format!("webAcl: s\nwebAcls: [{{name: s, definition: acl.json}}]\nadminToken: {TOKEN}\n");
    configuration_with(&folder, echo(), &more);
    let program = Program::start(&folder);
    let mut client = Client::connect(program.listen);
    assert_eq!(client.get("/prod/mock?q=plain").status, 200);
    let secret = "Authorization: Bearer 123\r\nX-Plain: shown\r\n";
    client.send(
        format!("GET /prod/mock?id=1%27%20or%201%3D1-- HTTP/1.1\r\nHost: h\r\n{secret}\r\n")
            .as_bytes(),
    );
    assert_eq!(client.answer().status, 403);
    let target = "AWSWAF_20190729.GetSampledRequests";
    let get = |metric: &str| sampled(&program, target, ARN, metric, &Value::Null);
    let answer = get("sql");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.head.to_lowercase().contains("content-type: application/x-amz-json-1.1"));
    let told: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(told["PopulationSize"], 1);
    let sample = &told["SampledRequests"][0];
    assert_eq!(sample["Action"], "BLOCK");
    let rule = "AWS#AWSManagedRulesSQLiRuleSet#SQLi_QUERYARGUMENTS";
    assert_eq!(sample["RuleNameWithinRuleGroup"], rule);
    assert_eq!(sample["Request"]["URI"], "/prod/mock");
    let text = sample.to_string();
    assert!(text.contains("shown") && !text.contains("Bearer 123"), "{text}");
    let told: Value = serde_json::from_str(&get("all").text()).unwrap();
    assert_eq!(told["SampledRequests"].as_array().unwrap().len(), 1);
    assert_eq!(told["SampledRequests"][0]["Action"], "ALLOW");
    for (answer, error) in [
        (get("other"), "WAFNonexistentItemException"),
        (sampled(&program, target, "arn:x", "sql", &Value::Null), "WAFNonexistentItemException"),
        (
            sampled(&program, target, ARN, "sql", &json!({"MaxItems": 501})),
            "WAFInvalidParameterException",
        ),
        (
            sampled(&program, target, ARN, "sql", &json!({"Scope": "x"})),
            "WAFInvalidParameterException",
        ),
        (
            sampled(
                &program,
                target,
                ARN,
                "sql",
                &json!({"TimeWindow": {"StartTime": 2, "EndTime": 1}}),
            ),
            "WAFInvalidParameterException",
        ),
    ] {
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(error), "{error}: {}", answer.text());
    }
    let unknown = sampled(&program, "AWSWAF_20190729.GetWebACL", ARN, "sql", &Value::Null);
    assert_eq!(unknown.status, 404);
    let fields = format!("X-Amz-Target: {target}\r\n");
    assert_eq!(program.call("POST /", &fields, "{}").status, 403, "without the token");
}
