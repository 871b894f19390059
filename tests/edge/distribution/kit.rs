//! A Worker with a distribution, and an origin for it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use serde_json::{Value, json};
use tests::backend::{Answer, Backend};
use tests::client::{self, Request, Response};
use tests::issuer;
use tests::json::Json;
use tests::setup::{API_ID, Setup, set_up};
use tests::target::{Engine, Gateway, Target};

pub(super) const CDN: &str = "cdn.example";
/// CachingOptimized: no parameters, fields or cookies in the key.
pub(super) const OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
/// UseOriginCacheControlHeaders-QueryStrings: the origin says how long.
pub(super) const BY_ORIGIN: &str = "4cc15a8a-d715-48a4-82b8-cc0b614638fe";

/// A Worker with a distribution in front of an origin and of its own API.
pub(super) struct Edge {
    pub(super) gateway: Gateway,
    target: Target,
    pub(super) origin: Backend,
    log: PathBuf,
    _setup: Setup,
}

pub(super) fn case() -> Json {
    let text = format!(
        r#"{{"name": "edge", "source": "this project", "kind": "rest",
        "api": {{"openapi": "3.0.1", "info": {{"title": "edge", "version": "1"}}, "paths": {{"/mock": {{"get": {{
            "responses": {{"200": {{"description": "200"}}}},
            "x-amazon-apigateway-integration": {{"type": "mock",
                "requestTemplates": {{"application/json": "{{\"statusCode\": 200}}"}},
                "responses": {{"default": {{"statusCode": "200",
                    "responseTemplates": {{"application/json": "$context.requestId"}}}}}}}}}}}},
            "/orders/{{id}}": {{"post": {{
                "parameters": [{{"name": "id", "in": "path", "required": true, "schema": {{"type": "string"}}}}],
                "x-amazon-apigateway-integration": {{"type": "http_proxy",
                "httpMethod": "POST", "uri": "https://orders.internal:8443/v1/{{id}}",
                "requestParameters": {{"integration.request.path.id": "method.request.path.id"}}}}}}}}}}}},
        "config": {{"webAcls": [{{"name": "edge", "definition": "acl.json"}}], "distributions": [{{"id": "d", "definition": "distribution.json", "cacheStatus": true,
            "references": ["group.json", "rsa.json", "ec.json", "control.json", "fields.json"]}}]}},
        "backends": {{"http": {{"{API_ID}": {{}}}}}},
        "exchanges": [{{"request": {{}}, "expect": {{"status": 200}}}}]}}"#,
    );
    Json::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn control() -> Value {
    json!({"OriginAccessControl": {"Id": "E1", "OriginAccessControlConfig": {
        "Name": "a", "Description": "", "SigningProtocol": "sigv4", "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3"}}})
}

/// The ARN of a configuration of real-time logs.
pub(super) const REAL_TIME: &str = "arn:aws:cloudfront::123456789012:realtime-log-config/fields";

fn real_time() -> Value {
    json!({"RealtimeLogConfig": {"ARN": REAL_TIME, "Name": "fields", "SamplingRate": 100,
        "Fields": ["cs-method", "sc-status", "x-edge-result-type", "cs-uri-stem"]}})
}

/// The ARN of the web ACL that there is to name.
pub(super) const WEB_ACL: &str = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/1";

/// It blocks what has `evil` in its query or in its content.
fn web_acl() -> Value {
    let rule = |priority: u32, field: Value| {
        json!({"Name": format!("r{priority}"), "Priority": priority, "Action": {"Block": {}},
            "Statement": {"ByteMatchStatement": {"SearchString": "ZXZpbA==", "PositionalConstraint": "CONTAINS",
                "FieldToMatch": field, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}},
            "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}})
    };
    let rules = [
        rule(0, json!({"QueryString": {}})),
        rule(1, json!({"Body": {"OversizeHandling": "CONTINUE"}})),
    ];
    json!({"WebACL": {"Name": "edge", "Id": "1", "ARN": WEB_ACL, "DefaultAction": {"Allow": {}},
        "Rules": rules, "VisibilityConfig": {}, "Capacity": 1}, "LockToken": "x"})
}

pub(super) fn behavior(changes: Value) -> Value {
    let mut behavior = json!({
        "TargetOriginId": "web",
        "ViewerProtocolPolicy": "allow-all",
        "AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "CachedMethods": {"Items": ["GET", "HEAD"]}},
        "CachePolicyId": OPTIMIZED,
    });
    for (name, change) in changes.as_object().into_iter().flatten() {
        behavior[name] = change.clone();
    }
    behavior
}

pub(super) fn document(port: u16, changes: Value) -> Value {
    let origin = |id: &str, name: &str, path: &str| {
        json!({"Id": id, "DomainName": name, "OriginPath": path, "CustomOriginConfig": {
            "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}})
    };
    let mut config = json!({
        "CallerReference": "r", "Comment": "", "Enabled": true,
        "Aliases": {"Items": [CDN]},
        "Origins": {"Items": [
            origin("web", "127.0.0.1", ""),
            origin("bound", "orders.internal", "/bound"),
            origin("api", &format!("{API_ID}.execute-api.us-east-1.amazonaws.com"), "/test"),
        ]},
        "CacheBehaviors": {"Items": [{
            "PathPattern": "/mock", "TargetOriginId": "api", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": OPTIMIZED,
        }, {
            "PathPattern": "/bound", "TargetOriginId": "bound", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": OPTIMIZED,
        }]},
        "DefaultCacheBehavior": behavior(json!({})),
    });
    for (name, change) in changes.as_object().into_iter().flatten() {
        config[name] = change.clone();
    }
    json!({"DistributionConfig": config})
}

impl Edge {
    /// The origin answers with what this says of the path and of how many requests came before.
    pub(super) async fn start(
        changes: Value,
        answer: impl Fn(&tests::backend::Received, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let origin =
            Backend::start(move |received| answer(received, count.fetch_add(1, SeqCst) + 1));
        let origin = origin.await.unwrap();
        let setup = set_up(&case()).await.unwrap_or_else(|error| panic!("{error}"));
        let is_logged = changes.get("Logging").is_some();
        let document = document(origin.address.port(), changes).to_string();
        let key = |id: &str, pem: String| {
            json!({"PublicKey": {"Id": id, "PublicKeyConfig": {"EncodedKey": pem}}}).to_string()
        };
        let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Items": ["RSA", "EC"]}}});
        for (name, document) in [
            ("distribution.json", document),
            ("group.json", group.to_string()),
            ("acl.json", web_acl().to_string()),
            ("control.json", control().to_string()),
            ("fields.json", real_time().to_string()),
            ("rsa.json", key("RSA", issuer::rsa_public_pem())),
            ("ec.json", key("EC", issuer::ec_public_pem())),
        ] {
            std::fs::write(setup.folder.path().join(name), document).unwrap();
        }
        // Buckets are where the origin is.
        let text = std::fs::read_to_string(&setup.config).unwrap();
        let mut config: Value = serde_json::from_str(&text).unwrap();
        config["endpoints"]["s3"] = format!("http://{}", origin.address).into();
        if is_logged {
            let logging = json!({"destination": "stdout", "realTimeDestination": "stdout"});
            config["distributions"][0]["logging"] = logging;
            config["webAcls"][0]["logging"] = json!({"destination": "stdout"});
        }
        std::fs::write(&setup.config, config.to_string()).unwrap();
        let mut target = Target::find(Engine::Worker).await.unwrap();
        target.settings.services = vec!["SERVICE_ORDERS_INTERNAL".into()];
        let log = setup.folder.path().join("worker.log");
        target.settings.log = Some(log.clone());
        let gateway = target.start(&setup.config, setup.listen, 0).await;
        let gateway = gateway.unwrap_or_else(|failure| panic!("{failure:?}"));
        Self { gateway, target, origin, log, _setup: setup }
    }

    pub(super) async fn ask(&self, method: &str, target: &str, lines: &[(&str, &str)]) -> Response {
        self.ask_host(CDN, method, target, lines).await
    }

    pub(super) async fn ask_host(
        &self,
        host: &str,
        method: &str,
        target: &str,
        lines: &[(&str, &str)],
    ) -> Response {
        let mut fields = vec![("Host".to_owned(), host.to_owned())];
        fields.extend(lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let request =
            Request { method: method.into(), target: target.into(), fields, content: Vec::new() };
        client::send(self.gateway.address, &request).await.expect("an answer")
    }

    pub(super) async fn get(&self, target: &str) -> Response {
        self.ask("GET", target, &[]).await
    }

    /// As an operator does with `wrangler kv key put`.
    pub(super) async fn invalidate(&self, second: u64, paths: &str) {
        let key = format!("d/{second}");
        self.target.put(0, ["INVALIDATIONS", &key], paths).await.unwrap();
    }

    /// What the Worker has logged, once that has all of these.
    pub(super) async fn logged(&self, all: &[&str]) -> String {
        let began = std::time::Instant::now();
        loop {
            let text = std::fs::read_to_string(&self.log).unwrap_or_default();
            if all.iter().all(|one| text.contains(one)) {
                return text;
            }
            assert!(began.elapsed() < super::PATIENCE, "{all:?} is not in\n{text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn stop(self) {
        self.target.stop().await;
    }
}

pub(super) fn field(response: &Response, name: &str) -> String {
    response.fields.joined(name).unwrap_or_default()
}

pub(super) fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.content).into_owned()
}

pub(super) fn respond(status: u16, lines: &[(&str, &str)], content: &str) -> Answer {
    Answer::Respond {
        status,
        fields: lines.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        content: content.into(),
        delay: Duration::ZERO,
    }
}

pub(super) fn fresh(content: &str) -> Answer {
    respond(200, &[("Cache-Control", "max-age=600"), ("ETag", "\"1\"")], content)
}

/// What was coded by gzip; Node, which runs the Worker, decodes it.
pub(super) fn decoded(coded: &[u8]) -> String {
    let script = "process.stdout.write(zlib.gunzipSync(fs.readFileSync(0)))";
    let mut node = Command::new("node")
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node");
    node.stdin.take().expect("its input").write_all(coded).expect("it reads");
    let output = node.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("text")
}
