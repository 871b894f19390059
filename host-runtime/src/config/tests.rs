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
fn keys_and_plans_are_read_and_no_value_is_kept() {
    let text = format!(
        r#"{MINIMAL}
apiKeys:
  - {{name: k1, value: abcdefghij0123456789ABCD}}
  - {{id: i2, name: k2, value: "bcdefghijk0123456789ABCD", enabled: false, customerId: c}}
usagePlans:
  - name: p
    apiStages:
      - {{apiId: a, stage: prod, throttle: {{/a/GET: {{rateLimit: 1, burstLimit: 2}}, /GET: {{rateLimit: 3, burstLimit: 4}}}}}}
    throttle: {{rateLimit: 0.5, burstLimit: 1}}
    quota: {{limit: 9, offset: 6, period: WEEK}}
    keys: [k1, k2, i2]
"#
    );
    let config = read_text(&text).unwrap();
    let [one, two] = &config.api_keys[..] else { panic!("two keys") };
    assert_eq!((&*one.id, one.enabled, &*two.id, two.enabled), ("k1", true, "i2", false));
    assert_eq!(one.digest, gateway_core::definition::KeyDigest::of("abcdefghij0123456789ABCD"));
    assert!(!format!("{config:?}").contains("abcdefghij"));
    let [plan] = &config.usage_plans[..] else { panic!("one plan") };
    assert_eq!((&*plan.id, &plan.api_key_ids[..]), ("p", &["k1".into(), "i2".into()][..]));
    assert_eq!(plan.throttle, Some(Limit::new(0.5, 1)));
    assert_eq!(plan.quota.map(|quota| (quota.limit, quota.offset)), Some((9, 6)));
    let throttle = &plan.api_stages[0].throttle;
    assert_eq!(throttle["/a/GET"], Limit::new(1.0, 2));
    assert_eq!(throttle["//GET"], Limit::new(3.0, 4));
}

#[test]
fn mistakes_in_keys_and_plans_are_told_without_their_values() {
    let text = format!(
        "{MINIMAL}
apiKeys:
  - {{name: short, value: tooshort0123}}
  - {{name: k1, value: abcdefghij0123456789ABCD}}
  - {{name: k2, value: abcdefghij0123456789ABCD}}
  - {{name: k1, value: bcdefghijk0123456789ABCD, enabled: perhaps}}
  - {{value: bcdefghijk0123456789ABCD}}
usagePlans:
  - {{name: p, apiStages: [{{apiId: a, stage: prod}}], keys: [k1], quota: {{limit: 1, offset: 1, period: DAY}}}}
  - {{name: q, apiStages: [{{apiId: A, stage: prod}}], keys: [k1, nobodys-secret-value]}}
  - {{name: p, quota: {{limit: 1, offset: 7, period: WEEK}}}}
  - {{name: r, quota: {{limit: 1, offset: 28, period: MONTH}}, throttle: {{rateLimit: 1}}}}
  - {{name: s, quota: {{limit: 1, period: YEAR}}}}
  - {{name: t, apiStages: [{{apiId: a, stage: prod, throttle: {{GET: {{}}}}}}]}}
"
    );
    let told = read_text(&text).unwrap_err().join("\n");
    for (line, message) in [
        (9, "/apiKeys/0/value an API key has 20 to 128"),
        (11, "the value of `k2` is another key's too"),
        (12, "`enabled` must be true or false"),
        (13, "`name` is missing"),
        (15, "`offset` is 0 to 0"),
        (16, "`k1` is in another usage plan of these stages"),
        (16, "there is no API key of this id or name"),
        (17, "`offset` is 0 to 6"),
        (17, "the id `p` is used twice"),
        (18, "`offset` is 0 to 27"),
        (18, "`burstLimit` is missing"),
        (19, "unknown period `YEAR`"),
        (20, "`GET` names no method"),
    ] {
        let is_told = told
            .lines()
            .any(|told| told.starts_with(&format!("{line}: ")) && told.contains(message));
        assert!(is_told, "{line} {message} in\n{told}");
    }
    for secret in ["tooshort", "abcdefghij", "bcdefghijk", "nobodys"] {
        assert!(!told.contains(secret), "{told}");
    }
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

const TWO_APIS: &str = "
apis:
  - {id: pets, protocol: REST, definition: pets.yaml, stages: [{stageName: prod, canarySettings: {percentTraffic: 12.5, definition: next.yaml, stageVariableOverrides: {a: 1}}}]}
  - {id: orders, protocol: HTTP, definition: orders.yaml, stages: [{stageName: $default}]}
";

#[test]
fn custom_domain_names_lead_to_stages() {
    let config = read_text(&format!(
        "{TWO_APIS}domainNames:
  - domainName: API.example.com
    basePathMappings: [{{basePath: (none), restApiId: pets, stage: prod}}, {{basePath: staged, restApiId: pets}}]
    apiMappings: [{{apiMappingKey: orders/v2, apiId: orders, stage: $default}}]
"
    ))
    .unwrap();
    let [domain] = &config.domain_names[..] else { panic!("one domain name") };
    assert_eq!(domain.domain_name, "api.example.com");
    let mappings = domain.mappings.iter();
    let mappings: Vec<_> =
        mappings.map(|m| (m.base_path.as_str(), m.api, m.stage.as_deref())).collect();
    assert_eq!(
        mappings,
        [("", 0, Some("prod")), ("staged", 0, None), ("orders/v2", 1, Some("$default"))]
    );
}

#[test]
fn mistakes_in_custom_domain_names_are_told() {
    let errors = read_text(&format!(
        "{TWO_APIS}domainNames:
  - {{domainName: localhost, basePathMappings: [{{restApiId: pets, stage: dev}}]}}
  - {{domainName: a.example, basePathMappings: [{{basePath: a/b, restApiId: pets}}, {{basePath: c, restApiId: none}}]}}
  - {{domainName: b.example, apiMappings: [{{apiMappingKey: a, apiId: orders}}, {{apiId: pets, stage: prod}}, {{apiId: pets, stage: prod}}]}}
"
    ))
    .unwrap_err();
    let errors: Vec<&str> = errors.iter().map(|e| e.split_once(' ').unwrap().1).collect();
    assert_eq!(
        errors,
        [
            "/domainNames/0/domainName `localhost` cannot be a custom domain name",
            "/domainNames/0/basePathMappings/0/stage API `pets` has no stage `dev`",
            "/domainNames/1/basePathMappings/0/basePath `a/b` cannot be a base path",
            "/domainNames/1/basePathMappings/1/restApiId no API has the id `none`",
            "/domainNames/2/apiMappings/0 `stage` is missing",
            "/domainNames/2/apiMappings/2 the base path `` is mapped twice",
        ]
    );
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

#[test]
fn principals_have_secrets_that_nobody_sees() {
    let with =
        |principal: &str| read_text(&format!("iam:\n  principals:\n  - {principal}\n{MINIMAL}"));
    let own = "arn: 'arn:aws:iam::123456789012:user/alice', accessKeyId: AKID1";
    let config = with(&format!(
        "{{{own}, secretAccessKey: topsecret, sessionToken: tokensecret, expiration: '2030-01-01', \
         policies: [{{Statement: {{Effect: Allow, Action: '*', Resource: '*'}}}}]}}"
    ))
    .unwrap();
    assert_eq!(config.access_keys["AKID1"].secret_access_key, "topsecret");
    assert_eq!(config.principals[0].policies.len(), 1);
    assert!(config.principals[0].expires_at.is_some());
    let member = "identityId: 'r:1', identityPoolId: 'r:2', authenticationProvider: 'a,b'";
    let member = format!(
        "{{{own}, secretAccessKey: a, principalOrgId: o-1, cognitoIdentity: {{{member}}}}}"
    );
    let identity = &with(&member).unwrap().principals[0].identity;
    let cognito = identity.cognito.as_ref().unwrap();
    assert_eq!((&*cognito.identity_id, &*cognito.authentication_type), ("r:1", "authenticated"));
    assert_eq!(identity.organization_id.as_deref(), Some("o-1"));
    let shown = format!("{config:?}");
    assert!(!shown.contains("topsecret") && !shown.contains("tokensecret"), "{shown}");
    for (principal, expected) in [
        (format!("{{{own}}}"), "`secretAccessKey` is missing"),
        (
            "{arn: 'arn:aws:iam::1:user/a', accessKeyId: a, secretAccessKey: b}".into(),
            "not the ARN of a principal",
        ),
        (
            "{arn: 'arn:aws:iam::123456789012:role/a', accessKeyId: a, secretAccessKey: b}".into(),
            "not the ARN of a principal",
        ),
        (format!("{{{own}, secretAccessKey: {{file: /nowhere/at/all}}}}"), "/nowhere/at/all"),
        (
            format!("{{{own}, secretAccessKey: {{env: NO_SUCH_VARIABLE_HERE}}}}"),
            "`NO_SUCH_VARIABLE_HERE` is not set",
        ),
        (format!("{{{own}, secretAccessKey: {{}}}}"), "a secret is a text"),
        (format!("{{{own}, secretAccessKey: a, expiration: soon}}"), "it is a time"),
        (
            format!("{{{own}, secretAccessKey: a, cognitoIdentity: {{identityId: a}}}}"),
            "`identityPoolId` is missing",
        ),
        (format!("{{{own}, secretAccessKey: a, policies: [{{}}]}}"), "`Statement` is missing"),
        (
            format!(
                "{{{own}, secretAccessKey: a, policies: [{{Version: '2012-10-17', Statement: {{Effect: Deny, \
                 Action: '*', Resource: '*/${{aws:PrincipalTag/x}}'}}}}]}}"
            ),
            "/iam/principals/0/policies/0/Statement/Resource the condition key `aws:principaltag/x` is not supported yet",
        ),
    ] {
        let errors = with(&principal).unwrap_err();
        assert!(errors.iter().any(|error| error.contains(expected)), "{principal}: {errors:?}");
    }
    let twice = format!("{{{own}, secretAccessKey: a}}\n  - {{{own}, secretAccessKey: b}}");
    assert!(with(&twice).unwrap_err()[0].contains("is there twice"));
}

#[test]
fn targets_and_their_checks_are_read_with_target_groups_defaults() {
    let links = r"
vpcLinks:
  - {vpcLinkId: a, url: 'http://h:81/base/'}
  - vpcLinkId: b
    name: inner
    targets: [{host: 10.0.0.5, port: 8080}, {host: '::1', port: 1}, {url: 'https://h'}]
    listeners:
      - integrationUri: arn:aws:elasticloadbalancing:r:a:listener/app/x/1/2
        url: http://h
        healthCheck: {matcher: {httpCode: '200,300-302'}, healthyThresholdCount: 3}
";
    let config = read_text(&format!("{MINIMAL}{links}")).unwrap();
    let [a, b] = &config.vpc_links[..] else { panic!("{:?}", config.vpc_links) };
    let a = a.targets.as_ref().unwrap();
    assert_eq!((&*a.targets[0].path, a.targets[0].authority.as_str()), ("/base", "h:81"));
    assert!(a.health_check.is_none() && a.is_url_alone);
    let own = b.targets.as_ref().unwrap();
    let authorities: Vec<_> = own.targets.iter().map(|t| t.authority.as_str()).collect();
    assert_eq!(authorities, ["10.0.0.5:8080", "[::1]:1", "h"]);
    let check = own.health_check.as_ref().unwrap();
    assert_eq!((&check.protocol, check.timeout.as_secs()), (&HealthCheckProtocol::Tcp, 10));
    let check = b.listeners.values().next().unwrap().health_check.as_ref().unwrap();
    let matcher = vec![200..=200, 300..=302];
    assert_eq!(
        check.protocol,
        HealthCheckProtocol::Http { is_https: false, path: "/".into(), matcher }
    );
    let thresholds = (check.healthy_threshold, check.unhealthy_threshold);
    assert_eq!((thresholds, check.interval.as_secs(), check.timeout.as_secs()), ((3, 2), 30, 5));
}

#[test]
fn links_that_cannot_be_are_refused() {
    for (link, mistake) in [
        ("{url: 'http://h'}", "`vpcLinkId` is missing"),
        ("{vpcLinkId: a}", "it has either `url` or `targets`"),
        ("{vpcLinkId: a, url: 'http://h', targets: []}", "it has either `url` or `targets`"),
        ("{vpcLinkId: a, targets: []}", "1 to 500 targets"),
        ("{vpcLinkId: a, targets: [{host: h}]}", "either `url`, or `host` and `port`"),
        ("{vpcLinkId: a, targets: [{host: h, port: 0}]}", "a port is a number"),
        ("{vpcLinkId: a, targets: [{host: 'a/b', port: 1}]}", "is not a host"),
        ("{vpcLinkId: a, targets: [{host: 'u@h', port: 1}]}", "is not a host"),
        ("{vpcLinkId: a, url: 'http://u@h'}", "may not hold a user name"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {protocol: GRPC}}", "no protocol of health"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {protocol: UDP}}", "no protocol of"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {protocol: TCP, path: /}}", "belongs to"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {path: x}}", "is not a path"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {intervalSeconds: 301}}", "is 1 to 300"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {timeoutSeconds: 31}}", "must not be more"),
        ("{vpcLinkId: a, url: 'http://h', healthCheck: {matcher: {httpCode: '1'}}}", "no statuses"),
        ("{vpcLinkId: a, listeners: [{integrationUri: x, url: 'http://h'}]}", "neither a load"),
        ("{vpcLinkId: a, url: 'http://h'}, {vpcLinkId: a, url: 'http://h'}", "is used twice"),
    ] {
        let told = read_text(&format!("{MINIMAL}vpcLinks: [{link}]")).unwrap_err();
        assert!(told.iter().any(|told| told.contains(mistake)), "{link}: {told:?}");
    }
}
