//! What web ACLs and distributions do with a request.

use super::*;

/// A request of the operator's own is no traffic, for a web ACL neither. With a log it never ended: the log
/// waits for all who may write to it.
#[test]
fn what_is_explained_is_in_the_log_of_no_web_acl() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "acl.json",
        r#"{"Name": "a", "Id": "1", "ARN": "arn:a", "DefaultAction": {"Block": {}}, "Rules": []}"#,
    );
    write(
        "api.yaml",
        r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /a:
    get:
      responses: {"200": {description: d}}
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: "http://127.0.0.1:9"}
"#,
    );
    write(
        "edgeway.yaml",
        r#"
listen: 127.0.0.1:0
webAcls: [{name: a, definition: acl.json, logging: {destination: waf.log}}]
apis: [{id: a, protocol: REST, definition: api.yaml, stages: [{stageName: prod, webAcl: a}]}]
"#,
    );
    let config = folder.path().join("edgeway.yaml");
    let (ended, waited) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let built = Origin::Config(config).build().expect("a configuration");
        let settings = Settings::new(&built.config, None);
        let asked = at_url("/prod/a").unwrap();
        ended.send(alone::answer(&built.snapshot, settings, &asked).unwrap()).unwrap();
    });
    let answered = waited.recv_timeout(std::time::Duration::from_secs(60)).expect("an end");
    assert_eq!(answered.explained.status, 403);
    assert!(!folder.path().join("waf.log").exists());
}

/// A configuration with a web ACL in front of the stage `prod` and of the distribution `d1.example`.
fn with_web_acl(folder: &Path) -> PathBuf {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "acl.json",
        r#"{"WebACL": {"Name": "shop", "Id": "1", "ARN": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1",
  "DefaultAction": {"Allow": {}}, "VisibilityConfig": {}, "Rules": [
    {"Name": "common", "Priority": 2, "OverrideAction": {"None": {}},
      "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet",
        "RuleActionOverrides": [{"Name": "NoUserAgent_HEADER", "ActionToUse": {"Count": {}}}]}}},
    {"Name": "orders", "Priority": 1, "RuleLabels": [{"Name": "order"}],
      "Action": {"Count": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "seen", "Value": "yes"}]}}},
      "Statement": {"ByteMatchStatement": {"SearchString": "b3JkZXJz", "PositionalConstraint": "CONTAINS",
        "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}}
  ]}}"#,
    );
    write(
        "api.yaml",
        r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /orders:
    get:
      responses: {"200": {description: d}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: "200"}}
"#,
    );
    write(
        "distribution.json",
        r#"{"CallerReference": "1", "Comment": "", "Enabled": true, "Aliases": {"Quantity": 1, "Items": ["d1.example"]},
  "WebACLId": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1",
  "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "o.example",
    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
  "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
    "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}"#,
    );
    write(
        "edgeway.yaml",
        r#"
listen: 127.0.0.1:0
webAcls: [{name: a, definition: acl.json}]
apis: [{id: a, protocol: REST, definition: api.yaml, stages: [{stageName: prod, webAcl: a}]}]
distributions: [{id: d1, definition: distribution.json}]
"#,
    );
    folder.join("edgeway.yaml")
}

fn inspect_stage_of(config: PathBuf, url: &str) -> (u16, String) {
    let built = Origin::Config(config).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let settings = Settings::new(&built.config, None);
    let answered = alone::answer(&built.snapshot, settings, &at_url(url).unwrap()).unwrap();
    let printed = explained::text(&built.config, &answered.explained);
    let (_, stage) = printed.split_once("\ninspect (").expect("a stage of its own");
    let stage = stage.split("\n\n").next().unwrap();
    let lines = stage.lines().skip(1).map(|line| line.trim_start());
    (answered.explained.status, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_rules_of_a_web_acl_are_told_with_what_they_did_and_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_web_acl(folder.path());
    let (status, told) = inspect_stage_of(config.clone(), "/prod/orders");
    assert_eq!(status, 200);
    assert_eq!(
        told,
        "\
web ACL a (arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1)
by acl.json:1 /WebACL/Name
the rules speak of GET /prod/orders
rule `orders` matches and goes on: COUNT
by acl.json:6 /WebACL/Rules/1
rule `common`, `NoUserAgent_HEADER` of AWS#AWSManagedRulesCommonRuleSet, matches and goes on: COUNT
by acl.json:3 /WebACL/Rules/0
no rule decides: the default action is ALLOW
by acl.json:2 /WebACL/DefaultAction
the request has the labels awswaf:111122223333:webacl:shop:order, awswaf:managed:aws:core-rule-set:NoUserAgent_Header
the header `x-amzn-waf-seen: yes` is inserted
the request goes on"
    );
    let attack = "/prod/a?q=%3Cscript%3Ealert(1)%3C/script%3E";
    let (status, told) = inspect_stage_of(config.clone(), attack);
    assert_eq!(status, 403);
    assert!(
        told.contains(
            "rule `common`, `CrossSiteScripting_QUERYARGUMENTS` of AWS#AWSManagedRulesCommonRuleSet, decides \
             (XSS in ALL_QUERY_ARGS, in `q`: `< script > alert (`): BLOCK"
        ),
        "{told}"
    );
    // Of other rules of a group logs tell nothing; and a secret is told nowhere.
    for (query, expected) in [
        ("file=/etc/passwd", "decides (in ALL_QUERY_ARGS, in `file`: `/ etc / passwd`): BLOCK"),
        (
            "access_token=%3Cscript%3E",
            "(XSS in ALL_QUERY_ARGS, in `access_token`: (hidden)): BLOCK",
        ),
    ] {
        let (_, told) = inspect_stage_of(config.clone(), &format!("/prod/a?{query}"));
        assert!(told.contains(expected), "{told}");
    }
    assert!(!told.contains("no rule decides"), "{told}");
    let end = "the request is refused, in the words of the API's gateway responses";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn a_request_for_a_distribution_is_told_what_its_web_acl_says() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_web_acl(folder.path());
    let (status, told) = inspect_stage_of(config.clone(), "http://d1.example/orders");
    assert_eq!(status, 100, "it goes on");
    assert!(told.contains("the rules speak of GET /orders"), "{told}");
    assert!(told.ends_with("the request goes on"), "{told}");
    let (status, told) = inspect_stage_of(config, "http://d1.example/?q=%3Cscript%3E");
    assert_eq!(status, 403);
    assert!(told.ends_with("the request is refused, in the distribution's words"), "{told}");
    let config = folder.path().join("edgeway.yaml");
    let blocked = at_url("http://d1.example/?q=%3Cscript%3E").unwrap();
    let (told, _) = explained_of(&config, &blocked);
    let end = "\ndistribution d1\n  the distribution answers itself: Request blocked.\n";
    assert!(told.ends_with(end), "{told}");
}

/// A configuration whose web ACL blocks by the client's address and its country, for a stage and a distribution.
fn by_client(folder: &Path) -> PathBuf {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    with_web_acl(folder);
    let arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1";
    let block = |name: &str, priority: u32, statement: serde_json::Value| serde_json::json!({"Name": name, "Priority": priority, "Action": {"Block": {}}, "Statement": statement});
    let acl = serde_json::json!({"Name": "shop", "ARN": arn, "DefaultAction": {"Allow": {}}, "Rules": [
        block("address", 0, serde_json::json!({"IPSetReferenceStatement": {"ARN": "arn:set"}})),
        {"Name": "known", "Priority": 1, "OverrideAction": {"None": {}}, "Statement": {"ManagedRuleGroupStatement":
            {"VendorName": "AWS", "Name": "AWSManagedRulesKnownBadInputsRuleSet"}}},
    ]});
    write("acl.json", &acl.to_string());
    write(
        "set.json",
        r#"{"IPSet": {"Name": "s", "ARN": "arn:set", "Addresses": ["203.0.113.0/24"]}}"#,
    );
    let config = std::fs::read_to_string(folder.join("edgeway.yaml")).unwrap();
    write(
        "edgeway.yaml",
        &config.replace("definition: acl.json", "definition: acl.json, references: [set.json]"),
    );
    folder.join("edgeway.yaml")
}

#[test]
fn rules_by_address_are_told_of_whoever_asks() {
    let folder = tempfile::tempdir().unwrap();
    let config = by_client(folder.path());
    for url in
        ["http://a.execute-api.us-east-1.amazonaws.com/prod/orders", "http://d1.example/orders"]
    {
        let status = |ip: &str| {
            let client = Client { ip: ip.parse().unwrap(), ..Client::default() };
            let asked = Asked { client, ..at_url(url).unwrap() };
            let (_, json) = explained_of(&config, &asked);
            json["status"].as_u64().unwrap_or_default()
        };
        assert_eq!(status("203.0.113.9"), 403, "{url}");
        assert_ne!(status("198.51.100.9"), 403, "{url}");
    }
}

#[test]
fn the_rule_that_trials_at_localhost_meet_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = by_client(folder.path());
    let notes = |url: &str| {
        let built = Origin::Config(config.clone()).build().unwrap();
        let settings = Settings::new(&built.config, None);
        let answered = alone::answer(&built.snapshot, settings, &at_url(url).unwrap()).unwrap();
        (answered.explained.status, notes::of(&answered.explained, false))
    };
    let (status, told) = notes("/prod/orders");
    assert_eq!(status, 403);
    assert!(matches!(&told[..], [one] if one.contains("-H 'Host: ")), "{told:?}");
    let (status, told) = notes("http://a.execute-api.us-east-1.amazonaws.com/prod/orders");
    assert_eq!((status, told), (200, Vec::new()));
}

/// A configuration with a distribution of its own at `cdn.example` and the port 8443, without a web ACL.
fn with_distribution(folder: &Path) -> PathBuf {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "distribution.json",
        r#"{"CallerReference": "1", "Comment": "", "Enabled": true, "Aliases": {"Quantity": 1, "Items": ["cdn.example"]},
  "Origins": {"Quantity": 2, "Items": [
    {"Id": "web", "DomainName": "web.example", "OriginPath": "/site",
      "CustomOriginConfig": {"HTTPPort": 8080, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}},
    {"Id": "spare", "DomainName": "spare.example",
      "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Verify", "HeaderValue": "s3cret"}]},
      "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]},
  "OriginGroups": {"Quantity": 1, "Items": [{"Id": "both", "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [503]}},
    "Members": {"Quantity": 2, "Items": [{"OriginId": "web"}, {"OriginId": "spare"}]}}]},
  "CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": "/api/*", "TargetOriginId": "spare",
    "ViewerProtocolPolicy": "https-only", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "AllowedMethods": {"Quantity": 7, "Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
      "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}}]},
  "DefaultCacheBehavior": {"TargetOriginId": "both", "ViewerProtocolPolicy": "allow-all",
    "CachePolicyId": "4cc15a8a-d715-48a4-82b8-cc0b614638fe"}}"#,
    );
    write(
        "edgeway.yaml",
        "listen: 127.0.0.1:0\ndistributions: [{id: d, definition: distribution.json, listen: '127.0.0.1:8443'}]\n",
    );
    folder.join("edgeway.yaml")
}

pub(super) fn explained_of(config: &Path, asked: &Asked) -> (String, serde_json::Value) {
    let built = Origin::Config(config.to_owned()).build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let answered = alone::answer(&built.snapshot, Settings::new(&built.config, None), asked);
    let explained = answered.unwrap().explained;
    (explained::text(&built.config, &explained), explained.to_json(&built.config))
}

#[test]
fn a_request_for_a_distribution_is_told_its_behavior_its_key_and_its_origins() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_distribution(folder.path());
    let mut asked = at_url("http://cdn.example/a?b=1&token=s3cret").unwrap();
    asked.fields.push(("Cookie".into(), "session=s3cret".into()));
    let (told, json) = explained_of(&config, &asked);
    assert_eq!(
        told,
        "\
GET /a?b=1&token=REDACTED → it goes to the cache and its origins (0 ms)

distribution d
  cache behavior *, the default one
    by distribution.json:14 /DefaultCacheBehavior
  cache key
    distribution: d
    origin: web
    second: spare
    object: /a?b=1&token=REDACTED
    host: cdn.example
    cookie: REDACTED
  stored: 0 to 31536000 s, 0 s where the origin does not say
  origin web: GET http://web.example:8080/site/a?b=1&token=REDACTED
    header Host: cdn.example
    header User-Agent: Amazon CloudFront
    header Cookie: REDACTED
    header X-Forwarded-For: 127.0.0.1
    header Via: 1.1 edgeway (CloudFront)
  if that fails, origin spare: GET https://spare.example:443/a?b=1&token=REDACTED
    header Host: cdn.example
    header User-Agent: Amazon CloudFront
    header Cookie: REDACTED
    header X-Forwarded-For: 127.0.0.1
    header Via: 1.1 edgeway (CloudFront)
    header X-Verify: REDACTED
  it is answered with what is stored under its key, or else its origin is asked
"
    );
    let tools = &json["distribution"];
    assert_eq!((&json["status"], &tools["pathPattern"]), (&serde_json::Value::Null, &"*".into()));
    let place = serde_json::json!({"file": "distribution.json", "line": 14, "pointer": "/DefaultCacheBehavior"});
    assert_eq!(tools["source"], place);
    assert_eq!(tools["cacheKey"][1], serde_json::json!({"name": "origin", "value": "web"}));
    assert_eq!(tools["origins"][1]["id"], "spare");
    assert!(!json.to_string().contains("s3cret"), "{json}");
}

#[test]
fn the_port_that_a_request_comes_to_says_more_than_its_host() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_distribution(folder.path());
    let told = |line: &[&str]| explained_of(&config, &read_line(line).unwrap()).0;
    let by_port = told(&["http://127.0.0.1:8443/api/x", "-H", "Host: shop.example.com"]);
    assert!(by_port.contains("distribution d\n"), "{by_port}");
    assert!(by_port.contains("→ 403 ") && by_port.contains("supports only HTTPS"), "{by_port}");
    let by_name = told(&["http://127.0.0.1:8080/api/x", "-H", "Host: cdn.example"]);
    assert!(by_name.contains("distribution d\n"), "{by_name}");
    let neither = told(&["http://127.0.0.1:8080/api/x", "-H", "Host: shop.example.com"]);
    assert!(!neither.contains("distribution d"), "{neither}");
}

#[test]
fn what_a_distribution_answers_itself_is_told_with_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_distribution(folder.path());
    let told = |url: &str, method: &str| {
        let asked = Asked { method: method.into(), ..at_url(url).unwrap() };
        explained_of(&config, &asked).0
    };
    let clear = told("http://cdn.example/api/x", "GET");
    assert!(
        clear.starts_with("GET /api/x → 403 ") && clear.contains("supports only HTTPS"),
        "{clear}"
    );
    let post = told("https://cdn.example/api/x", "POST");
    for line in [
        "cache behavior /api/*",
        "no cache key",
        "origin spare: POST https://spare.example:443/api/x",
        "its origin is asked, and the answer is stored for nobody",
    ] {
        assert!(post.lines().any(|one| one.trim() == line), "{line} is not in\n{post}");
    }
    let get = told("https://127.0.0.1:8443/api/x", "GET");
    let never = "no cache key\n  stored: never: its cache policy stores nothing\n";
    assert!(get.contains(never), "{get}");
    let end = "  its origin is asked, and the answer is stored for nobody\n";
    assert!(get.ends_with(end), "{get}");
    assert!(told("https://cdn.example/a", "POST").contains("→ 403 "), "no method of its behavior");
    assert!(told("http://cdn.example/%2e%2e/a", "GET").contains("→ 400 "));
}
