//! What the world serves: a REST API and an HTTP API with a route for each thing a pipeline does.

use std::collections::BTreeMap;

use gateway_core::bucket::Limit;
use gateway_core::definition::{
    AccessLogSettings, Api, Authorization, Authorizer, AuthorizerKind, Cors, Deployment,
    Integration, IntegrationResponse, IntegrationType, JwtConfiguration, LambdaAuthorizer,
    LambdaAuthorizerType, Method, MethodSetting, PayloadFormat, Protocol, Snapshot, Source, Stage,
};

use super::ISSUER;

/// Requests a second that the limited routes allow.
pub const LIMITED_RATE: f64 = 2.0;
/// Requests at once that the limited routes allow.
pub const LIMITED_BURST: u32 = 3;

/// The function that the Lambda authorizer asks.
pub(super) const AUTHORIZER: &str = "authorizer";
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
