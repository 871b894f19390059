use std::fs;

use crate::diagnostic::Diagnostic;
use crate::snapshot::Origin;

/// What is told of an API with these stages (and whatever else is in the configuration), and this integration.
fn told(stages: &str, integration: &str) -> Vec<String> {
    told_of("REST", stages, integration)
}

fn told_of(protocol: &str, stages: &str, integration: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let api = |integration: &str| {
        format!(
            "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:\n  /a:\n    get:\n      \
             x-amazon-apigateway-integration: {{httpMethod: POST, payloadFormatVersion: '1.0', {integration}}}\n"
        )
    };
    write("a.yaml", &api(integration));
    write("b.yaml", &api("type: http_proxy, uri: 'ftp${stageVariables.port}://h/'"));
    let apis = format!(
        "apis: [{{id: a, protocol: {protocol}, definition: a.yaml, stages: [{stages}]}}]\n"
    );
    write("edgeway.yaml", &apis);
    let built = Origin::Config(folder.path().join("edgeway.yaml")).build();
    let told = match built {
        Ok(built) => built.warnings,
        Err(refused) => refused.diagnostics,
    };
    let name =
        |told: &Diagnostic| told.to_string().replace(&format!("{}/", folder.path().display()), "");
    let told = told.iter().map(name);
    told.filter(|told| told.contains("stage `") && !told.contains("canary of")).collect()
}

#[test]
fn a_variable_that_an_export_served_alone_has_not_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.yaml");
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
               arn:aws:lambda:eu-west-1:123456789012:function:listItems:${stageVariables.alias}/invocations";
    let definition = format!(
        "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\nservers: [{{url: 'https://a.execute-api.eu-west-1.amazonaws.com/dev'}}]\n\
         paths:\n  /a:\n    get:\n      x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: '{uri}'}}\n"
    );
    fs::write(&file, definition).unwrap();
    let listen = "127.0.0.1:8080".parse().unwrap();
    let basepath = Default::default();
    let built = Origin::Definition { file, protocol: None, listen, basepath }.build().unwrap();
    let told: Vec<String> = built.warnings.iter().map(ToString::to_string).collect();
    let [told] = &told[..] else { panic!("{told:?}") };
    assert!(
        told.contains("the stage `dev` has no variable `alias`, which this URI names"),
        "{told}"
    );
    assert!(told.contains("write an edgeway.yaml"), "{told}");
}

const S3: &str = "type: aws, uri: 'arn:aws:apigateway:eu-west-1:s3:action/${stageVariables.action}&Bucket=b&Key=k'";

#[test]
fn a_uri_that_a_stage_makes_one_of_no_action_is_an_error_at_its_place() {
    let stages = "{stageName: good, variables: {action: GetObject}}, {stageName: bad, variables: {action: Frobnicate}}";
    let told = told(stages, S3);
    let [told] = &told[..] else { panic!("{told:?}") };
    let place = "--> a.yaml:6:";
    assert!(told.contains(place) && told.contains("error"), "{told}");
    assert!(told.contains("with the variables of stage `bad`: `arn:aws:"), "{told}");
    assert!(told.contains("s3:action/Frobnicate"), "{told}");
    assert!(told.contains("/paths/~1a/get/x-amazon-apigateway-integration/uri"), "{told}");
}

#[test]
fn what_would_be_refused_if_it_stood_there_is_refused_of_every_kind() {
    for (integration, good, bad) in [
        ("type: http_proxy, uri: 'http://${stageVariables.v}/x'", "h:8080", "h:port"),
        ("type: http_proxy, uri: '${stageVariables.v}'", "https://h/", "ftp://h/"),
        (
            "type: aws, uri: 'arn:aws:apigateway:eu-west-1:${stageVariables.v}'",
            "sqs:path/1/q",
            "sqs:nowhere/1",
        ),
        (
            "type: aws_proxy, uri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${stageVariables.v}/invocations'",
            "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
            "arn:aws:sqs:eu-west-1:123456789012:f",
        ),
    ] {
        let stage = |value: &str| format!("{{stageName: s, variables: {{v: '{value}'}}}}");
        assert_eq!(told(&stage(good), integration), Vec::<String>::new(), "{integration}");
        let told = told(&stage(bad), integration);
        assert_eq!(told.len(), 1, "{integration}: {told:?}");
        assert!(told[0].contains("with the variables of stage `s`"), "{told:?}");
    }
    let url = "type: http_proxy, uri: '${stageVariables.v}'";
    let told = told_of("HTTP", "{stageName: s, stageVariables: {v: nonsense}}", url);
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_uri_whose_variables_a_stage_has_in_part_is_judged_by_those() {
    let half = "type: http_proxy, uri: '${stageVariables.scheme}://${stageVariables.host}/'";
    let with =
        |scheme: &str| told(&format!("{{stageName: s, variables: {{scheme: {scheme}}}}}"), half);
    let [told] = &with("https")[..] else { panic!() };
    assert!(told.contains("has no variable `host`"), "{told}");
    assert!(with("ftp").iter().any(|told| told.contains("with the variables of stage `s`")));
}

#[test]
fn a_canary_s_variables_count_in_the_definition_that_it_is_served_from() {
    let canary = |settings: &str| {
        format!(
            "{{stageName: s, variables: {{action: GetObject}}, \
             canarySettings: {{percentTraffic: 5, {settings}}}}}"
        )
    };
    let own = canary("definition: b.yaml, stageVariableOverrides: {action: Frobnicate, port: s}");
    let own = told(&own, S3);
    assert_eq!(own.len(), 1, "{own:?}");
    assert!(own[0].contains("--> b.yaml:") && own[0].contains("`ftps` is neither"), "{own:?}");
    let none = told(&canary("stageVariableOverrides: {action: Frobnicate}"), S3);
    assert_eq!(none.len(), 1, "{none:?}");
    assert!(none[0].contains("--> a.yaml:") && none[0].contains("Frobnicate"), "{none:?}");
}

#[test]
fn a_stage_without_a_variable_of_a_uri_is_warned_of() {
    let stages = "{stageName: s, variables: {action: GetObject}}, \
                  {stageName: t, canarySettings: {percentTraffic: 5}}";
    let told = told(stages, S3);
    let [told] = &told[..] else { panic!("{told:?}") };
    let message =
        "the stage `t` has no variable `action`, which this URI names: it stands for nothing there";
    assert!(told.contains("warning") && told.contains(message), "{told}");
}
