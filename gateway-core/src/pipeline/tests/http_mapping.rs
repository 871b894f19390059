use alloc::{vec, vec::Vec};

use crate::definition::{Integration, IntegrationType, PayloadFormat};
use crate::effect::{Effect, EffectError, FunctionAnswer, Outcome};
use crate::message::{Content, ContentId};
use crate::pipeline::world::*;

fn proxy(uri: &str, mappings: &[(&str, &str)]) -> Integration {
    let pairs = mappings.iter().map(|(target, value)| ((*target).into(), (*value).into()));
    Integration {
        request_parameters: pairs.collect(),
        ..integration(IntegrationType::HttpProxy, uri)
    }
}

fn ok(effect: &Effect) -> Option<Outcome> {
    matches!(effect, Effect::SendRequest(_)).then(|| endpoint(200, &[], Content::Empty))
}

fn url(route: &str, uri: &str, mappings: &[(&str, &str)], request: &str) -> alloc::string::String {
    let gateway = gateway(vec![http(vec![method(route, proxy(uri, mappings))])]);
    let told = run(&gateway, arrival(request, &[]), ok);
    sent_url(told.asked()[0])
}

#[test]
fn header_mappings_read_the_clients_request_and_change_what_is_sent() {
    let mappings = [
        ("append:header.x-new", "$request.header.x-old"),
        ("remove:header.x-old", "''"),
        ("append:header.x-more", "b"),
        ("overwrite:header.x-id", "${request.path.id}@${context.stage}"),
        ("overwrite:header.host", "inner"),
        ("overwrite:header.x-user", "$context.authorizer.claims.sub"),
        ("append:header.x-none", "$request.header.x-none"),
        ("overwrite:header.x-line", "$request.querystring.line"),
    ];
    let gateway = gateway(vec![http(vec![method("GET /{id}", proxy("http://h/", &mappings))])]);
    let asked = arrival(
        "GET /a%20b?line=1%0d%0ax:2",
        &["X-Old: 1", "x-old: 2", "X-More: a", "X-Id: forged", "X-User: forged"],
    );
    let told = run(&gateway, asked.clone(), ok);
    let fields = sent_fields(told.asked()[0], &asked);
    let values = |name: &str| fields.all(name).collect::<Vec<_>>();
    assert_eq!(values("x-new"), ["1,2"]);
    assert_eq!(values("x-more"), ["a", "b"]);
    assert_eq!(values("x-id"), ["a b@$default"]);
    assert_eq!(values("host"), ["inner"]);
    assert_eq!(values("x-line"), ["1  x:2"], "a line break ends no field");
    for gone in ["x-old", "x-user", "x-none"] {
        assert_eq!(fields.get(gone), None, "{gone}");
    }
}

#[test]
fn query_mappings_replace_every_spelling_of_a_name() {
    let mappings = [
        ("append:querystring.new", "a b&c"),
        ("overwrite:querystring.q", "$request.querystring.q"),
        ("remove:querystring.token", "''"),
    ];
    assert_eq!(
        url("GET /a", "http://h/x?q=0&own=1", &mappings, "GET /a?q=1&%71=2&tok%65n=s&Q=3&token"),
        "http://h/x?own=1&Q=3&q=1%2C2&new=a%20b%26c"
    );
    let removal = [("remove:querystring.q", "''")];
    assert_eq!(url("GET /a", "http://h", &removal, "GET /a?q=1"), "http://h/");
}

#[test]
fn an_overwritten_path_takes_the_place_of_the_uris_and_of_the_requests() {
    let whole = [("overwrite:path", "$request.path")];
    assert_eq!(
        url("GET /{p+}", "http://h:81/base?own=1", &whole, "GET /a%2Fb/c?q=1"),
        "http://h:81/a%2Fb/c?own=1&q=1"
    );
    let fixed = [("overwrite:path", "v2/${request.querystring.q}")];
    assert_eq!(
        url("$default", "http://h/base", &fixed, "GET /a?q=%3F%23"),
        "http://h/v2/%3F%23?q=%3F%23"
    );
    let missing = [("overwrite:path", "$request.header.none")];
    assert_eq!(url("GET /a", "http://h/base", &missing, "GET /a"), "http://h/base");
}

#[test]
fn nothing_of_a_request_leads_out_of_where_a_mapped_path_has_it() {
    let mappings = [("overwrite:path", "/pub/${request.querystring.f}/${request.header.x-f}")];
    let gateway = gateway(vec![http(vec![method("GET /a", proxy("http://h/", &mappings))])]);
    for (request, field) in [
        ("GET /a?f=../admin", "X-F: a"),
        ("GET /a?f=%2e%2e%2fadmin", "X-F: a"),
        ("GET /a?f=a", "X-F: ..\\admin"),
        ("GET /a?f=a", "X-F: %2e%2e"),
    ] {
        let told = run(&gateway, arrival(request, &[field]), ok);
        let seen = (told.response.status, told.body(), told.asked().len());
        assert_eq!(seen, (400, "{\"message\":\"Bad Request\"}", 0), "{request} {field}");
    }
    let told = run(&gateway, arrival("GET /a?f=b/../c", &["X-F: a..b"]), ok);
    assert_eq!(sent_url(told.asked()[0]), "http://h/pub/b/../c/a..b?f=b/../c");
}

#[test]
fn a_member_of_the_content_can_be_mapped_and_the_content_is_still_sent() {
    let mappings = [("overwrite:header.x-name", "$request.body.pet.name")];
    let gateway = gateway(vec![http(vec![method("POST /a", proxy("http://h/", &mappings))])]);
    let mut asked = arrival("POST /a", &[]);
    asked.request.content = Content::Held(ContentId(0));
    let told = run(&gateway, asked.clone(), |effect| match effect {
        Effect::ReadContent(_) => {
            Some(Outcome::ReadContent(Ok(br#"{"pet":{"name":"Rex"}}"#.to_vec().into())))
        }
        effect => ok(effect),
    });
    let sent = told.asked()[1];
    assert_eq!(sent_fields(sent, &asked).get("x-name"), Some("Rex"));
    let Effect::SendRequest(sent) = sent else { panic!("{sent:?}") };
    assert_eq!(sent.content, Content::Held(ContentId(0)));
}

fn mapped_response(
    status: u16,
    mappings: &[(&str, &str)],
    integration: Integration,
) -> Integration {
    let pairs = mappings.iter().map(|(target, value)| ((*target).into(), (*value).into()));
    Integration { response_parameters: vec![(status, pairs.collect())], ..integration }
}

fn answered(integration: Integration, status: u16, body: &str) -> (Told, Vec<Effect>) {
    let gateway = gateway(vec![http(vec![method("GET /a", integration)])]);
    let told = run(&gateway, arrival("GET /a", &["X-Old: theirs"]), |effect| match effect {
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(body.as_bytes().to_vec().into()))),
        Effect::TakeTokens(_) => None,
        _ => Some(endpoint(
            status,
            &[("X-Old", "1"), ("x-old", "2"), ("Content-Type", "application/json")],
            Content::Held(ContentId(1)),
        )),
    });
    let effects = told.asked().into_iter().cloned().collect();
    (told, effects)
}

#[test]
fn a_response_is_mapped_by_the_endpoints_status() {
    let mappings = [
        ("append:header.x-new", "$response.header.x-old"),
        ("remove:header.x-old", "''"),
        ("overwrite:header.content-type", "text/${response.body.kind}"),
        ("append:header.x-none", "$response.body.none"),
        ("overwrite:header.x-stage", "${context.stage}"),
        ("overwrite:statuscode", "$response.body.status"),
    ];
    let integration = || mapped_response(404, &mappings, proxy("http://h/", &[]));
    let (told, effects) = answered(integration(), 404, r#"{"kind":"plain","status":"202"}"#);
    assert_eq!(told.response.status, 202);
    assert_eq!(told.field("x-new"), Some("1,2"));
    assert_eq!(told.field("content-type"), Some("text/plain"));
    assert_eq!(told.field("x-stage"), Some("$default"));
    assert_eq!((told.field("x-old"), told.field("x-none")), (None, None));
    assert_eq!(told.response.content, Content::Held(ContentId(1)), "the content goes on as it is");
    assert_eq!(effects.len(), 2);

    let (told, _) = answered(integration(), 404, r#"{"status":"99"}"#);
    assert_eq!(told.response.status, 404, "what is no status code changes nothing");
    let (told, effects) = answered(integration(), 200, "");
    assert_eq!((told.response.status, told.field("x-old")), (200, Some("1")));
    assert_eq!(effects.len(), 1, "content that no mapping needs is not read");
}

#[test]
fn an_endpoint_that_answers_more_than_can_be_mapped_is_answered_500() {
    let integration =
        mapped_response(200, &[("append:header.x", "$response.body.x")], proxy("http://h/", &[]));
    let gateway = gateway(vec![http(vec![method("GET /a", integration)])]);
    let told = run(&gateway, arrival("GET /a", &[]), |effect| match effect {
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Err(EffectError::TooLarge))),
        Effect::TakeTokens(_) => None,
        _ => Some(endpoint(200, &[], Content::Held(ContentId(1)))),
    });
    assert_eq!(
        (told.response.status, told.body()),
        (500, r#"{"message":"Internal Server Error"}"#)
    );
}

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

#[test]
fn a_functions_event_and_its_answer_are_mapped_too() {
    let mappings = [
        ("overwrite:header.x-user", "$context.routeKey"),
        ("remove:header.x-old", "''"),
        ("append:querystring.q", "$request.body.q"),
        ("overwrite:path", "/v2${request.path}"),
    ];
    let pairs = mappings.iter().map(|(target, value)| ((*target).into(), (*value).into()));
    let integration = Integration {
        request_parameters: pairs.collect(),
        payload_format: PayloadFormat::V2,
        ..integration(IntegrationType::AwsProxy, FUNCTION)
    };
    let integration = mapped_response(201, &[("append:header.x-made", "yes")], integration);
    let gateway = gateway(vec![http(vec![method("POST /a", integration)])]);
    let mut asked = arrival("POST /a?p=1", &["X-Old: 1"]);
    asked.request.content = Content::Bytes(br#"{"q":"a b"}"#.to_vec());
    let told = run(&gateway, asked, |effect| match effect {
        Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
            status: 200,
            function_error: None,
            payload: br#"{"statusCode":201,"body":"b"}"#.to_vec().into(),
            request_id: None,
            trace: None,
            content: None,
        }))),
        _ => None,
    });
    assert_eq!((told.response.status, told.field("x-made"), told.body()), (201, Some("yes"), "b"));
    let Effect::InvokeFunction(invoke) = told.asked()[0] else { panic!("no invocation") };
    let event: serde_json::Value = serde_json::from_slice(&invoke.payload.0).unwrap();
    assert_eq!(event["headers"]["x-user"], "POST /a");
    assert_eq!(event["headers"].get("x-old"), None);
    assert_eq!(event["rawQueryString"], "p=1&q=a%20b");
    assert_eq!(event["rawPath"], "/v2/a");
}
