//! Each rule of each managed group fires on what it is for, with its label and its action, and lets its neighbour
//! through. `rules.json` has a line a rule: its name, the end of its label, its action, where the next two stand, what it
//! fires on, and what looks alike and is none.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{address_lists, groups::GROUPS};
use crate::acl::Kind;
use crate::{Decision, Request, Step, Tokens, WebAcl};

/// A line of the table.
struct Row {
    rule: String,
    label: String,
    action: String,
    place: String,
    fires: Value,
    neighbour: Value,
}

fn rows() -> Vec<Row> {
    let table: Vec<[Value; 6]> =
        serde_json::from_str(include_str!("tests/rules.json")).expect("six values a line");
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    let row = |[rule, label, action, place, fires, neighbour]: [Value; 6]| Row {
        rule: text(&rule),
        label: text(&label),
        action: text(&action),
        place: text(&place),
        fires,
        neighbour,
    };
    table.into_iter().map(row).collect()
}

/// A group's own rules, each with its action: all but `rule` only count.
fn acl(group: &str, rules: &[String], rule: &str) -> WebAcl {
    let others = rules.iter().filter(|other| *other != rule);
    let counted = others.map(|other| json!({"Name": other, "ActionToUse": {"Count": {}}}));
    let counted: Vec<Value> = counted.collect();
    let document = json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": [{
        "Name": "group", "Priority": 0, "OverrideAction": {"None": {}},
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group, "RuleActionOverrides": counted}},
    }]});
    let list = |name: &str| json!({"IPSet": {"Name": name, "ARN": name, "Addresses": ["198.51.100.7/32"]}});
    let lists: Vec<Value> = address_lists().into_iter().map(list).collect();
    WebAcl::read(&document, &lists).expect("a web ACL").0
}

fn encoded(text: &str) -> String {
    let one = |b: u8| match b.is_ascii_alphanumeric() {
        true => char::from(b).to_string(),
        false => alloc::format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The texts of a request that has this at this place.
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    client_ip: String,
}

fn sent(place: &str, value: &Value) -> Sent {
    let text = value.as_str().unwrap_or_default();
    let long = "a".repeat(value.as_u64().unwrap_or_default() as usize);
    let mut sent = Sent {
        method: "GET".into(),
        path: "/prod/a".into(),
        query: String::new(),
        headers: [("Host", "shop.example.com"), ("User-Agent", "Mozilla/5.0 (X11) Firefox/128.0")]
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .into(),
        body: String::new(),
        client_ip: "192.0.2.1".into(),
    };
    let mut has = |name: &str, value: &str| {
        sent.headers.retain(|(other, _)| other != name);
        sent.headers.push((name.into(), value.into()));
    };
    match place {
        "query" => sent.query = ["x=", &encoded(text)].concat(),
        "query of bytes" => sent.query = long,
        "path" => sent.path = text.into(),
        "path of bytes" => sent.path = ["/", &long[1..]].concat(),
        "segment" => sent.path = ["/prod/a/", &encoded(text)].concat(),
        "cookie" => has("Cookie", &["x=", &encoded(text)].concat()),
        "cookie of bytes" => has("Cookie", &long),
        "method" => sent.method = text.into(),
        "client" => sent.client_ip = text.into(),
        "JSON" => {
            has("Content-Type", "application/json");
            sent.body = json!({"x": text}).to_string();
        }
        "body of bytes" => {
            has("Content-Type", "text/plain");
            sent.body = long;
        }
        "multipart" => {
            has("Content-Type", "multipart/form-data; boundary=b");
            let head = "--b\r\nContent-Disposition: form-data; name=\"0\"\r\n\r\n";
            sent.body = [head, text, "\r\n--b--\r\n"].concat();
        }
        field if value.is_null() => sent.headers.retain(|(name, _)| name != field),
        field => has(field, text),
    }
    sent
}

/// What a rule's group does about a request: the decision with the rule that made it, and all labels.
fn decided(acl: &WebAcl, sent: &Sent) -> (Option<String>, Vec<String>) {
    let headers = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = Request {
        method: &sent.method,
        path: &sent.path,
        query: &sent.query,
        headers: headers.collect(),
        body: sent.body.as_bytes(),
        client_ip: &sent.client_ip,
        ..Request::default()
    };
    match acl.evaluate(&request, Tokens::default()).advance() {
        Step::Decided(verdict) => {
            let rule = verdict.rule_in_group().map(String::from);
            assert_eq!(rule.is_some(), verdict.decision == Decision::Block(None), "{verdict:?}");
            (rule, verdict.labels)
        }
        _ => unreachable!("no rule of a managed group asks for anything"),
    }
}

/// What is wrong with a row.
fn wrong(row: &Row, label: &str, acl: &WebAcl) -> Option<String> {
    let Row { rule, place, fires, neighbour, .. } = row;
    let stops = (row.action == "BLOCK").then_some(rule.clone());
    let (by, labels) = decided(acl, &sent(place, fires));
    if !labels.iter().any(|one| one == label) || by != stops {
        return Some(alloc::format!("{rule} on {fires}: {by:?}, {labels:?}"));
    }
    let (by, labels) = decided(acl, &sent(place, neighbour));
    let is_let_through = by.is_none() && !labels.iter().any(|one| one == label);
    (!is_let_through).then(|| alloc::format!("{rule} on its neighbour {neighbour}: {labels:?}"))
}

#[test]
fn each_managed_rule_fires_on_what_it_is_for_and_not_on_its_neighbour() {
    let (mut rows, mut all_wrong, mut count) = (rows().into_iter(), Vec::new(), 0);
    for group in GROUPS {
        let rules = group.rules(&|_| None);
        let names: Vec<String> = rules.iter().map(|rule| rule.name.clone()).collect();
        for rule in &rules {
            let row = rows.next().expect("a row for each rule");
            assert_eq!(row.rule, rule.name, "the table has the rules of all groups in their order");
            let Kind::Statement { action, .. } = &rule.kind else { panic!("{}", row.rule) };
            assert_eq!(action.name(), row.action, "{}", row.rule);
            let label = alloc::format!("awswaf:managed:aws:{}:{}", group.namespace, row.label);
            all_wrong.extend(wrong(&row, &label, &acl(group.name, &names, &row.rule)));
            count += 1;
        }
    }
    assert_eq!(all_wrong, [""; 0]);
    assert_eq!((count, rows.count()), (91, 0), "rules, and rows without one");
}

#[test]
fn administrators_paths_are_whole_segments_and_scanners_whole_words() {
    let stopped = |group: &str, place: &str, value: &str| {
        let acl = acl(group, &[], "");
        decided(&acl, &sent(place, &json!(value))).0.is_some()
    };
    let admin = |path: &str| stopped("AWSManagedRulesAdminProtectionRuleSet", "path", path);
    for path in [
        "/admin",
        "/prod/admin/",
        "/prod/Admin/users",
        "/prod/%61dmin",
        "/admin;a=1/b",
        "/prod/administrator/index.php",
        "/prod/sqlmanager",
        "/prod/a/..%5cadmin",
    ] {
        assert!(admin(path), "{path}");
    }
    for path in [
        "/prod/admins",
        "/prod/badmin",
        "/prod/administrator-guide-to-x",
        "/prod/administration",
        "/prod/admin-guide",
        "/prod/my-admin/a",
    ] {
        assert!(!admin(path), "{path}");
    }
    let agent = |agent: &str| stopped("AWSManagedRulesCommonRuleSet", "User-Agent", agent);
    for scanner in [
        "nmap",
        "Nmap",
        "nmap/7.94",
        "nmap-nse",
        "Nessus/8",
        "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    ] {
        assert!(agent(scanner), "{scanner}");
    }
    for other in ["OpenMap/5.1", "GardenMapper/1 (inmap)", "CleanMap"] {
        assert!(!agent(other), "{other}");
    }
}
