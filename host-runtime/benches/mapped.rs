//! A whole exchange of a REST API that does most of what REST APIs do: 2 KB of content validated
//! against a model, a template of twenty lines with a loop for the endpoint, one for the client, an
//! access log. What it sends and what it answers is checked.
//!
//! `cargo xtask component && cargo bench -p host-runtime --bench mapped`
#![allow(missing_docs)] // criterion's macros make public items

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use gateway_core::definition::openapi::import;
use gateway_core::definition::{AccessLogSettings, Api, Protocol, Snapshot, Stage, json};
use gateway_core::effect::{Effect, Outcome, Taken};
use gateway_core::exchange::Next;
use gateway_core::message::{
    Arrival, Content, ContentId, EndpointResponse, Field, Request, Scheme, Seed, Timestamp, Version,
};
use host_runtime::engine::{Engine, EngineKind};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

const REQUEST_TEMPLATE: &str = r##"#set($root = $input.path('$'))
#set($total = 0)
{
  "requestId": "$context.requestId",
  "caller": "$context.identity.sourceIp",
  "stage": "$context.stage",
  "customer": {
    "id": "$util.escapeJavaScript($root.customerId)",
    "channel": "$input.params('X-Channel')"
  },
  "lines": [
#foreach($line in $root.lines)
    {
      "sku": "$line.sku",
      "quantity": $line.count#if($line.note != ""),
      "note": "$util.escapeJavaScript($line.note)"#end
    }#if($foreach.hasNext),#end
#set($total = $total + $line.count)
#end
  ],
  "total": $total
}"##;

const RESPONSE_TEMPLATE: &str = r#"#set($context.responseOverride.header.X-Order = $input.path('$.orderId'))
{"id": $input.json('$.orderId'), "status": "$input.path('$.state').toLowerCase()"}"#;

/// The API, as an export has it.
fn definition() -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": "orders", "version": "1"},
        "x-amazon-apigateway-request-validators":
            {"all": {"validateRequestBody": true, "validateRequestParameters": true}},
        "components": {"schemas": {
            "Order": {
                "type": "object",
                "required": ["customerId", "lines"],
                "properties": {
                    "customerId": {"type": "string", "minLength": 1, "maxLength": 64},
                    "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}},
                }
            },
            "Line": {
                "type": "object",
                "required": ["sku", "count"],
                "properties": {
                    "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
                    "count": {"type": "integer", "minimum": 1},
                    "note": {"type": "string", "maxLength": 200},
                }
            },
        }},
        "paths": {"/orders": {"post": {
            "x-amazon-apigateway-request-validator": "all",
            "parameters": [{"name": "X-Channel", "in": "header", "required": true, "schema": {"type": "string"}}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
            "responses": {"201": {"description": "made"}},
            "x-amazon-apigateway-integration": {
                "type": "http", "httpMethod": "POST", "uri": "http://127.0.0.1:9/orders",
                "passthroughBehavior": "never",
                "requestTemplates": {"application/json": REQUEST_TEMPLATE},
                "responses": {"2\\d\\d": {
                    "statusCode": "201", "responseTemplates": {"application/json": RESPONSE_TEMPLATE},
                }},
            },
        }}},
    })
}

fn snapshot() -> Arc<[u8]> {
    let document = json::read(&definition().to_string()).expect("it is JSON");
    let imported = import(&document, Protocol::Rest, "us-east-1").expect("the definition is right");
    let stage = Stage {
        stage_name: "prod".into(),
        access_log_settings: Some(AccessLogSettings {
            format: "$context.requestId $context.status $context.path".into(),
            destination: "stdout".into(),
        }),
        ..Stage::default()
    };
    let api = Api {
        id: "orders".into(),
        name: imported.name,
        protocol: Protocol::Rest,
        disable_execute_api_endpoint: false,
        deployments: vec![imported.deployment],
        stages: vec![stage],
    };
    Snapshot::new("us-east-1", "000000000000", vec![api]).to_bytes().into()
}

/// About two kilobytes.
fn content() -> Vec<u8> {
    let lines: Vec<Value> = (1..=8)
        .map(|i| json!({"sku": format!("ABC-{i}"), "count": i, "note": "x".repeat(200)}))
        .collect();
    let content = json!({"customerId": "cust-0a1b2c3d", "lines": lines}).to_string();
    assert!((1_900..2_200).contains(&content.len()), "{}", content.len());
    content.into_bytes()
}

fn arrival(length: usize) -> Arrival {
    let length = length.to_string();
    let fields = [
        ("Host", "127.0.0.1:8080"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Content-Type", "application/json"),
        ("Content-Length", &length),
        ("X-Channel", "web"),
    ];
    Arrival {
        now: NOW,
        seed: Seed([7; 32]),
        source_ip: "192.0.2.7".into(),
        scheme: Scheme::Http,
        port: 8080,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method: "POST".into(),
            target: "/prod/orders".into(),
            version: Version::Http11,
            fields: fields.into_iter().map(|(name, value)| Field::new(name, value)).collect(),
            content: Content::Held(ContentId(0)),
        },
    }
}

fn outcome(effect: &Effect, content: &[u8]) -> Outcome {
    match effect {
        Effect::ReadContent(read) if read.content == ContentId(0) => {
            Outcome::ReadContent(Ok(content.to_vec().into()))
        }
        Effect::ReadContent(_) => {
            Outcome::ReadContent(Ok(br#"{"orderId": "ord-1", "state": "ACCEPTED", "eta": 3}"#
                .to_vec()
                .into()))
        }
        Effect::TakeTokens(_) => Outcome::TakeTokens(Ok(Taken::All)),
        Effect::SendRequest(sent) => {
            let Content::Bytes(sent) = &sent.content else { panic!("a template made it") };
            assert!(sent.ends_with(b"\"total\": 36\n}"), "{}", String::from_utf8_lossy(sent));
            let fields = [("Content-Type", "application/json"), ("Content-Length", "51")];
            Outcome::SendRequest(Ok(EndpointResponse {
                status: 200,
                fields: fields.into_iter().map(|(n, v)| Field::new(n, v)).collect(),
                content: Content::Held(ContentId(1)),
            }))
        }
        other => panic!("nothing else is asked for: {other:?}"),
    }
}

/// Runs an exchange; the length of its answer.
fn run(engine: &Engine, arrival: Arrival, content: &[u8]) -> usize {
    let (mut exchange, mut turn) = engine.begin(arrival);
    loop {
        match turn.next {
            Next::Respond(response) => {
                assert_eq!(response.status, 201);
                let Content::Bytes(answer) = response.content else { panic!("a template made it") };
                return answer.len();
            }
            Next::Perform(effect) => {
                let outcome = outcome(&effect, content);
                turn = engine.resume(&mut exchange, NOW, outcome);
            }
        }
    }
}

fn mapped(criterion: &mut Criterion) {
    let content = content();
    let arrival = arrival(content.len());
    let answer = br#"{"id": "ord-1", "status": "accepted"}"#;
    let mut group = criterion.benchmark_group("validated_and_mapped");
    for (name, kind) in [("native", EngineKind::Native), ("component", EngineKind::Component)] {
        let engine = Engine::start(kind, snapshot()).expect("the definition is served");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                assert_eq!(run(&engine, black_box(arrival.clone()), &content), answer.len());
            });
        });
    }
    group.finish();
}

criterion_group!(benches, mapped);
criterion_main!(benches);
