//! What Prometheus and Grafana are given: metrics, alert rules and the dashboard fit each other.
//!
//! `promtool` (Debian's package `prometheus`) judges. Where it is missing the tests say so and leave
//! its part out, unless `PROMTOOL=required`, as `cargo xtask test` sets it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::kit::*;
use crate::program::Program;

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    let text = everything();
    for line in [
        r#"edgeway_requests_total{api="a",stage="prod"} 3"#,
        r#"edgeway_gateway_responses_total{api="a",stage="prod",response_type="MISSING_AUTHENTICATION_TOKEN"} 1"#,
        r#"edgeway_method_requests_total{api="a",stage="prod",method="GET",resource="/mock"} 2"#,
        r#"edgeway_vpc_link_healthy_hosts{vpc_link="orders",name="",integration_uri=""} 0"#,
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    promtool(&["check", "metrics"], &text);
}

#[test]
fn alerts_fire_when_they_should() {
    let rules = observability("alerts.yml");
    promtool(&["check", "rules", rules.to_str().unwrap()], "");
    promtool(&["test", "rules", observability("alerts.test.yml").to_str().unwrap()], "");
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_are_there() {
    let there: BTreeSet<String> = everything()
        .lines()
        .filter_map(|line| Some(line.strip_prefix("# TYPE ")?.split_once(' ')?.0.to_owned()))
        .collect();
    for file in ["alerts.yml", "alerts.test.yml", "dashboard.json"] {
        let text = std::fs::read_to_string(observability(file)).unwrap();
        let asked = names(&text);
        assert!(asked.len() > 8, "{file}: {asked:?}");
        let missing: Vec<_> = asked.iter().filter(|name| !is_there(name, &there)).collect();
        assert!(missing.is_empty(), "{file} asks for what is not there: {missing:?}");
    }
}

#[test]
fn every_query_of_the_dashboard_is_promql() {
    let queries = queries();
    assert!(queries.len() > 20);
    // As a rules file, since that is what promtool reads.
    let rules = queries.iter().enumerate().map(|(number, query)| {
        assert!(names(query).len() == 1 || query.contains('/') || query.contains('-'), "{query}");
        let query = query.replace("$__rate_interval", "5m").replace("$api", ".*");
        serde_json::json!({"record": format!("query:{number}"), "expr": query.replace("$stage", ".*")})
    });
    let rules: Vec<_> = rules.collect();
    let rules = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]});
    let folder = Folder::new();
    let file = folder.write("rules.yml", &rules.to_string());
    promtool(&["check", "rules", file.to_str().unwrap()], "");
}

/// Metrics of every kind, as the program tells them.
fn everything() -> String {
    let folder = Folder::new();
    folder.write("api.yaml", &definition("127.0.0.1:1".parse().unwrap(), 200));
    folder.write(
        "edgeway.yaml",
        "listen: 127.0.0.1:0
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages: [{stageName: prod, methodSettings: {'*/*': {metricsEnabled: true}}}]
functions: {f: {url: 'http://127.0.0.1:1'}}
vpcLinks: [{vpcLinkId: orders, url: 'http://127.0.0.1:1', healthCheck: {path: /}}]
",
    );
    let program = Program::start(&folder);
    let mut client = Client::connect(program.listen);
    for (path, status) in [("/prod/mock", 200), ("/prod/mock", 200), ("/prod/nowhere", 403)] {
        assert_eq!(client.get(path).status, status, "{path}");
    }
    Client::connect(program.admin).get("/metrics").text()
}

fn observability(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../observability").join(file)
}

/// Names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let after = text.match_indices("edgeway_").map(|(at, _)| &text[at..]);
    let name = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        rest[..end.unwrap_or(rest.len())].to_owned()
    };
    after.map(name).collect()
}

/// Also as a part of a histogram.
fn is_there(name: &str, there: &BTreeSet<String>) -> bool {
    let part = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
    there.contains(name) || part.is_some_and(|histogram| there.contains(histogram))
}

fn queries() -> Vec<String> {
    let text = std::fs::read_to_string(observability("dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

fn promtool(arguments: &[&str], input: &str) {
    let started = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        let required = std::env::var("PROMTOOL").is_ok_and(|value| value == "required");
        assert!(!required, "promtool is missing: it is in Debian's package `prometheus`");
        eprintln!("promtool is missing: not judged");
        return;
    };
    promtool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // What it only finds unusual, it says on its way to success.
    let is_fine = output.status.success() && (arguments != ["check", "metrics"] || said.is_empty());
    assert!(is_fine, "promtool {arguments:?}: {said}");
}
