//! The events are written as AWS sends them; each test changes what it is about.

use lambda_http::{Adapter, LambdaEvent, request};
use lambda_http::{Context, Request, RequestExt, Service, http::Method, service_fn};
use serde_json::{Value, json};

use super::*;

const REST_GET_PRODUCT: &str = include_str!("events/rest_get_product.json");
const REST_CREATE_ORDER: &str = include_str!("events/rest_create_order.json");
const HTTP_GET_PRODUCT: &str = include_str!("events/http_get_product.json");
const HTTP_CREATE_ORDER: &str = include_str!("events/http_create_order.json");
const HTTP_HEALTH: &str = include_str!("events/http_health.json");

fn api() -> ProductsApi {
    ProductsApi::new().expect("the catalogue is JSON")
}

fn event(text: &str) -> Request {
    let mut context = Context::default();
    context.request_id = "00000000-0000-4000-8000-000000000001".to_owned();
    request::from_str(text).expect("lambda_http knows the event").with_lambda_context(context)
}

fn with(text: &str, change: impl FnOnce(&mut Value)) -> Request {
    let mut value = serde_json::from_str(text).expect("the event is JSON");
    change(&mut value);
    event(&value.to_string())
}

fn answer(api: &ProductsApi, event: &Request) -> (u16, Value, Reply) {
    let reply = api.answer(event).expect("the function does not fail");
    (reply.status().as_u16(), serde_json::from_str(reply.body()).expect("the body is JSON"), reply)
}

#[test]
fn both_event_versions_read_the_same_product() {
    let (status, product, reply) = answer(&api(), &event(REST_GET_PRODUCT));
    assert_eq!(status, 200);
    assert_eq!(product["productId"], "prod-123");
    assert_eq!(product["variants"].as_array().map(Vec::len), Some(3));
    assert_eq!(reply.headers()["content-type"], "application/json");
    assert_eq!(reply.headers()["cache-control"], "max-age=60, private");
    assert_eq!(reply.headers()["x-request-id"], "00000000-0000-4000-8000-000000000001");
    let (_, same, _) = answer(&api(), &event(HTTP_GET_PRODUCT));
    assert_eq!(same, product);
}

#[test]
fn variants_are_left_out_unless_asked_for() {
    let plain = with(HTTP_GET_PRODUCT, |event| event["rawQueryString"] = json!(""));
    assert_eq!(answer(&api(), &plain).1.get("variants"), None);
    let plain = with(REST_GET_PRODUCT, |event| {
        event["queryStringParameters"] = Value::Null;
        event["multiValueQueryStringParameters"] = Value::Null;
    });
    assert_eq!(answer(&api(), &plain).1.get("variants"), None);
}

#[test]
fn an_unknown_product_is_a_404_with_a_code() {
    for text in [REST_GET_PRODUCT, HTTP_GET_PRODUCT] {
        let missing = with(text, |event| event["pathParameters"]["productId"] = json!("prod-999"));
        let (status, body, _) = answer(&api(), &missing);
        assert_eq!(
            (status, body),
            (404, json!({"error": "Product not found", "code": "PRODUCT_404"}))
        );
    }
}

#[test]
fn an_order_is_created_and_can_be_read_by_its_owner_only() {
    let api = api();
    let (status, order, reply) = answer(&api, &event(REST_CREATE_ORDER));
    assert_eq!(status, 201);
    assert_eq!(order["totalCents"], 2 * 4950 + 1190);
    assert_eq!(order["placedBy"], "0f6ad7e2-55c7-4a6f-9a3d-1f1d3a0a7c11");
    assert_eq!(order["placedAtEpochMs"], 1_795_237_200_123_i64);
    let id = "ord-00000000-0000-4000-8000-000000000001";
    assert_eq!(reply.headers()["location"], format!("orders/{id}"));

    let read = |subject: &str| {
        with(REST_GET_PRODUCT, |event| {
            event["resource"] = json!("/orders/{orderId}");
            event["pathParameters"] = json!({ "orderId": id });
            event["requestContext"]["resourcePath"] = json!("/orders/{orderId}");
            event["requestContext"]["authorizer"]["claims"]["sub"] = json!(subject);
        })
    };
    let (status, same, _) = answer(&api, &read("0f6ad7e2-55c7-4a6f-9a3d-1f1d3a0a7c11"));
    assert_eq!((status, same), (200, order));
    assert_eq!(answer(&api, &read("mallory")).0, 404);
}

#[test]
fn an_http_api_order_carries_the_subject_of_its_token() {
    let (status, order, _) = answer(&api(), &event(HTTP_CREATE_ORDER));
    assert_eq!((status, &order["placedBy"]), (201, &json!("alice")));
}

#[test]
fn an_order_in_base64_is_read_like_a_plain_one() {
    // {"customerId":"cust-00000000","items":[{"productId":"prod-200","quantity":1}]}
    let encoded = "eyJjdXN0b21lcklkIjoiY3VzdC0wMDAwMDAwMCIsIml0ZW1zIjpbeyJwcm9kdWN0SWQiOiJwcm9kLTIwMCIsInF1YW50aXR5IjoxfV19";
    let binary = with(HTTP_CREATE_ORDER, |event| {
        event["body"] = json!(encoded);
        event["isBase64Encoded"] = json!(true);
    });
    assert_eq!(answer(&api(), &binary).0, 201);
}

#[test]
fn an_invalid_order_is_a_400_that_says_why() {
    for text in [REST_CREATE_ORDER, HTTP_CREATE_ORDER] {
        let invalid =
            with(text, |event| event["body"] = json!(r#"{"customerId":"cust-00000000"}"#));
        let (status, body, _) = answer(&api(), &invalid);
        assert_eq!(status, 400);
        assert_eq!(body["code"], "ORDER_400");
        assert_eq!(body["details"], json!([{"pointer": "/items", "reason": "is required"}]));
    }
    let empty = with(REST_CREATE_ORDER, |event| event["body"] = Value::Null);
    assert_eq!(answer(&api(), &empty).0, 400);
}

#[test]
fn health_needs_no_token_and_other_routes_do_not_exist() {
    let (status, body, _) = answer(&api(), &event(HTTP_HEALTH));
    assert_eq!((status, body), (200, json!({"status": "ok"})));
    let other = with(HTTP_HEALTH, |event| event["requestContext"]["routeKey"] = json!("$default"));
    assert_eq!(answer(&api(), &other).0, 404);
}

#[tokio::test]
async fn each_event_version_gets_an_answer_of_its_own_version() {
    for (text, has_multi_value_headers) in [(REST_GET_PRODUCT, true), (HTTP_GET_PRODUCT, false)] {
        let api = api();
        let mut service = Adapter::from(service_fn(|event: Request| {
            let reply = api.answer(&event);
            async move { reply }
        }));
        let payload = serde_json::from_str(text).expect("lambda_http knows the event");
        let context = Context::default();
        let answer = service
            .call(LambdaEvent { payload, context })
            .await
            .expect("the function does not fail");
        let answer = serde_json::to_value(&answer).expect("the answer is JSON");
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["isBase64Encoded"], false);
        assert_eq!(
            answer["multiValueHeaders"].as_object().is_some_and(|map| !map.is_empty()),
            has_multi_value_headers
        );
        let body: Value =
            serde_json::from_str(answer["body"].as_str().expect("a text")).expect("JSON");
        assert_eq!(body["productId"], "prod-123");
    }
}

#[test]
fn the_verb_of_a_rest_route_counts() {
    let wrong = with(REST_GET_PRODUCT, |event| {
        event["httpMethod"] = json!("DELETE");
        event["requestContext"]["httpMethod"] = json!("DELETE");
    });
    assert_eq!(wrong.method(), Method::DELETE);
    assert_eq!(answer(&api(), &wrong).0, 404);
}
