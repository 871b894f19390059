//! Integrations that AWS refuses.

use super::*;

#[test]
fn malformed_integrations_are_refused() {
    check_integration("{}", &["3 @: `type` is missing"]);
    check_integration("[]", &["3 @: expected an object, found an array"]);
    check_integration(
        "{\"type\": \"http_proxy\", \"uri\": \"http:///\", \"httpMethod\": \"FETCH\", \"timeoutInMillis\": 49}",
        &[
            "3 @/httpMethod: `FETCH` is not known here",
            "3 @/uri: `http:///` is not a URL: `` is not a host",
            "3 @/timeoutInMillis: 49 is not between 50 and 29000",
        ],
    );
    check_integration(
        "{\"type\": \"http_proxy\"}",
        &["3 @: `httpMethod` is missing", "3 @: `uri` is missing"],
    );
    check_integration(
        "{\"type\": \"aws_proxy\", \"httpMethod\": \"POST\",\n\"uri\": \"arn:aws:apigateway:r:sqs:path/1/q\"}",
        &["4 @/uri: `aws_proxy` calls Lambda functions, not `sqs`"],
    );
    check_integration(
        "{\"type\": \"aws_proxy\", \"httpMethod\": \"POST\",\n\"uri\": \"arn:aws:apigateway:r:lambda:path/2015-03-31/functions\"}",
        &[
            "4 @/uri: `arn:aws:apigateway:r:lambda:path/2015-03-31/functions` does not invoke a Lambda function",
        ],
    );
    check_integration(
        "{\"type\": \"aws_proxy\", \"httpMethod\": \"POST\",\n\"uri\": {\"Fn::Sub\": \"x\"}}",
        &["4 @/uri: `Fn::Sub` is not resolved: only CloudFormation knows its value"],
    );
    check_integration(
        "{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://x.example/\", \"requestParameters\": {\n\
         \"integration.request.cookie.a\": \"'x'\",\n\"integration.request.path.b\": \"x\",\n\"integration.request.header.c\": \"method.request.body.a[\",\n\
         \"integration.request.header.d\": \"method.request.pth.x\"}}",
        &[
            "4 @/requestParameters/integration.request.cookie.a: Invalid mapping expression parameter specified: integration.request.cookie.a",
            "5 @/requestParameters/integration.request.path.b: Invalid mapping expression specified: x",
            "6 @/requestParameters/integration.request.header.c: Invalid mapping expression specified: method.request.body.a[",
            "7 @/requestParameters/integration.request.header.d: Invalid mapping expression specified: method.request.pth.x",
        ],
    );
    check_integration(
        "{\"$ref\": \"#/components/x-amazon-apigateway-integrations/none\"}",
        &[
            "3 @/$ref: `#/components/x-amazon-apigateway-integrations/none` names nothing in this document",
        ],
    );
    check_integration(
        "{\"$ref\": \"#/paths/~1a/get/x-amazon-apigateway-integration\"}",
        &["3 @: a reference that leads to itself"],
    );
}

#[test]
fn a_url_is_refused_without_telling_the_password_in_it() {
    check_integration(
        "{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://me:pass@x.example/a\"}",
        &["3 @/uri: `https://*****@x.example/a` is not a URL: it may not hold a user name"],
    );
}

#[test]
fn what_cannot_be_streamed_is_refused() {
    let function = |start: &str, end: &str, members: &str| {
        format!(
            "{{\"type\": \"aws_proxy\", \"httpMethod\": \"POST\", \"uri\": \"arn:aws:apigateway:eu-west-1:lambda:path/{start}/functions/{FUNCTION}/{end}\"{members}}}"
        )
    };
    let (invoke, stream) =
        (("2015-03-31", "invocations"), ("2021-11-15", "response-streaming-invocations"));
    let mode = ",\n\"responseTransferMode\": \"STREAM\"";
    let streamed = function(stream.0, stream.1, &format!("{mode}, \"timeoutInMillis\": 900000"));
    let text =
        rest("/a", &format!("{{\"get\": {{\"x-amazon-apigateway-integration\": {streamed}}}}}"));
    compile(imported(&text, Protocol::Rest), Protocol::Rest, "streamed");
    for (integration, mistake) in [
        (
            function(stream.0, stream.1, ""),
            "3 @/uri: a streaming invocation needs `responseTransferMode: STREAM`",
        ),
        (
            function(invoke.0, invoke.1, mode),
            "3 @/uri: a streamed response needs a streaming invocation",
        ),
        (
            function(stream.0, stream.1, &format!("{mode}, \"timeoutInMillis\": 900001")),
            "4 @/timeoutInMillis: 900001 is not between 50 and 900000",
        ),
        (
            format!("{{\"type\": \"mock\"{mode}}}"),
            "4 @/responseTransferMode: only responses of proxies are streamed",
        ),
    ] {
        check_integration(&integration, &[mistake]);
    }
    let item = format!(
        "{{\"get\": {{\"x-amazon-apigateway-integration\": {{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://e.example/\"{mode}}}}}}}"
    );
    let told = mistakes(&http("\"security\": []", &item), Protocol::Http);
    assert!(told[0].ends_with("only REST APIs stream responses"), "{told:?}");
}

#[test]
fn a_timeout_is_as_long_as_the_quota_allows() {
    let text = |millis: u32| {
        let integration = format!("{{\"type\": \"mock\", \"timeoutInMillis\": {millis}}}");
        rest(
            "/a",
            &format!(
                "{{\"get\": {{\"responses\": {{}}, \"x-amazon-apigateway-integration\": {integration}}}}}"
            ),
        )
    };
    let accepts = |millis, integration_ms_max| {
        let options = Options { integration_ms_max, ..Options::new("eu-west-1") };
        import_with(&document(&text(millis)), Protocol::Rest, options).is_ok()
    };
    assert_eq!([49, 50, 29_000, 29_001].map(|ms| accepts(ms, 29_000)), [false, true, true, false]);
    assert_eq!([29_001, 60_000, 60_001].map(|ms| accepts(ms, 60_000)), [true, true, false]);
}

#[test]
fn a_timeout_is_raised_at_no_edge_optimized_endpoint() {
    let accepts = |types: &str, mode: &str, millis: u32| {
        let integration = format!(
            "{{\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"http://h/\", \"timeoutInMillis\": {millis}{mode}}}"
        );
        let text = format!(
            "{{\"openapi\": \"3.0.1\", \"info\": {{\"title\": \"t\"}}{types}, \"paths\": {{\"/a\": {{\"get\": {{\"x-amazon-apigateway-integration\": {integration}}}}}}}}}"
        );
        let options = Options { integration_ms_max: 120_000, ..Options::new("eu-west-1") };
        import_with(&document(&text), Protocol::Rest, options).is_ok()
    };
    let types = |name: &str| {
        format!(", \"x-amazon-apigateway-endpoint-configuration\": {{\"types\": [\"{name}\"]}}")
    };
    let streamed = ", \"responseTransferMode\": \"STREAM\"";
    assert!(accepts(&types("EDGE"), "", 29_000));
    assert!(!accepts(&types("EDGE"), "", 29_001));
    assert!(accepts(&types("EDGE"), streamed, 120_000));
    assert!(accepts(&types("REGIONAL"), "", 120_000));
    assert!(accepts("", "", 120_000), "nothing says where it is served");
}

#[test]
fn responses_that_aws_refuses_are_refused() {
    check_integration(
        "{\"type\": \"mock\", \"responses\": {\n\
         \"(\": {\"statusCode\": 200},\n\
         \"default\": {\"responseTemplates\": {}},\n\
         \"2..\": {\"statusCode\": \"20\"},\n\
         \"3..\": {\"statusCode\": 301, \"responseParameters\": {\"method.response.header.Location\": \"'/'\"}}}}",
        &[
            "4 @/responses/(: `(` is not a regular expression: a group is not closed",
            "5 @/responses/default: `statusCode` is missing",
            "6 @/responses/2../statusCode: 20 is not between 100 and 599",
            "7 @/responses/3../responseParameters/method.response.header.Location: Invalid mapping expression parameter specified: method.response.header.Location",
        ],
    );
}

#[test]
fn uris_that_name_no_action_of_a_service_are_refused() {
    for (uri, mistake) in [
        (
            "arn:aws:apigateway:us-east-1:sqs:queue/1/q",
            "it has the form arn:aws:apigateway:REGION:SERVICE:path/PATH or :action/ACTION",
        ),
        ("arn:aws:apigateway:us-east-1:dynamodb:action/Put Item", "`Put Item` is no action"),
        ("arn:aws:apigateway::sqs:path/1/q", "there is no service `sqs` in ``"),
        (
            "arn:aws:apigateway:us-east-1:lambda:action/ListFunctions",
            "`lambda` has no actions by name: use `path/…`",
        ),
        (
            "arn:aws:apigateway:us-east-1:s3:action/GetObjectAcl&Bucket=b&Key=k",
            "`s3` has no action `GetObjectAcl` by name: use `path/…`",
        ),
        (
            "arn:aws:apigateway:us-east-1:s3:action/GetObject&Bucket=b",
            "`GetObject` needs `Key=…` in the URI",
        ),
    ] {
        check_integration(
            &format!("{{\"type\": \"aws\", \"httpMethod\": \"POST\", \"uri\": \"{uri}\"}}"),
            &[&format!("3 @/uri: `{uri}` names no action of a service: {mistake}")],
        );
    }
}

#[test]
fn private_integrations_are_refused_where_aws_has_none() {
    let private = "\"connectionType\": \"VPC_LINK\", \"connectionId\": \"l\"";
    let http = "\"type\": \"http_proxy\", \"httpMethod\": \"GET\", \"uri\": \"https://x.example/\"";
    let function = "\"type\": \"aws_proxy\", \"httpMethod\": \"POST\", \"uri\": \"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations\"";
    for (integration, protocol, mistake) in [
        (format!("{function}, {private}"), Protocol::Rest, "of type `HTTP` and `HTTP_PROXY`"),
        (format!("{function}, {private}"), Protocol::Http, "of type `HTTP_PROXY`"),
        (format!("{http}, {private}"), Protocol::Http, "should be a valid ELB listener ARN"),
        (
            format!("{http}, \"connectionType\": \"VPC_LINK\""),
            Protocol::Rest,
            "`connectionId` is missing",
        ),
        (
            format!("{http}, {private}, \"integrationTarget\": \"x\""),
            Protocol::Rest,
            "not the ARN of a load balancer",
        ),
        (
            format!("{http}, \"integrationTarget\": \"x\""),
            Protocol::Rest,
            "is for private integrations",
        ),
        (
            format!("{http}, \"tlsConfig\": {{\"serverNameToVerify\": \"a.example\"}}"),
            Protocol::Rest,
            "is for private integrations of HTTP APIs",
        ),
        (
            format!("{http}, {private}, \"tlsConfig\": {{\"serverNameToVerify\": \"a.example\"}}"),
            Protocol::Rest,
            "is for private integrations of HTTP APIs",
        ),
        (
            format!("{function}, \"tlsConfig\": {{\"insecureSkipVerification\": true}}"),
            Protocol::Rest,
            "is for HTTP integrations",
        ),
    ] {
        let item =
            format!("{{\"get\": {{\"x-amazon-apigateway-integration\": {{{integration}}}}}}}");
        let told = mistakes(&rest("/a", &item), protocol);
        assert!(told.iter().any(|told| told.contains(mistake)), "{mistake}: {told:?}");
    }
}
