//! Where requests go, and which do not.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tests::mmdb;

use super::kit::*;
use crate::kit::*;
use crate::program::{LOG, Program, free_address};

#[test]
fn an_origin_that_is_away_is_told_as_502_or_by_a_page() {
    let (spare, _) =
        answering(|head, _| fresh(if head.contains("/sorry") { "sorry" } else { "?" }));
    let away = SocketAddr::from(([127, 0, 0, 1], 1));
    assert_eq!(Edge::start(away, json!({})).get("/a").status, 502);
    let document = distribution(
        away,
        json!({
            "Origins": {"Items": [
                {"Id": "web", "DomainName": "127.0.0.1", "CustomOriginConfig": {"HTTPPort": 1, "OriginProtocolPolicy": "http-only"}},
                {"Id": "spare", "DomainName": "127.0.0.1", "CustomOriginConfig": {"HTTPPort": spare.port(), "OriginProtocolPolicy": "http-only"}},
            ]},
            "CacheBehaviors": {"Items": [{
                "PathPattern": "/sorry", "TargetOriginId": "spare", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
            }]},
            "CustomErrorResponses": {"Items": [{"ErrorCode": 502, "ResponsePagePath": "/sorry", "ResponseCode": "503"}]},
        }),
    );
    let answer = Edge::start_with(away, &document, "", &[]).get("/a");
    assert_eq!((answer.status, &*answer.text()), (503, "sorry"));
}

#[test]
fn an_origin_that_is_away_is_told_of_once_on_the_log_however_many_ask() {
    let away = free_address();
    let folder = Folder::new();
    folder.write("distribution.json", &distribution(away, json!({})).to_string());
    let listen = free_address();
    let lines =
        format!("distributions: [{{id: shop, definition: distribution.json, listen: '{listen}'}}]");
    configuration_with(&folder, away, &lines);
    let program = Program::start(&folder);
    for path in ["/a", "/b", "/c"] {
        assert_eq!(Client::connect(listen).get(path).status, 502);
    }
    program.signal("TERM");
    program.ended();
    let log = folder.read(LOG);
    let told: Vec<&str> = log.lines().filter(|line| line.contains("an origin")).collect();
    let [told] = &told[..] else { panic!("{log}") };
    assert!(told.contains("shop") && told.contains("web"), "{told}");
    assert!(told.contains("an origin gives no answer") && told.contains("refused"), "{told}");
}

#[test]
fn the_second_origin_of_a_group_answers_for_the_first() {
    let (spare, _) = answering(|_, _| fresh("spare"));
    let (first, _) = answering(|_, _| response(503, "", "no"));
    let custom = |port: u16| json!({"HTTPPort": port, "OriginProtocolPolicy": "http-only"});
    let document = distribution(
        first,
        json!({
            "Origins": {"Items": [
                {"Id": "web", "DomainName": "127.0.0.1", "CustomOriginConfig": custom(first.port())},
                {"Id": "spare", "DomainName": "127.0.0.1", "CustomOriginConfig": custom(spare.port())},
            ]},
            "OriginGroups": {"Items": [{
                "Id": "g", "FailoverCriteria": {"StatusCodes": {"Items": [503]}},
                "Members": {"Items": [{"OriginId": "web"}, {"OriginId": "spare"}]},
            }]},
            "DefaultCacheBehavior": {"TargetOriginId": "g"},
        }),
    );
    assert_eq!(Edge::start_with(first, &document, "", &[]).get("/a").text(), "spare");
}

#[test]
fn what_would_not_be_done_is_refused_at_start() {
    let origin = SocketAddr::from(([127, 0, 0, 1], 1));
    let restriction = json!({"RestrictionType": "blacklist", "Items": ["DE"]});
    for changes in [
        json!({"Restrictions": {"GeoRestriction": restriction}}),
        json!({"WebACLId": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/nobody/1"}),
        json!({"DefaultCacheBehavior": {"FunctionAssociations": {"Items": [{}]}}}),
    ] {
        let folder = Folder::new();
        folder.write("distribution.json", &distribution(origin, changes.clone()).to_string());
        let more = "distributions: [{id: d, definition: distribution.json}]";
        let config = configuration_with(&folder, origin, more);
        let built = host_runtime::snapshot::Origin::Config(config).build();
        let refused = built.expect_err(&changes.to_string());
        assert_eq!(refused.diagnostics.iter().filter(|d| d.is_error()).count(), 1, "{changes}");
    }
}

#[test]
fn viewers_of_countries_that_are_shut_out_are_refused() {
    let (origin, heads) = answering(|_, _| fresh("x"));
    let here = json!({"country": {"iso_code": "DE"}});
    let database = mmdb::File::new("GeoLite2-Country", &[("127.0.0.0/8", here)]);
    let more = format!("geoDatabases: [{}]\n", database.path().display());
    for (kind, country, status) in
        [("whitelist", "DE", 200), ("whitelist", "FR", 403), ("blacklist", "DE", 403)]
    {
        let restriction = json!({"RestrictionType": kind, "Items": [country]});
        let changes = json!({"Restrictions": {"GeoRestriction": restriction}});
        let document = distribution(origin, changes);
        let edge = Edge::start_with(origin, &document, &more, &[]);
        assert_eq!(edge.get("/a").status, status, "{kind} {country}");
    }
    // Whom no database locates is served, and who is shut out gets the operator's page.
    let restriction = json!({"RestrictionType": "whitelist", "Items": ["FR"]});
    let page = json!({"ErrorCode": 403, "ResponsePagePath": "/sorry", "ResponseCode": "451"});
    let changes = json!({"Restrictions": {"GeoRestriction": restriction},
        "CustomErrorResponses": {"Quantity": 1, "Items": [page]}});
    let edge = Edge::start_with(origin, &distribution(origin, changes.clone()), &more, &[]);
    heads.lock().unwrap().clear();
    let answer = edge.get("/a");
    assert_eq!((answer.status, &*answer.text()), (451, "x"));
    let asked = heads.lock().unwrap().clone();
    assert!(asked.len() == 1 && asked[0].starts_with("GET /sorry "), "{asked:?}");
    let elsewhere = json!({"country": {"iso_code": "DE"}});
    let database = mmdb::File::new("GeoLite2-Country", &[("192.0.2.0/24", elsewhere)]);
    let more = format!("geoDatabases: [{}]\n", database.path().display());
    let edge = Edge::start_with(origin, &distribution(origin, changes), &more, &[]);
    assert_eq!(edge.get("/a").status, 200);
}

#[test]
fn fat_gets_and_confusing_paths_reach_no_origin() {
    let (origin, heads) = answering(|_, _| fresh("x"));
    let edge = Edge::start(origin, json!({}));
    assert_eq!(edge.ask("GET", "/a", "Content-Length: 3\r\n\r\nx=1").status, 403);
    assert_eq!(edge.get("/static/..%2fadmin").status, 400);
    assert_eq!(edge.ask("BREW", "/a", "").status, 403);
    assert!(heads.lock().unwrap().is_empty());
}

#[test]
fn floods_of_headers_are_refused_and_reach_no_origin() {
    let (origin, heads) = answering(|_, _| fresh("x"));
    let edge = Edge::start(origin, json!({}));
    let flood = |lines: usize, length: usize| {
        let value = "v".repeat(length);
        let lines = (0..lines).map(|n| format!("X-{n}: {value}\r\n"));
        edge.ask("GET", "/a", &lines.collect::<String>()).status
    };
    for (lines, length) in [(90, 200), (1, 12_000), (5_000, 1)] {
        let status = flood(lines, length);
        assert!(matches!(status, 413 | 431), "{lines} of {length}: {status}");
    }
    let many = |lines: usize| {
        let fields: Vec<_> = (0..lines).map(|n| (format!("x-{n}"), "v".to_string())).collect();
        crate::http2::get(edge.address(), "http://cdn.example/a", &fields).0
    };
    assert_eq!(many(101), 413, "HTTP/2 has no bound of its own");
    let one = |bytes: usize| vec![("x-long".to_string(), "v".repeat(bytes))];
    for fields in [one(40_000), vec![("x-several".to_string(), "v".repeat(600)); 90]] {
        let answer = crate::http2::get(edge.address(), "http://cdn.example/a", &fields);
        assert!(answer.0 == 413 && answer.1.contains("The request is too large."), "{answer:?}");
    }
    assert!(heads.lock().unwrap().is_empty());
    assert_eq!(flood(50, 20), 200);
}

#[test]
fn an_api_of_this_host_is_an_origin() {
    let endpoint = echo();
    let document = distribution(
        endpoint,
        json!({"Origins": {"Items": [{
            "Id": "web",
            "DomainName": "a.execute-api.us-east-1.amazonaws.com",
            "OriginPath": "/prod",
            "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
        }]}}),
    );
    let edge = Edge::start_with(endpoint, &document, "", &[]);
    assert_eq!(edge.get("/mock").status, 200);
    let echoed = edge.ask("POST", "/to/x", "Content-Length: 5\r\n\r\nhello");
    assert!(echoed.text().ends_with("hello") && echoed.text().starts_with("POST /x "));
    assert_eq!(edge.get("/nothing").status, 403);
}

#[test]
fn an_api_of_another_gateway_is_an_origin() {
    let (endpoint, heads) = answering(|_, count| fresh(&format!("answer {count}")));
    let region = Served::start(endpoint);
    let name = "a.execute-api.eu-west-1.amazonaws.com";
    let custom = json!({"OriginProtocolPolicy": "http-only"});
    let origin = json!({"Id": "region", "DomainName": name, "OriginPath": "/prod", "CustomOriginConfig": custom});
    let document = distribution(
        endpoint,
        json!({"Origins": {"Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "region"}}),
    );
    let folder = Folder::new();
    folder.write("distribution.json", &document.to_string());
    let config = folder.write(
        "edgeway.yaml",
        &format!(
            "listen: 127.0.0.1:0\ndistributions: [{{id: d, definition: distribution.json, listen: '127.0.0.1:0', \
             origins: {{region: 'http://{}'}}}}]\n",
            region.host.address()
        ),
    );
    let edge = Edge::of(Served::start_configured(folder, config, 2));
    assert_eq!(edge.get("/to/x").text(), "answer 1");
    let again = edge.get("/to/x");
    assert!(
        has(&again, "x-cache: Hit from cloudfront") && has(&again, "via: 1.1 edgeway (CloudFront)"),
        "{}",
        again.head
    );
    assert_eq!(again.text(), "answer 1");
    assert_eq!(edge.ask("POST", "/to/x", "Content-Length: 2\r\n\r\nhi").text(), "answer 2");
    // What the region refuses is the viewer's answer, in the region's words.
    let refused = edge.get("/nothing");
    assert_eq!(refused.status, 403);
    assert!(
        has(&refused, "x-amzn-errortype: MissingAuthenticationTokenException"),
        "{}",
        refused.head
    );
    let heads = heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 2);
    let sent = heads[0].to_lowercase();
    assert!(
        sent.starts_with("get /x ") && sent.contains("x-forwarded-for: 127.0.0.1, 127.0.0.1"),
        "{sent}"
    );
    drop(heads);
    region.drained_log();
    assert_eq!(edge.get("/to/y").status, 502, "the region is away");
    assert_eq!(edge.get("/to/x").status, 502, "what a POST was answered for is forgotten");
}

#[test]
fn a_host_name_leads_to_its_distribution() {
    let (origin, _) = answering(|_, _| fresh("by name"));
    let edge = Edge::start(origin, json!({"Aliases": {"Items": ["www.example"]}}));
    let mut client = edge.served.client();
    client.send(b"GET /a HTTP/1.1\r\nHost: www.example:80\r\n\r\n");
    assert_eq!(client.answer().text(), "by name");
    assert_eq!(edge.served.client().get("/prod/mock").status, 200, "others are for the APIs");
}

/// Behaviours of these name fields about viewers: in the key, and for origins.
fn about_viewers(keyed: &[&str], told: &[&str]) -> [(&'static str, Value); 2] {
    let headers =
        |names: &[&str]| json!({"HeaderBehavior": "whitelist", "Headers": {"Items": names}});
    let (cookies, query) =
        (json!({"CookieBehavior": "none"}), json!({"QueryStringBehavior": "none"}));
    let key = json!({"EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false,
        "HeadersConfig": headers(keyed), "CookiesConfig": cookies, "QueryStringsConfig": query});
    [
        (
            "key.json",
            json!({"CachePolicy": {"Id": "key", "CachePolicyConfig": {"Name": "key", "MinTTL": 0,
                "ParametersInCacheKeyAndForwardedToOrigin": key}}}),
        ),
        (
            "told.json",
            json!({"OriginRequestPolicy": {"Id": "told", "OriginRequestPolicyConfig": {"Name": "told",
                "HeadersConfig": headers(told), "CookiesConfig": cookies, "QueryStringsConfig": query}}}),
        ),
    ]
}

fn by_policies() -> Value {
    json!({"DefaultCacheBehavior": {"CachePolicyId": "key", "OriginRequestPolicyId": "told"}})
}

#[test]
fn origins_are_told_where_viewers_are_and_how_they_connect() {
    let folder = Folder::new();
    let place = json!({"country": {"iso_code": "US"}, "city": {"names": {"en": "Altadena"}},
        "location": {"latitude": 34.1931, "time_zone": "America/Los_Angeles"}});
    let city = mmdb::database("GeoLite2-City", &[("127.0.0.0/8", place)]);
    let network = json!({"autonomous_system_number": 64_500});
    let network = mmdb::database("GeoLite2-ASN", &[("127.0.0.0/8", network)]);
    std::fs::write(folder.path("city.mmdb"), city).unwrap();
    std::fs::write(folder.path("asn.mmdb"), network).unwrap();
    let (origin, _) = answering(|head, _| fresh(head));
    let keyed = ["CloudFront-Viewer-Country", "CloudFront-Viewer-City"];
    let told = [
        "CloudFront-Viewer-ASN",
        "CloudFront-Viewer-Latitude",
        "CloudFront-Viewer-Time-Zone",
        "CloudFront-Viewer-Http-Version",
        "CloudFront-Viewer-Postal-Code",
    ];
    let edge = Edge::start_in(
        folder,
        origin,
        &distribution(origin, by_policies()),
        "geoDatabases: [city.mmdb, asn.mmdb]\n",
        &about_viewers(&keyed, &told),
    );
    let asked = edge.ask("GET", "/a", "CloudFront-Viewer-Postal-Code: 1\r\n").text().to_lowercase();
    for line in [
        "cloudfront-viewer-country: us",
        "cloudfront-viewer-city: altadena",
        "cloudfront-viewer-asn: 64500",
        "cloudfront-viewer-latitude: 34.19310",
        "cloudfront-viewer-time-zone: america/los_angeles",
        "cloudfront-viewer-http-version: 1.1",
    ] {
        assert!(asked.lines().any(|one| one == line), "{line} is not in\n{asked}");
    }
    assert!(!asked.contains("postal-code"), "{asked}");
}

#[test]
fn fields_about_viewers_that_nobody_can_fill_in_are_warned_of_in_one_line() {
    let warned = |keyed: &[&str], told: &[&str], more: &str| {
        let folder = Folder::new();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        folder.write("distribution.json", &distribution(nowhere, by_policies()).to_string());
        for (name, document) in about_viewers(keyed, told) {
            folder.write(name, &document.to_string());
        }
        let network = mmdb::database(
            "GeoLite2-ASN",
            &[("127.0.0.0/8", json!({"autonomous_system_number": 1}))],
        );
        std::fs::write(folder.path("asn.mmdb"), network).unwrap();
        let lines = format!(
            "distributions: [{{id: d, definition: distribution.json, references: [key.json, told.json], listen: '127.0.0.1:0'}}]\n{more}"
        );
        let config = configuration_with(&folder, nowhere, &lines);
        let warnings = |built: host_runtime::snapshot::Built| {
            let told = built.warnings.iter().map(|one| one.error.message.clone());
            told.filter(|told| told.starts_with("the distribution")).collect::<Vec<_>>()
        };
        let origin = host_runtime::snapshot::Origin::Config(config);
        (warnings(origin.build().unwrap()), warnings(origin.build_for_edge().unwrap()))
    };
    let (country, asn) = ("CloudFront-Viewer-Country", "CloudFront-Viewer-ASN");
    let (here, at_the_edge) = warned(&[country], &[asn, "CloudFront-Is-Mobile-Viewer"], "");
    assert_eq!(at_the_edge, [""; 0], "the platform tells them");
    let [line] = &here[..] else { panic!("{here:?}") };
    assert!(line.contains("cloudfront-viewer-country, cloudfront-viewer-asn"), "{line}");
    assert!(line.contains("`geoDatabases`"), "{line}");
    let (here, _) = warned(&[country], &[asn], "geoDatabases: [asn.mmdb]\n");
    assert!(matches!(&here[..], [line] if !line.contains("viewer-asn")), "{here:?}");
    let (name, tls) = ("CloudFront-Viewer-Country-Name", "CloudFront-Viewer-TLS");
    let (here, at_the_edge) = warned(&[], &[name, tls], "");
    let [of_name, of_tls] = &here[..] else { panic!("{here:?}") };
    assert!(of_name.contains("country-name") && of_name.contains("`geoDatabases`"), "{of_name}");
    assert!(of_tls.contains("viewer-tls") && of_tls.contains("no listener has TLS"), "{of_tls}");
    assert!(
        matches!(&at_the_edge[..], [line] if line.contains("country's code")),
        "{at_the_edge:?}"
    );
    let (here, at_the_edge) = warned(&["CloudFront-Viewer-JA3-Fingerprint"], &[], "");
    assert!(matches!(&here[..], [line] if line.contains("no listener has TLS")), "{here:?}");
    assert!(matches!(&at_the_edge[..], [line] if line.contains("to few")), "{at_the_edge:?}");
}

#[test]
fn a_private_endpoints_listener_is_no_distributions() {
    let (origin, heads) = answering(|_, _| fresh("kept"));
    let at = free_address();
    let more = format!("privateEndpoints: [{{vpcEndpointId: vpce-1, listen: '{at}'}}]\n");
    let document = distribution(origin, json!({"Aliases": {"Items": ["www.example"]}}));
    let edge = Edge::start_with(origin, &document, &more, &[]);
    let ask = |mut client: Client| {
        client.send(b"GET /a HTTP/1.1\r\nHost: www.example\r\n\r\n");
        client.answer()
    };
    let inside = ask(Client::connect(at));
    assert!(!inside.head.contains("x-cache"), "{}", inside.head);
    assert!(heads.lock().unwrap().is_empty());
    assert_eq!(ask(edge.client()).text(), "kept");
}

#[test]
fn content_of_more_than_an_api_takes_passes_to_other_origins() {
    let (origin, heads) = answering(|head, _| fresh(&content_length(head).to_string()));
    let edge = Edge::start(origin, json!({}));
    let mut client = edge.client();
    let length = 12 << 20;
    client
        .send(format!("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n").as_bytes());
    client.send(&vec![b'x'; length]);
    let answer = client.answer();
    assert_eq!((answer.status, answer.text()), (200, length.to_string()));
    assert_eq!(heads.lock().unwrap().len(), 1);
}

#[test]
fn an_api_behind_a_distribution_takes_no_more_than_of_its_own_clients() {
    let (endpoint, heads) = answering(|_, _| fresh("?"));
    let name = "a.execute-api.us-east-1.amazonaws.com";
    let origins = json!({"Items": [{"Id": "web", "DomainName": name, "OriginPath": "/prod",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]});
    let edge = Edge::start(endpoint, json!({"Origins": origins}));
    let mut client = edge.client();
    let length = (10 << 20) + 1;
    client.send(
        format!("POST /to/a HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n").as_bytes(),
    );
    assert_eq!(client.answer().status, 413);
    assert!(heads.lock().unwrap().is_empty());
}
