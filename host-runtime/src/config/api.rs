//! `apis` and their stages.

use std::collections::BTreeMap;
use std::path::Path;

use gateway_core::bucket::Limit;
use gateway_core::definition::document::{At, Value};
use gateway_core::definition::openapi::BasePathMode;
use gateway_core::definition::{AccessLogSettings, LoggingLevel, MethodSetting, Protocol, Stage};
use gateway_core::limits::{ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT};

use super::reading::{Elsewhere, Reading};
use super::web_acls::{self, WebAclConfig};
use super::{ApiConfig, caching, canary};

/// The settings of all methods or routes without settings of their own.
const ALL_METHODS: &str = "*/*";

/// What the stages of HTTP APIs alone have, and what those of REST APIs have for it.
const OF_HTTP: Elsewhere = Elsewhere {
    of: "HTTP APIs",
    keys: &[
        ("routeSettings", "a REST API has `methodSettings`: `~1orders/POST` for POST /orders"),
        ("defaultRouteSettings", "a REST API has `methodSettings`: `*/*` for all methods"),
        ("stageVariables", "a REST API has `variables`"),
    ],
};
/// What the stages of REST APIs alone have, and what those of HTTP APIs have for it.
const OF_REST: Elsewhere = Elsewhere {
    of: "REST APIs",
    keys: &[
        ("methodSettings", "an HTTP API has `routeSettings` and `defaultRouteSettings`"),
        ("canarySettings", "an HTTP API has no canaries"),
        ("executionLogSettings", "an HTTP API logs its requests by `accessLogSettings`"),
        ("cacheClusterEnabled", "an HTTP API has no cache"),
        ("cacheClusterSize", "an HTTP API has no cache"),
    ],
};

/// What settings of routes alone have.
const SETTINGS_OF_HTTP: Elsewhere = Elsewhere {
    of: "HTTP APIs",
    keys: &[("detailedMetricsEnabled", "a REST API has `metricsEnabled`")],
};
/// What settings of methods alone have.
const SETTINGS_OF_REST: Elsewhere = Elsewhere {
    of: "REST APIs",
    keys: &[
        ("metricsEnabled", "an HTTP API has `detailedMetricsEnabled`"),
        ("cachingEnabled", "an HTTP API has no cache"),
        ("cacheTtlInSeconds", "an HTTP API has no cache"),
        ("cacheDataEncrypted", "an HTTP API has no cache"),
        ("requireAuthorizationForCacheControl", "an HTTP API has no cache"),
        ("unauthorizedCacheControlHeaderStrategy", "an HTTP API has no cache"),
    ],
};

/// What AWS keeps of a stage and no request sees: a stage may be written down as `get-stage` tells it.
const NOTED: [&str; 10] = [
    "description",
    "documentationVersion",
    "tags",
    "autoDeploy",
    "apiGatewayManaged",
    "createdDate",
    "lastUpdatedDate",
    "lastDeploymentStatusMessage",
    "cacheClusterStatus",
    "webAclArn",
];

pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
    web_acls: &[WebAclConfig],
) -> Vec<ApiConfig> {
    let of_all = web_acls::named(reading, at, web_acls);
    // A distribution alone is something to serve.
    let has_distributions = at.get("distributions").is_some();
    if has_distributions && at.get("apis").is_none() {
        return Vec::new();
    }
    let Some(at) = reading.required(at, "apis") else { return Vec::new() };
    let items = reading.array(&at);
    if items.is_empty() && !has_distributions {
        reading.error(&at, "`apis` is empty: there is nothing to serve");
    }
    let mut apis: Vec<ApiConfig> = Vec::new();
    for item in items {
        let Some(mut api) = read(reading, &item, directory) else { continue };
        choose_web_acls(reading, &item, &mut api, web_acls, of_all);
        if !api.id.is_empty() && apis.iter().any(|other| other.id.eq_ignore_ascii_case(&api.id)) {
            reading.error(&item, format!("the id `{}` is used twice", api.id));
        }
        apis.push(api);
    }
    apis
}

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<ApiConfig> {
    reading.keys(at, &["id", "protocol", "definition", "basepath", "stages"]);
    if !at.is_object() {
        return None;
    }
    let id = reading.required(at, "id").map(|at| id(reading, &at));
    let protocol = reading.required(at, "protocol").and_then(|at| protocol(reading, &at));
    let definition = reading.required(at, "definition");
    let definition = definition.and_then(|at| reading.text(&at)).map(|path| directory.join(path));
    // As what it is imported is not known then.
    let definition = definition.filter(|_| protocol.is_some());
    let protocol = protocol.unwrap_or_else(|| guess_protocol(at));
    let stages = stages(reading, at, protocol, directory);
    Some(ApiConfig {
        id: id.unwrap_or_default(),
        protocol,
        definition: definition.unwrap_or_default(),
        basepath: at.get("basepath").and_then(|at| basepath(reading, &at)).unwrap_or_default(),
        canary_definitions: canary::definitions(at, directory),
        deployed: BTreeMap::new(),
        stages,
        source: at.source(),
    })
}

/// Each stage has the web ACL that it names, or the one of all. AWS's ARN alone brings none, and nobody is to think so.
fn choose_web_acls(
    reading: &Reading,
    at: &At<'_>,
    api: &mut ApiConfig,
    web_acls: &[WebAclConfig],
    of_all: Option<u32>,
) {
    for item in at.get("stages").map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default() {
        let own = web_acls::named(reading, &item, web_acls);
        if let (Some(at), None) = (item.get("webAclArn"), own.or(of_all)) {
            let message = "`webAclArn` changes nothing: this stage is served without a web ACL";
            let help = "load it by `webAcls: [{name: NAME, definition: FILE}]` (what `aws wafv2 get-web-acl` \
                        prints), and write `webAcl: NAME` here";
            reading.warning_with(&at, message, help);
        }
        let name = item.get("stageName");
        let name = name.as_ref().and_then(|at| at.as_str());
        for stage in api.stages.iter_mut().filter(|stage| Some(stage.stage_name.as_str()) == name) {
            stage.web_acl = own.or(of_all);
        }
    }
}

/// What stages say of an API whose protocol is no word that is known.
fn guess_protocol(at: &At<'_>) -> Protocol {
    let stages = at.get("stages").map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    let is_http = |stage: &At<'_>| {
        stage.get("stageName").is_some_and(|at| at.as_str() == Some("$default"))
            || OF_HTTP.keys.iter().any(|(name, _)| stage.get(name).is_some())
    };
    let named = at.get("protocol");
    let name = named.as_ref().and_then(|at| at.as_str()).unwrap_or_default();
    match name.eq_ignore_ascii_case("HTTP") || stages.iter().any(is_http) {
        true => Protocol::Http,
        false => Protocol::Rest,
    }
}

/// As it is written, also where it cannot be one: others may refer to it.
fn id(reading: &Reading, at: &At<'_>) -> String {
    let Some(id) = reading.text(at) else { return String::new() };
    let label = id.len() <= 63
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !id.starts_with('-')
        && !id.ends_with('-');
    if !label {
        let help = "it is the first label of a host name: letters, digits and hyphens";
        reading.error_with(at, format!("`{id}` cannot be an API's id"), help);
    }
    id.into()
}

fn basepath(reading: &Reading, at: &At<'_>) -> Option<BasePathMode> {
    let name = reading.text(at)?;
    let found = BasePathMode::ALL.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        reading.error_with(
            at,
            format!("`{name}` is no mode"),
            "`basepath` is ignore, prepend or split",
        );
    }
    found.map(|(_, mode)| *mode)
}

fn protocol(reading: &Reading, at: &At<'_>) -> Option<Protocol> {
    match reading.text(at)? {
        "REST" => Some(Protocol::Rest),
        "HTTP" => Some(Protocol::Http),
        "WEBSOCKET" => {
            reading.error(at, "`WEBSOCKET` is not supported yet: WebSocket APIs");
            None
        }
        other => {
            reading.unknown(at, &format!("unknown protocol `{other}`"), other, &["REST", "HTTP"]);
            None
        }
    }
}

fn stages(reading: &Reading, at: &At<'_>, protocol: Protocol, directory: &Path) -> Vec<Stage> {
    let Some(at) = reading.required(at, "stages") else { return Vec::new() };
    let items = reading.array(&at);
    if items.is_empty() {
        reading.error(&at, "`stages` is empty: no request would be answered");
    }
    let mut stages: Vec<Stage> = Vec::new();
    for item in items {
        let Some(stage) = stage(reading, &item, protocol, directory) else { continue };
        let is_same = |other: &Stage| other.stage_name == stage.stage_name;
        if !stage.stage_name.is_empty() && stages.iter().any(is_same) {
            reading.error(&item, format!("the stage `{}` is there twice", stage.stage_name));
            continue;
        }
        stages.push(stage);
    }
    stages
}

fn stage(reading: &Reading, at: &At<'_>, protocol: Protocol, directory: &Path) -> Option<Stage> {
    let mut keys = vec!["stageName", "variables", "accessLogSettings", "webAcl", "tracingEnabled"];
    keys.extend(NOTED);
    let (own, others) = match protocol {
        Protocol::Rest => (&OF_REST, &OF_HTTP),
        Protocol::Http => (&OF_HTTP, &OF_REST),
    };
    keys.extend(own.keys.iter().map(|(name, _)| *name));
    reading.keys_besides(at, &keys, others);
    if !at.is_object() {
        return None;
    }
    let stage_name = reading.required(at, "stageName").map(|at| stage_name(reading, &at, protocol));
    let access_log = at.get("accessLogSettings");
    Some(Stage {
        stage_name: stage_name.unwrap_or_default(),
        // An HTTP API's are `stageVariables` in AWS's own calls.
        variables: reading.stage_variables(at.get("variables").or(at.get("stageVariables"))),
        method_settings: match protocol {
            Protocol::Rest => method_settings(reading, at.get("methodSettings")),
            Protocol::Http => route_settings(reading, at),
        },
        access_log_settings: access_log.and_then(|at| access_log_settings(reading, &at, directory)),
        execution_log_destination: at
            .get("executionLogSettings")
            .and_then(|at| execution_log_destination(reading, &at, directory))
            .unwrap_or_default(),
        canary: at.get("canarySettings").and_then(|at| canary::settings(reading, &at)),
        tracing_enabled: at.get("tracingEnabled").and_then(|at| reading.boolean(&at)) == Some(true),
        cache_cluster_bytes: caching::cluster_bytes(reading, at),
        ..Stage::default()
    })
}

/// As it is written, also where it cannot be one: others may refer to it.
fn stage_name(reading: &Reading, at: &At<'_>, protocol: Protocol) -> String {
    let Some(name) = reading.text(at) else { return String::new() };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let allowed = match (protocol, name) {
        (Protocol::Http, "$default") => true,
        _ => name.len() <= 128 && name.bytes().all(plain),
    };
    if !allowed {
        let help = match (protocol, name) {
            (Protocol::Rest, "$default") => "only HTTP APIs have a stage `$default`",
            _ => "letters, digits, hyphens and underscores, at most 128",
        };
        reading.error_with(at, format!("`{name}` cannot be a stage's name"), help);
    }
    name.to_owned()
}

/// REST: `{path}/{VERB}` with `~1` for `/`, or `*/*`.
fn method_settings(reading: &Reading, at: Option<At<'_>>) -> BTreeMap<String, MethodSetting> {
    let mut settings = BTreeMap::new();
    for (key, at) in at.iter().flat_map(|at| reading.object(at)) {
        let verb = key.rsplit_once('/').map(|(_, verb)| verb);
        let named = key.starts_with("~1")
            && verb.is_some_and(|v| v == "*" || v.bytes().all(|b| b.is_ascii_uppercase()));
        if key != ALL_METHODS && !named {
            let help = "write `~1orders/POST` for POST /orders (`~1` stands for `/`), or `*/*`";
            reading.error_with(&at, format!("`{key}` names no method"), help);
        }
        settings.insert(key.to_owned(), setting(reading, key, &at, Protocol::Rest));
    }
    settings
}

/// HTTP: by route key, and `defaultRouteSettings` for the others.
fn route_settings(reading: &Reading, at: &At<'_>) -> BTreeMap<String, MethodSetting> {
    let mut settings = BTreeMap::new();
    for (key, at) in at.get("routeSettings").iter().flat_map(|at| reading.object(at)) {
        let path = key.split_once(' ').map(|(_, path)| path);
        if key != "$default" && !path.is_some_and(|path| path.starts_with('/')) {
            let help = "a route key is `GET /orders`, `ANY /orders` or `$default`";
            reading.error_with(&at, format!("`{key}` is no route key"), help);
        }
        settings.insert(key.to_owned(), setting(reading, key, &at, Protocol::Http));
    }
    if let Some(at) = at.get("defaultRouteSettings") {
        settings.insert(ALL_METHODS.into(), setting(reading, ALL_METHODS, &at, Protocol::Http));
    }
    settings
}

fn setting(reading: &Reading, key: &str, at: &At<'_>, protocol: Protocol) -> MethodSetting {
    const LOGGING: [&str; 2] = ["loggingLevel", "dataTraceEnabled"];
    let (metrics, caching, others) = match protocol {
        Protocol::Rest => ("metricsEnabled", &caching::METHOD_KEYS[..], &SETTINGS_OF_HTTP),
        Protocol::Http => ("detailedMetricsEnabled", &[][..], &SETTINGS_OF_REST),
    };
    let known = ["throttlingRateLimit", "throttlingBurstLimit", metrics];
    reading.keys_besides(at, &[&known, &LOGGING[..], caching].concat(), others);
    if protocol == Protocol::Http {
        let is_off = |at: &At<'_>| {
            at.as_text() == Some("OFF") || matches!(at.node.value, Value::Bool(false))
        };
        for at in LOGGING.iter().filter_map(|name| at.get(name)).filter(|at| !is_off(at)) {
            let help = "log its requests with `accessLogSettings`";
            reading.error_with(&at, "AWS logs no executions of an HTTP API", help);
        }
    }
    // AWS stores -1 where throttling is disabled: by name, also that of all methods is.
    let is_set = |at: &At<'_>| at.as_text() != Some("-1");
    let [rate_at, burst_at] = ["throttlingRateLimit", "throttlingBurstLimit"].map(|n| at.get(n));
    let is_named = key != ALL_METHODS && (rate_at.is_some() || burst_at.is_some());
    let rate = rate_at.filter(is_set).and_then(|at| reading.rate(&at));
    let burst = burst_at.filter(is_set).and_then(|at| reading.whole(&at));
    let throttling = match (rate, burst) {
        (None, None) => is_named.then_some(Limit::NONE),
        (rate, burst) => Some(Limit::new(
            rate.unwrap_or(ACCOUNT_RATE_DEFAULT),
            burst.unwrap_or(ACCOUNT_BURST_DEFAULT),
        )),
    };
    let setting = MethodSetting {
        throttling,
        logging_level: at.get("loggingLevel").and_then(|at| logging_level(reading, &at)),
        data_trace_enabled: at.get("dataTraceEnabled").and_then(|at| reading.boolean(&at)),
        metrics_enabled: at.get(metrics).and_then(|at| reading.boolean(&at)),
        ..MethodSetting::default()
    };
    caching::method_setting(reading, at, setting)
}

fn logging_level(reading: &Reading, at: &At<'_>) -> Option<LoggingLevel> {
    match reading.text(at)? {
        "OFF" => Some(LoggingLevel::Off),
        "ERROR" => Some(LoggingLevel::Error),
        "INFO" => Some(LoggingLevel::Info),
        other => {
            let known = ["OFF", "ERROR", "INFO"];
            reading.unknown(at, &format!("unknown logging level `{other}`"), other, &known);
            None
        }
    }
}

/// AWS has a log group for each stage; here its place is said.
fn execution_log_destination(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<String> {
    reading.keys(at, &["destination"]);
    let at = reading.required(at, "destination")?;
    Some(destination_of(reading.text(&at)?, directory))
}

pub(super) fn destination_of(name: &str, directory: &Path) -> String {
    match name {
        "stdout" | "stderr" => name.into(),
        path => directory.join(path).to_string_lossy().into_owned(),
    }
}

fn access_log_settings(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
) -> Option<AccessLogSettings> {
    reading.keys(at, &["format", "destination", "destinationArn"]);
    if let Some(arn) = at.get("destinationArn") {
        let help = "write `destination: stdout`, `stderr` or a file's path";
        reading.error_with(&arn, "`destinationArn` is not supported yet: logs on AWS", help);
    }
    let format = reading.required(at, "format").and_then(|at| reading.text(&at));
    let named = match at.get("destinationArn") {
        Some(_) => at.get("destination"),
        None => reading.required(at, "destination"),
    };
    let destination = named.as_ref().and_then(|at| reading.text(at));
    if let Some(at) = named.filter(|_| destination.is_some_and(|name| name.starts_with("arn:"))) {
        let help = "write `stdout`, `stderr` or a file's path";
        reading.error_with(&at, "an ARN is not supported yet: logs on AWS", help);
    }
    let destination = destination_of(destination?, directory);
    Some(AccessLogSettings { format: format?.into(), destination })
}

#[cfg(test)]
mod tests;
