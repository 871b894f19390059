//! Integrations with AWS's services against a peer that speaks their protocols: `moto`, which also checks
//! signatures against the credentials that it gave out itself.

mod buckets;
mod peer;
mod signed;

use std::collections::BTreeMap;

use peer::{Edgeway, Moto};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";

/// An `aws` integration that passes content through, with these mappings.
fn aws(uri: &str, method: &str, mappings: Value) -> Value {
    json!({
        "type": "aws",
        "httpMethod": method,
        "uri": format!("arn:aws:apigateway:{REGION}:{uri}"),
        "credentials": format!("arn:aws:iam::{ACCOUNT}:role/gateway"),
        "requestParameters": mappings,
        "responses": {
            "default": {"statusCode": "200"},
            "[45]\\d{2}": {"statusCode": "502"},
        },
    })
}

fn operation(integration: &Value) -> Value {
    // AWS maps from parameters that are declared.
    let mappings = integration["requestParameters"].as_object();
    let sources = mappings.into_iter().flatten().filter_map(|(_, source)| {
        let (place, name) = source.as_str()?.strip_prefix("method.request.")?.split_once('.')?;
        let place = if place == "querystring" { "query" } else { place };
        Some(json!({"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}))
    });
    json!({
        "parameters": sources.collect::<Vec<_>>(),
        "responses": {"200": {"description": "d"}, "502": {"description": "d"}},
        "x-amazon-apigateway-integration": integration,
    })
}

fn document(paths: BTreeMap<String, Value>) -> Value {
    json!({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": paths})
}

/// `POST /{service}/{action}` passes JSON on, `GET /q/{service}/{action}` maps query parameters.
fn rest() -> Value {
    let mut paths = BTreeMap::new();
    for (service, actions) in [
        ("dynamodb", &["CreateTable", "PutItem", "GetItem"][..]),
        ("kinesis", &["CreateStream", "PutRecord", "GetShardIterator", "GetRecords"]),
        ("states", &["CreateStateMachine", "StartExecution", "DescribeExecution"]),
        ("events", &["PutRule", "PutTargets", "PutEvents"]),
        ("ssm", &["PutParameter", "GetParameter"]),
        ("secretsmanager", &["CreateSecret", "GetSecretValue"]),
    ] {
        for action in actions {
            let integration = aws(&format!("{service}:action/{action}"), "POST", json!({}));
            paths.insert(format!("/{service}/{action}"), json!({"post": operation(&integration)}));
        }
    }
    for (service, action, parameters) in [
        ("sqs", "CreateQueue", &["QueueName"][..]),
        ("sqs", "ReceiveMessage", &["QueueUrl", "WaitTimeSeconds"]),
        ("sns", "CreateTopic", &["Name"]),
        ("sns", "Subscribe", &["TopicArn", "Protocol", "Endpoint"]),
        ("sns", "Publish", &["TopicArn", "Message"]),
        ("sts", "GetCallerIdentity", &[]),
    ] {
        let mut mappings: BTreeMap<String, String> = parameters
            .iter()
            .map(|name| {
                let target = format!("integration.request.querystring.{name}");
                (target, format!("method.request.querystring.{name}"))
            })
            .collect();
        // moto takes nothing else for the query protocol.
        mappings.insert(
            "integration.request.header.Content-Type".into(),
            "'application/x-www-form-urlencoded'".into(),
        );
        let integration = aws(&format!("{service}:action/{action}"), "POST", json!(mappings));
        paths.insert(format!("/q/{service}/{action}"), json!({"get": operation(&integration)}));
    }
    let form =
        json!({"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"});
    let mut send = aws(&format!("sqs:path/{ACCOUNT}/orders"), "POST", form);
    send["requestTemplates"] =
        json!({"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"});
    paths.insert("/orders".into(), json!({"post": operation(&send)}));
    // Lambda's own API.
    let functions = "lambda:path/2015-03-31/functions";
    let name = json!({"integration.request.path.name": "method.request.path.name"});
    for (path, integration) in [
        ("/functions", aws(functions, "ANY", json!({}))),
        (
            "/functions/{name}",
            aws(&format!("{functions}/{{name}}/configuration"), "ANY", name.clone()),
        ),
        ("/aliases/{name}", aws(&format!("{functions}/{{name}}/aliases"), "ANY", name)),
        ("/mappings", aws("lambda:path/2015-03-31/event-source-mappings", "ANY", json!({}))),
    ] {
        let operation = operation(&integration);
        paths.insert(path.into(), json!({"x-amazon-apigateway-any-method": operation}));
    }
    let key = json!({
        "integration.request.path.bucket": "method.request.path.bucket",
        "integration.request.path.key": "method.request.path.key",
    });
    let object = aws("s3:path/{bucket}/{key}", "ANY", key);
    paths.insert(
        "/s3/{bucket}/{key+}".into(),
        json!({"x-amazon-apigateway-any-method": operation(&object)}),
    );
    let bucket = json!({"integration.request.path.bucket": "method.request.path.bucket"});
    let bucket = aws("s3:path/{bucket}", "ANY", bucket);
    paths.insert(
        "/s3/{bucket}".into(),
        json!({"x-amazon-apigateway-any-method": operation(&bucket)}),
    );
    document(paths)
}

/// `POST /{subtype}` with these parameters.
fn http() -> Value {
    let queue = format!("http://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders");
    let machine = format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m");
    let subtypes = [
        (
            "SQS-SendMessage",
            json!({"QueueUrl": queue, "MessageBody": "$request.body", "MessageAttributes": "$request.header.x-attributes"}),
        ),
        (
            "SQS-ReceiveMessage",
            json!({"QueueUrl": queue, "MessageAttributeNames": "All", "WaitTimeSeconds": "1"}),
        ),
        ("SQS-DeleteMessage", json!({"QueueUrl": queue, "ReceiptHandle": "$request.body.handle"})),
        ("SQS-PurgeQueue", json!({"QueueUrl": queue})),
        (
            "Kinesis-PutRecord",
            json!({"StreamName": "clicks", "Data": "$request.body.data", "PartitionKey": "$context.requestId"}),
        ),
        (
            "StepFunctions-StartExecution",
            json!({"StateMachineArn": machine, "Name": "$request.header.x-name", "Input": "$request.body"}),
        ),
        (
            "StepFunctions-StopExecution",
            json!({"ExecutionArn": "$request.body.arn", "Cause": "enough"}),
        ),
        (
            "EventBridge-PutEvents",
            json!({"Source": "shop", "DetailType": "order", "Detail": "$request.body.detail", "Time": "2026-11-21T05:08:09Z"}),
        ),
    ];
    let paths = subtypes.into_iter().map(|(subtype, parameters)| {
        let integration = json!({
            "type": "AWS_PROXY",
            "integrationSubtype": subtype,
            "credentials": format!("arn:aws:iam::{ACCOUNT}:role/gateway"),
            "payloadFormatVersion": "1.0",
            "requestParameters": parameters,
        });
        (format!("/{subtype}"), json!({"post": operation(&integration)}))
    });
    document(paths.collect())
}

/// The text between two tags.
fn between<'t>(text: &'t str, tag: &str) -> &'t str {
    let found = text.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once("</"));
    found.unwrap_or_else(|| panic!("no {tag} in {text}")).0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_called_through_rest_and_http_apis() {
    let moto = Moto::start().await;
    let edgeway = Edgeway::start(&moto, &rest(), &http(), "assumeRoles: false").await;
    json_services(&edgeway).await;
    queues_and_topics(&edgeway).await;
    state_machines(&edgeway).await;
    events(&edgeway).await;
    objects(&edgeway).await;
    functions(&edgeway).await;
    errors(&edgeway).await;
}

async fn json_services(edgeway: &Edgeway) {
    let post = async |path: &str, content: Value| edgeway.rest_json(path, content).await;
    let table = json!({
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    });
    assert_eq!(
        post("/dynamodb/CreateTable", table).await["TableDescription"]["TableName"],
        "things"
    );
    let item = json!({"id": {"S": "1"}, "name": {"S": "Käse"}});
    post("/dynamodb/PutItem", json!({"TableName": "things", "Item": item})).await;
    let found =
        post("/dynamodb/GetItem", json!({"TableName": "things", "Key": {"id": {"S": "1"}}}));
    assert_eq!(found.await["Item"]["name"]["S"], "Käse");

    let parameter = json!({"Name": "p", "Value": "123", "Type": "String"});
    post("/ssm/PutParameter", parameter).await;
    assert_eq!(post("/ssm/GetParameter", json!({"Name": "p"})).await["Parameter"]["Value"], "123");
    post("/secretsmanager/CreateSecret", json!({"Name": "s", "SecretString": "hush"})).await;
    let secret = post("/secretsmanager/GetSecretValue", json!({"SecretId": "s"})).await;
    assert_eq!(secret["SecretString"], "hush");

    edgeway
        .rest("POST", "/kinesis/CreateStream", r#"{"StreamName": "clicks", "ShardCount": 1}"#)
        .await;
    let record = json!({"StreamName": "clicks", "Data": "b25l", "PartitionKey": "p"});
    let shard = post("/kinesis/PutRecord", record).await["ShardId"].clone();
    let put = edgeway.http("Kinesis-PutRecord", &[], r#"{"data": "dHdv"}"#).await;
    assert_eq!((put.status, put.json()["ShardId"].clone()), (200, shard.clone()), "{put:?}");
    let from =
        json!({"StreamName": "clicks", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = post("/kinesis/GetShardIterator", from).await["ShardIterator"].clone();
    let records = post("/kinesis/GetRecords", json!({"ShardIterator": iterator})).await;
    let data: Vec<_> =
        records["Records"].as_array().unwrap().iter().map(|r| r["Data"].clone()).collect();
    assert_eq!(data, ["b25l", "dHdv"]);
}

/// The next message of the queue, which is then deleted.
async fn receive(edgeway: &Edgeway) -> String {
    let received = edgeway.http("SQS-ReceiveMessage", &[], "").await;
    assert_eq!(received.status, 200, "{received:?}");
    let text = received.text();
    let handle = json!({"handle": between(&text, "ReceiptHandle")}).to_string();
    let deleted = edgeway.http("SQS-DeleteMessage", &[], &handle).await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    text
}

async fn queues_and_topics(edgeway: &Edgeway) {
    let created = edgeway.rest("GET", "/q/sqs/CreateQueue?QueueName=orders", "").await;
    assert!(between(&created.text(), "QueueUrl").ends_with("/orders"), "{created:?}");
    let sent = edgeway.rest("POST", "/orders", r#"{"a": "b & c"}"#).await;
    assert!(!between(&sent.text(), "MessageId").is_empty(), "{sent:?}");
    let received = receive(edgeway).await;
    assert_eq!(between(&received, "Body").replace("&quot;", "\""), r#"{"a": "b &amp; c"}"#);

    let attributes = r#"{"kind": {"DataType": "String", "StringValue": "test"}}"#;
    let sent = edgeway.http("SQS-SendMessage", &[("x-attributes", attributes)], "hello").await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let received = receive(edgeway).await;
    assert_eq!((between(&received, "Body"), between(&received, "StringValue")), ("hello", "test"));

    let topic = edgeway.rest("GET", "/q/sns/CreateTopic?Name=t", "").await;
    let arn = between(&topic.text(), "TopicArn").to_owned();
    let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:orders");
    let path = format!("/q/sns/Subscribe?TopicArn={arn}&Protocol=sqs&Endpoint={queue}");
    assert_eq!(edgeway.rest("GET", &path, "").await.status, 200);
    let path = format!("/q/sns/Publish?TopicArn={arn}&Message=a%20b%2Bc");
    assert_eq!(edgeway.rest("GET", &path, "").await.status, 200);
    let received = receive(edgeway).await;
    assert!(received.contains("a b+c"), "{received}");
}

async fn state_machines(edgeway: &Edgeway) {
    let definition = r#"{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"#;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/machine");
    let machine = json!({"name": "m", "definition": definition, "roleArn": role});
    let machine = edgeway.rest_json("/states/CreateStateMachine", machine).await;
    let arn = machine["stateMachineArn"].clone();
    let start = json!({"stateMachineArn": arn, "input": "{\"k\":1}"});
    let execution =
        edgeway.rest_json("/states/StartExecution", start).await["executionArn"].clone();
    let described =
        edgeway.rest_json("/states/DescribeExecution", json!({"executionArn": execution}));
    assert_eq!(described.await["input"], "{\"k\":1}");
    let started =
        edgeway.http("StepFunctions-StartExecution", &[("x-name", "run1")], "{\"k\":2}").await;
    let arn = started.json()["executionArn"].clone();
    assert!(arn.as_str().unwrap().ends_with(":run1"), "{started:?}");
    let stopped =
        edgeway.http("StepFunctions-StopExecution", &[], &json!({"arn": arn}).to_string()).await;
    assert_eq!(stopped.status, 200, "{stopped:?}");
}

async fn events(edgeway: &Edgeway) {
    let rule = json!({"Name": "r", "EventPattern": "{\"source\": [\"shop\"]}"});
    edgeway.rest_json("/events/PutRule", rule).await;
    let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:orders");
    let targets = json!({"Rule": "r", "Targets": [{"Id": "q", "Arn": queue}]});
    edgeway.rest_json("/events/PutTargets", targets).await;
    let event =
        json!({"Entries": [{"Source": "shop", "DetailType": "order", "Detail": "{\"n\":1}"}]});
    assert_eq!(edgeway.rest_json("/events/PutEvents", event).await["FailedEntryCount"], 0);
    assert!(receive(edgeway).await.contains("order"));
    let put = edgeway.http("EventBridge-PutEvents", &[], r#"{"detail": {"n": 2}}"#).await;
    assert_eq!(put.json()["FailedEntryCount"], 0, "{put:?}");
    let received = receive(edgeway).await;
    assert!(received.contains("2026-11-21T05:08:09"), "{received}");
    edgeway.rest("POST", "/orders", "{}").await;
    assert_eq!(edgeway.http("SQS-PurgeQueue", &[], "").await.status, 200);
    assert!(!edgeway.http("SQS-ReceiveMessage", &[], "").await.text().contains("<Body>"));
}

async fn objects(edgeway: &Edgeway) {
    assert_eq!(edgeway.rest("PUT", "/s3/things", "").await.status, 200);
    for key in ["a.txt", "folder/b%20c+d:e@f/%C3%A4=1", "x//y"] {
        let put = edgeway.rest("PUT", &format!("/s3/things/{key}"), key).await;
        assert_eq!(put.status, 200, "{key}: {put:?}");
        let got = edgeway.rest("GET", &format!("/s3/things/{key}"), "").await;
        assert_eq!((got.status, got.text()), (200, key.to_owned()));
    }
    let missing = edgeway.rest("GET", "/s3/things/none", "").await;
    assert_eq!(missing.status, 502);
    assert!(missing.text().contains("NoSuchKey"), "{missing:?}");
}

/// Lambda's own API, of which nothing here invokes a function.
async fn functions(edgeway: &Edgeway) {
    created_function(edgeway).await;
    let listed = edgeway.rest("GET", "/functions", "").await.json();
    assert_eq!(listed["Functions"][0]["FunctionArn"], function_arn(), "{listed}");
    let configuration = edgeway.rest("GET", "/functions/f", "").await.json();
    assert_eq!(configuration["Handler"], "a.b", "{configuration}");
    let missing = edgeway.rest("GET", "/functions/none", "").await;
    assert_eq!(missing.status, 502, "selected by the status: {missing:?}");
    let mappings = edgeway.rest("GET", "/mappings", "").await.json();
    assert_eq!(mappings["EventSourceMappings"], json!([]));
}

/// A function, and an alias, for which the path has the ARN.
async fn created_function(edgeway: &Edgeway) {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/gateway");
    // A ZIP archive without files.
    let code = json!({"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="});
    let function = json!({"FunctionName": "f", "Runtime": "python3.13", "Role": role, "Handler": "a.b", "Code": code});
    assert_eq!(edgeway.rest_json("/functions", function).await["FunctionArn"], function_arn());
    let alias = json!({"Name": "live", "FunctionVersion": "$LATEST"});
    let alias = edgeway.rest_json(&format!("/aliases/{}", function_arn()), alias).await;
    assert_eq!(alias["AliasArn"], format!("{}:live", function_arn()));
}

fn function_arn() -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f")
}

async fn errors(edgeway: &Edgeway) {
    let missing = json!({"TableName": "none", "Key": {"id": {"S": "1"}}}).to_string();
    let answer = edgeway.rest("POST", "/dynamodb/GetItem", &missing).await;
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(answer.text().contains("ResourceNotFoundException"));
    let stopped = edgeway.http("StepFunctions-StopExecution", &[], r#"{"arn": "arn:none"}"#).await;
    assert_eq!(
        (stopped.status, stopped.text()),
        (500, r#"{"message":"Internal Server Error"}"#.into())
    );
    let missing = edgeway.http("StepFunctions-StopExecution", &[], "{}").await;
    assert_eq!((missing.status, missing.text()), (400, r#"{"message":"Bad Request"}"#.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_are_assumed_where_the_configuration_says_so() {
    let moto = Moto::start().await;
    let edgeway = Edgeway::start(&moto, &rest(), &http(), "assumeRoles: true").await;
    let who = edgeway.rest("GET", "/q/sts/GetCallerIdentity", "").await;
    let arn = between(&who.text(), "Arn").to_owned();
    assert!(arn.contains(":assumed-role/gateway/edgeway"), "{arn}");
    let own = Edgeway::start(&moto, &rest(), &http(), "assumeRoles: false").await;
    let who = own.rest("GET", "/q/sts/GetCallerIdentity", "").await;
    assert!(between(&who.text(), "Arn").ends_with(":user/gateway"), "{who:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_accepts_the_signature_of_the_right_secret_alone() {
    let mut moto = Moto::start_verifying().await;
    let edgeway = Edgeway::start(&moto, &rest(), &http(), "assumeRoles: false").await;
    json_services(&edgeway).await;
    state_machines(&edgeway).await;
    created_function(&edgeway).await;
    assert_eq!(edgeway.rest("PUT", "/s3/things", "").await.status, 200);
    let key = "/s3/things/folder/b%20c+d:e@f/%C3%A4=1";
    assert_eq!(edgeway.rest("PUT", key, "content").await.status, 200);
    assert_eq!(edgeway.rest("GET", key, "").await.text(), "content");

    moto.secret_access_key.push('x');
    let edgeway = Edgeway::start(&moto, &rest(), &http(), "assumeRoles: false").await;
    let answer = edgeway.rest("POST", "/ssm/GetParameter", r#"{"Name": "p"}"#).await;
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(answer.text().contains("SignatureDoesNotMatch"), "{answer:?}");
}
