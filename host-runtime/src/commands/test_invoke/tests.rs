use super::*;
use crate::snapshot::Origin;

const API: &str = r##"
openapi: 3.0.1
info: {title: pets, version: '1'}
x-amazon-apigateway-request-validators: {body: {validateRequestBody: true}}
paths:
  /context/{id}:
    post:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default:
            statusCode: '200'
            responseTemplates: {application/json: '$context.identity.sourceIp $context.identity.apiKey $context.identity.apiKeyId $context.domainName $context.domainPrefix $context.path $context.stage [$context.deploymentId] $input.params().header'}
      responses: {'200': {description: ok}}
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: 'nonsense'}
      responses: {}
  /any:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: '200', responseTemplates: {application/json: $context.httpMethod}}}
      responses: {'200': {description: ok}}
  /typed:
    post:
      x-amazon-apigateway-request-validator: body
      requestBody: {content: {application/json: {schema: {type: object, required: [name]}}}}
      x-amazon-apigateway-integration:
        type: mock
        passthroughBehavior: never
        requestTemplates: {application/json: '{"statusCode": 200}', text/plain: '{"statusCode": 201}'}
        responses:
          default: {statusCode: '200', responseTemplates: {application/json: "json $input.params('Content-Type')"}}
          '201': {statusCode: '201'}
      responses: {'200': {description: ok}, '201': {description: ok}}
  /pets/{petId}:
    get:
      security: [{auth: []}]
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default:
            statusCode: '200'
            responseTemplates: {application/json: '{"id":"$input.params(''petId'')","color":"$stageVariables.color"}'}
      responses: {'200': {description: ok}}
components:
  securitySchemes:
    auth:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer:
        type: token
        authorizerUri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:a/invocations
"##;

fn tried(input: &str) -> Result<serde_json::Value, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api.yaml");
    std::fs::write(&file, API).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let protocol = Some(Protocol::Rest);
    let built = Origin::Definition { file, protocol, listen, basepath: Default::default() }.build();
    let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let (snapshot, asked) = prepare(&built.snapshot, &serde_json::from_str(input).unwrap())?;
    let settings = Settings::new(&built.config, None);
    Ok(answer(&alone::answer(&snapshot, settings, &asked).unwrap()))
}

#[test]
fn ids_that_aws_drew_lead_to_the_method_by_its_path() {
    let input = r#"{"restApiId": "a1b2c3d4e5", "resourceId": "x9y8z7", "httpMethod": "GET",
        "pathWithQueryString": "/pets/7", "stageVariables": {"color": "red"}}"#;
    assert_eq!(tried(input).unwrap()["body"], json!(r#"{"id":"7","color":"red"}"#));
    let without_path =
        r#"{"restApiId": "a1b2c3d4e5", "resourceId": "x9y8z7", "httpMethod": "GET"}"#;
    assert!(tried(without_path).unwrap_err().contains("AWS's ids are in no definition"));
    for (resource, path, how) in [
        ("/pets/{id}", "/pets/7", Some(vec![0, 0, 1])),
        ("/pets/{id}", "/pets/7/x", None),
        ("/pets/{proxy+}", "/pets/7/x", Some(vec![0, 0, 2])),
        ("/pets/mine", "/pets/mine", Some(vec![0, 0, 0])),
        ("/pets/{id}", "/pets/", None),
        ("/", "/", Some(vec![0, 0])),
    ] {
        assert_eq!(matched(resource, path), how, "{resource} {path}");
    }
}

#[test]
fn a_method_is_invoked_without_its_authorizer_and_answers_with_its_log() {
    let answer = tried(
        r#"{"resourceId": "/pets/{petId}", "httpMethod": "GET", "pathWithQueryString": "/pets/7?a=b",
            "headers": {"X-Api-Key": "topsecret"}, "stageVariables": {"color": "red"}}"#,
    )
    .unwrap();
    assert_eq!(
        (&answer["status"], &answer["body"]),
        (&json!(200), &json!(r#"{"id":"7","color":"red"}"#))
    );
    assert_eq!(answer["headers"], json!({"Content-Type": "application/json"}));
    assert_eq!(answer["multiValueHeaders"], json!({"Content-Type": ["application/json"]}));
    let log = answer["log"].as_str().unwrap();
    let mut lines = log.lines();
    assert!(lines.next().unwrap().starts_with("Execution log for request "));
    let texts: Vec<&str> = lines.map(|line| line.split_once(" : ").unwrap().1).collect();
    assert!(texts[0].starts_with("Starting execution for request: "));
    let rest = [
        "HTTP Method: GET, Resource Path: /pets/7",
        "Method request path: {petId=7}",
        "Method request query string: {a=b}",
        "Method request headers: {X-Api-Key=*****}",
        "Method request body before transformations: ",
        r#"Method response body after transformations: {"id":"7","color":"red"}"#,
    ];
    for (text, expected) in texts[1..].iter().zip(rest) {
        let hostless = |text: &str| text.split_once("Host=").map(|(a, _)| a.to_owned());
        assert!(
            *text == expected || hostless(text).is_some() && hostless(text) == hostless(expected),
            "{text}"
        );
    }
    assert_eq!(
        texts[texts.len() - 2..],
        ["Successfully completed execution", "Method completed with status: 200"]
    );
    assert!(!log.contains("topsecret"));
}

#[test]
fn without_a_path_the_parameters_are_their_own_names() {
    let answer = tried(r#"{"resourceId": "/pets/{petId}", "httpMethod": "GET"}"#).unwrap();
    assert_eq!(answer["body"], r#"{"id":"{petId}","color":""}"#);
}

#[test]
fn whatever_path_is_given_the_named_method_is_invoked() {
    for (path, body) in [
        ("/pets/7/", r#"{"id":"7","color":""}"#),
        ("pets/7", r#"{"id":"7","color":""}"#),
        ("/nothing/here?a=b", r#"{"id":"","color":""}"#),
        ("/pets/7/toys?f={a|b}", r#"{"id":"","color":""}"#),
        ("/../x%zz", r#"{"id":"","color":""}"#),
        ("/", r#"{"id":"","color":""}"#),
    ] {
        let input = json!({
            "resourceId": "/pets/{petId}", "httpMethod": "GET", "pathWithQueryString": path,
        });
        let answer = tried(&input.to_string()).unwrap();
        assert_eq!(answer["body"], body, "{path}");
    }
    let input = r#"{"resourceId": "/context/{id}", "httpMethod": "POST", "pathWithQueryString": "/pets/7"}"#;
    let answer = tried(input).unwrap();
    assert!(answer["body"].as_str().unwrap().contains(" /context/{id} test-invoke-stage "));
    let log = answer["log"].as_str().unwrap();
    assert!(log.contains("HTTP Method: POST, Resource Path: /pets/7\n"), "{log}");
    assert!(log.contains("Method request path: {}\n"), "{log}");
}

#[test]
fn whatever_method_a_field_names_the_named_one_is_invoked() {
    for field in ["GET", "DELETE", "nonsense"] {
        let input = json!({
            "resourceId": "/typed", "httpMethod": "POST", "body": r#"{"name": "a"}"#,
            "headers": {"X-HTTP-Method-Override": field},
        });
        let answer = tried(&input.to_string()).unwrap();
        assert_eq!((answer["status"].as_u64(), &answer["body"]), (Some(200), &json!("json ")));
    }
}

#[test]
fn a_method_any_is_invoked_by_the_verbs_that_it_stands_for() {
    let asked = |verb: &str| tried(&json!({"resourceId": "/any", "httpMethod": verb}).to_string());
    assert_eq!(asked("PATCH").unwrap()["body"], "PATCH");
    assert_eq!(asked("patch").unwrap()["body"], "PATCH");
    for verb in ["ANY", "TRACE"] {
        assert!(asked(verb).unwrap_err().starts_with("there is no method"), "{verb}");
    }
}

#[test]
fn an_http_api_is_not_invoked_so_and_that_is_told() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = file.join("../examples/products/http.yaml");
    let (protocol, listen) = (Some(Protocol::Http), "127.0.0.1:0".parse().unwrap());
    let built = Origin::Definition { file, protocol, listen, basepath: Default::default() }.build();
    let snapshot = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics)).snapshot;
    let input = serde_json::from_str(r#"{"httpMethod": "GET"}"#).unwrap();
    let Err(told) = prepare(&snapshot, &input) else { panic!("it was invoked") };
    assert!(told.starts_with("HTTP APIs have no TestInvokeMethod"), "{told}");
}

#[test]
fn what_is_not_there_is_told() {
    let told = tried(r#"{"resourceId": "/pets", "httpMethod": "GET"}"#).unwrap_err();
    assert_eq!(told, "there is no method GET of resource `/pets`");
    assert_eq!(tried("{}").unwrap_err(), "`httpMethod` is missing");
    let told = tried(r#"{"httpMethod": "GET"}"#).unwrap_err();
    assert!(told.starts_with("`resourceId` is missing: a resource's path, such as /"), "{told}");
    let told = tried(r#"{"httpMethod": "GET", "pathWithQueryString": "/prod/none"}"#).unwrap_err();
    let expected =
        "there is no method GET of resource `/prod/none`: paths are told without the stage here";
    assert_eq!(told, expected);
    assert!(serde_json::from_str::<Input>(r#"{"httpMetod": "GET"}"#).is_err());
}

/// As functions were shown it by the real service.
#[test]
fn the_operator_is_no_client() {
    let answer = tried(
        r#"{"resourceId": "/context/{id}", "httpMethod": "POST", "pathWithQueryString": "/context/7"}"#,
    );
    assert_eq!(
        answer.unwrap()["body"],
        "test-invoke-source-ip test-invoke-api-key test-invoke-api-key-id testPrefix.testDomainName testPrefix \
         /context/{id} test-invoke-stage [] {}"
    );
}

#[test]
fn of_what_failed_the_kind_of_error_is_told() {
    let answer = tried(r#"{"resourceId": "/context/{id}", "httpMethod": "GET"}"#).unwrap();
    assert_eq!(answer["status"], 500);
    assert_eq!(answer["headers"], json!({"x-amzn-ErrorType": "InternalServerErrorException"}));
}

#[test]
fn whatever_type_is_named_the_content_is_taken_as_json() {
    let asked = |media_type: &str, body: &str| {
        let input = json!({
            "resourceId": "/typed", "httpMethod": "POST", "body": body,
            "headers": {"Content-Type": media_type},
        });
        let answer = tried(&input.to_string()).unwrap();
        (answer["status"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
    };
    for media_type in ["application/json", "text/plain", "image/png", "application/xml"] {
        let template = (200, format!("json {media_type}"));
        assert_eq!(asked(media_type, r#"{"name": "a"}"#), template);
        assert_eq!(asked(media_type, "{}").0, 400, "{media_type}: its model holds");
    }
}
