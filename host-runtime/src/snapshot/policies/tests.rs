use std::fs;

use crate::snapshot::Origin;

const CONFIG: &str = "\
apis: [{id: abc123, protocol: REST, definition: a.yaml, stages: [{stageName: prod}, {stageName: test}]}]
";

/// What is told of a configuration with a definition that has this policy, each with its line and pointer.
fn told(config: &str, policy: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let integration =
        "x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: 'http://h/'}";
    let definition = format!(
        "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:\n  /orders:\n    get: {{{integration}}}\n    \
         post: {{{integration}}}\n  /orders/{{id}}:\n    x-amazon-apigateway-any-method:\n      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]\n      {integration}\n{policy}"
    );
    fs::write(folder.path().join("a.yaml"), definition).unwrap();
    fs::write(folder.path().join("edgeway.yaml"), config).unwrap();
    let built = Origin::Config(folder.path().join("edgeway.yaml")).build().unwrap();
    let of_policies = built
        .warnings
        .into_iter()
        .map(|told| told.error)
        .filter(|told| told.source.pointer.contains("olic"));
    of_policies
        .map(|told| {
            let help = told.help.unwrap_or_default();
            format!("{} {}: {}; {help}", told.source.line, told.source.pointer, told.message)
        })
        .collect()
}

/// What is told of a resource policy with this statement beside one that allows everything.
fn of_statement(statement: &str) -> Vec<String> {
    let everything =
        "{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}";
    let at = "/x-amazon-apigateway-policy/Statement/1/";
    let told = told(
        CONFIG,
        &format!(
            "x-amazon-apigateway-policy:\n  Statement:\n  - {everything}\n  - {{Principal: '*', {statement}}}\n"
        ),
    );
    told.into_iter().map(|told| told.replace(&format!("14 {at}"), "")).collect()
}

#[test]
fn an_action_that_api_gateway_has_not_is_warned_of() {
    let denial = |action: &str| {
        of_statement(&format!("Effect: Deny, {action}, Resource: 'execute-api:/prod/*'"))
    };
    assert_eq!(
        denial("Action: 'execute-api:Invok'"),
        [
            "Action: this denies nothing: API Gateway has no action `execute-api:Invok`; did you mean `execute-api:Invoke`?"
        ]
    );
    for wrong in ["execute:Invoke", "execute-api:Invoked", "s3:*", "lambda:InvokeFunction"] {
        assert_eq!(denial(&format!("Action: '{wrong}'")).len(), 1, "{wrong}");
    }
    for right in [
        "*",
        "execute-api:*",
        "Execute-API:invoke",
        "execute-api:InvalidateCache",
        "execute-api:Man*",
    ] {
        assert_eq!(denial(&format!("Action: '{right}'")), [""; 0], "{right}");
    }
    let several = denial("Action: ['execute-api:Invoke', 'execute-api:Invalidate']");
    assert!(
        matches!(&several[..], [one] if one.starts_with("Action/1: this denies nothing")),
        "{several:?}"
    );
    let excepted = denial("NotAction: 'execute-api:Invok'");
    assert!(
        matches!(&excepted[..], [one] if one.starts_with("NotAction: this excepts nothing")),
        "{excepted:?}"
    );
}

#[test]
fn a_resource_that_no_method_has_is_warned_of() {
    let of = |effect: &str, resource: &str| {
        of_statement(&format!(
            "Effect: {effect}, Action: 'execute-api:Invoke', Resource: '{resource}'"
        ))
    };
    let nothing = |what: &str, resource: &str, help: &str| {
        format!("Resource: this denies nothing: {what} as in `{resource}`; {help}")
    };
    let written = "a method is written `execute-api:/prod/GET/orders`";
    for (resource, what, help) in [
        ("execute-api:/prd/GET/orders", "there is no such stage", "there is `prod`, `test`"),
        ("execute-api:/prod/get/orders", "the resource has no such method", "it has `GET`, `POST`"),
        ("execute-api:/prod/PUT/orders", "the resource has no such method", "it has `GET`, `POST`"),
        ("execute-api:/prod/GET/order", "there is no such path", "did you mean `/orders`?"),
        ("execute-api:/prod/GET/orders/", "there is no such path", "did you mean `/orders`?"),
        ("execute-api:/prod/GET/health*", "there is no such path", written),
        ("execute-api:/prod/orders", "no method has this ARN", written),
        ("execute-api:prod/GET/orders", "no method has this ARN", written),
        (
            "arn:aws:execute-api:us-east-1:000000000000/abc123/prod/GET/orders",
            "no method has this ARN",
            written,
        ),
        ("arn:aws:s3:::bucket/*", "no method has this ARN", written),
    ] {
        assert_eq!(of("Deny", resource), [nothing(what, resource, help)], "{resource}");
        assert!(of("Allow", resource)[0].contains("this allows nothing"), "{resource}");
    }
    for resource in [
        "*",
        "execute-api:/*",
        "execute-api:/*/GET/orders",
        "execute-api:/p*/orders",
        "execute-api:/test/DELETE/orders/7",
        "execute-api:/prod/*/orders/*s",
        "arn:aws:execute-api:*:*:*/prod/POST/orders",
        "arn:aws:execute-api:us-east-1:*:abc123/????/GET/ord*",
    ] {
        assert_eq!(of("Deny", resource), [""; 0], "{resource}");
        assert_eq!(of("Allow", resource), [""; 0], "{resource}");
    }
    let excepted = of_statement(
        "Effect: Deny, Action: '*', NotResource: ['execute-api:/prd/*', 'execute-api:/prod/*']",
    );
    assert!(
        matches!(&excepted[..], [one] if one.starts_with("NotResource/0: this excepts nothing")),
        "{excepted:?}"
    );
}

#[test]
fn a_permission_for_another_api_is_warned_of() {
    let of = |id: &str, exported: &str| {
        let servers = match exported {
            "" => String::new(),
            id => format!(
                "servers: [{{url: 'https://{id}.execute-api.eu-west-1.amazonaws.com/prod'}}]\n"
            ),
        };
        let arn = format!("arn:aws:execute-api:us-east-1:000000000000:{id}/*");
        let policy = format!(
            "{servers}x-amazon-apigateway-policy:\n  Statement: {{Effect: Allow, Principal: '*', Action: '*', Resource: '{arn}'}}\n"
        );
        told(CONFIG, &policy)
    };
    for (id, exported) in [("d1b2", "d1b2"), ("*", "d1b2"), ("abc123", ""), ("*", "")] {
        assert_eq!(of(id, exported), [""; 0], "{id} {exported}");
    }
    for exported in ["d1b2", ""] {
        let told = of("x9y8", exported);
        assert!(
            told[0].contains("this allows methods of the API `x9y8`, and none of this one"),
            "{told:?}"
        );
    }
}

#[test]
fn policies_of_principals_may_speak_of_other_services() {
    let of = |statement: &str| {
        let principal = format!(
            "{{arn: 'arn:aws:iam::123456789012:user/a', accessKeyId: AKIA1, secretAccessKey: s, policies: [{{Statement: {{{statement}}}}}]}}"
        );
        told(&format!("{CONFIG}iam: {{principals: [{principal}]}}\n"), "")
    };
    for right in [
        "Effect: Allow, Action: 's3:*', Resource: '*'",
        "Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*'",
        "Effect: Allow, Action: ['s3:*', 'execute-api:Invoke'], Resource: ['arn:aws:s3:::b/*', 'arn:aws:execute-api:us-east-1:*:abc123/prod/*']",
        "Effect: Deny, NotAction: ['iam:*', 'execute-api:*'], Resource: '*'",
        "Effect: Allow, Action: '*', Resource: 'arn:aws:s3:::bucket/*'",
    ] {
        assert_eq!(of(right), [""; 0], "{right}");
    }
    let at = "2 /iam/principals/0/policies/0/Statement";
    let written =
        "a method is written `arn:aws:execute-api:us-east-1:000000000000:abc123/prod/GET/orders`";
    for (wrong, expected) in [
        (
            "Effect: Deny, Action: ['s3:*', 'execute-api:Invok'], Resource: '*'",
            format!(
                "{at}/Action/1: this denies nothing: API Gateway has no action `execute-api:Invok`; did you mean `execute-api:Invoke`?"
            ),
        ),
        (
            "Effect: Allow, Action: 'execute-api:Invoke', Resource: 'execute-api:/prod/GET/orders'",
            format!(
                "{at}/Resource: this allows nothing: no method has this ARN as in `execute-api:/prod/GET/orders`; {written}"
            ),
        ),
        (
            "Effect: Deny, Action: '*', Resource: 'arn:aws:execute-api:*:*:abc123/prd/*'",
            format!(
                "{at}/Resource: this denies nothing: there is no such stage as in `arn:aws:execute-api:*:*:abc123/prd/*`; there is `prod`, `test`"
            ),
        ),
    ] {
        assert_eq!(of(wrong), [expected], "{wrong}");
    }
}

#[test]
fn policies_of_private_endpoints_speak_of_apis_alone() {
    let of = |action: &str, resource: &str| {
        let policy = format!(
            "{{Statement: [{{Effect: Allow, Principal: '*', Action: '{action}', Resource: '{resource}'}}]}}"
        );
        let endpoint =
            format!("{{vpcEndpointId: vpce-1, listen: '127.0.0.1:0', policy: {policy}}}");
        told(&format!("{CONFIG}privateEndpoints: [{endpoint}]\n"), "")
    };
    assert_eq!(of("execute-api:Invoke", "arn:aws:execute-api:*:*:*/prod/GET/*"), [""; 0]);
    let at = "2 /privateEndpoints/0/policy/Statement/0";
    let action = of("s3:GetObject", "*");
    assert!(action[0].starts_with(&format!("{at}/Action: this allows nothing")), "{action:?}");
    let resource = of("execute-api:Invoke", "arn:aws:execute-api:*:*:*/prod/get/orders");
    assert!(
        resource[0]
            .starts_with(&format!("{at}/Resource: this allows nothing: the resource has no such")),
        "{resource:?}"
    );
}

#[test]
fn of_more_methods_and_elements_than_can_be_compared_soon_the_first_are_told() {
    use gateway_core::definition::{Integration, Method, Stage};

    let methods: Vec<Method> = (0..super::COMPARISONS_MAX / 4)
        .map(|n| Method::new("GET", &format!("/{n}"), Integration::default()))
        .collect();
    let stages = [Stage { stage_name: "prod".into(), ..Stage::default() }];
    let mut served = Vec::new();
    super::served_by("arn:aws:execute-api:r:a:i/", &stages, &methods, &mut served);
    let denial = "{Effect: Deny, Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:r:a:i/prd/GET/0'}";
    let document = format!("Statement: [{denial}, {denial}, {denial}]");
    let document = crate::document::read(&document).unwrap();
    let policy = super::Policy::from_document(&document).unwrap();
    let check = super::Check::new(super::Owner::Principal, served);
    let told = check.of(&policy, &super::At::root(&document));
    let told: Vec<&str> = told.iter().map(|told| told.message.as_str()).collect();
    assert!(matches!(&told[..], [one] if one.contains("there is no such stage")), "{told:?}");
}
