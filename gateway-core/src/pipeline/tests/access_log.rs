//! What access logs say of the phases before the integration.

use alloc::string::ToString;
use alloc::vec;

use serde_json::json;

use super::iam::{claiming, everything, gateway_of, principal, signed_api};
use super::lambda_authorizer::{protected, token};
use crate::definition::{
    EndpointType, Integration, IntegrationType, Protocol, ResponseTransferMode,
};
use crate::effect::{
    Came, Effect, EffectError, FunctionAnswer, Late, Notice, Outcome, RequestSignature,
};
use crate::message::{Content, Timestamp};
use crate::pipeline::world::*;
use crate::policy::Policy;

const FORMAT: &str = "$context.authenticate.status $context.authenticate.latency \
    $context.authenticate.error|$context.authorizer.status $context.authorizer.latency \
    $context.authorizer.error $context.authorizer.integrationStatus $context.authorizer.requestId|\
    $context.authorize.status $context.authorize.latency $context.authorize.error";

fn line(told: &Told) -> &str {
    let line = told.notices.iter().find_map(|notice| match notice {
        Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
        _ => None,
    });
    line.unwrap()
}

/// `AccessLogField` of AWS's CDK lists them among "context variables that can be used to customize access
/// log pattern".
#[test]
fn access_logs_tell_what_templates_overrode() {
    let mut integration = mock(concat!(
        "#set($context.responseOverride.status = 202)",
        "#set($context.responseOverride.header.X-A = 'made')",
    ));
    integration.request_templates[0].1 = concat!(
        "#set($context.requestOverride.header.h = 'v')",
        "#set($context.requestOverride.querystring.q = ['1', '2'])",
        "#set($context.requestOverride.path.p = \"a b\"){\"statusCode\": 200}",
    )
    .into();
    let mut api = rest(vec![method("GET /a", integration), method("GET /b", mock(""))]);
    api.stages[0].access_log_settings.as_mut().unwrap().format = concat!(
        "$context.requestOverride.header.h $context.requestOverride.querystring.q ",
        "$context.requestOverride.path.p $context.responseOverride.header.X-A ",
        "$context.responseOverride.status $context.requestOverride.header.none",
    )
    .into();
    let gateway = gateway(vec![api]);
    let told = run_alone(&gateway, arrival("GET /prod/a", &[]));
    assert_eq!((told.response.status, line(&told)), (202, "v 1, 2 a b made 202 -"));
    assert_eq!(line(&run_alone(&gateway, arrival("GET /prod/b", &[]))), "- - - - - -");
}

/// What formats in use have it beside: `deploymentId`, `domainPrefix` and the others of a REST API.
#[test]
fn the_type_of_the_endpoint_is_that_of_the_definition() {
    for (endpoint_type, expected) in
        [(EndpointType::Edge, "EDGE"), (EndpointType::Regional, "REGIONAL")]
    {
        let mut api = rest(vec![method("GET /a", mock(""))]);
        api.deployments[0].endpoint_type = endpoint_type;
        api.stages[0].access_log_settings.as_mut().unwrap().format = "$context.endpointType".into();
        let told = run_alone(&gateway(vec![api]), arrival("GET /prod/a", &[]));
        assert_eq!(line(&told), expected);
    }
}

#[test]
fn signatures_are_authenticated_and_policies_authorize() {
    let mut api = signed_api(Protocol::Rest);
    api.stages[0].access_log_settings.as_mut().unwrap().format = FORMAT.into();
    let nobody = principal(super::iam::ALICE, vec![]);
    let old = Timestamp(NOW.0 - 3_600_000);
    for (gateway, signed_at, expected) in [
        (gateway_of(api.clone(), everything()), NOW, "200 5 -|- - - - -|200 0 -"),
        (gateway_of(api.clone(), nobody), NOW, "200 5 -|- - - - -|403 0 User: arn:aws:iam::"),
        (gateway_of(api.clone(), everything()), old, "403 0 Signature expired: "),
    ] {
        let seen =
            super::iam::ask(&gateway, claiming("/prod/a", signed_at, &[]), RequestSignature::Valid);
        assert!(line(&seen.told).starts_with(expected), "{}", line(&seen.told));
    }
}

#[test]
fn an_authorizer_that_fails_was_called_all_the_same() {
    let mut api = protected(Protocol::Rest, token());
    let settings = crate::definition::AccessLogSettings {
        destination: "stdout".into(),
        format: FORMAT.into(),
    };
    api.stages[0].access_log_settings = Some(settings);
    let policy =
        json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}});
    api.deployments[0].policy = Some(Policy::parse(policy.to_string().as_bytes()).unwrap());
    let gateway = gateway(vec![api]);
    for (payload, error, expected) in [
        ("{}", Some("Unhandled"), "- - -|500 10 Unhandled error"),
        (
            r#"{"errorMessage":"Unauthorized"}"#,
            Some("Unhandled"),
            "- - -|401 10 Unauthorized 200 r-1|- - -",
        ),
        (
            r#"{"principalId":"p","policyDocument":{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}}"#,
            None,
            "- - -|200 10 - 200 r-1|403 0 User is not authorized",
        ),
        (
            r#"{"principalId":"p","policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}"#,
            None,
            "- - -|200 10 - 200 r-1|200 0 -",
        ),
    ] {
        let arrival = arrival("GET /prod/a/1", &["Authorization: t"]);
        let told = run(&gateway, arrival, |effect| match effect {
            Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: 200,
                function_error: error.map(Into::into),
                payload: payload.as_bytes().to_vec().into(),
                request_id: Some("r-1".into()),
                trace: None,
                content: None,
            }))),
            Effect::RecallAuthorization(_) => Some(Outcome::RecallAuthorization(Ok(None))),
            _ => None,
        });
        assert!(line(&told).starts_with(expected), "{}\n{expected}", line(&told));
    }
}

#[test]
fn what_a_functions_answer_comes_to_is_the_phase_authorize_and_a_policy_before_it_leaves_no_authorizer()
 {
    let settings = crate::definition::AccessLogSettings {
        destination: "stdout".into(),
        format: "$context.authorizer.status|$context.authorize.status $context.authorize.error"
            .into(),
    };
    let answered = |effect: &str| {
        json!({"principalId": "p", "policyDocument": {"Statement": [
            {"Effect": effect, "Action": "*", "Resource": "*"}]}})
    };
    let policy = |effect: &str| {
        let statement = json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*"});
        Policy::parse(json!({"Statement": statement}).to_string().as_bytes()).unwrap()
    };
    for (resource, answer, expected) in [
        (None, answered("Allow"), "200|200 -"),
        (None, answered("Deny"), "200|403 User is not authorized to access this resource with"),
        (Some(policy("Deny")), answered("Allow"), "-|403 User: anonymous is not authorized"),
    ] {
        let mut api = protected(Protocol::Rest, token());
        api.stages[0].access_log_settings = Some(settings.clone());
        api.deployments[0].policy = resource;
        let arrival = arrival("GET /prod/a/1", &["Authorization: t"]);
        let told = super::lambda_authorizer::Host::new(answer).run(&gateway(vec![api]), arrival);
        assert!(line(&told).starts_with(expected), "{}\n{expected}", line(&told));
    }
}

#[test]
fn an_endpoint_of_awss_has_two_ids_and_content_is_counted_both_ways() {
    let mut api = http(vec![method(
        "POST /a",
        integration(IntegrationType::HttpProxy, "http://endpoint.example"),
    )]);
    let settings = crate::definition::AccessLogSettings {
        destination: "stdout".into(),
        format:
            "$context.awsEndpointRequestId $context.awsEndpointRequestId2 $context.dataProcessed \
                 $context.customDomain.routingRuleIdMatched"
                .into(),
    };
    api.stages[0].access_log_settings = Some(settings);
    let ids = [("x-amz-request-id", "one"), ("x-amz-id-2", "two"), ("Content-Length", "3")];
    let told =
        run(
            &gateway(vec![api]),
            posted("POST /a", &["Content-Length: 4"]),
            |effect| match effect {
                Effect::SendRequest(_) => {
                    Some(endpoint(200, &ids, Content::Bytes(b"abc".to_vec())))
                }
                _ => None,
            },
        );
    assert_eq!(line(&told), "one two 7 -");
}

#[test]
fn of_a_streamed_answer_some_values_are_known_later() {
    let told = |mode: ResponseTransferMode, status: Option<u16>| {
        let proxy = Integration {
            response_transfer_mode: mode,
            ..integration(IntegrationType::HttpProxy, "http://h/")
        };
        let mut api = rest(vec![method("GET /a", proxy)]);
        api.stages[0].access_log_settings.as_mut().unwrap().format =
            "$context.integration.timeToFirstContent|$context.integration.latency $context.status \
             $context.responseLength"
                .into();
        let told = run(&gateway(vec![api]), arrival("GET /prod/a", &[]), |effect| match effect {
            Effect::SendRequest(_) => Some(match status {
                Some(status) => endpoint(status, &[], Content::Empty),
                None => effect.failed(EffectError::TimedOut),
            }),
            _ => None,
        });
        told.notices.into_iter().find_map(|notice| match notice {
            Notice::WriteAccessLog { line, late, .. } => Some((line, late)),
            _ => None,
        })
    };
    let (line, late) = told(ResponseTransferMode::Stream, Some(200)).unwrap();
    let came =
        Came { first: Some(Timestamp(NOW.0 + 500)), ended: Timestamp(NOW.0 + 900), length: 7 };
    let complete = Late::complete(&line, &late, came);
    let (first, rest) = complete.split_once('|').unwrap();
    let mut rest = rest.split(' ');
    let ms = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok()).unwrap();
    assert_eq!(ms(rest.next()) - ms(Some(first)), 400, "{complete}");
    assert_eq!(rest.collect::<vec::Vec<_>>(), ["200", "7"]);
    for (mode, status) in
        [(ResponseTransferMode::Buffered, Some(200)), (ResponseTransferMode::Stream, None)]
    {
        assert_eq!(told(mode, status).unwrap().1, [], "{mode:?}");
    }
}
