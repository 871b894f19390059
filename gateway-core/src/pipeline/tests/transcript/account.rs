//! The account of one exchange, as `explain` tells it: what decided, and where the definition says so.

use alloc::string::ToString;

use serde_json::json;

use super::*;
use crate::bucket::Limit;
use crate::definition::{Api, Protocol};
use crate::effect::{EffectError, RequestSignature};
use crate::pipeline::tests::{authorize, iam, lambda_authorizer, resource_policy};
use crate::pipeline::world::NOW;
use crate::policy::Policy;

#[test]
fn an_account_names_what_of_the_definition_decided() {
    let api = logged(LoggingLevel::Off, false, http("{\"sent\":$input.json('$')}"));
    let host = backend(b"{\"b\":1}", b"{\"a\":2}");
    let arrival = Arrival { is_explained: true, ..posted() };
    let told = run(&gateway(vec![api]), arrival, |effect| host.perform(effect));
    assert_eq!(log(&told), [""; 0], "an account is no log");
    let account = transcript(&told);
    let decided: Vec<(PipelineStage, &str, u32)> = account
        .entries
        .iter()
        .filter_map(|entry| entry.source.as_ref().map(|s| (entry.stage, &*s.pointer, s.line)))
        .collect();
    let expected = [
        (PipelineStage::Route, "/paths/~1pets/post", 7),
        (PipelineStage::Authorize, "/paths/~1pets/post", 7),
        (PipelineStage::Authorize, "/paths/~1pets/post", 7),
        (PipelineStage::Throttle, "/paths/~1pets/post", 7),
        (PipelineStage::Validate, "/paths/~1pets/post", 7),
        (PipelineStage::Integrate, "/i", 9),
        (PipelineStage::Integrate, "/i/requestTemplates/application~1json", 9),
        (PipelineStage::MapResponse, "/i/responses/default", 9),
        (PipelineStage::MapResponse, "/i/responses/default/responseTemplates/application~1json", 9),
    ];
    assert_eq!(decided, expected);
    let results = account.entries.iter().filter_map(|entry| match &entry.event {
        Event::Rendered { message, result, .. } => Some((*message, result.as_str())),
        _ => None,
    });
    let rendered = [
        (Message::EndpointRequest, "{\"sent\":{\"b\":1}}"),
        (Message::MethodResponse, "{\"made\":2}"),
    ];
    assert!(results.eq(rendered));
}

#[test]
fn an_account_tells_rates_and_bursts_of_the_limits_that_hold() {
    let mut api = logged(LoggingLevel::Off, false, http("{}"));
    for setting in api.stages[0].method_settings.values_mut() {
        setting.throttling = Some(Limit::new(0.5, 3));
    }
    let host = backend(b"{}", b"{}");
    let arrival = Arrival { is_explained: true, ..posted() };
    let told = run(&gateway(vec![api]), arrival, |effect| host.perform(effect));
    let mut asked = transcript(&told).entries.iter().filter_map(|entry| match &entry.event {
        Event::Asked { what, .. } => Some(what.as_str()),
        _ => None,
    });
    let limits = "a token of each: stage/abc123/prod/~1pets~1{id}/POST (0.5 a second, burst 3), \
                  account (10000 a second, burst 5000)";
    assert!(asked.any(|what| what == limits));
}

/// The rules that an account names, each with its place.
fn rules(told: &Told) -> Vec<(&str, &str)> {
    let entries = transcript(told).entries.iter();
    let decided = entries.filter_map(|entry| match &entry.event {
        Event::Decided { rule } => {
            Some((rule.as_str(), entry.source.as_ref().map_or("", |source| &source.pointer)))
        }
        _ => None,
    });
    decided.collect()
}

#[test]
fn an_account_tells_which_parameters_are_mapped() {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(target, value)| ((*target).into(), (*value).into())).collect::<Vec<_>>()
    };
    let ask = |api, target: &str| {
        let host = backend(b"{}", b"{}");
        let mut arrival = Arrival { is_explained: true, ..posted() };
        arrival.request.target = target.into();
        run(&gateway(vec![api]), arrival, |effect| host.perform(effect))
    };
    let mut of_rest = http("{}");
    of_rest.request_parameters = pairs(&[
        ("integration.request.header.X-Q", "method.request.querystring.x"),
        ("integration.request.header.X-Token", "'topsecret9'"),
    ]);
    of_rest.responses[0].response_parameters =
        pairs(&[("method.response.header.A", "integration.response.header.B")]);
    let told = ask(logged(LoggingLevel::Off, false, of_rest), "/prod/pets/1?x=2");
    let told = rules(&told);
    for expected in [
        (
            "`integration.request.header.X-Q` is mapped from `method.request.querystring.x`",
            "/i/requestParameters/integration.request.header.X-Q",
        ),
        (
            "`integration.request.header.X-Token` is mapped from `*****`",
            "/i/requestParameters/integration.request.header.X-Token",
        ),
        (
            "`method.response.header.A` is mapped from `integration.response.header.B`",
            "/i/responses/default/responseParameters/method.response.header.A",
        ),
    ] {
        assert!(told.contains(&expected), "{told:#?}");
    }
    let mut of_http = integration(IntegrationType::HttpProxy, "http://h");
    of_http.source = Source { pointer: "/i".into(), line: 9 };
    of_http.request_parameters = pairs(&[("append:header.x-q", "$request.querystring.x")]);
    of_http.response_parameters = vec![
        (200, pairs(&[("overwrite:statuscode", "202")])),
        (500, pairs(&[("overwrite:statuscode", "503")])),
    ];
    let of_http = crate::pipeline::world::http(vec![method("POST /pets/{id}", of_http)]);
    let told = ask(of_http, "/pets/1?x=2");
    assert_eq!(told.response.status, 202);
    let told = rules(&told);
    let request = "/i/requestParameters/append:header.x-q";
    assert!(
        told.contains(&("`append:header.x-q` is mapped from `$request.querystring.x`", request))
    );
    let response = "/i/responseParameters/200/overwrite:statuscode";
    assert!(told.contains(&("`overwrite:statuscode` is mapped from `202`", response)), "{told:#?}");
    assert!(!told.iter().any(|(rule, _)| rule.contains("503")), "{told:#?}");
}

#[test]
fn an_account_tells_whose_gateway_response_it_was() {
    let entry = |response_type| crate::definition::GatewayResponse {
        response_type,
        status_code: None,
        response_parameters: vec![],
        response_templates: vec![],
    };
    let ask = |entries| {
        let mut api = logged(LoggingLevel::Off, false, mock("{}"));
        api.deployments[0].gateway_responses = entries;
        let arrival = Arrival { is_explained: true, ..arrival("GET /prod/nowhere", &[]) };
        run_alone(&gateway(vec![api]), arrival)
    };
    let last = |told: &Told| {
        let (rule, place) = *rules(told).last().unwrap();
        (String::from(rule), String::from(place))
    };
    let expected = |rule: &str, place: &str| (rule.into(), place.into());
    use crate::gateway_error::ResponseType::{Default4xx, MissingAuthenticationToken};
    assert_eq!(
        last(&ask(vec![entry(Default4xx), entry(MissingAuthenticationToken)])),
        expected(
            "the definition's gateway response MISSING_AUTHENTICATION_TOKEN",
            "/x-amazon-apigateway-gateway-responses/MISSING_AUTHENTICATION_TOKEN"
        )
    );
    assert_eq!(
        last(&ask(vec![entry(Default4xx)])),
        expected(
            "the definition's gateway response DEFAULT_4XX: it has none for MISSING_AUTHENTICATION_TOKEN",
            "/x-amazon-apigateway-gateway-responses/DEFAULT_4XX"
        )
    );
    assert_eq!(
        last(&ask(vec![])),
        expected(
            "AWS's own gateway response MISSING_AUTHENTICATION_TOKEN: the definition has none for it",
            ""
        )
    );
}

#[test]
fn an_account_tells_what_templates_read_and_set() {
    let template = "#set($b = $input.path('$.b'))$b $stageVariables.v $context.stage $input.path('$.none') \
        $stageVariables.dbPassword $input.params('x-api-key')\n#if($b > 0)$nothing#end";
    let mut api = logged(LoggingLevel::Info, true, http(template));
    let variables = [("v", "1"), ("dbPassword", "topsecret4")];
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    api.stages[0].variables = variables.into_iter().collect();
    let told_of = |is_explained| {
        let host = backend(b"{\"b\":1}", b"{\"a\":2}");
        let arrival = Arrival { is_explained, ..posted() };
        run(&gateway(vec![api.clone()]), arrival, |effect| host.perform(effect))
    };
    let account = transcript(&told_of(true)).clone();
    let read = account.entries.iter().find_map(|entry| match &entry.event {
        Event::Rendered { variables, .. } => Some(variables),
        _ => None,
    });
    let read = read.unwrap().iter().map(|v| {
        let sign = if v.is_set { ":=" } else { "=" };
        alloc::format!("{} {}{sign}{}", v.line, v.reference, v.value.as_deref().unwrap_or("null"))
    });
    let read = read.collect::<Vec<_>>();
    let expected = [
        "1 $input.path('$.b')=1",
        "1 $b:=1",
        "1 $b=1",
        "1 $stageVariables.v=1",
        "1 $context.stage=prod",
        "1 $input.path('$.none')=null",
        "1 $stageVariables.dbPassword=*****",
        "1 $input.params('x-api-key')=*****",
        "2 $b=1",
        "2 $nothing=null",
    ];
    assert_eq!(read, expected);
    assert!(!alloc::format!("{account:?}").contains("topsecret"));
    // A log has no more than it had, and the answer is the same.
    let (with, without) = (told_of(true), told_of(false));
    assert_eq!(log(&with), log(&without));
    assert_eq!(with.response, without.response);
    assert!(!log(&with).iter().any(|line| line.contains("topsecret4")));
}

#[test]
fn an_account_tells_what_a_template_read_before_it_failed() {
    let api = logged(LoggingLevel::Off, false, http("$input.path('$.b')#set($l = [])$l.get(0)"));
    let host = backend(b"{\"b\":1}", b"{\"a\":2}");
    let arrival = Arrival { is_explained: true, ..posted() };
    let told = run(&gateway(vec![api]), arrival, |effect| host.perform(effect));
    assert_eq!(told.response.status, 500);
    let failed = transcript(&told).entries.iter().find_map(|entry| match &entry.event {
        Event::Rendered { variables, error, .. } => Some((variables.len(), error.clone())),
        _ => None,
    });
    let (count, error) = failed.unwrap();
    assert!(count >= 2 && error.unwrap().contains("line 1"), "it has line and column");
}

/// What policies said, each with its place.
fn policies_of(told: &Told) -> Vec<(String, String)> {
    let said = rules(told).into_iter().filter(|(rule, _)| rule.contains("polic"));
    said.map(|(rule, place)| (rule.into(), place.into())).collect()
}

#[test]
fn an_account_names_the_statement_that_let_in_or_kept_out() {
    let said = |whose: &str, what: &str, path: &str, place: &str| {
        let arn = "arn:aws:execute-api:eu-west-1:********9012:abc123/prod/";
        (alloc::format!("{whose}: {what} {arn}{path}"), String::from(place))
    };
    let of_api = |what: &str, place: &str| said("resource policy", what, "POST/a", place);
    let deny = |condition| resource_policy::statement("Deny", "execute-api:/*", condition);
    let elsewhere = deny(json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}));
    for (statements, expected) in [
        (
            json!([elsewhere, resource_policy::allow_all()]),
            of_api("statement 1 of the policy allows", "/x-amazon-apigateway-policy/Statement/1"),
        ),
        (
            json!([resource_policy::deny_all(), resource_policy::allow_all()]),
            of_api("statement 0 of the policy denies", "/x-amazon-apigateway-policy/Statement/0"),
        ),
        (
            json!([resource_policy::silent()]),
            of_api("no statement of the policy speaks of", "/x-amazon-apigateway-policy"),
        ),
    ] {
        let mut api = iam::signed_api(Protocol::Rest);
        let document = json!({"Statement": statements}).to_string();
        api.deployments[0].policy = Some(Policy::parse(document.as_bytes()).unwrap());
        let is_denied = expected.0.contains("denies");
        let gateway = iam::gateway_of(api, iam::everything());
        let asked = Arrival { is_explained: true, ..iam::claiming("/prod/a", NOW, &[]) };
        let told = policies_of(&iam::ask(&gateway, asked, RequestSignature::Valid).told);
        let own =
            said("the caller's own policies", "statement 0 of the policy allows", "POST/a", "");
        let all = if is_denied { vec![expected] } else { vec![expected, own] };
        assert_eq!(told, all, "{statements}");
    }
    let api = lambda_authorizer::protected(Protocol::Rest, lambda_authorizer::token());
    let asked = arrival("GET /prod/a/1", &["Authorization: t"]);
    let asked = Arrival { is_explained: true, ..asked };
    let mut host = lambda_authorizer::Host::new(lambda_authorizer::everything());
    let told = policies_of(&host.run(&gateway(vec![api]), asked));
    let expected =
        said("the authorizer's policy", "statement 0 of the policy allows", "GET/a/1", "");
    assert_eq!(told, [expected]);
}

/// Why the account says that an authorizer refused.
fn refusal(told: &Told) -> &str {
    let mut reasons = transcript(told).entries.iter().filter_map(|entry| match &entry.event {
        Event::Failed { reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    reasons.next().expect("a refusal")
}

fn explained(api: Api, target: &str) -> Told {
    let arrival = Arrival { is_explained: true, ..arrival(target, &[]) };
    run(&gateway(vec![api]), arrival, |_| None)
}

#[test]
fn an_account_names_the_identity_source_that_is_missing() {
    let told = explained(authorize::protected(Protocol::Http, authorize::jwt(), &[]), "GET /a");
    let sources = "$request.header.Authorization or $request.querystring.t";
    assert_eq!(refusal(&told), alloc::format!("no token in {sources}"));

    let cognito = AuthorizerKind::Cognito {
        identity_header: "X-Token".into(),
        identity_validation_expression: None,
        provider_arns: vec![],
    };
    let told = explained(authorize::protected(Protocol::Rest, cognito, &[]), "GET /prod/a");
    assert_eq!(refusal(&told), "no token in method.request.header.X-Token");

    let rest = lambda_authorizer::token();
    let told = explained(lambda_authorizer::protected(Protocol::Rest, rest), "GET /prod/a/1");
    let name = "method.request.header.Authorization";
    assert_eq!(refusal(&told), alloc::format!("the identity source {name} is missing or empty"));

    for name in ["$request.querystring.k", "$stageVariables.k", "$context.authorizer.principalId"] {
        let authorizer = lambda_authorizer::simple(&[name]);
        let told = explained(lambda_authorizer::protected(Protocol::Http, authorizer), "GET /a/1");
        let missing = alloc::format!("the identity source {name} is missing or empty");
        assert_eq!(refusal(&told), missing);
    }
}

#[test]
fn an_account_tells_in_words_why_an_effect_failed() {
    let api = logged(LoggingLevel::Off, false, http("{}"));
    let arrival = Arrival { is_explained: true, ..posted() };
    let told = run(&gateway(vec![api]), arrival, |effect| {
        Some(effect.failed(EffectError::Unavailable("connection refused".into())))
    });
    let mut answers = transcript(&told).entries.iter().filter_map(|entry| match &entry.event {
        Event::Answered { what, .. } => Some(what.as_str()),
        _ => None,
    });
    assert!(answers.any(|answer| answer == "connection refused"), "{:#?}", transcript(&told));
}
