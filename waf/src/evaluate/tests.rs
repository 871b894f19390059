//! One web ACL with every kind of rule, as `aws wafv2 get-web-acl` prints it, with the documents that it
//! refers to; what each request comes to is what AWS's Developer Guide says of the rule that is named.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::{Decision, Location, Request, Step, Tokens, WebAcl};

mod capacity;

const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0");

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn referred() -> Vec<Value> {
    let Value::Array(all) = parsed(include_str!("tests/referred.json")) else { unreachable!() };
    all
}

fn full() -> WebAcl {
    let (acl, warnings) =
        WebAcl::read(&parsed(include_str!("tests/web-acl.json")), &referred()).expect("a web ACL");
    let [version] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(version.pointer.ends_with("/ManagedRuleGroupStatement/Version"), "{version}");
    acl
}

fn get(path: &'static str, query: &'static str) -> Request<'static> {
    let headers = [("host", "api.example.com"), BROWSER].into();
    Request { method: "GET", path, query, headers, client_ip: "192.0.2.1", ..Request::default() }
}

fn with(name: &'static str, value: &'static str) -> Request<'static> {
    let mut request = get("/a", "");
    request.headers.push((name, value));
    request
}

fn by(agent: &'static str) -> Request<'static> {
    Request { headers: [("user-agent", agent)].into(), ..get("/a", "") }
}

fn from(client_ip: &'static str) -> Request<'static> {
    Request { client_ip, ..get("/a", "") }
}

fn post(body: &'static str, headers: &[(&'static str, &'static str)]) -> Request<'static> {
    let mut request = get("/a", "");
    request.headers.extend_from_slice(headers);
    Request { method: "POST", body: body.as_bytes(), ..request }
}

/// What becomes of it, by which rule, and by which of that rule's group. Whatever is counted was counted
/// `count` times.
fn decided(acl: &WebAcl, request: &Request<'_>, tokens: Tokens, count: u32) -> Told {
    let mut evaluation = acl.evaluate(request, tokens);
    let mut keys = Vec::new();
    loop {
        match evaluation.advance() {
            Step::Count(counting) => {
                keys.push(counting.key);
                evaluation.counted(count);
            }
            Step::Locate(_) => evaluation.located(Location::default()),
            Step::Decided(verdict) => {
                let action = match &verdict.decision {
                    Decision::Allow => "allow".into(),
                    Decision::Block(None) => "block".into(),
                    Decision::Block(Some(response)) => alloc::format!("block {}", response.status),
                    Decision::Captcha => "captcha".into(),
                    Decision::Challenge => "challenge".to_string(),
                };
                let rules = [verdict.rule(), verdict.rule_in_group()];
                let mut words = alloc::vec![action.as_str()];
                words.extend(rules.into_iter().flatten());
                let counted = verdict.counted.iter().map(|matched| matched.rule.to_string());
                let within = verdict.groups.iter().flat_map(|group| &group.counted);
                return Told {
                    words: words.join(" "),
                    labels: verdict.labels.clone(),
                    counted: counted.chain(within.map(|rule| rule.rule.to_string())).collect(),
                    inserted: verdict.inserted.iter().map(|(name, _)| name.clone()).collect(),
                    keys,
                };
            }
        }
    }
}

#[derive(Debug)]
struct Told {
    words: String,
    labels: Vec<String>,
    counted: Vec<String>,
    inserted: Vec<String>,
    keys: Vec<String>,
}

fn told(acl: &WebAcl, request: &Request<'_>) -> Told {
    decided(acl, request, Tokens::default(), 0)
}

#[test]
fn every_statement_decides_as_aws_documents() {
    let acl = full();
    let text = ("content-type", "text/plain");
    let and = ("x-and", "1");
    let print = |ja3, ja4| Request { ja3, ja4, ..get("/a", "") };
    let fragment = |fragment| Request { fragment: Some(fragment), ..get("/a", "") };
    let method = |method| Request { method, ..get("/a", "") };
    let rows = [
        (get("/a", ""), "allow"),
        // ByteMatch: CONTAINS_WORD after LOWERCASE, and a custom response.
        (get("/x-EVIL-y", ""), "block 418 byte"),
        (get("/devilish", ""), "allow"),
        (get("/evil_", ""), "allow"),
        // RegexMatch and RegexPatternSetReference: one pattern of a set is enough.
        (get("/a", "re=bad12"), "block regex"),
        (get("/a", "RE=bad12"), "block regex"),
        (get("/a", "re=xbad12"), "allow"),
        (get("/a", "FOO=baz"), "block rset"),
        (get("/a", "q=axxxa"), "block rset"),
        (get("/a", "FOO=bat"), "allow"),
        // SqliMatch at HIGH, XssMatch.
        (get("/a", "id=1%27%20or%201%3D1--"), "block sqli"),
        (get("/a", "name=O%27Brien"), "allow"),
        (post("<script>alert(1)</script>", &[text]), "block xss"),
        (post("&lt;script&gt;alert(1)&lt;/script&gt;", &[text]), "block xss"),
        (post("a < b and c > d", &[text]), "allow"),
        // SizeConstraint of one cookie's value.
        (with("cookie", "sid=12345678901; z=1"), "block size"),
        (with("cookie", "sid=1; z=12345678901234"), "allow"),
        // IPSetReference by a forwarded address, anywhere in the header.
        (with("x-forwarded-for", "10.0.0.1, 203.0.113.9"), "block ip"),
        (with("x-forwarded-for", "10.0.0.1"), "allow"),
        // And, Or, Not.
        (post("{}", &[and]), "block and"),
        (post("{}", &[and, ("x-n", "xy")]), "allow"),
        (post("{}", &[and, ("x-n", "xy"), ("x-a", "1x")]), "block and"),
        (Request { method: "PUT", ..post("{}", &[and]) }, "allow"),
        // JsonBody below one path, its values only.
        (post(r#"{"a":{"b":"an attack"}}"#, &[]), "block json"),
        (post(r#"{"a":{"c":"an attack"}}"#, &[]), "allow"),
        (post(r#"{"a":{"b":{"attack":1}}}"#, &[]), "allow"),
        (post(r#"{"a":"#, &[]), "allow"),
        // Headers but one, and their order.
        (with("x-q", "hdr"), "block headers"),
        (with("x-safe", "hdr"), "allow"),
        (
            Request { headers: [("X-Z", "1"), ("X-Y", "2"), BROWSER].into(), ..get("/", "") },
            "block order",
        ),
        (
            Request { headers: [("X-Y", "1"), ("X-Z", "2"), BROWSER].into(), ..get("/", "") },
            "allow",
        ),
        // UriFragment, JA3Fingerprint, JA4Fingerprint.
        (fragment("frag"), "block frag"),
        (fragment("fragment"), "allow"),
        (print(Some("abc"), None), "block ja3"),
        (print(None, Some("abc")), "block ja4"),
        (print(Some("abcd"), Some("abcd")), "allow"),
        // LabelMatch, by a label's name and by a namespace.
        (get("/cnt", "l=stop"), "block label"),
        (get("/a", "l=stop"), "allow"),
        // Captcha and Challenge without a token.
        (get("/cap", ""), "captcha cap"),
        (get("/chal", ""), "challenge chal"),
        (method("PURGE"), "allow"),
    ];
    for (request, expected) in rows {
        assert_eq!(told(&acl, &request).words, expected, "{request:?}");
    }
}

#[test]
fn groups_decide_as_they_are_overridden() {
    let acl = full();
    let rows = [
        // A managed group: ExcludedRules count, RuleActionOverrides do what they say, ScopeDownStatement.
        (by("Mozilla/5.0 (sqlmap)"), "block managed UserAgent_BadBots_HEADER"),
        (Request { headers: Vec::new(), ..get("/a", "") }, "allow"),
        (get("/a", "file=../../etc/passwd"), "block managed GenericLFI_QUERYARGUMENTS"),
        (get("/nocrs", "file=../../etc/passwd"), "allow"),
        // One's own: ExcludedRules, RuleActionOverrides, OverrideAction Count.
        (get("/inner1", ""), "block own inner1"),
        (get("/inner2", ""), "allow"),
        (get("/inner3", ""), "allow"),
        (get("/grp2", ""), "allow"),
    ];
    for (request, expected) in rows {
        assert_eq!(told(&acl, &request).words, expected, "{request:?}");
    }
    let long = "x".repeat(2_100);
    let allowed = Request { query: &long, ..get("/inner1", "") };
    assert_eq!(told(&acl, &allowed).words, "block rset", "the set's x{{3}} comes first");
    let long = "y".repeat(2_100);
    let allowed = Request { query: &long, ..get("/inner1", "") };
    assert_eq!(told(&acl, &allowed).words, "allow managed SizeRestrictions_QUERYSTRING");
    let nobody = Request { headers: Vec::new(), ..get("/a", "") };
    assert_eq!(told(&acl, &nobody).counted, ["NoUserAgent_HEADER"]);
    for (path, rule) in [("/inner2", "inner2"), ("/inner3", "inner3"), ("/grp2", "owncount")] {
        assert_eq!(told(&acl, &get(path, "")).counted, [rule], "{path}");
    }
    let counted = told(&acl, &get("/cnt", "q=1%20union%20select%20password%20from%20users"));
    assert_eq!(counted.words, "block sqli", "{counted:?}");
    let body = post(
        "q=1+union+select+password+from+users",
        &[("content-type", "application/x-www-form-urlencoded")],
    );
    let counted = told(&acl, &body);
    assert_eq!(
        (counted.words.as_str(), &*counted.counted),
        ("allow", &["counting".to_string()][..])
    );
}

#[test]
fn managed_groups_by_paths_addresses_and_user_agents_decide_as_aws_documents() {
    let acl = full();
    let label = |name: &str| alloc::format!("awswaf:managed:aws:{name}");
    let rows = [
        (
            get("/wp-admin/x.php", ""),
            "block admin AdminProtection_URIPATH",
            "admin-protection:AdminProtection_URIPath",
        ),
        (get("/administration-of-schools", ""), "allow", ""),
        (
            from("198.51.100.1"),
            "block reputation AWSManagedIPReputationList",
            "amazon-ip-list:AWSManagedIPReputationList",
        ),
        (
            from("198.51.100.2"),
            "block reputation AWSManagedReconnaissanceList",
            "amazon-ip-list:AWSManagedReconnaissanceList",
        ),
        // "This rule counts by default."
        (from("198.51.100.3"), "allow", "amazon-ip-list:AWSManagedIPDDoSList"),
        (
            from("198.51.100.4"),
            "block anonymous AnonymousIPList",
            "anonymous-ip-list:AnonymousIPList",
        ),
        (
            from("198.51.100.5"),
            "block anonymous HostingProviderIPList",
            "anonymous-ip-list:HostingProviderIPList",
        ),
        (from("198.51.100.6"), "allow", ""),
        (
            by("curl/8.5.0"),
            "block bots CategoryHttpLibrary",
            "bot-control:bot:name:curl bot-control:bot:category:http_library bot-control:CategoryHttpLibrary bot-control:bot:unverified",
        ),
        (
            by("Mozilla/5.0 (compatible; AhrefsBot/7.0)"),
            "block bots CategorySeo",
            "bot-control:bot:name:ahrefsbot bot-control:bot:category:seo bot-control:CategorySeo bot-control:bot:unverified",
        ),
        (
            by("Mozilla/5.0 HeadlessChrome/120"),
            "block bots SignalAutomatedBrowser",
            "bot-control:signal:automated_browser bot-control:SignalAutomatedBrowser",
        ),
        (
            by("something/1.0"),
            "block bots SignalNonBrowserUserAgent",
            "bot-control:signal:non_browser_user_agent bot-control:SignalNonBrowserUserAgent",
        ),
        (
            by("GitHub-Hookshot/044aadd"),
            "block bots CategoryWebhooks",
            "bot-control:bot:name:github_hookshot bot-control:bot:category:webhooks bot-control:CategoryWebhooks bot-control:bot:unverified",
        ),
        // Overridden here, so that it goes on.
        (
            by("Mozilla/5.0 (compatible; Googlebot/2.1)"),
            "allow",
            "bot-control:bot:name:googlebot bot-control:bot:category:search_engine bot-control:CategorySearchEngine bot-control:bot:unverified",
        ),
    ];
    for (request, expected, labelled) in rows {
        let told = told(&acl, &request);
        assert_eq!(told.words, expected, "{request:?}");
        let expected: Vec<String> = labelled.split_ascii_whitespace().map(label).collect();
        assert_eq!(told.labels, expected, "{request:?}");
    }
}

#[test]
fn rules_that_go_on_label_and_insert_and_those_that_refuse_insert_nothing() {
    let acl = full();
    let own = "awswaf:123456789012:webacl:full:";
    let counted = told(&acl, &get("/cnt", ""));
    assert_eq!(counted.labels, [alloc::format!("{own}counted")]);
    assert_eq!(counted.inserted, ["x-amzn-waf-c", "x-amzn-waf-d"]);
    let blocked = told(&acl, &get("/evil", ""));
    assert_eq!(blocked.labels, [alloc::format!("{own}lab:byte")]);
    assert!(blocked.inserted.is_empty(), "{blocked:?}");
    let within = told(&acl, &get("/inner2", ""));
    assert_eq!(within.labels, ["awswaf:123456789012:rulegroup:rg:linner2"]);
}

#[test]
fn rates_are_counted_by_what_requests_have_in_common() {
    let acl = full();
    let keyed = |value| {
        let mut request = get("/rate", "");
        request.headers.push(("x-key", value));
        request
    };
    let at_limit = |request: &Request<'_>, count| decided(&acl, request, Tokens::default(), count);
    assert_eq!(at_limit(&keyed("k"), 10).words, "allow");
    assert_eq!(at_limit(&keyed("k"), 11).words, "block 429 rate");
    assert_ne!(at_limit(&keyed("k"), 0).keys, at_limit(&keyed("l"), 0).keys);
    // An application takes the first or the last: a request counts for both.
    let mut twice = keyed("k");
    twice.headers.push(("x-key", "l"));
    let [k, l] = ["k", "l"].map(|value| at_limit(&keyed(value), 0).keys);
    assert_eq!(at_limit(&twice, 0).keys, [k, l].concat());
    // "Requests that don't have all of the components aren't included in the rate limiting."
    assert!(at_limit(&get("/rate", ""), 11).keys.is_empty());
    // CONSTANT: all that the scope takes, together.
    let elsewhere = Request { client_ip: "192.0.2.77", ..get("/constant/b", "") };
    let (one, other) = (at_limit(&get("/constant", ""), 11), at_limit(&elsewhere, 10));
    assert_eq!((one.words.as_str(), other.words.as_str()), ("block constant", "allow"));
    assert_eq!(one.keys, other.keys);
    // LabelNamespace: only those that have a label of it.
    let labelled = at_limit(&get("/tier", ""), 11);
    assert_eq!((labelled.words.as_str(), labelled.keys.len()), ("block bylabel", 1));
    assert!(labelled.keys[0].contains(":tier:gold"), "{:?}", labelled.keys);
    assert!(at_limit(&get("/a", ""), 11).keys.is_empty());
}

#[test]
fn tokens_hold_for_the_immunity_time_of_the_rule_before_that_of_the_acl() {
    let acl = full();
    let at = |path, now_ms, tokens| decided(&acl, &Request { now_ms, ..get(path, "") }, tokens, 0);
    let captcha = Tokens { captcha_ms: Some(1_000), ..Tokens::default() };
    let challenge = Tokens { challenge_ms: Some(1_000), ..Tokens::default() };
    // The captcha's rule has 60 s, the challenge's 300 s.
    assert_eq!(at("/cap", 60_999, captcha).words, "allow");
    assert_eq!(at("/cap", 61_000, captcha).words, "captcha cap");
    assert_eq!(at("/chal", 300_999, challenge).words, "allow");
    assert_eq!(at("/chal", 301_000, challenge).words, "challenge chal");
    assert_eq!(at("/cap", 2_000, challenge).words, "captcha cap");
    assert_eq!(at("/cap", 2_000, captcha).counted, ["cap"]);
}

#[test]
fn what_a_document_refers_to_has_to_be_there() {
    let document = parsed(include_str!("tests/web-acl.json"));
    let missing = WebAcl::read(&document, &[]).expect_err("no documents");
    let told: Vec<String> = missing.iter().map(ToString::to_string).collect();
    for kind in ["RegexPatternSet", "IPSet", "RuleGroup"] {
        assert!(
            told.iter().any(|line| line.contains(&alloc::format!("there is no {kind}"))),
            "{told:?}"
        );
    }
    let mut within = document;
    within["WebACL"]["Rules"][0]["Statement"] = json!({"OrStatement": {"Statements": [
        {"RateBasedStatement": {}}, {"GeoMatchStatement": {"CountryCodes": ["DE"]}}]}});
    let refused = WebAcl::read(&within, &referred()).expect_err("a rate within another statement");
    assert!(refused[0].to_string().contains("cannot stand within"), "{refused:?}");
}
