mod domain_names;
mod iam;
mod usage;
mod vpc_links;

use super::*;

fn read_text(text: &str) -> Result<Config, Vec<String>> {
    let document = crate::document::read(text).expect("it is a document");
    Config::read(&document, Path::new("/etc/edgeway")).map_err(|errors| {
        errors
            .iter()
            .map(|e| format!("{}: {} {}", e.source.line, e.source.pointer, e.message))
            .collect()
    })
}

const MINIMAL: &str = "
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages: [{stageName: prod}]
";

const TWO_APIS: &str = "
apis:
  - {id: pets, protocol: REST, definition: pets.yaml, stages: [{stageName: prod, canarySettings: {percentTraffic: 12.5, definition: next.yaml, stageVariableOverrides: {a: 1}}}]}
  - {id: orders, protocol: HTTP, definition: orders.yaml, stages: [{stageName: $default}]}
";

#[test]
fn what_is_left_out_has_defaults() {
    let config = read_text(MINIMAL).unwrap();
    assert_eq!(config.listen[0].address.to_string(), "127.0.0.1:8080");
    assert_eq!((config.admin, &*config.account_id), (None, "000000000000"));
    assert_eq!(config.apis[0].definition, Path::new("/etc/edgeway/api.yaml"));
    assert_eq!(config.account_throttle, Limit::new(10_000.0, 5_000));
}

#[test]
fn every_key_of_the_reference_is_read() {
    let config = read_text(
        r#"
listen: 127.0.0.1:1
admin: 127.0.0.1:2
region: eu-west-1
accountId: "123456789012"
apis:
  - id: products
    protocol: REST
    definition: openapi.yaml
    basepath: split
    stages:
      - stageName: prod
        variables: {lambdaAlias: prod, n: 1}
        methodSettings: {"*/*": {throttlingRateLimit: 2000, throttlingBurstLimit: 1000, loggingLevel: INFO, dataTraceEnabled: true}, "~1orders/POST": {throttlingRateLimit: 0.5, throttlingBurstLimit: 1}}
        accessLogSettings: {format: '$context.requestId', destination: stdout}
        executionLogSettings: {destination: logs/x.log}
  - id: web
    protocol: HTTP
    definition: http.yaml
    stages:
      - stageName: $default
        defaultRouteSettings: {throttlingRateLimit: 1, throttlingBurstLimit: 2}
        routeSettings: {"GET /a": {throttlingRateLimit: 3, throttlingBurstLimit: 4}, "GET /b": {throttlingRateLimit: -1, throttlingBurstLimit: -1}, "GET /c": {}}
        accessLogSettings: {format: x, destination: logs/a.log}
functions:
  products: {command: [./products-function, --flag], environment: {A: b}, timeout: 3}
  python: {command: [python3]}
  legacy: {url: "http://127.0.0.1:9001/"}
  legacy:prod: {url: "http://127.0.0.1:9002"}
endpoints: {lambda: "http://127.0.0.1:4566"}
account: {throttleSettings: {rateLimit: 10, burstLimit: 5}, maximumIntegrationTimeoutInMillis: 60000}
limits: {drainTimeoutInMillis: 70000}
"#,
    )
    .unwrap();
    assert_eq!(config.apis[0].basepath, BasePathMode::Split);
    assert_eq!(config.account_throttle, Limit::new(10.0, 5));
    assert_eq!(config.integration_ms_max, 60_000);
    assert_eq!(config.limits.drain_timeout, Some(std::time::Duration::from_secs(70)));
    let [rest, http] = &config.apis[..] else { panic!("two APIs") };
    assert_eq!(rest.stages[0].variables["n"], "1");
    let throttling = |api: &ApiConfig, key: &str| api.stages[0].method_settings[key].throttling;
    assert_eq!(throttling(rest, "~1orders/POST"), Some(Limit::new(0.5, 1)));
    assert_eq!(throttling(http, "*/*"), Some(Limit::new(1.0, 2)));
    assert_eq!(throttling(http, "GET /a"), Some(Limit::new(3.0, 4)));
    assert_eq!(throttling(http, "GET /b"), Some(Limit::NONE), "-1: not even that of all");
    assert_eq!(throttling(http, "GET /c"), None);
    let logging = &rest.stages[0].method_settings["*/*"];
    assert_eq!(logging.logging_level, Some(gateway_core::definition::LoggingLevel::Info));
    assert_eq!(logging.data_trace_enabled, Some(true));
    assert_eq!(rest.stages[0].execution_log_destination, "/etc/edgeway/logs/x.log");
    let log = http.stages[0].access_log_settings.as_ref().unwrap();
    assert_eq!(log.destination, "/etc/edgeway/logs/a.log");
    let FunctionConfig::Command { command, timeout_s, .. } = &config.functions["products"] else {
        panic!("a command")
    };
    assert_eq!((&*command[0], *timeout_s), ("/etc/edgeway/./products-function", Some(3)));
    assert_eq!(config.functions["legacy"], FunctionConfig::Url("http://127.0.0.1:9001".into()));
    assert_eq!(config.endpoint("lambda").as_deref(), Some("http://127.0.0.1:4566"));
}

#[test]
fn all_mistakes_are_told_at_once_with_their_lines() {
    let errors = read_text(
        "listen: nowhere
accountId: 42
apis:
  - id: a.b
    protocol: SOAP
  - id: c
    protocol: REST
    definition: c.yaml
    stages:
      - stageName: $default
        methodSetings: {}
        canarySettings: {percentTrafic: 10}
        methodSettings: {orders/POST: {throttlingRateLimit: -2}}
functions: {f: {}}
endpoints: {lambda: localhost}
",
    )
    .unwrap_err();
    assert_eq!(
        errors,
        [
            "1: /listen `nowhere` is not an address",
            "2: /accountId an account id has twelve digits",
            "4: /apis/0/id `a.b` cannot be an API's id",
            "4: /apis/0 `definition` is missing",
            "4: /apis/0 `stages` is missing",
            "5: /apis/0/protocol unknown protocol `SOAP`",
            "10: /apis/1/stages/0/stageName `$default` cannot be a stage's name",
            "11: /apis/1/stages/0/methodSetings unknown key `methodSetings`",
            "12: /apis/1/stages/0/canarySettings/percentTrafic unknown key `percentTrafic`",
            "13: /apis/1/stages/0/methodSettings/orders~1POST `orders/POST` names no method",
            "13: /apis/1/stages/0/methodSettings/orders~1POST/throttlingRateLimit `throttlingRateLimit` must be a number of requests a second, 0 or more",
            "14: /functions/f a function has either `command` or `url`",
            "15: /endpoints/lambda `localhost` is not an http or https URL",
        ]
    );
}

#[test]
fn what_is_no_address_no_region_or_too_small_a_bound_is_told_with_what_to_write() {
    let told = |key: &str| {
        let document = crate::document::read(&format!("{key}\n{MINIMAL}")).unwrap();
        let errors = Config::read(&document, Path::new("")).err().unwrap_or_default();
        let shown = |e: &DefinitionError| {
            format!("{}; {}", e.message, e.help.as_deref().unwrap_or_default())
        };
        errors.iter().map(shown).collect::<Vec<_>>()
    };
    let address = "`8080` is not an address; write HOST:PORT, such as 127.0.0.1:8080";
    assert_eq!(told("listen: 8080"), [address]);
    assert_eq!(told("admin: 8080"), [address]);
    assert_eq!(
        told("limits: {contentInMemoryBytes: 5}"),
        ["5 bytes are too few: one request may have more; write at least 10485760"]
    );
    for name in ["us_east", "us-east", "eu-west-1a", "us--1", "-east-1", "eu-west-1.evil.com", "1"]
    {
        let expected = format!("`{name}` is no region's name; such as `us-east-1`");
        assert_eq!(told(&format!("region: '{name}'")), [expected]);
    }
    let key = "distributions: [{id: d, definition: d.json, webAcl: edge}]";
    let expected = "`webAcl` is for stages alone; a distribution has `WebACLId` in its document: a web ACL's ARN, or \
                    its name";
    assert_eq!(told(key), [expected]);
    for name in
        ["us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "mx-central-1", "local"]
    {
        assert_eq!(told(&format!("region: {name}")), [""; 0]);
    }
}

#[test]
fn a_url_that_is_refused_is_told_without_its_user_information() {
    let text = concat!(
        "functions:\n  a: {url: 'http://fu:hush/hush@h/x?y'}\n  b: {url: 'fu:hush@h'}\n",
        "  c: {url: 'ftp://fu:hush@h/x'}\n  d: {url: 'http://h?token=hush'}\n",
        "  e: {url: 'http://fu:hush/word@h'}\n",
        "endpoints: {lambda: 'https://fu:hu sh@h'}\napis: []\n",
    );
    let document = crate::document::read(text).unwrap();
    let errors = format!("{:?}", Config::read(&document, Path::new("")).unwrap_err());
    for shown in
        ["http://*****@h/x", "`*****@h`", "`http://*****@h`", "ftp://*****@h/x", "h?token=*****"]
    {
        assert!(errors.contains(shown), "{errors}");
    }
    assert!(!errors.contains("hush") && !errors.contains("hu sh"), "{errors}");
}

#[test]
fn an_unknown_key_comes_with_the_one_that_was_meant() {
    let document = crate::document::read("apiz: []").unwrap();
    let errors = Config::read(&document, Path::new("")).unwrap_err();
    let helps: Vec<_> = errors.iter().filter_map(|e| e.help.as_deref()).collect();
    assert_eq!(helps, ["did you mean `apis`?"]);
}

#[test]
fn any_shape_of_document_is_survived() {
    for text in [
        "[]",
        "1",
        "null",
        "apis: 1",
        "apis: [1, null, {stages: [[]]}]",
        "apis: {a: b}",
        "account: []",
        "account: {maximumIntegrationTimeoutInMillis: 28999}",
        "account: {maximumIntegrationTimeoutInMillis: 900001}",
        "functions: [{}]",
    ] {
        assert!(read_text(text).is_err(), "{text}");
    }
}

#[test]
fn a_canary_has_a_share_and_a_definition_of_its_own() {
    let config = read_text(TWO_APIS).unwrap();
    let canary = config.apis[0].stages[0].canary.as_ref().unwrap();
    assert_eq!(canary.percent_traffic_thousandths, 12_500);
    assert_eq!(canary.stage_variable_overrides["a"], "1");
    let definition = &config.apis[0].canary_definitions["prod"];
    assert_eq!(definition, Path::new("/etc/edgeway/next.yaml"));
    for percent in ["100.5", "-1", "half"] {
        let errors = read_text(&TWO_APIS.replace("12.5", percent)).unwrap_err();
        assert!(errors[0].ends_with("`percentTraffic` must be a number from 0.0 to 100.0"));
    }
}

#[test]
fn private_endpoints_have_ids_listeners_and_policies() {
    let with = |endpoints: &str| {
        read_text(&format!("listen: 127.0.0.1:1\nprivateEndpoints:\n{endpoints}{MINIMAL}"))
    };
    let config = with(
        "  - {vpcEndpointId: vpce-1a, vpcId: vpc-1, listen: 127.0.0.1:2, policy: {Statement: \
         {Effect: Allow, Principal: '*', Action: '*', Resource: '*'}}}\n  - {vpcEndpointId: vpce-2, \
         listen: 127.0.0.1:3}\n",
    )
    .unwrap();
    let [first, second] = &config.private_endpoints[..] else { panic!("{config:?}") };
    assert_eq!(first.endpoint.vpc_id.as_deref(), Some("vpc-1"));
    assert!(first.endpoint.policy.is_some() && second.endpoint.policy.is_none());
    assert_eq!(config.places()[2].address.to_string(), "127.0.0.1:3");
    for (endpoint, expected) in [
        ("{vpcEndpointId: vpce-1}", "`listen` is missing"),
        ("{listen: 127.0.0.1:2}", "`vpcEndpointId` is missing"),
        ("{vpcEndpointId: e-1, listen: 127.0.0.1:2}", "`e-1` is no such id"),
        ("{vpcEndpointId: vpce-1, listen: 127.0.0.1:1}", "is listened at already"),
        ("{vpcEndpointId: vpce-1, listen: 127.0.0.1:2, policy: {}}", "`Statement` is missing"),
        (
            "{vpcEndpointId: vpce-1, listen: 127.0.0.1:2, policy: {Statement: {Effect: Deny, Principal: '*', \
             Action: '*', Resource: '*', Condition: {Bool: {'aws:MultiFactorAuthPresent': false}}}}}",
            "the condition key `aws:MultiFactorAuthPresent` is not supported yet",
        ),
        ("{vpcEndpointId: vpce-1, listen: 127.0.0.1:2, vpcID: vpc-1}", "unknown key `vpcID`"),
        (
            "{vpcEndpointId: vpce-1, listen: 127.0.0.1:2}\n  - {vpcEndpointId: vpce-1, listen: 127.0.0.1:3}",
            "used twice",
        ),
    ] {
        let errors = with(&format!("  - {endpoint}\n")).unwrap_err();
        assert!(errors.iter().any(|error| error.contains(expected)), "{endpoint}: {errors:?}");
    }
}
