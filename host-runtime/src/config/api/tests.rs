use gateway_core::definition::DefinitionError;

use super::super::Config;
use super::*;

#[test]
fn a_stage_variable_has_awss_names_and_a_log_no_arn() {
    let long = "v".repeat(513);
    for (stage, told) in [
        ("variables: {a-b: v}", "cannot be a stage variable's name"),
        (&*format!("variables: {{a: {long}}}"), "more than 512"),
        ("accessLogSettings: {format: x, destination: 'arn:aws:logs:a'}", "an ARN is not"),
    ] {
        let stages = format!("stages: [{{stageName: s, {stage}}}]");
        let api = format!("{{id: a, protocol: REST, definition: d, {stages}}}");
        let document = crate::document::read(&format!("apis: [{api}]")).unwrap();
        let refused = Config::read(&document, Path::new("")).unwrap_err();
        assert!(refused.iter().any(|error| error.message.contains(told)), "{refused:?}");
    }
}

#[test]
fn a_stage_may_be_written_down_as_aws_tells_it() {
    let stage = "{stageName: s, description: d, documentationVersion: '1', tags: {a: b}, \
                 createdDate: 1, lastUpdatedDate: 2, cacheClusterStatus: NOT_AVAILABLE, \
                 apiGatewayManaged: false, lastDeploymentStatusMessage: ok}";
    let document = format!("apis: [{{id: a, protocol: REST, definition: d, stages: [{stage}]}}]");
    let document = crate::document::read(&document).unwrap();
    let config = Config::read(&document, Path::new("")).unwrap();
    assert_eq!(config.apis[0].stages[0].stage_name, "s");
}

#[test]
fn a_key_of_the_other_kind_of_api_is_told_as_one() {
    let told = |protocol: &str, stage: &str| {
        let api = format!("{{id: a, protocol: {protocol}, definition: d, stages: [{stage}]}}");
        let document = crate::document::read(&format!("apis: [{api}]")).unwrap();
        let refused = Config::read(&document, Path::new("")).unwrap_err();
        let told = |e: DefinitionError| format!("{}; {}", e.message, e.help.unwrap_or_default());
        refused.into_iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(
        told(
            "HTTP",
            "{stageName: s, cacheClusterEnabled: true, methodSettings: {}, canarySettings: {}}"
        ),
        [
            "`cacheClusterEnabled` is for REST APIs alone; an HTTP API has no cache",
            "`methodSettings` is for REST APIs alone; an HTTP API has `routeSettings` and `defaultRouteSettings`",
            "`canarySettings` is for REST APIs alone; an HTTP API has no canaries",
        ]
    );
    assert_eq!(
        told(
            "REST",
            "{stageName: s, stageVariables: {}, methodSettings: {'*/*': {detailedMetricsEnabled: true}}}"
        ),
        [
            "`stageVariables` is for HTTP APIs alone; a REST API has `variables`",
            "`detailedMetricsEnabled` is for HTTP APIs alone; a REST API has `metricsEnabled`",
        ]
    );
}

#[test]
fn a_web_acl_that_is_named_by_its_arn_alone_is_told_of() {
    let told = |more: &str, all: &str| {
        let stage = format!("{{stageName: s, webAclArn: 'arn:aws:wafv2:x'{more}}}");
        let api = format!("{{id: a, protocol: REST, definition: d, stages: [{stage}]}}");
        let text = format!("apis: [{api}]\nwebAcls: [{{name: w, definition: w.json}}]\n{all}");
        let document = crate::document::read(&text).unwrap();
        assert!(Config::read(&document, Path::new("")).is_ok());
        let (_, told) = Config::read_whole(&document, Path::new(""));
        told.into_iter().map(|told| told.source.pointer).collect::<Vec<_>>()
    };
    assert_eq!(told("", ""), ["/apis/0/stages/0/webAclArn"]);
    assert!(told(", webAcl: w", "").is_empty());
    assert!(told("", "webAcl: w").is_empty());
}

#[test]
fn kinds_of_apis_that_are_not_served_are_refused() {
    for (protocol, told) in [("WEBSOCKET", "not supported yet"), ("SOAP", "unknown protocol")] {
        let api =
            format!("{{id: a, protocol: {protocol}, definition: d, stages: [{{stageName: s}}]}}");
        let document = crate::document::read(&format!("apis: [{api}]")).unwrap();
        let refused = Config::read(&document, Path::new("")).unwrap_err();
        assert!(refused.iter().any(|error| error.message.contains(told)), "{refused:?}");
    }
}
