//! Authorizers that come to no answer.

use super::*;

#[test]
fn an_authorizer_that_fails_lets_nobody_in() {
    let gateway_of = |protocol| gateway(vec![protected(protocol, request(&[]))]);
    let (rest, http) = (gateway_of(Protocol::Rest), gateway_of(Protocol::Http));
    let mut host = Host::new(json!("allow"));
    let told = host.run(&rest, arrival("GET /prod/a/7", &[]));
    assert_eq!((told.response.status, told.body()), (500, "{\"message\":null}"));
    assert_eq!(told.field("x-amzn-errortype"), Some("AuthorizerConfigurationException"));
    let told = host.run(&http, arrival("GET /a/7", &[]));
    assert_eq!(
        (told.response.status, told.body()),
        (500, "{\"message\":\"Internal Server Error\"}")
    );
    for (error, status) in [("Unauthorized", 401), ("Unauthorized: no", 500)] {
        host.error = Some(error);
        let told = host.run(&rest, arrival("GET /prod/a/7", &[]));
        assert_eq!(told.response.status, status, "{error}");
    }
    assert_eq!(host.events.len(), 0);
    for error in [
        EffectError::TimedOut,
        EffectError::Unavailable("x".into()),
        EffectError::Malformed("x".into()),
        EffectError::TooLarge,
    ] {
        let told = run(&rest, arrival("GET /prod/a/7", &[]), |e| Some(e.failed(error.clone())));
        assert_eq!((told.response.status, told.body()), (500, "{\"message\":null}"), "{error:?}");
    }
}

/// What the operator is told of authorizers.
fn reports(told: &Told) -> Vec<&AuthorizerFailure> {
    let reports = told.notices.iter().filter_map(|notice| match notice {
        Notice::ReportAuthorizer(failure) => Some(failure),
        _ => None,
    });
    reports.collect()
}

#[test]
fn the_operator_is_told_what_was_wrong_with_an_authorizers_answer_and_no_secret() {
    let gateway_of = |protocol| gateway(vec![protected(protocol, request(&[]))]);
    let (rest, http) = (gateway_of(Protocol::Rest), gateway_of(Protocol::Http));
    let granting = |more: Value| {
        let mut answer = everything();
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer
    };
    for (answer, error, reason) in [
        (json!("allow-s3cret"), None, "`policyDocument` is missing"),
        (json!({"principalId": "s3cret"}), None, "`policyDocument` is missing"),
        (
            granting(json!({"principalId": ["s3cret"]})),
            None,
            "`principalId` is missing, or no string",
        ),
        (
            granting(json!({"context": {"k": {"a": "s3cret"}}})),
            None,
            "`context.k` is an object or an array",
        ),
        (
            granting(json!({"usageIdentifierKey": {"a": "s3cret"}})),
            None,
            "`usageIdentifierKey` is no string",
        ),
        (policy("Maybe", "s3cret"), None, "policyDocument/Statement/0/Effect"),
        (json!(null), Some("no: s3cret"), "Unhandled error of the function"),
    ] {
        let mut host = Host::new(answer.clone());
        host.error = error;
        let told = host.run(&rest, arrival("GET /prod/a/7", &["Authorization: s3cret"]));
        let [report] = &reports(&told)[..] else { panic!("{answer}: {:?}", told.notices) };
        let names = [&*report.api_id, &report.stage, &report.authorizer];
        assert_eq!((told.response.status, names), (500, ["abc123", "prod", "a"]));
        assert!(report.reason.contains(reason), "{answer}: {}", report.reason);
        assert!(!report.reason.contains("s3cret"), "{}", report.reason);
    }
    let fails = |gateway: &alloc::rc::Rc<Gateway>, path: &str, error: EffectError| {
        let told = run(gateway, arrival(path, &[]), |e| Some(e.failed(error.clone())));
        reports(&told).iter().map(|report| report.reason.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fails(&rest, "GET /prod/a/7", EffectError::TimedOut), ["no answer in time"]);
    assert_eq!(fails(&http, "GET /a/7", EffectError::TimedOut), ["no answer in time"]);
    // What the client did, or the host, tells nothing of the authorizer.
    assert!(fails(&rest, "GET /prod/a/7", EffectError::Cancelled).is_empty());
    assert!(fails(&rest, "GET /prod/a/7", EffectError::Overloaded).is_empty());
    for (answer, error) in
        [(everything(), None), (policy("Deny", "*"), None), (json!(1), Some("Unauthorized"))]
    {
        let mut host = Host::new(answer);
        host.error = error;
        let told = host.run(&rest, arrival("GET /prod/a/7", &[]));
        assert!(reports(&told).is_empty(), "{}", told.response.status);
    }
    let mut host = Host::new(json!(1));
    host.error = Some("Unauthorized");
    let told = host.run(&http, arrival("GET /a/7", &[]));
    assert!(reports(&told)[0].reason.contains("`Unauthorized`, which HTTP APIs do not know"));
}

#[test]
fn a_stage_without_the_function_lets_nobody_in() {
    let uri = FUNCTION.replace(":auth/", ":${stageVariables.f}/");
    let mut api = protected(Protocol::Rest, LambdaAuthorizer { uri, ..token() });
    let closed = run_alone(&gateway(vec![api.clone()]), arrival("GET /prod/a/7", JO));
    assert_eq!(closed.response.status, 500);
    api.stages[0].variables.insert("f".into(), "auth".into());
    let told = Host::new(everything()).run(&gateway(vec![api]), arrival("GET /prod/a/7", JO));
    assert_eq!(told.response.status, 200);
}
