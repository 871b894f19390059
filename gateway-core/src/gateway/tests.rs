use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::Gateway;
use crate::definition::{Api, Integration, IntegrationType};
use crate::pipeline::world::*;

fn mistakes(apis: Vec<Api>) -> Vec<String> {
    let errors = Gateway::compile(snapshot(apis)).map(|_| ()).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mapped = |target: &str, source: &str| Integration {
        request_parameters: vec![(target.into(), source.into())],
        ..integration(IntegrationType::HttpProxy, "http://h")
    };
    let mut pattern = mock("");
    pattern.responses[0].selection_pattern = Some("(".into());
    let mut api = rest(vec![
        method("GET /a/{x}", mock("")),
        method("GET /a/{y}", mock("")),
        method("GET /{z+}/b", mock("")),
        method("GET /uri", integration(IntegrationType::HttpProxy, "ftp://h")),
        method("GET /function", integration(IntegrationType::AwsProxy, "nothing at all")),
        method("GET /source", mapped("integration.request.header.X", "method.request.cookie.a")),
        method("GET /target", mapped("integration.request.header.a b", "'x'")),
        method("GET /pattern", pattern),
    ]);
    api.stages[0].access_log_settings.as_mut().unwrap().format = "$context.requestIt".into();
    api.stages.push(crate::definition::Stage { deployment: 7, ..api.stages[0].clone() });
    let told = mistakes(vec![api, rest(vec![])]);
    let expected = [
        "answers the same requests as `GET /a/{x}`",
        "a greedy path variable stands at the end",
        "`ftp` is neither http nor https",
        "does not name a Lambda function",
        "`method.request.cookie.a` is not the source of a mapping",
        "`integration.request.header.a b` is not the target of a mapping",
        "`(` is not a regular expression",
        "access log format of stage `prod`",
        "two stages named `prod`",
        "serves deployment 7",
        "two APIs have the id `abc123`",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told} / {expected}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

#[test]
fn settings_of_methods_that_are_not_there_are_mistakes() {
    let told = |mut api: Api, keys: &[&str]| {
        let setting = |key: &&str| ((*key).into(), crate::definition::MethodSetting::default());
        api.stages[0].method_settings = keys.iter().map(setting).collect();
        match Gateway::compile(snapshot(vec![api])) {
            Ok(_) => vec![],
            Err(errors) => errors.iter().map(|e| (e.message.clone(), e.help.clone())).collect(),
        }
    };
    let api = || rest(vec![method("GET /", mock("")), method("ANY /a/{b}", mock(""))]);
    assert_eq!(told(api(), &["*/*", "~1/GET", "~1a~1{b}/ANY", "~1a~1{b}/PATCH"]), []);
    let says = |message: &str| message.into();
    assert_eq!(
        told(api(), &["~1a/GET", "~1a~1{b}/TRACE"]),
        [
            (
                says(
                    "methodSettings of stage `prod` of API `abc123`: the definition has no `~1a/GET`"
                ),
                None
            ),
            (
                says(
                    "methodSettings of stage `prod` of API `abc123`: the definition has no `~1a~1{b}/TRACE`"
                ),
                None
            ),
        ]
    );
    for unescaped in ["/a/{b}/GET", "a/{b}/GET", "a~1{b}/GET"] {
        let help = told(api(), &[unescaped]).remove(0).1;
        assert_eq!(help.as_deref(), Some("write `~1a~1{b}/GET`: `/` is `~1` in a path here"));
    }
    let api = || http(vec![method("ANY /a", integration(IntegrationType::HttpProxy, "http://h"))]);
    assert_eq!(told(api(), &["ANY /a", "*/*"]), []);
    assert_eq!(told(api(), &["GET /a"])[0].1.as_deref(), Some("it has `ANY /a`"));
    assert_eq!(told(api(), &["$default"]).len(), 1);
}

#[test]
fn what_no_stage_makes_right_is_refused_and_what_one_stage_lacks_is_not() {
    let bad = "http://${stageVariables.host}/";
    let api = rest(vec![method("GET /", integration(IntegrationType::HttpProxy, bad))]);
    assert!(Gateway::compile(snapshot(vec![api])).is_ok());
}
