use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::snapshot::Origin;

const ARN: &str = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1";
const BLOCKED: &str = "arn:aws:wafv2:us-east-1:123456789012:global/ipset/blocked/2";
const CONFIG: &str = "webAcls:
  - name: shop
    definition: acl.json
    references: [blocked.json]
    addressLists: {AnonymousIPList: anonymous.txt}
    logging: {destination: stdout, configuration: logging.json}
apis: []
distributions:
  - {id: web, definition: distribution.json, listen: 127.0.0.1:33443}
";

/// Files without a mistake.
fn files() -> BTreeMap<&'static str, Value> {
    let transformed = json!([{"Priority": 0, "Type": "NONE"}]);
    let rule = |name: &str, priority: u32, statement: Value| {
        json!({"Name": name, "Priority": priority, "Statement": statement, "Action": {"Count": {}},
            "RuleLabels": [{"Name": "tool:curl"}]})
    };
    let acl = json!({"WebACL": {"Name": "shop", "ARN": ARN, "DefaultAction": {"Allow": {}}, "Rules": [
        rule("blocked", 0, json!({"IPSetReferenceStatement": {"ARN": BLOCKED}})),
        rule("curl", 1, json!({"ByteMatchStatement": {"SearchString": "Y3VybA==", "FieldToMatch": {"SingleHeader":
            {"Name": "user-agent"}}, "PositionalConstraint": "CONTAINS", "TextTransformations": transformed}})),
        rule("rate", 2, json!({"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP",
            "ScopeDownStatement": {"LabelMatchStatement": {"Scope": "LABEL", "Key": "tool:curl"}}}})),
        {"Name": "common", "Priority": 3, "OverrideAction": {"None": {}}, "Statement": {"ManagedRuleGroupStatement":
            {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet", "RuleActionOverrides": [
                {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]}}},
        {"Name": "anonymous", "Priority": 4, "OverrideAction": {"None": {}}, "Statement":
            {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesAnonymousIpList"}}},
    ]}, "LockToken": "x"});
    let blocked =
        json!({"IPSet": {"Name": "blocked", "ARN": BLOCKED, "Addresses": ["203.0.113.0/24"]}});
    let logging = json!({"LoggingConfiguration": {"ResourceArn": ARN}});
    let distribution = json!({"DistributionConfig": {"WebACLId": ARN, "Enabled": true, "CallerReference": "c",
        "Comment": "", "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "o.example",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}});
    let all = [("acl.json", acl), ("blocked.json", blocked), ("logging.json", logging)];
    all.into_iter().chain([("distribution.json", distribution)]).collect()
}

/// What is told of files in which something stands for what a pointer leads to; nothing takes a member away.
fn told(changes: &[(&str, &str, Value)]) -> Vec<String> {
    let mut files = files();
    for (file, pointer, value) in changes {
        let document = files.get_mut(file).unwrap();
        let (above, name) = pointer.rsplit_once('/').unwrap_or_default();
        match document.pointer_mut(above).unwrap() {
            one if pointer.is_empty() => *one = value.clone(),
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
            above if value.is_null() => _ = above.as_object_mut().unwrap().remove(name),
            above => above[name] = value.clone(),
        }
    }
    let written = files.iter().map(|(name, document)| (*name, format!("{document:#}")));
    told_of(CONFIG, written.chain([("anonymous.txt", "198.51.100.0/24\n".into())]))
}

fn told_of<'n>(config: &str, files: impl Iterator<Item = (&'n str, String)>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    files.for_each(|(name, text)| write(name, &text));
    write("edgeway.yaml", config);
    let told = match Origin::Config(folder.path().join("edgeway.yaml")).build() {
        Ok(built) => built.warnings,
        Err(refused) => refused.diagnostics,
    };
    let within = format!("{}/", folder.path().display());
    told.iter().map(|one| one.to_string().replace(&within, "")).collect()
}

/// The only thing that is told has all of these.
fn is_told(changes: &[(&str, &str, Value)], expected: &[&str]) {
    let told = told(changes);
    let [told] = &told[..] else { panic!("{changes:?}: {told:#?}") };
    let missing: Vec<_> = expected.iter().filter(|text| !told.contains(**text)).collect();
    assert!(missing.is_empty(), "{missing:?} in {told}");
}

#[test]
fn a_web_acl_without_a_mistake_is_told_nothing_of() {
    assert_eq!(told(&[]), [""; 0]);
}

#[test]
fn a_mistake_is_told_once_with_its_line_and_column() {
    let change = ("acl.json", "/WebACL/Rules/3/Priority", json!(2));
    is_told(
        &[change],
        &["error: the priority 2 is there twice\n  --> acl.json:", "  /WebACL/Rules/3/Priority"],
    );
    let told = told(&[("acl.json", "/WebACL/DefaultAction", Value::Null)]);
    // Where it is missing is where the object begins.
    assert_eq!(told, ["error: `DefaultAction` is missing\n  --> acl.json:3:13  /WebACL"]);
}

#[test]
fn a_name_that_is_nowhere_is_told_with_the_one_that_may_be_meant() {
    let group = "/WebACL/Rules/3/Statement/ManagedRuleGroupStatement";
    let rate = "/WebACL/Rules/2/Statement/RateBasedStatement";
    let overridden = format!("{group}/RuleActionOverrides/0/Name");
    let bytes = "/WebACL/Rules/1/Statement/ByteMatchStatement";
    let cases = [
        (
            "/WebACL/Rules/0/Statement/IPSetReferenceStatement/ARN".into(),
            json!(BLOCKED.replace("blocked/2", "blocked/3")),
            BLOCKED,
        ),
        (
            format!("{group}/Name"),
            json!("AWSManagedRulesCommonRuleset"),
            "AWSManagedRulesCommonRuleSet",
        ),
        (overridden.clone(), json!("SizeRestriction_BODY"), "SizeRestrictions_BODY"),
        (overridden, json!("NoUserAgent"), "NoUserAgent_HEADER"),
        (format!("{rate}/EvaluationWindowSecs"), json!(60), "EvaluationWindowSec"),
        (format!("{bytes}/TextTransformations/0/Type"), json!("LOWERCASES"), "LOWERCASE"),
        ("/WebACL/Rules/1/Action".into(), json!({"Counts": {}}), "Count"),
        (
            format!("{rate}/ScopeDownStatement/LabelMatchStatement/Key"),
            json!("tool:crul"),
            "tool:curl",
        ),
    ];
    for (pointer, value, meant) in cases {
        is_told(
            &[("acl.json", &pointer, value)],
            &["--> acl.json:", &format!("did you mean `{meant}`?")],
        );
    }
    // One of AWS's groups that there is none of here is none of the others misspelt.
    let change = ("acl.json", &*format!("{group}/Name"), json!("AWSManagedRulesATPRuleSet"));
    assert!(!told(&[change])[0].contains("did you mean"));
}

#[test]
fn what_rules_refer_to_has_to_be_among_the_references() {
    let config = CONFIG.replace("references: [blocked.json]", "references: []");
    let files = files();
    let written = files.iter().map(|(name, document)| (*name, format!("{document:#}")));
    let told = told_of(&config, written.chain([("anonymous.txt", String::new())]));
    let [told] = &told[..] else { panic!("{told:#?}") };
    assert!(told.contains("there is no IPSet with the ARN"), "{told}");
    assert!(
        told.contains("help: `references` names files with what `aws wafv2 get-ip-set`"),
        "{told}"
    );
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let rules = "/WebACL/Rules";
    let rate = "/WebACL/Rules/2/Statement/RateBasedStatement";
    let told = told(&[
        ("acl.json", &format!("{rules}/0/Action"), Value::Null),
        (
            "acl.json",
            &format!("{rules}/1/Statement/ByteMatchStatement/FieldToMatch"),
            json!({"Bdy": {}}),
        ),
        ("acl.json", &format!("{rate}/Limit"), json!(1)),
        ("acl.json", &format!("{rate}/AggregateKeyType"), json!("IPS")),
        (
            "acl.json",
            &format!("{rate}/ScopeDownStatement/LabelMatchStatement/Scope"),
            json!("LABELS"),
        ),
        ("acl.json", &format!("{rules}/3/OverrideAction"), json!({"Nothing": {}})),
        (
            "acl.json",
            &format!("{rules}/3/Statement/ManagedRuleGroupStatement/VendorName"),
            Value::Null,
        ),
        ("acl.json", &format!("{rules}/4/Name"), json!("common")),
        ("blocked.json", "/IPSet/Addresses", json!(["203.0.113.0/24", "300.1.1.0/24", "x"])),
        (
            "logging.json",
            "/LoggingConfiguration/RedactedFields",
            json!([{"SingleHeaders": {"Name": "a"}}]),
        ),
        (
            "distribution.json",
            "/DistributionConfig/DefaultCacheBehavior/TargetOriginId",
            json!("x"),
        ),
    ]);
    let expected = [
        "`Action` is missing\n  --> acl.json",
        "unknown component `Bdy`\n  --> acl.json",
        "a whole number from 10 to 2000000000 is expected\n  --> acl.json",
        "`IPS` is not one of",
        "`LABELS` is not one of",
        "unknown override `Nothing`\n  --> acl.json",
        "`VendorName` is missing\n  --> acl.json",
        "the name `common` is there twice\n  --> acl.json",
        "not an address or CIDR block\n  --> blocked.json:6:7  /IPSet/Addresses/1",
        "not an address or CIDR block\n  --> blocked.json:7:7  /IPSet/Addresses/2",
        "`SingleHeaders` cannot be redacted\n  --> logging.json",
        "there is no origin and no origin group `x`\n  --> distribution.json",
    ];
    for wrong in expected {
        assert!(told.iter().any(|told| told.contains(wrong)), "{wrong} in {told:#?}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

#[test]
fn a_mistake_hides_no_rule_that_needs_a_database() {
    let rules = "/WebACL/Rules";
    let geo = json!({"GeoMatchStatement": {"CountryCodes": ["DE"]}});
    let told = told(&[
        ("acl.json", &format!("{rules}/1/Statement"), geo),
        ("acl.json", &format!("{rules}/4/Name"), json!("common")),
    ]);
    for wrong in [
        "the name `common` is there twice\n  --> acl.json",
        "asks for clients' countries, and no database tells them: `geoDatabases` names files in MaxMind's format\n  \
         --> acl.json",
    ] {
        assert!(told.iter().any(|told| told.contains(wrong)), "{wrong} in {told:#?}");
    }
    let at = format!("{rules}/1/Statement/GeoMatchStatement");
    assert!(told.iter().any(|told| told.contains(&at)), "{told:#?}");
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[test]
fn another_document_than_the_expected_one_is_named() {
    let set = files().remove("blocked.json").unwrap();
    is_told(
        &[("acl.json", "", set)],
        &[
            "this is an IP set (`aws wafv2 get-ip-set` prints it), not a web ACL",
            "acl.json:2:12  /IPSet",
        ],
    );
    let list = json!({"NextMarker": "x", "WebACLs": [{"Name": "shop", "ARN": ARN}]});
    is_told(
        &[("acl.json", "", list)],
        &["this is a list of web ACLs", "help: `aws wafv2 get-web-acl` prints one"],
    );
    let list = json!({"LoggingConfigurations": []});
    is_told(&[("logging.json", "", list)], &["not a logging configuration", "--> logging.json:2"]);
    for (other, is) in [
        (json!({"CachePolicy": {}}), "this is a cache policy"),
        (json!({"x": 1}), "it has no `IPSet`"),
    ] {
        let told = told(&[("blocked.json", "", other)]);
        assert!(
            told.iter().any(|told| told.contains(is) && told.contains("--> blocked.json")),
            "{told:#?}"
        );
    }
}

#[test]
fn what_is_no_json_is_told_with_its_line_and_hides_nothing_else() {
    let mut written: Vec<(&str, String)> =
        files().iter().map(|(name, document)| (*name, format!("{document:#}"))).collect();
    for (name, text) in &mut written {
        match *name {
            "acl.json" => *text = text.replacen(",\n", ",,\n", 1),
            "blocked.json" => *text = "IPSET\tblocked\n".into(),
            _ => {}
        }
    }
    written.push(("anonymous.txt", "# none\n198.51.100.0/24\n\nnone # yet\n".into()));
    let told = told_of(CONFIG, written.into_iter());
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("--> acl.json:"), "{told:#?}");
    assert!(
        told[1].contains("--> blocked.json:1") && told[1].contains("--output json"),
        "{told:#?}"
    );
}

#[test]
fn a_list_of_addresses_that_no_group_has_is_refused() {
    let config = CONFIG.replace("AnonymousIPList", "AnonymousIpLists");
    let files = files();
    let written = files.iter().map(|(name, document)| (*name, format!("{document:#}")));
    let told = told_of(&config, written.chain([("anonymous.txt", "198.51.100.0/24\n".into())]));
    assert_eq!(
        told,
        ["error: no rule group has a list `AnonymousIpLists`\n  --> edgeway.yaml:5:38  \
          /webAcls/0/addressLists/AnonymousIpLists\n  help: did you mean `AnonymousIPList`?"]
    );
}

#[test]
fn a_file_that_cannot_be_read_hides_no_mistake_of_the_web_acl_and_makes_none() {
    let rules = "/WebACL/Rules";
    let mut files = files();
    files.remove("blocked.json");
    let acl = files.get_mut("acl.json").unwrap();
    // What a rule group that is not there may give to requests.
    let key = format!(
        "{rules}/2/Statement/RateBasedStatement/ScopeDownStatement/LabelMatchStatement/Key"
    );
    *acl.pointer_mut(&key).unwrap() = json!("tool:wget");
    *acl.pointer_mut(&format!("{rules}/1/Action")).unwrap() = json!({"Blck": {}});
    let written = files.iter().map(|(name, document)| (*name, format!("{document:#}")));
    let told = told_of(CONFIG, written.chain([("anonymous.txt", String::new())]));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("blocked.json: it cannot be read"), "{told:#?}");
    assert!(told[1].contains("unknown action `Blck`"), "{told:#?}");
}

#[test]
fn a_list_of_addresses_has_lines() {
    let files = files();
    let written = files.iter().map(|(name, document)| (*name, format!("{document:#}")));
    let list = "# none\n198.51.100.0/24\n\nnone # yet\n";
    let told = told_of(CONFIG, written.chain([("anonymous.txt", list.into())]));
    assert_eq!(told, ["error: not an address or CIDR block\n  --> anonymous.txt:4"]);
}

#[test]
fn a_file_with_a_byte_order_mark_is_read() {
    let files = files();
    let written = files.iter().map(|(name, document)| match *name {
        "distribution.json" => (*name, document.to_string()),
        _ => (*name, format!("\u{feff}{document:#}")),
    });
    let told = told_of(CONFIG, written.chain([("anonymous.txt", String::new())]));
    assert_eq!(told, [""; 0]);
}

#[test]
fn a_search_string_that_was_not_put_into_base64_is_told() {
    let pointer = "/WebACL/Rules/1/Statement/ByteMatchStatement/SearchString";
    is_told(
        &[("acl.json", pointer, json!("curl"))],
        &["warning: `curl` stands here for the bytes `r\\xea\\xe5`", "write `Y3VybA==`", pointer],
    );
    is_told(
        &[("acl.json", pointer, json!("/api/login"))],
        &[
            "error: Base64 is expected",
            "if the text `/api/login` is meant, write `L2FwaS9sb2dpbg==`",
        ],
    );
    // Bytes are no text, where a text is nobody's.
    assert_eq!(told(&[("acl.json", pointer, json!("TXk="))]), [""; 0]);
}

#[test]
fn a_statement_about_the_fragment_which_nobody_sends_is_told_at_its_place() {
    let pointer = "/WebACL/Rules/1/Statement/ByteMatchStatement/FieldToMatch";
    for (fallback, what) in [("MATCH", "every request"), ("NO_MATCH", "no request")] {
        let field = json!({"UriFragment": {"FallbackBehavior": fallback}});
        is_told(
            &[("acl.json", pointer, field)],
            &[
                "warning: HTTP sends no fragment (`#…`) of a URI",
                what,
                "--> acl.json:",
                "  /WebACL/Rules/1/Statement",
            ],
        );
    }
}

#[test]
fn the_logging_configuration_of_another_web_acl_is_told() {
    let change = json!(ARN.replace("shop", "other"));
    is_told(
        &[("logging.json", "/LoggingConfiguration/ResourceArn", change)],
        &["warning: this is the logging configuration of another web ACL", "--> logging.json:3"],
    );
}

#[test]
fn a_distribution_whose_web_acl_is_not_there_is_told_only_where_all_are_known() {
    let other = ("distribution.json", "/DistributionConfig/WebACLId", json!("arn:other"));
    is_told(&[other], &["the web ACL `arn:other` of the distribution `web` is not there"]);
    let of_arn = |arn: &str| ("distribution.json", "/DistributionConfig/WebACLId", json!(arn));
    let meant = format!("did you mean `{ARN}`?");
    for written in [
        ARN.replace("/shop/", "/shops/"),
        ARN.replace("webacl/shop/", "webacl/shop/0"),
        "shop".into(),
    ] {
        is_told(&[of_arn(&written)], &["is not there", &meant]);
    }
    let unnamed = ("acl.json", "/WebACL/ARN", Value::Null);
    let told = told(&[unnamed, ("acl.json", "/WebACL/DefaultAction", Value::Null)]);
    assert_eq!(told.len(), 1, "{told:#?}");
}
