use super::*;
use crate::Resource;
use serde_json::json;

fn read(document: Value) -> Result<WebAcl, Vec<String>> {
    let read = WebAcl::read(&document, &[]);
    let told = |problems: Vec<Problem>| {
        problems.iter().map(|problem| alloc::format!("{problem}")).collect()
    };
    read.map(|(acl, _)| acl).map_err(told)
}

fn with(member: &str, value: Value) -> Value {
    let mut document = json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": []});
    document[member] = value;
    document
}

#[test]
fn domains_of_tokens_are_names_and_few() {
    let acl = read(with("TokenDomains", json!(["Example.com", "shop.example.org"]))).unwrap();
    assert_eq!(acl.token_domains(), ["example.com", "shop.example.org"]);
    for wrong in [json!(["com"]), json!(["a b.com"]), json!([".example.com"]), json!(["a.b; x"])] {
        let problems = read(with("TokenDomains", wrong.clone())).unwrap_err();
        assert!(problems[0].contains("/TokenDomains/0"), "{wrong}: {problems:?}");
    }
    let many: Vec<_> = (0..11).map(|i| alloc::format!("a{i}.com")).collect();
    assert!(read(with("TokenDomains", json!(many))).is_err());
}

#[test]
fn the_size_of_inspected_bodies_is_the_acls_choice() {
    let of = |resource: &str, size: &str| json!({"RequestBody": {resource: {"DefaultSizeInspectionLimit": size}}});
    let limit = |size: &str| of("API_GATEWAY", size);
    let rule = json!([{"Name": "x", "Priority": 0, "OverrideAction": {"None": {}}, "Statement":
        {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet"}}}]);
    let bytes = |association: Option<Value>| {
        let mut document = with("Rules", rule.clone());
        if let Some(association) = association {
            document["AssociationConfig"] = association;
        }
        let resources = [Resource::ApiGateway, Resource::CloudFront];
        read(document).map(|acl| resources.map(|resource| acl.body_bytes_max(resource)))
    };
    let told = |api: usize, edge: usize| Ok([Some(api * 1024), Some(edge * 1024)]);
    assert_eq!(bytes(None), told(16, 16));
    assert_eq!(bytes(Some(limit("KB_64"))), told(64, 16));
    assert_eq!(bytes(Some(of("CLOUDFRONT", "KB_32"))), told(16, 32));
    assert!(bytes(Some(limit("KB_128"))).is_err());
}

#[test]
fn what_is_not_known_and_what_is_there_twice_is_refused() {
    let problems = read(with("Unknown", json!(1))).unwrap_err();
    assert!(problems[0].contains("/Unknown"), "{problems:?}");
    let rule = |name: &str, priority: u32| {
        json!({"Name": name, "Priority": priority, "Action": {"Block": {}},
            "Statement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}}})
    };
    assert!(read(with("Rules", json!([rule("a", 0), rule("b", 1)]))).is_ok());
    assert!(read(with("Rules", json!([rule("a", 0), rule("b", 0)]))).is_err());
    assert!(read(with("Rules", json!([rule("a", 0), rule("a", 1)]))).is_err());
}

#[test]
fn too_many_transformations_are_told_once_and_not_compared() {
    let all: Vec<_> = (0..40_000).map(|_| json!({"Priority": 0, "Type": "NONE"})).collect();
    let statement = json!({"ByteMatchStatement": {"SearchString": "eA==", "FieldToMatch":
        {"UriPath": {}}, "PositionalConstraint": "EXACTLY", "TextTransformations": all}});
    let rule = json!({"Name": "x", "Priority": 0, "Action": {"Block": {}}, "Statement": statement});
    let problems = read(with("Rules", json!([rule]))).unwrap_err();
    assert_eq!(problems.len(), 1 + 9, "{problems:?}");
    assert!(problems[0].contains("1 to 10 transformations"), "{problems:?}");
}

#[test]
fn members_that_decide_about_no_request_are_read_and_told_of() {
    let mut document =
        with("OnSourceDDoSProtectionConfig", json!({"ALBLowReputationMode": "ALWAYS_ON"}));
    document["ApplicationConfig"] = json!({"Attributes": [{"Name": "a", "Values": ["b"]}]});
    document["MonetizationConfig"] = json!({"CurrencyMode": "TEST"});
    document["AssociationConfig"] = json!({"ChallengeJavascriptSdkInjection": {"CLOUDFRONT": {}},
        "RequestBody": {"AGENTCORE_GATEWAY": {"DefaultSizeInspectionLimit": "KB_64"}}});
    let (_, warnings) = WebAcl::read(&document, &[]).expect("a web ACL");
    let told: Vec<String> = warnings.iter().map(|one| alloc::format!("{one}")).collect();
    for name in [
        "OnSourceDDoSProtectionConfig",
        "ApplicationConfig",
        "MonetizationConfig",
        "ChallengeJavascriptSdkInjection",
    ] {
        assert!(told.iter().any(|line| line.contains(name)), "{name}: {told:?}");
    }
    assert!(warnings.iter().all(|one| one.is_warning) && warnings.len() == 4, "{told:?}");
    let wrong =
        json!({"RequestBody": {"AGENTCORE_GATEWAY": {"DefaultSizeInspectionLimit": "KB_1"}}});
    assert!(read(with("AssociationConfig", wrong)).is_err());
    let paid = json!([{"Name": "x", "Priority": 0, "Action": {"Monetize": {"PriceMultiplier": "2"}},
        "Statement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}}}]);
    let problems = read(with("Rules", paid)).unwrap_err();
    assert!(problems[0].contains("/Rules/0/Action/Monetize"), "{problems:?}");
}

#[test]
fn protections_name_what_they_protect() {
    let protect = |field: Value| {
        let one = json!({"Field": field, "Action": "HASH"});
        read(with("DataProtectionConfig", json!({"DataProtections": [one]})))
    };
    assert!(protect(json!({"FieldType": "SINGLE_COOKIE", "FieldKeys": ["a"]})).is_ok());
    assert!(protect(json!({"FieldType": "BODY"})).is_ok());
    for wrong in [
        json!({"FieldType": "SINGLE_COOKIE"}),
        json!({"FieldType": "QUERY_STRING", "FieldKeys": ["a"]}),
        json!({"FieldType": "URI"}),
    ] {
        let problems = protect(wrong.clone()).unwrap_err();
        assert!(
            problems[0].contains("/DataProtectionConfig/DataProtections/0/Field"),
            "{wrong}: {problems:?}"
        );
    }
    assert!(read(with("DataProtectionConfig", json!({"DataProtections": []}))).is_err());
}

#[test]
fn queries_are_transformed_before_they_are_taken_apart() {
    let rule = |field: Value, first: &str| {
        json!([{"Name": "x", "Priority": 0, "Action": {"Block": {}}, "Statement": {"ByteMatchStatement": {
            "SearchString": "MSwz", "PositionalConstraint": "EXACTLY", "FieldToMatch": field,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
            "PreParseTextTransformations": [{"Priority": 1, "Type": "COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA"},
                {"Priority": 0, "Type": first}]}}}])
    };
    let argument = || json!({"SingleQueryArgument": {"Name": "a"}});
    let blocks = |first: &str, query: &str| {
        let acl = read(with("Rules", rule(argument(), first))).unwrap();
        let request = crate::Request { query, ..crate::Request::default() };
        let crate::Step::Decided(verdict) =
            acl.evaluate(&request, crate::Tokens::default()).advance()
        else {
            unreachable!("no rule asks for anything")
        };
        (verdict.decision != crate::Decision::Allow, acl.capacity())
    };
    assert_eq!(blocks("NONE", "a=1&b=2&a=3"), (true, 2 + 10));
    assert_eq!(blocks("NONE", "a=1;b=2;a=3"), (false, 2 + 10));
    assert_eq!(blocks("REPLACE_SEMICOLONS_WITH_AMPERSANDS", "a=1;b=2;a=3"), (true, 2 + 20));
    let problems = read(with("Rules", rule(json!({"UriPath": {}}), "NONE"))).unwrap_err();
    assert!(problems[0].contains("PreParseTextTransformations"), "{problems:?}");
}

#[test]
fn versions_of_managed_groups_are_warned_of_once() {
    let group = |priority: u32, name: &str, version: Value| {
        json!({"Name": name, "Priority": priority, "OverrideAction": {"None": {}}, "Statement":
            {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name, "Version": version}}})
    };
    let rules = json!([
        group(0, "AWSManagedRulesCommonRuleSet", json!("Version_1.4")),
        group(1, "AWSManagedRulesSQLiRuleSet", json!("Version_2.0")),
        group(2, "AWSManagedRulesLinuxRuleSet", Value::Null),
    ]);
    let (_, warnings) = WebAcl::read(&with("Rules", rules), &[]).expect("a web ACL");
    let told: Vec<String> = warnings.iter().map(|one| alloc::format!("{one}")).collect();
    let [told] = &told[..] else { panic!("{told:?}") };
    assert!(told.contains("/Rules/0/Statement/ManagedRuleGroupStatement/Version: "), "{told}");
    assert!(told.contains("one version") && told.ends_with("(and at 1 more place)"), "{told}");
}
