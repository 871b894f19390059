use alloc::{string::String, vec};

use crate::definition::{Integration, IntegrationType};
use crate::effect::{Connection, Effect, EffectError, Outcome, SendRequest};
use crate::message::{Content, ContentId, OutgoingFields};
use crate::pipeline::world::*;

fn service(subtype: &str, parameters: &[(&str, &str)]) -> Integration {
    let pairs = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Integration {
        uri: None,
        integration_subtype: Some(subtype.into()),
        credentials: Some("arn:aws:iam::123456789012:role/gateway".into()),
        request_parameters: pairs.collect(),
        ..integration(IntegrationType::AwsProxy, "")
    }
}

fn ask(subtype: &str, parameters: &[(&str, &str)], body: &str, answer: Outcome) -> Told {
    let gateway = gateway(vec![http(vec![method("POST /{id}", service(subtype, parameters))])]);
    let mut asked = arrival("POST /a1?q=1", &["X-Name: run1"]);
    if !body.is_empty() {
        asked.request.content = Content::Bytes(body.as_bytes().to_vec());
    }
    run(&gateway, asked, |effect| match effect {
        Effect::ReadContent(_) => {
            Some(Outcome::ReadContent(Ok(b"<Error>no</Error>".to_vec().into())))
        }
        Effect::SendRequest(_) => Some(answer.clone()),
        _ => None,
    })
}

fn fine() -> Outcome {
    let fields =
        [("Content-Type", "text/xml"), ("x-amzn-RequestId", "r1"), ("Connection", "close")];
    endpoint(200, &fields, Content::Held(ContentId(1)))
}

fn sent(told: &Told) -> (&SendRequest, String) {
    let effect = told.asked().into_iter().next().expect("the service is asked");
    let Effect::SendRequest(sent) = effect else { panic!("{effect:?}") };
    let content = match &sent.content {
        Content::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        _ => String::new(),
    };
    (sent, content)
}

#[test]
fn a_queue_is_asked_by_the_query_protocol_at_its_own_path() {
    let parameters = [
        ("QueueUrl", "https://evil.example/1234/orders"),
        ("MessageBody", "$request.body"),
        ("DelaySeconds", "5"),
    ];
    let told = ask("SQS-SendMessage", &parameters, "{\"a\": 1}", fine());
    let (sent, content) = sent(&told);
    assert_eq!(sent.method, "POST");
    assert_eq!(sent.url, "https://sqs.eu-west-1.amazonaws.com/1234/orders");
    assert_eq!(
        content,
        "Action=SendMessage&Version=2012-11-05&QueueUrl=https%3A%2F%2Fevil.example%2F1234%2Forders\
         &MessageBody=%7B%22a%22%3A%201%7D&DelaySeconds=5"
    );
    assert_eq!(
        sent.connection,
        Connection::Service {
            signing_name: "sqs".into(),
            region: "eu-west-1".into(),
            credentials: Some("arn:aws:iam::123456789012:role/gateway".into()),
        }
    );
    assert_eq!((told.response.status, told.field("content-type")), (200, Some("text/xml")));
    assert_eq!((told.field("x-amzn-requestid"), told.field("connection")), (Some("r1"), None));
    assert_eq!(told.response.content, Content::Held(ContentId(1)));
}

#[test]
fn step_functions_and_kinesis_are_asked_in_json() {
    let parameters = [
        ("StateMachineArn", "arn:m"),
        ("Input", "$request.body"),
        ("Name", "${request.header.x-name}-${request.path.id}"),
        ("Region", "us-west-2"),
    ];
    let told = ask("StepFunctions-StartSyncExecution", &parameters, "{\"k\":1}", fine());
    let (sent_, content) = sent(&told);
    assert_eq!(sent_.url, "https://sync-states.us-west-2.amazonaws.com/");
    let OutgoingFields::Complete(fields) = &sent_.fields else { panic!("of its own") };
    assert_eq!(fields.get("x-amz-target"), Some("AWSStepFunctions.StartSyncExecution"));
    assert_eq!(fields.get("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(fields.get("x-name"), None, "nothing of the client's goes to the service");
    assert_eq!(content, r#"{"stateMachineArn":"arn:m","name":"run1-a1","input":"{\"k\":1}"}"#);
    assert!(matches!(&sent_.connection, Connection::Service { signing_name, region, .. }
            if signing_name == "states" && region == "us-west-2"));

    let parameters = [("StreamName", "s"), ("Data", "$request.body.data"), ("PartitionKey", "p")];
    let told = ask("Kinesis-PutRecord", &parameters, r#"{"data":"aGk="}"#, fine());
    assert_eq!(sent(&told).1, r#"{"StreamName":"s","Data":"aGk=","PartitionKey":"p"}"#);
}

#[test]
fn a_configuration_is_asked_for_by_its_path() {
    let parameters = [
        ("Application", "a/b"),
        ("Environment", "prod"),
        ("Configuration", "c"),
        ("ClientId", "$request.querystring.q"),
        ("ClientConfigurationVersion", "3"),
    ];
    let told = ask("AppConfig-GetConfiguration", &parameters, "", fine());
    let (sent, _) = sent(&told);
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        (
            "GET",
            "https://appconfig.eu-west-1.amazonaws.com/applications/a%2Fb/environments/prod\
             /configurations/c?client_id=1&client_configuration_version=3"
        )
    );
}

#[test]
fn a_parameter_without_a_value_is_the_clients_mistake() {
    for (subtype, parameters) in [
        (
            "SQS-SendMessage",
            &[("QueueUrl", "https://q/1/q"), ("MessageBody", "$request.body.none")][..],
        ),
        (
            "SQS-SendMessage",
            &[
                ("QueueUrl", "https://q/1/q"),
                ("MessageBody", "b"),
                ("MessageGroupId", "$request.header.none"),
            ],
        ),
        ("SQS-PurgeQueue", &[("QueueUrl", "$request.header.x-name")]),
        ("SQS-PurgeQueue", &[("QueueUrl", "https://q/1/q"), ("Region", "$request.header.none")]),
        (
            "SQS-PurgeQueue",
            &[("QueueUrl", "https://q/1/q"), ("Region", "evil.example/${request.path.id}")],
        ),
    ] {
        let told = ask(subtype, parameters, "{}", fine());
        assert_eq!(
            (told.response.status, told.body()),
            (400, r#"{"message":"Bad Request"}"#),
            "{parameters:?}"
        );
        assert!(told.asked().is_empty());
    }
}

#[test]
fn an_error_of_the_service_is_answered_500_and_logged() {
    let parameters = [("QueueUrl", "https://q/1/q")];
    let answer = endpoint(400, &[], Content::Held(ContentId(1)));
    let told = ask("SQS-PurgeQueue", &parameters, "", answer);
    assert_eq!(
        (told.response.status, told.body()),
        (500, r#"{"message":"Internal Server Error"}"#)
    );
    let unreachable = Outcome::SendRequest(Err(EffectError::Unavailable("refused".into())));
    let told = ask("SQS-PurgeQueue", &parameters, "", unreachable);
    assert_eq!(told.response.status, 503);
}
