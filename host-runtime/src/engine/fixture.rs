//! APIs, requests, and a world that answers every effect: for the tests and the benchmark of engines.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway_core::bucket::Limit;
use gateway_core::definition::{
    AccessLogSettings, Api, Authorization, Authorizer, AuthorizerKind, Deployment, Integration,
    IntegrationType, JwtConfiguration, Method, MethodSetting, PayloadFormat, Protocol, Snapshot,
    Source, Stage,
};
use gateway_core::effect::{
    Effect, FunctionAnswer, Notice, Outcome, RequestRecord, RequestSignature, Taken,
};
use gateway_core::exchange::Turn;
use gateway_core::jwt::{Jwk, KeyMaterial};
use gateway_core::message::{
    Arrival, Content, ContentId, EndpointResponse, Field, Request, Scheme, Seed, Timestamp, Version,
};

/// When requests arrive.
pub(crate) const NOW_MS: u64 = 1_700_000_000_000;
const ISSUER: &str = "https://issuer.example";
const FUNCTION: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:products/invocations";
const LOG_FORMAT: &str =
    r#"{"requestId":"$context.requestId","status":"$context.status","path":"$context.path"}"#;

/// A REST API `rest` (stage `prod`) and an HTTP API `http`, with integrations of each kind.
pub(crate) fn snapshot() -> Arc<[u8]> {
    let rest = api(
        "rest",
        Protocol::Rest,
        "prod",
        vec![
            method(
                "ANY",
                "/http/{proxy+}",
                IntegrationType::HttpProxy,
                "http://127.0.0.1:9/{proxy}",
            ),
            method("POST", "/function", IntegrationType::AwsProxy, FUNCTION),
        ],
    );
    let mut secured = method("GET", "/secured", IntegrationType::HttpProxy, "http://127.0.0.1:9/s");
    secured.authorization =
        Authorization::Authorizer { authorizer: 0, scopes: vec!["read".into()] };
    let mut function = method("ANY", "/{proxy+}", IntegrationType::AwsProxy, FUNCTION);
    function.integration.payload_format = PayloadFormat::V2;
    let http = api("http", Protocol::Http, "$default", vec![secured, function]);
    Snapshot::new("us-east-1", "000000000000", vec![rest, http]).to_bytes().into()
}

/// The REST API with a template before an endpoint, in place of the function.
pub(crate) fn templated() -> Arc<[u8]> {
    let mut method = method("POST", "/function", IntegrationType::Http, "http://127.0.0.1:9/f");
    let template = r##"#set($inputRoot = $input.path("$")){"id":"$inputRoot.size()"}"##;
    method.integration.request_templates = vec![("application/json".into(), template.into())];
    let rest = api("rest", Protocol::Rest, "prod", vec![method]);
    Snapshot::new("us-east-1", "000000000000", vec![rest]).to_bytes().into()
}

fn api(id: &str, protocol: Protocol, stage_name: &str, methods: Vec<Method>) -> Api {
    let throttling =
        MethodSetting { throttling: Some(Limit::new(2_000.0, 1_000)), ..MethodSetting::default() };
    Api {
        id: id.into(),
        name: id.into(),
        protocol,
        disable_execute_api_endpoint: false,
        deployments: vec![Deployment {
            authorizers: vec![Authorizer {
                name: "tokens".into(),
                source: Source::default(),
                kind: AuthorizerKind::Jwt {
                    identity_source: vec!["$request.header.Authorization".into()],
                    jwt_configuration: JwtConfiguration {
                        issuer: ISSUER.into(),
                        audience: vec!["products".into()],
                    },
                },
            }],
            ..Deployment::new("d1", methods)
        }],
        stages: vec![Stage {
            stage_name: stage_name.into(),
            method_settings: BTreeMap::from([("*/*".into(), throttling)]),
            access_log_settings: Some(AccessLogSettings {
                format: LOG_FORMAT.into(),
                destination: "stdout".into(),
            }),
            ..Stage::default()
        }],
    }
}

fn method(verb: &str, path: &str, integration_type: IntegrationType, uri: &str) -> Method {
    let path_parameters = if path.contains("{proxy+}") && uri.contains("{proxy}") {
        vec![("integration.request.path.proxy".into(), "method.request.path.proxy".into())]
    } else {
        Vec::new()
    };
    let own_method = if integration_type == IntegrationType::AwsProxy { "POST" } else { "ANY" };
    let integration = Integration {
        http_method: Some(own_method.into()),
        uri: Some(uri.into()),
        request_parameters: path_parameters,
        ..Integration::new(integration_type)
    };
    Method { resource_id: "r1".into(), ..Method::new(verb, path, integration) }
}

/// A browser's request through the HTTP proxy of the REST API.
pub(crate) fn http_proxy() -> Arrival {
    arrival("GET", "/_aws/execute-api/rest/prod/http/items/42?color=red&size=9", Content::Empty)
}

/// A request that the REST API hands to a function, content and all.
pub(crate) fn function() -> Arrival {
    arrival("POST", "/_aws/execute-api/rest/prod/function?a=1&a=2", Content::Held(ContentId(0)))
}

/// A request with a token that the HTTP API's authorizer accepts.
pub(crate) fn secured() -> Arrival {
    let mut arrival = arrival("GET", "/_aws/execute-api/http/$default/secured", Content::Empty);
    let claims = format!(
        r#"{{"iss":"{ISSUER}","aud":"products","scope":"read write","iat":{},"exp":{}}}"#,
        NOW_MS / 1000 - 60,
        NOW_MS / 1000 + 3_600
    );
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let token = format!(
        "Bearer {}.{}.{}",
        part(r#"{"alg":"RS256","kid":"k1"}"#),
        part(&claims),
        part("signature")
    );
    arrival.request.fields.push("Authorization", token);
    arrival
}

/// Requests of all kinds, among them some that are refused.
pub(crate) fn arrivals() -> Vec<Arrival> {
    let empty = |method, target| arrival(method, target, Content::Empty);
    vec![
        http_proxy(),
        function(),
        secured(),
        empty("GET", "/_aws/execute-api/http/$default/anything/else?x=%C3%A9"),
        empty("GET", "/_aws/execute-api/http/$default/secured"),
        empty("GET", "/_aws/execute-api/rest/prod/missing"),
        empty("GET", "/_aws/execute-api/rest/beta/http/x"),
        empty("DELETE", "/_aws/execute-api/unknown/prod/"),
        empty("GET", "/%zz?%"),
        empty("\u{e9}", ""),
    ]
}

fn arrival(method: &str, target: &str, content: Content) -> Arrival {
    let mut fields = vec![
        ("Host", "127.0.0.1:8080"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Accept-Language", "en-GB,en;q=0.7,fr;q=0.3"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Referer", "https://shop.example/items?page=3"),
        ("Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
        ("Cache-Control", "no-cache"),
        ("X-Request-Source", "shop"),
        ("Connection", "keep-alive"),
    ];
    if content != Content::Empty {
        fields.extend([("Content-Type", "application/json"), ("Content-Length", "27")]);
    }
    Arrival {
        now: Timestamp(NOW_MS),
        seed: Seed(std::array::from_fn(|i| (i * 7) as u8)),
        source_ip: "192.0.2.7".into(),
        scheme: Scheme::Http,
        port: 8080,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method: method.into(),
            target: target.into(),
            version: Version::Http11,
            fields: fields.into_iter().map(|(name, value)| Field::new(name, value)).collect(),
            content,
        },
    }
}

/// What a world without faults answers.
pub(crate) fn outcome(effect: &Effect) -> Outcome {
    match effect {
        Effect::ReadContent(_) => {
            Outcome::ReadContent(Ok(br#"{"productId":"p1","count":2}"#.to_vec().into()))
        }
        Effect::SendRequest(_) => {
            let fields = [
                ("Content-Type", "application/json"),
                ("Content-Length", "200"),
                ("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),
                ("Server", "upstream"),
                ("Connection", "keep-alive"),
                ("X-Cache", "miss"),
            ];
            let fields = fields.into_iter().map(|(name, value)| Field::new(name, value)).collect();
            let content = Content::Held(ContentId(1));
            Outcome::SendRequest(Ok(EndpointResponse { status: 200, fields, content }))
        }
        Effect::InvokeFunction(_) => Outcome::InvokeFunction(Ok(FunctionAnswer {
            status: 200,
            function_error: None,
            payload: br#"{"statusCode":201,"headers":{"b":"2","a":"1","X-Z":"3"},"body":"{\"ok\":true}"}"#.to_vec().into(),
            request_id: Some("00000000-0000-4000-8000-000000000000".into()), trace: None, content: None })),
        Effect::TakeTokens(_) => Outcome::TakeTokens(Ok(Taken::All)),
        Effect::FindKey(find) => Outcome::FindKey(Ok(Some(Jwk {
            kid: find.kid.clone(),
            algorithm: None,
            material: KeyMaterial::Rsa { n: vec![0xc5; 256], e: vec![1, 0, 1] },
        }))),
        Effect::VerifySignature(_) => Outcome::VerifySignature(Ok(true)),
        Effect::PeekContent(_) => Outcome::PeekContent(Ok(Vec::new().into())),
        Effect::CountRequest(_) => Outcome::CountRequest(Ok(1)),
        Effect::LocateAddress(_) => Outcome::LocateAddress(Ok(Default::default())),
        Effect::RecallResponse(_) => Outcome::RecallResponse(Ok(None)),
        Effect::RememberResponse(remember) => {
            Outcome::RememberResponse(Ok(remember.content.clone()))
        }
        Effect::RecallAuthorization(_) => Outcome::RecallAuthorization(Ok(None)),
        Effect::VerifyRequestSignature(_) => {
            Outcome::VerifyRequestSignature(Ok(RequestSignature::Valid))
        }
    }
}

/// What the last turn of an exchange records: API, stage and status, and the line of the log.
pub(crate) fn recorded(turn: &Turn) -> ((String, String, u16), String) {
    match &turn.notices[..] {
        [
            Notice::RecordRequest(RequestRecord { api_id, stage, status, .. }),
            Notice::WriteAccessLog { line, .. },
        ] => ((api_id.clone(), stage.clone(), *status), line.clone()),
        other => panic!("one metric and one line are owed: {other:?}"),
    }
}
