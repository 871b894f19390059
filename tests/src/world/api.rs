//! What the world serves: a REST API and an HTTP API with a route for each thing a pipeline does.

use std::collections::BTreeMap;

use gateway_core::bucket::Limit;
use gateway_core::definition::{
    AccessLogSettings, Api, Authorization, Authorizer, AuthorizerKind, Cors, Deployment,
    GatewayResponse, Integration, IntegrationResponse, IntegrationType, JwtConfiguration,
    LambdaAuthorizer, LambdaAuthorizerType, Method, MethodSetting, PayloadFormat, Protocol,
    Snapshot, Source, Stage,
};
use gateway_core::gateway_error::ResponseType;

use super::ISSUER;

/// Requests a second that the limited routes allow.
pub const LIMITED_RATE: f64 = 2.0;
/// Requests at once that the limited routes allow.
pub const LIMITED_BURST: u32 = 3;

/// The function that the Lambda authorizer asks.
pub(super) const AUTHORIZER: &str = "authorizer";
/// The function that is called with what a template makes.
pub(super) const CALLED: &str = "called";
/// The REST API's id.
pub(super) const REST_API: &str = "rest000001";
/// The HTTP API's id.
pub(super) const HTTP_API: &str = "http000001";

/// Everything about a request that a client could try to write a line of its own with.
const LOG_FORMAT: &str = concat!(
    r#"{"requestId":"$context.requestId","status":"$context.status","path":"$context.path","#,
    r#""agent":"$context.identity.userAgent","route":"$context.routeKey","sub":"#,
    r#""$context.authorizer.claims.sub","error":$context.error.messageString,"type":"#,
    r#""$context.error.responseType","why":"$context.integration.error","bytes":"#,
    r#""$context.responseLength","ms":"$context.responseLatency","host":"$context.domainName"}"#,
);

/// The deployment snapshot.
pub fn snapshot() -> Snapshot {
    Snapshot::new("us-east-1", "123456789012", vec![rest_api(), http_api()])
}

fn rest_api() -> Api {
    let cognito = Authorizer {
        name: "pool".into(),
        kind: AuthorizerKind::Cognito {
            identity_header: "Authorization".into(),
            identity_validation_expression: None,
            provider_arns: vec![
                "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_world".into(),
            ],
        },
        source: Source::default(),
    };
    let methods = vec![
        method("GET /mock", mock()),
        method("POST /mapped/{id}", mapped()),
        method("OPTIONS /mapped/{id}", preflight()),
        method("POST /called/{id}", called()),
        method("ANY /http/{proxy+}", rest_http("https://endpoint.example/base/{proxy}")),
        method("ANY /fn/{id}", lambda("echo", PayloadFormat::V1)),
        method("POST /odd", lambda("odd", PayloadFormat::V1)),
        method("GET /limited", lambda("echo", PayloadFormat::V1)),
        cached("ANY /cached/{proxy+}", rest_http("https://endpoint.example/base/{proxy}")),
        cached("GET /cached-fn/{proxy+}", lambda("echo", PayloadFormat::V1)),
        guarded("GET /private", lambda("echo", PayloadFormat::V1), &[]),
        guarded("GET /scoped", http("https://endpoint.example/scoped"), &["read"]),
        Method {
            authorization: Authorization::Authorizer { authorizer: 1, scopes: vec![] },
            ..method("ANY /guarded/{id}", lambda("echo", PayloadFormat::V1))
        },
    ];
    api(REST_API, Protocol::Rest, "prod", methods, vec![cognito, lambda_authorizer()], None)
}

fn lambda_authorizer() -> Authorizer {
    Authorizer {
        name: "function".into(),
        kind: AuthorizerKind::Lambda(LambdaAuthorizer {
            authorizer_type: LambdaAuthorizerType::Token,
            uri: function_uri(AUTHORIZER),
            identity_source: vec!["method.request.header.Authorization".into()],
            identity_validation_expression: None,
            result_ttl_s: 300,
            payload_format: PayloadFormat::V1,
            enable_simple_responses: false,
            credentials: None,
        }),
        source: Source::default(),
    }
}

fn http_api() -> Api {
    let jwt = Authorizer {
        name: "jwt".into(),
        kind: AuthorizerKind::Jwt {
            identity_source: vec!["$request.header.Authorization".into()],
            jwt_configuration: JwtConfiguration {
                issuer: ISSUER.into(),
                audience: vec!["client1".into()],
            },
        },
        source: Source::default(),
    };
    let cors = Cors {
        allow_origins: vec!["https://app.example".into()],
        allow_methods: vec!["GET".into(), "POST".into()],
        allow_headers: vec!["authorization".into()],
        expose_headers: vec![],
        max_age_s: Some(60),
        allow_credentials: false,
    };
    let methods = vec![
        method("GET /v1/{id}", lambda("echo", PayloadFormat::V1)),
        method("ANY /v2/{id}", lambda("echo", PayloadFormat::V2)),
        method("POST /odd", lambda("odd", PayloadFormat::V2)),
        method("GET /limited", lambda("echo", PayloadFormat::V2)),
        method("ANY /http/{proxy+}", http("https://endpoint.example/{proxy}")),
        method("GET /mapped/{id}", mapped_by_the_http_api()),
        guarded("GET /private", lambda("echo", PayloadFormat::V2), &[]),
        guarded("GET /scoped", http("https://endpoint.example/scoped"), &["read", "admin"]),
    ];
    api(HTTP_API, Protocol::Http, "$default", methods, vec![jwt], Some(cors))
}

fn api(
    id: &str,
    protocol: Protocol,
    stage_name: &str,
    methods: Vec<Method>,
    authorizers: Vec<Authorizer>,
    cors: Option<Cors>,
) -> Api {
    let cached = MethodSetting { caching_enabled: Some(true), ..MethodSetting::default() };
    let cached_keys = match protocol {
        Protocol::Rest => &["~1cached~1{proxy+}/ANY", "~1cached-fn~1{proxy+}/GET"][..],
        Protocol::Http => &[],
    };
    let gateway_responses = match protocol {
        Protocol::Rest => vec![
            gateway_response(ResponseType::Default4xx, None),
            gateway_response(ResponseType::QuotaExceeded, Some(430)),
            gateway_response(ResponseType::Default5xx, None),
        ],
        Protocol::Http => Vec::new(),
    };
    let limited = match protocol {
        Protocol::Rest => "~1limited/GET",
        Protocol::Http => "GET /limited",
    };
    let limit = Limit::new(LIMITED_RATE, LIMITED_BURST);
    Api {
        id: id.into(),
        name: "world".into(),
        protocol,
        disable_execute_api_endpoint: false,
        deployments: vec![Deployment {
            authorizers,
            cors,
            gateway_responses,
            binary_media_types: vec!["image/png".into()],
            ..Deployment::new("d1", methods)
        }],
        stages: vec![Stage {
            stage_name: stage_name.into(),
            variables: BTreeMap::from([("colour".into(), "blue".into())]),
            method_settings: [(
                limited.to_owned(),
                MethodSetting { throttling: Some(limit), ..MethodSetting::default() },
            )]
            .into_iter()
            .chain(cached_keys.iter().map(|key| ((*key).to_owned(), cached.clone())))
            .collect(),
            cache_cluster_bytes: Some(500_000_000),
            access_log_settings: Some(AccessLogSettings {
                format: LOG_FORMAT.into(),
                destination: "stdout".into(),
            }),
            ..Stage::default()
        }],
    }
}

fn method(route: &str, integration: Integration) -> Method {
    let (http_method, resource_path) = route.split_once(' ').expect("METHOD /path");
    Method { resource_id: "r1".into(), ..Method::new(http_method, resource_path, integration) }
}

/// Cached by its path.
fn cached(route: &str, integration: Integration) -> Method {
    let cache_key_parameters = vec!["method.request.path.proxy".into()];
    method(route, Integration { cache_key_parameters, ..integration })
}

fn guarded(route: &str, integration: Integration, scopes: &[&str]) -> Method {
    let scopes = scopes.iter().map(|scope| scope.to_string()).collect();
    let authorization = Authorization::Authorizer { authorizer: 0, scopes };
    Method { authorization, ..method(route, integration) }
}

fn lambda(function: &str, payload_format: PayloadFormat) -> Integration {
    Integration {
        http_method: Some("POST".into()),
        payload_format,
        ..integration(IntegrationType::AwsProxy, Some(function_uri(function)))
    }
}

fn function_uri(function: &str) -> String {
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{function}");
    format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations")
}

fn http(uri: &str) -> Integration {
    Integration {
        http_method: Some("ANY".into()),
        ..integration(IntegrationType::HttpProxy, Some(uri.into()))
    }
}

/// REST APIs fill a path parameter in only where it is mapped.
fn rest_http(uri: &str) -> Integration {
    let mapping = ("integration.request.path.proxy", "method.request.path.proxy");
    Integration { request_parameters: vec![(mapping.0.into(), mapping.1.into())], ..http(uri) }
}

/// An endpoint between templates, which parameters are mapped for both ways.
fn mapped() -> Integration {
    Integration {
        request_parameters: texts(&[
            ("integration.request.path.id", "method.request.path.id"),
            ("integration.request.querystring.q", "method.request.querystring.q"),
            ("integration.request.header.X-Item", "method.request.body.item"),
            ("integration.request.header.X-Colour", "stageVariables.colour"),
            ("integration.request.header.X-Stage", "context.stage"),
        ]),
        request_templates: texts(&[("application/json", REQUEST_TEMPLATE)]),
        responses: vec![
            IntegrationResponse {
                selection_pattern: Some(r"4\d{2}".into()),
                ..IntegrationResponse::new(404)
            },
            IntegrationResponse {
                response_parameters: texts(&[
                    ("method.response.header.X-Own", "integration.response.header.X-Own"),
                    ("method.response.header.Access-Control-Allow-Origin", "'*'"),
                ]),
                response_templates: texts(&[
                    ("application/json", RESPONSE_TEMPLATE),
                    ("text/plain", RESPONSE_TEMPLATE),
                ]),
                ..IntegrationResponse::new(200)
            },
        ],
        http_method: Some("PUT".into()),
        ..integration(IntegrationType::Http, Some("https://endpoint.example/mapped/{id}".into()))
    }
}

const REQUEST_TEMPLATE: &str = r##"#set($all = $input.path('$'))
{"id": "$input.params('id')", "items": [#foreach($item in $all.items)"$util.escapeJavaScript($item)"#if($foreach.hasNext),#end#end],
 "all": $input.json('$'), "method": "$context.httpMethod"}"##;
const RESPONSE_TEMPLATE: &str = r##"{"body": "$util.base64Encode($input.body)"}"##;

/// A function that is called with what a template makes of the request, and whose answer one is chosen for.
fn called() -> Integration {
    Integration {
        request_templates: texts(&[("application/json", r#"{"a": $input.json('$.a')}"#)]),
        responses: vec![
            IntegrationResponse {
                selection_pattern: Some("(?s).*no such.*".into()),
                ..IntegrationResponse::new(404)
            },
            IntegrationResponse {
                response_templates: texts(&[("application/json", "$input.json('$.made')")]),
                ..IntegrationResponse::new(201)
            },
        ],
        http_method: Some("POST".into()),
        ..integration(IntegrationType::Aws, Some(function_uri(CALLED)))
    }
}

/// What the console makes of "Enable CORS".
fn preflight() -> Integration {
    let allowed = texts(&[
        ("method.response.header.Access-Control-Allow-Origin", "'*'"),
        ("method.response.header.Access-Control-Allow-Methods", "'OPTIONS,POST'"),
    ]);
    let responses =
        vec![IntegrationResponse { response_parameters: allowed, ..IntegrationResponse::new(200) }];
    Integration { responses, ..mock() }
}

fn mapped_by_the_http_api() -> Integration {
    let request_parameters = texts(&[
        ("overwrite:path", "/mapped/${request.path.id}"),
        ("append:querystring.stage", "$context.stage"),
        ("overwrite:header.x-agent", "$request.header.user-agent"),
    ]);
    let changes = texts(&[
        ("overwrite:statuscode", "203"),
        ("append:header.x-own", "$response.header.x-own"),
        ("remove:header.date", "''"),
    ]);
    Integration {
        request_parameters,
        response_parameters: vec![(200, changes)],
        ..http("https://endpoint.example/mapped")
    }
}

fn gateway_response(response_type: ResponseType, status_code: Option<u16>) -> GatewayResponse {
    GatewayResponse {
        response_type,
        status_code,
        response_parameters: texts(&[
            ("gatewayresponse.header.Access-Control-Allow-Origin", "'*'"),
            ("gatewayresponse.header.X-Path", "context.path"),
        ]),
        response_templates: texts(&[(
            "application/json",
            r#"{"message": $context.error.messageString, "type": "$context.error.responseType"}"#,
        )]),
    }
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn mock() -> Integration {
    Integration {
        request_templates: vec![("application/json".into(), "{\"statusCode\": 200}".into())],
        responses: vec![IntegrationResponse {
            response_templates: vec![("application/json".into(), "{\"ok\":true}".into())],
            ..IntegrationResponse::new(200)
        }],
        ..integration(IntegrationType::Mock, None)
    }
}

fn integration(integration_type: IntegrationType, uri: Option<String>) -> Integration {
    Integration { uri, ..Integration::new(integration_type) }
}
