use alloc::string::String;
use alloc::vec;

use crate::definition::{
    Integration, IntegrationResponse, IntegrationType, LoggingLevel, MethodSetting,
};
use crate::effect::{Effect, Notice};
use crate::message::OutgoingFields;
use crate::pipeline::world::*;

const JSON: &str = "application/json";

/// An HTTP integration with this request template and this response template.
fn templated(request: Option<&str>, response: Option<&str>) -> Integration {
    let templates =
        |text: Option<&str>| text.map(|t| (JSON.into(), t.into())).into_iter().collect();
    Integration {
        http_method: Some("POST".into()),
        request_templates: templates(request),
        responses: vec![IntegrationResponse {
            response_templates: templates(response),
            ..IntegrationResponse::new(200)
        }],
        ..integration(IntegrationType::Http, "http://backend/{path}")
    }
}

fn ask(integration: Integration, request: &str, fields: &[&str], backend: &Backend) -> Told {
    let mut api = rest(vec![method("POST /a/{p}", integration)]);
    api.stages[0].variables.insert("v".into(), "1".into());
    let logged =
        MethodSetting { logging_level: Some(LoggingLevel::Error), ..MethodSetting::default() };
    api.stages[0].method_settings.insert("*/*".into(), logged);
    run(&gateway(vec![api]), posted(request, fields), |effect| backend.perform(effect))
}

fn sent_lines(told: &Told, name: &str) -> vec::Vec<String> {
    let OutgoingFields::Complete(fields) = &sent(told).fields else { panic!("edits only") };
    fields.all(name).map(Into::into).collect()
}

/// `Host` has a capital over HTTP/1.1; over HTTP/2 no name has one (RFC 9113 §8.2.1).
#[test]
fn names_of_fields_in_mappings_are_case_sensitive_where_their_spelling_is_known() {
    let mapped = |fields: &[&str]| {
        let mut integration = templated(None, None);
        integration.request_parameters = [
            ("integration.request.header.last", "method.request.header.X-Tenant"),
            ("integration.request.header.all", "method.request.multivalueheader.X-Tenant"),
        ]
        .map(|(target, source)| (target.into(), source.into()))
        .into();
        let told = ask(integration, "POST /prod/a/b", fields, &backend(b"{}", b"{}"));
        [sent_lines(&told, "last"), sent_lines(&told, "all")].concat()
    };
    const HOST: &str = "abc123.execute-api.eu-west-1.amazonaws.com";
    let spelled = alloc::format!("Host: {HOST}");
    let lost = alloc::format!("host: {HOST}");
    assert_eq!(mapped(&[&spelled, "X-Tenant: a", "X-Tenant: b"]), ["b", "a,b"]);
    assert!(mapped(&[&spelled, "x-tenant: a"]).is_empty());
    assert_eq!(mapped(&[&lost, "x-tenant: a", "x-tenant: b"]), ["b", "a,b"]);
}

/// "Overrides are final": a variable is to be set first, and the override at the end.
#[test]
fn what_is_overridden_twice_is_answered_500_and_its_reason_told() {
    let twice = |one: &str, other: &str| alloc::format!("#set({one} = 201)#set({other} = 202)x");
    let same = |name: &str| twice(name, name);
    let (request, response) = ("$context.requestOverride", "$context.responseOverride");
    let put =
        alloc::format!("#set({request}.header.X = 1)#set($o = {request}.header.put('X', 2))x");
    for (request_template, response_template, reason) in [
        (
            same(&alloc::format!("{request}.header.X")),
            "".into(),
            "request: `$context.requestOverride.header.X` is set twice",
        ),
        (put, "".into(), "request: `$context.requestOverride.header.X` is set twice"),
        (
            same(&alloc::format!("{request}.path.X")),
            "".into(),
            "request: `$context.requestOverride.path.X` is set twice",
        ),
        (
            same(&alloc::format!("{request}.querystring.X")),
            "".into(),
            "request: `$context.requestOverride.querystring.X` is set twice",
        ),
        (
            "".into(),
            same(&alloc::format!("{response}.header.X")),
            "response: `$context.responseOverride.header.X` is set twice",
        ),
        (
            "".into(),
            same(&alloc::format!("{response}.status")),
            "response: `$context.responseOverride.status` is set twice",
        ),
        (
            alloc::format!("#set({response}.status = 201)x"),
            alloc::format!("#set({response}.status = 202)x"),
            "response: `$context.responseOverride.status` is set twice",
        ),
    ] {
        let integration = templated(Some(&request_template), Some(&response_template));
        let told = ask(integration, "POST /prod/a/b", &[], &backend(b"{}", b"{}"));
        assert_eq!(told.response.status, 500, "{request_template} {response_template}");
        assert_eq!(told.body(), "{\"message\": \"Internal server error\"}");
        let reason = alloc::format!("Unable to transform {reason}");
        let is_logged = told.notices.iter().any(|notice| match notice {
            Notice::WriteExecutionLog { lines, .. } => lines.iter().any(|l| l.contains(&reason)),
            _ => false,
        });
        assert!(is_logged, "{reason}");
    }
    for template in [
        twice(&alloc::format!("{response}.header.X"), &alloc::format!("{response}.header.Y")),
        twice("$status", "$status") + &alloc::format!("#set({response}.status = $status)"),
        twice(&alloc::format!("{response}.header.status"), &alloc::format!("{response}.status")),
    ] {
        let told =
            ask(templated(None, Some(&template)), "POST /prod/a/b", &[], &backend(b"{}", b"{}"));
        assert!(told.response.status < 300, "{template}");
    }
}

#[test]
fn a_request_template_sees_the_request_and_makes_the_content() {
    let template = concat!(
        r#"{"a":$input.json('$.a'),"p":"$input.params('p')","q":"$input.params('q')","#,
        r#""h":"$input.params('X-H')","stage":"$context.stage","v":"$stageVariables.v","#,
        r#""none":"$stageVariables.none"}"#,
    );
    let told = ask(
        templated(Some(template), None),
        "POST /prod/a/x?q=y",
        &["X-H: z"],
        &backend(br#"{"a": [1, 2]}"#, b"{}"),
    );
    let made = br#"{"a":[1,2],"p":"x","q":"y","h":"z","stage":"prod","v":"1","none":""}"#;
    assert_eq!(sent_content(&told), made);
}

#[test]
fn a_template_sees_whom_the_request_came_from() {
    let template = concat!(
        "$input.params('X-Forwarded-For') $input.params('x-forwarded-for') ",
        "$input.params().header.get('X-Forwarded-Port') $input.params().header",
    );
    let fields = ["X-H: z", "X-Forwarded-Port: 1"];
    let told =
        ask(templated(Some(template), None), "POST /prod/a/x", &fields, &backend(b"{}", b"{}"));
    let made = core::str::from_utf8(sent_content(&told)).unwrap();
    let (seen, map) = made.split_once(" {").unwrap();
    assert_eq!(seen, "192.0.2.7  443");
    for member in ["X-H=z", "X-Forwarded-Port=443", "X-Forwarded-Proto=https", "X-Amzn-Trace-Id="] {
        assert_eq!(map.matches(member).count(), 1, "{map}");
    }
}

#[test]
fn a_response_template_sees_the_answer_and_the_request() {
    let template = r#"{"wrapped":"$input.path('$.a')","p":"$input.params('p')"}"#;
    let html =
        Backend { fields: vec![("content-type", "text/html")], ..backend(b"", br#"{"a": 1}"#) };
    let told = ask(templated(None, Some(template)), "POST /prod/a/x", &[], &html);
    assert_eq!(told.body(), r#"{"wrapped":"1","p":"x"}"#);
    assert_eq!(told.field("content-type"), Some(JSON));
}

#[test]
fn overrides_of_the_request_come_before_mappings() {
    let template = concat!(
        "#set($context.requestOverride.header.x-mapped = \"override\")\n",
        "#set($context.requestOverride.header.many = [\"1\", \"2\"])\n",
        "#set($context.requestOverride.header.Via = \"lost\")\n",
        "#set($context.requestOverride.path.path = \"p q/%2F?\")\n",
        "#set($context.requestOverride.querystring.q = \"o v\")\n",
        "#set($context.requestOverride.querystring.new = [\"a\", \"b\"])\n",
    );
    let mut integration = templated(Some(template), None);
    integration.request_parameters = [
        ("integration.request.header.X-Mapped", "method.request.header.X-In"),
        ("integration.request.path.path", "method.request.path.p"),
        ("integration.request.querystring.q", "method.request.multivaluequerystring.q"),
    ]
    .map(|(target, source)| (target.into(), source.into()))
    .into();
    let told =
        ask(integration, "POST /prod/a/x?q=1&q=2", &["X-In: mapped"], &backend(b"{}", b"{}"));
    assert_eq!(sent(&told).url, "http://backend/p%20q/%2F%3F?q=o%20v&new=a&new=b");
    assert_eq!(sent_lines(&told, "x-mapped"), ["override"]);
    assert_eq!(sent_lines(&told, "many"), ["1", "2"]);
    assert_eq!(sent_lines(&told, "via"), [""; 0]);
    assert_eq!(sent_content(&told), b"", "nothing but directives");
}

#[test]
fn an_override_of_a_field_of_the_gateway_itself_is_a_configuration_error() {
    let template = "#set($context.requestOverride.header.content-length = \"0\"){}";
    let told = ask(templated(Some(template), None), "POST /prod/a/x", &[], &backend(b"{}", b"{}"));
    assert_eq!(
        (told.response.status, told.body()),
        (500, "{\"message\": \"Internal server error\"}")
    );
    assert!(told.effects.iter().all(|e| !matches!(e, Effect::SendRequest(_))));
}

#[test]
fn overrides_of_the_response_come_before_mappings() {
    let template = concat!(
        "#set($context.responseOverride.status = 418)",
        "#set($context.responseOverride.header.X-A = \"override\")",
        "#set($context.responseOverride.header.Date = \"d\")",
        "#set($context.responseOverride.header.Transfer-Encoding = \"t\")",
        "#set($context.responseOverride.header[\"bad name\"] = \"x\")",
        "{}"
    );
    let mut integration = templated(None, Some(template));
    integration.responses[0].response_parameters =
        vec![("method.response.header.x-a".into(), "'mapped'".into())];
    let told = ask(integration, "POST /prod/a/x", &[], &backend(b"", b"{}"));
    assert_eq!((told.response.status, told.body()), (418, "{}"));
    assert_eq!(told.fields.all("x-a").collect::<vec::Vec<_>>(), ["override"]);
    assert_eq!(told.field("x-amzn-remapped-date"), Some("d"));
    assert_eq!(told.field("transfer-encoding"), None);
    assert_eq!(told.field("bad name"), None);
}

#[test]
fn a_status_that_is_none_overrides_nothing() {
    for status in ["99", "600", "\"many\"", "20.5", "\"\""] {
        let template = alloc::format!("#set($context.responseOverride.status = {status}){{}}");
        let told =
            ask(templated(None, Some(&template)), "POST /prod/a/x", &[], &backend(b"", b"{}"));
        assert_eq!(told.response.status, 200, "{status}");
    }
}

#[test]
fn an_informational_status_is_answered_as_a_mistake_in_the_definition() {
    for status in [100, 101, 199] {
        let template = alloc::format!("#set($context.responseOverride.status = {status}){{}}");
        let told =
            ask(templated(None, Some(&template)), "POST /prod/a/x", &[], &backend(b"", b"{}"));
        let internal = (500, "{\"message\": \"Internal server error\"}");
        assert_eq!((told.response.status, told.body()), internal, "{status}");
    }
}

#[test]
fn what_a_request_template_sets_is_seen_and_applied_in_the_response() {
    let request = concat!(
        "#set($context.responseOverride.header.X-Early = \"early\")",
        "#set($context.responseOverride.status = 202)",
        "#set($context.requestOverride.header.mine = \"seen\")",
        "{\"statusCode\": 200}"
    );
    let response =
        "$context.requestOverride.header.mine $context.responseOverride.status $input.body";
    let mut integration = mock(response);
    integration.request_templates[0].1 = request.into();
    let told = run_alone(
        &gateway(vec![rest(vec![method("GET /", integration)])]),
        arrival("GET /prod", &[]),
    );
    assert_eq!((told.response.status, told.body()), (202, "seen 202 {}"));
    assert_eq!(told.field("x-early"), Some("early"));
}

#[test]
fn a_template_that_cannot_be_rendered_is_a_configuration_error() {
    let internal = (500, "{\"message\": \"Internal server error\"}");
    for template in [
        "#if(",
        "#set($x = \"abc\".substring(9))$x",
        "#foreach($i in [0..999])#foreach($j in [0..999])#foreach($k in [0..999])x#end#end#end",
    ] {
        for integration in [templated(Some(template), None), templated(None, Some(template))] {
            let told = ask(integration, "POST /prod/a/x", &[], &backend(b"{}", b"{}"));
            assert_eq!((told.response.status, told.body()), internal, "{template}");
        }
    }
}

#[test]
fn content_that_no_template_asks_for_is_not_read() {
    let mut integration = mock("{}");
    integration.request_templates[0].1 = "{\"statusCode\": #if(true)200#end}".into();
    let gateway = gateway(vec![rest(vec![method("POST /", integration)])]);
    let told = run(&gateway, posted("POST /prod", &[]), |_| None);
    assert_eq!(told.response.status, 200);
}
