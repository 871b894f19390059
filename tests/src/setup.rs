//! From a case to what runs: backends, placeholders, and the gateway's configuration file.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::backend::{self, Backend};
use crate::case::{self, Case, Kind};
use crate::issuer::Issuer;
use crate::json::{Json, object};
use crate::ports::free_port;

/// The API's id in every case; the default `Host` is made of it.
pub const API_ID: &str = "conform123";

/// A case whose backends run and whose configuration is written.
#[derive(Debug)]
pub struct Setup {
    /// The case, placeholders replaced.
    pub case: Case,
    /// The backends in no particular order.
    pub backends: Vec<Backend>,
    /// The stage's name.
    pub stage_name: String,
    /// Where the gateway is to listen.
    pub listen: SocketAddr,
    /// `edgeway.yaml`.
    pub config: PathBuf,
    /// The folder of the configuration.
    pub folder: TempDir,
    _issuer: Option<Issuer>,
}

/// Starts the backends of a case and writes its definition and configuration into a temporary folder.
pub async fn set_up(text: &Json) -> Result<Setup, String> {
    let problem = |error: std::io::Error| format!("setting up: {error}");
    // The address of the HTTP backend may stand in its own answers, so its port is chosen before it starts.
    let issuer = if written_in(text, "{{ISSUER}}") || written_in(text, "{{JWT") {
        Some(Issuer::start().await.map_err(problem)?)
    } else {
        None
    };
    let http_listener = Backend::listen().await.map_err(problem)?;
    let http_address = http_listener.local_addr().map_err(problem)?;
    let mut replaced = text.clone();
    replace_placeholders(&mut replaced, http_address, issuer.as_ref())?;
    let mut case = case::parse(&replaced)?;

    let mut backends = vec![
        Backend::serve(http_listener, backend::http(case.backends.http.clone()))
            .map_err(problem)?,
    ];
    let lambda = Backend::start(backend::lambda(case.backends.lambda.clone(), &case.api))
        .await
        .map_err(problem)?;
    let mut endpoints = object([("lambda", lambda.url().into())]);
    backends.push(lambda);
    for (name, answer) in case.backends.aws.members() {
        let service = Backend::start(backend::service(answer.clone())).await.map_err(problem)?;
        endpoints.set(name, service.url().into());
        backends.push(service);
    }

    let folder = tempfile::Builder::new().prefix("edgeway-case-").tempdir().map_err(problem)?;
    let listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let stage_name =
        case.stage.remove("name").map(|name| name.text()).filter(|name| !name.is_empty());
    let stage_name = stage_name
        .unwrap_or_else(|| if case.kind == Kind::Http { "$default" } else { "test" }.to_owned());
    let stage = stage_settings(&case.stage, &stage_name, folder.path()).map_err(problem)?;
    let config = configuration(&case, stage, listen, endpoints);
    let path = folder.path().join("edgeway.yaml");
    fs::write(folder.path().join("openapi.json"), case.api.to_string()).map_err(problem)?;
    fs::write(&path, config.to_string()).map_err(problem)?;
    for (name, content) in case.files.members() {
        fs::write(folder.path().join(name), content.to_string()).map_err(problem)?;
    }
    Ok(Setup { case, backends, stage_name, listen, config: path, folder, _issuer: issuer })
}

fn configuration(case: &Case, stage: Json, listen: SocketAddr, mut endpoints: Json) -> Json {
    let protocol = match case.kind {
        Kind::Rest => "REST",
        Kind::Http => "HTTP",
        Kind::Websocket => "WEBSOCKET",
    };
    let api = object([
        ("id", API_ID.into()),
        ("protocol", protocol.into()),
        ("definition", "openapi.json".into()),
        ("stages", Json::Array(vec![stage])),
    ]);
    let mut config = object([
        ("listen", listen.to_string().into()),
        ("admin", format!("127.0.0.1:{}", free_port()).into()),
        ("region", "us-east-1".into()),
        ("accountId", "000000000000".into()),
        ("apis", Json::Array(vec![api])),
    ]);
    for (name, value) in usage(&case.usage).members().iter().chain(case.config.members()) {
        config.set(name, value.clone());
    }
    for (name, url) in config.remove("endpoints").unwrap_or_default().members() {
        endpoints.set(name, url.clone());
    }
    config.set("endpoints", endpoints);
    config
}

/// A stage's fields as `edgeway.yaml` has them; a canary's own definition becomes a file.
fn stage_settings(stage: &Json, name: &str, folder: &Path) -> std::io::Result<Json> {
    let mut out = object([("stageName", name.into()), ("variables", object([]))]);
    for (key, value) in stage.members() {
        match key.as_str() {
            "settings" => {
                value.members().iter().for_each(|(key, value)| out.set(key, value.clone()))
            }
            "variables" if *value == Json::Null => {}
            _ => out.set(key, value.clone()),
        }
    }
    if let Some(mut canary) = out.get("canarySettings").cloned()
        && let Some(api) = canary.remove("api")
    {
        fs::write(folder.join("canary.json"), api.to_string())?;
        canary.set("definition", "canary.json".into());
        out.set("canarySettings", canary);
    }
    Ok(out)
}

/// Usage plans name their stages alone; the configuration wants the API's id with them.
fn usage(usage: &Json) -> Json {
    let mut usage = usage.clone();
    let Some(Json::Array(mut plans)) = usage.get("usagePlans").cloned() else { return usage };
    for plan in &mut plans {
        let stages = plan.get("apiStages").map(Json::elements).unwrap_or_default().iter();
        let stages = stages.map(|stage| match stage {
            Json::String(name) => {
                object([("apiId", API_ID.into()), ("stage", name.as_str().into())])
            }
            other => other.clone(),
        });
        let stages = Json::Array(stages.collect());
        plan.set("apiStages", stages);
    }
    usage.set("usagePlans", Json::Array(plans));
    usage
}

fn written_in(text: &Json, placeholder: &str) -> bool {
    let mut found = false;
    text.clone().map_strings(&mut |text| found |= text.contains(placeholder));
    found
}

fn replace_placeholders(
    json: &mut Json,
    http: SocketAddr,
    issuer: Option<&Issuer>,
) -> Result<(), String> {
    let dead = format!("http://127.0.0.1:{}", free_port());
    let mut problems = Vec::new();
    json.map_strings(&mut |text| {
        if !text.contains("{{") {
            return;
        }
        let mut out = text
            .replace("{{HTTP_BACKEND}}", &format!("http://{http}"))
            .replace("{{HTTP_BACKEND_HOST}}", &http.to_string())
            .replace("{{DEAD_BACKEND}}", &dead);
        if let Some(issuer) = issuer {
            out = out.replace("{{ISSUER}}", &issuer.url());
            if let Some((before, rest)) = out.split_once("{{JWT ")
                && let Some((claims, after)) = rest.rsplit_once("}}")
            {
                match Json::parse(claims) {
                    Ok(claims) => out = format!("{before}{}{after}", issuer.mint(&claims)),
                    Err(error) => problems.push(format!("{{{{JWT {claims}}}}}: {error}")),
                }
            }
        }
        *text = out;
    });
    problems.pop().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_case_becomes_a_configuration() {
        let text = r#"{"name": "n", "source": "s", "kind": "rest", "api": {"u": "{{HTTP_BACKEND}}/x", "h": "{{HTTP_BACKEND_HOST}}"},
            "stage": {"variables": {"a": "{{ISSUER}}"}, "settings": {"cacheClusterEnabled": true, "canarySettings": {"percentTraffic": 5, "api": {"v": 2}}}},
            "usage": {"usagePlans": [{"name": "p", "apiStages": ["test"]}]},
            "config": {"iam": {}, "endpoints": {"cognito-idp": "{{ISSUER}}"}},
            "backends": {"aws": {"sqs": {}}},
            "exchanges": [{"request": {"headers": {"Authorization": "Bearer {{JWT {\"sub\": \"x\"}}}"}}}]}"#;
        let setup = set_up(&Json::parse(text).unwrap()).await.unwrap();
        let config = Json::parse(&fs::read_to_string(&setup.config).unwrap()).unwrap();
        let stage = &config.get("apis").unwrap().elements()[0].get("stages").unwrap().elements()[0];
        let mut expected = object([
            ("stageName", "test".into()),
            ("variables", stage.get("variables").unwrap().clone()),
        ]);
        expected.set("cacheClusterEnabled", Json::Bool(true));
        expected.set(
            "canarySettings",
            object([("percentTraffic", 5.into()), ("definition", "canary.json".into())]),
        );
        assert_eq!(stage, &expected);
        let endpoints: Vec<_> = config
            .get("endpoints")
            .unwrap()
            .members()
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(endpoints, ["lambda", "sqs", "cognito-idp"]);
        assert!(
            config
                .get("usagePlans")
                .unwrap()
                .to_string()
                .contains(r#"{"apiId": "conform123", "stage": "test"}"#)
        );
        let definition = fs::read_to_string(setup.folder.path().join("openapi.json")).unwrap();
        assert_eq!(
            definition,
            format!(
                r#"{{"u": "{0}/x", "h": "{1}"}}"#,
                setup.backends[0].url(),
                setup.backends[0].address
            )
        );
        let token = setup.case.exchanges[0].request.headers.get("Authorization").unwrap().text();
        assert_eq!(token.split('.').count(), 3, "{token}");
    }
}
