use alloc::{string::String, vec};

use crate::definition::{Integration, IntegrationResponse, IntegrationType};
use crate::effect::{Connection, Effect, EffectError, Outcome, SendRequest};
use crate::message::{Content, ContentId, Fields, OutgoingFields};
use crate::pipeline::world::*;

fn service(uri: &str, mappings: &[(&str, &str)], template: Option<&str>) -> Integration {
    let pairs = mappings
        .iter()
        .map(|(target, source)| (alloc::format!("integration.request.{target}"), (*source).into()));
    Integration {
        http_method: Some("POST".into()),
        request_parameters: pairs.collect(),
        request_templates: template
            .map(|text| ("application/json".into(), text.into()))
            .into_iter()
            .collect(),
        responses: vec![IntegrationResponse::new(200)],
        ..integration(IntegrationType::Aws, &alloc::format!("arn:aws:apigateway:{uri}"))
    }
}

fn ask(integration: Integration, request: &str, answer: Outcome) -> Told {
    let (verb, _) = request.split_once(' ').unwrap();
    let route = alloc::format!("{verb} /{{key+}}");
    let gateway = gateway(vec![rest(vec![method(&route, integration)])]);
    run(&gateway, arrival(request, &["Content-Type: application/json"]), |effect| match effect {
        Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(b"{\"ok\":1}".to_vec().into()))),
        Effect::SendRequest(_) => Some(answer.clone()),
        _ => None,
    })
}

fn fine() -> Outcome {
    endpoint(200, &[("Content-Type", "application/x-amz-json-1.0")], Content::Held(ContentId(1)))
}

fn sent(told: &Told) -> (&SendRequest, &Fields, String) {
    let found = told.asked().into_iter().find_map(|effect| match effect {
        Effect::SendRequest(sent) => Some(sent),
        _ => None,
    });
    let sent = found.expect("the service is asked");
    let OutgoingFields::Complete(fields) = &sent.fields else { panic!("of its own") };
    let content = match &sent.content {
        Content::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        _ => String::new(),
    };
    (sent, fields, content)
}

#[test]
fn an_action_of_a_json_service_is_named_by_its_target() {
    let integration =
        service("us-west-2:dynamodb:action/PutItem", &[], Some("{\"TableName\": \"t\"}"));
    let told = ask(integration, "POST /prod/a", fine());
    let (sent, fields, content) = sent(&told);
    assert_eq!(sent.url, "https://dynamodb.us-west-2.amazonaws.com/");
    assert_eq!(fields.get("x-amz-target"), Some("DynamoDB_20120810.PutItem"));
    assert_eq!(fields.get("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(fields.get("accept"), Some("application/json"));
    assert_eq!(content, "{\"TableName\": \"t\"}");
    assert_eq!(
        sent.connection,
        Connection::Service {
            signing_name: "dynamodb".into(),
            region: "us-west-2".into(),
            credentials: None
        }
    );
    assert_eq!((told.response.status, told.body()), (200, "{\"ok\":1}"));
    assert_eq!(told.field("content-type"), Some("application/json"), "not the service's");
}

#[test]
fn what_is_mapped_comes_before_what_the_gateway_supplies() {
    let mappings = [
        ("header.X-Amz-Target", "'Other.Action'"),
        ("header.Content-Type", "'application/json'"),
        ("header.Host", "'evil.example'"),
    ];
    let integration = service("us-east-1:events:action/PutEvents", &mappings, Some("{}"));
    let told = ask(integration, "GET /prod/a", fine());
    let (_, fields, _) = sent(&told);
    assert_eq!(fields.get("x-amz-target"), Some("Other.Action"));
    assert_eq!(fields.get("content-type"), Some("application/json"));
    assert_eq!(fields.get("host"), None, "the signature is for the service's host");
}

#[test]
fn parameters_in_the_query_are_the_query_protocols() {
    let name = [("querystring.Name", "'p 1'")];
    let told =
        ask(service("us-east-1:ssm:action/GetParameter", &name, None), "GET /prod/a", fine());
    let (sent_, fields, content) = sent(&told);
    assert_eq!(sent_.url, "https://ssm.us-east-1.amazonaws.com/?Action=GetParameter&Name=p%201");
    assert_eq!((fields.get("x-amz-target"), &*content), (None, ""));

    let topic =
        [("querystring.TopicArn", "'arn:t'"), ("querystring.Message", "method.request.path.key")];
    let told = ask(service("us-east-1:sns:action/Publish", &topic, None), "GET /prod/hi", fine());
    assert_eq!(
        sent(&told).0.url,
        "https://sns.us-east-1.amazonaws.com/?Action=Publish&Version=2010-03-31&TopicArn=arn%3At&Message=hi"
    );
}

#[test]
fn parameters_of_the_uri_are_the_query_protocols_as_mapped_ones_are() {
    for (uri, url) in [
        (
            "ssm:action/GetParameter&Name=n",
            "https://ssm.us-east-1.amazonaws.com/?Name=n&Action=GetParameter",
        ),
        (
            "dynamodb:action/ListTables&Limit=1",
            "https://dynamodb.us-east-1.amazonaws.com/?Limit=1&Action=ListTables",
        ),
    ] {
        let told =
            ask(service(&alloc::format!("us-east-1:{uri}"), &[], None), "GET /prod/a", fine());
        let (sent_, fields, content) = sent(&told);
        assert_eq!((&*sent_.url, fields.get("x-amz-target"), &*content), (url, None, ""));
    }
    // Content is a template's own: it is AWS JSON.
    let uri = "us-east-1:ssm:action/GetParameter&Name=n";
    let told = ask(service(uri, &[], Some("{}")), "GET /prod/a", fine());
    assert_eq!(sent(&told).1.get("x-amz-target"), Some("AmazonSSM.GetParameter"));
}

#[test]
fn a_version_that_the_uri_says_is_not_said_twice() {
    let uri = "us-east-1:sqs:action/ListQueues&Version=2011-10-01&QueueNamePrefix=x";
    let told = ask(service(uri, &[], None), "GET /prod/a", fine());
    assert_eq!(
        sent(&told).0.url,
        "https://sqs.us-east-1.amazonaws.com/?Version=2011-10-01&QueueNamePrefix=x&Action=ListQueues"
    );
}

#[test]
fn an_action_of_s3_asks_as_its_path_does() {
    let mapped = [("path.bucket", "'b'"), ("path.key", "method.request.path.key")];
    for uri in ["s3:action/GetObject&Bucket={bucket}&Key={key}", "s3:path/{bucket}/{key}"] {
        let integration = Integration {
            http_method: Some("GET".into()),
            ..service(&alloc::format!("us-east-1:{uri}"), &mapped, None)
        };
        let told = ask(integration, "GET /prod/a/k%20.txt", fine());
        let (sent, ..) = sent(&told);
        assert_eq!(sent.url, "https://s3.us-east-1.amazonaws.com/b/a/k%20.txt", "{uri}");
        assert_eq!(sent.method, "GET");
    }
}

#[test]
fn a_path_says_nothing_of_the_protocol() {
    let form = [("header.Content-Type", "'application/x-www-form-urlencoded'")];
    let integration =
        service("us-east-1:sqs:path/1234/orders", &form, Some("Action=SendMessage&MessageBody=b"));
    let told = ask(integration, "POST /prod/a", fine());
    let (sent, fields, content) = sent(&told);
    assert_eq!(sent.url, "https://sqs.us-east-1.amazonaws.com/1234/orders");
    assert_eq!(fields.get("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!((fields.get("x-amz-target"), &*content), (None, "Action=SendMessage&MessageBody=b"));
}

#[test]
fn lambdas_own_api_is_a_service_as_any_other() {
    let mapped = [("path.name", "method.request.path.key"), ("querystring.MaxItems", "'2'")];
    let integration = Integration {
        http_method: Some("GET".into()),
        ..service("eu-west-1:lambda:path/2015-03-31/functions/{name}/aliases", &mapped, None)
    };
    let told = ask(integration, "GET /prod/arn:aws:lambda:eu-west-1:1:function:f", fine());
    let (sent, fields, _) = sent(&told);
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        (
            "GET",
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/aliases?MaxItems=2"
        )
    );
    let Connection::Service { signing_name, region, .. } = &sent.connection else {
        panic!("{sent:?}")
    };
    assert_eq!((signing_name.as_str(), region.as_str()), ("lambda", "eu-west-1"));
    assert_eq!(
        (fields.get("x-amz-target"), fields.get("accept")),
        (None, Some("application/json"))
    );
    assert_eq!(told.body(), "{\"ok\":1}");
}

#[test]
fn an_action_is_asked_for_as_its_service_knows_it() {
    let integration = service("us-east-1:cloudtrail:action/LookupEvents", &[], Some("{}"));
    let told = ask(integration, "POST /prod/a", fine());
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
    assert_eq!(sent(&told).1.get("x-amz-target"), Some(target));
}

#[test]
fn an_object_of_s3_has_a_path_that_is_encoded_as_it_is_signed() {
    let integration = Integration {
        http_method: None,
        ..service(
            "us-east-1:s3:path/bucket/{key}",
            &[("path.key", "method.request.path.key")],
            None,
        )
    };
    let told = ask(integration, "GET /prod/a+b/c%20d%2Fe:f", fine());
    let (sent, ..) = sent(&told);
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        ("GET", "https://s3.us-east-1.amazonaws.com/bucket/a%2Bb/c%20d%2Fe%3Af")
    );
}

#[test]
fn a_services_error_selects_a_response_by_its_status() {
    let mut integration = service("us-east-1:s3:path/bucket", &[], None);
    integration.responses.push(IntegrationResponse {
        selection_pattern: Some("4\\d{2}".into()),
        ..IntegrationResponse::new(404)
    });
    let answer = |status| endpoint(status, &[], Content::Held(ContentId(1)));
    assert_eq!(ask(integration.clone(), "GET /prod/a", answer(403)).response.status, 404);
    assert_eq!(ask(integration.clone(), "GET /prod/a", answer(500)).response.status, 200);
    let unsigned = Outcome::SendRequest(Err(EffectError::Unavailable("no credentials".into())));
    assert_eq!(ask(integration, "GET /prod/a", unsigned).response.status, 504);
}
