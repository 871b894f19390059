//! A running `edgeway` with a web ACL, and what its log says of each request.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Request, Verdict};
use crate::ports::free_port;
use crate::target::{Engine, Failure, Gateway, Target};

/// Tells the lines of the log apart.
const NUMBER: &str = "x-suite-number";
/// How many requests are on their way at once.
const AT_ONCE: usize = 8;
const ANSWER_MS_MAX: u64 = 20_000;
const LOG_MS_MAX: u64 = 20_000;

const API: &str = "suite12345";

const GROUPS: [&str; 7] = [
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesPHPRuleSet",
];

/// Rules that say nothing of what is in a request: they only count, so that they stop no attack by chance.
const ONLY_COUNTED: [&str; 7] = [
    "NoUserAgent_HEADER",
    "UserAgent_BadBots_HEADER",
    "Host_localhost_HEADER",
    "SizeRestrictions_QUERYSTRING",
    "SizeRestrictions_Cookie_HEADER",
    "SizeRestrictions_BODY",
    "SizeRestrictions_URIPATH",
];

/// What signs tokens in a Worker, whose bundle has no secrets.
const TOKEN_KEY: &str = "a key of the tests, of 32 bytes or more";
const WEB_ACL: &str = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/suite/1";

/// What a web ACL stands in front of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guarded {
    /// The stage `prod` of an API.
    Stage,
    /// A distribution whose origin is that stage.
    Distribution,
}

/// A gateway that runs, with everything it was told.
#[derive(Debug)]
pub struct Running {
    /// Where what is guarded answers: a stage's path begins with its name, `/prod`.
    pub listen: SocketAddr,
    log: PathBuf,
    gateway: Gateway,
    target: Target,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts a gateway of that engine whose web ACL has these rules.
    pub async fn start(
        engine: Engine,
        guarded: Guarded,
        rules: Vec<Value>,
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let address = || SocketAddr::from(([127, 0, 0, 1], free_port()));
        let (listen, edge) = (address(), (guarded == Guarded::Distribution).then(address));
        let config = configure(folder.path(), engine, listen, edge, rules);
        let config = config.map_err(|error| error.to_string())?;
        let mut target = Target::find(engine).await?;
        let log = folder.path().join("waf.log");
        if engine == Engine::Worker {
            target.settings.log = Some(log.clone());
            target.settings.variables = vec![("WAF_TOKEN_KEY".into(), TOKEN_KEY.into())];
        }
        let started = target.start(&config, listen, 0).await;
        let gateway = started.map_err(|failure| match failure {
            Failure::Refused(why) | Failure::Broken(why) => why,
        })?;
        let listen = edge.unwrap_or(gateway.address);
        Ok(Self { listen, log, gateway, target, _folder: folder })
    }

    /// Stops it.
    pub async fn stop(self) {
        self.gateway.stop().await;
        self.target.stop().await;
    }
}

/// Starts a gateway of that engine whose web ACL has these rules, sends everything, stops it, and reads its log.
pub async fn ask_all(
    engine: Engine,
    rules: Vec<Value>,
    requests: &[&Request],
) -> Result<Vec<Verdict>, String> {
    let running = Running::start(engine, Guarded::Stage, rules).await?;
    let statuses = send_all(running.listen, requests).await;
    let logged = logged(&running.log, &statuses).await;
    running.stop().await;
    let verdict = |(index, status): (usize, &u16)| match logged.get(&index) {
        Some(Some(rule)) => Ok(Verdict::Stopped(rule.clone())),
        Some(None) => Ok(Verdict::Passed),
        None if (400..600).contains(status) => Ok(Verdict::Refused(*status)),
        None => Err(format!("request {index}: {status}, and no line in the log")),
    };
    statuses.iter().enumerate().map(verdict).collect()
}

/// The rules of a web ACL with the managed groups.
pub fn managed() -> Vec<Value> {
    let rules = GROUPS.iter().enumerate().map(|(priority, group)| {
        let overrides =
            ONLY_COUNTED.map(|name| json!({"Name": name, "ActionToUse": {"Count": {}}}));
        json!({
            "Name": group, "Priority": priority, "OverrideAction": {"None": {}},
            "Statement": {"ManagedRuleGroupStatement": {
                "VendorName": "AWS", "Name": group, "RuleActionOverrides": overrides,
            }},
        })
    });
    rules.collect()
}

/// Writes an API that answers everything, its web ACL and the configuration: with a distribution in front of the API,
/// which listens at `edge`, that has the web ACL.
fn configure(
    folder: &Path,
    engine: Engine,
    listen: SocketAddr,
    edge: Option<SocketAddr>,
    rules: Vec<Value>,
) -> std::io::Result<PathBuf> {
    let mock = json!({
        "responses": {"200": {"description": "it was let through"}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "{\"passed\":true}"}}},
            "passthroughBehavior": "never",
        },
    });
    let api = json!({
        "openapi": "3.0.1", "info": {"title": "suite", "version": "1"},
        "paths": {
            "/": {"x-amazon-apigateway-any-method": mock},
            "/{proxy+}": {"x-amazon-apigateway-any-method": mock},
        },
    });
    let acl =
        json!({"Name": "suite", "ARN": WEB_ACL, "DefaultAction": {"Allow": {}}, "Rules": rules});
    // A Worker has no files, and no listener for its operator.
    let in_worker = engine == Engine::Worker;
    let destination = if in_worker { "stdout" } else { "waf.log" };
    let mut stage = json!({"stageName": "prod"});
    if edge.is_none() {
        stage["webAcl"] = "suite".into();
    }
    let mut config = json!({
        "listen": listen.to_string(),
        "webAcls": [{"name": "suite", "definition": "acl.json", "logging": {"destination": destination}}],
        "apis": [{"id": API, "protocol": "REST", "definition": "openapi.json", "stages": [stage]}],
    });
    if !in_worker {
        config["admin"] = format!("127.0.0.1:{}", free_port()).into();
    }
    if let Some(edge) = edge {
        config["distributions"] =
            json!([{"id": "edge", "definition": "distribution.json", "listen": edge.to_string()}]);
        std::fs::write(folder.join("distribution.json"), distribution().to_string())?;
    }
    std::fs::write(folder.join("openapi.json"), api.to_string())?;
    std::fs::write(folder.join("acl.json"), acl.to_string())?;
    let path = folder.join("edgeway.yaml");
    std::fs::write(&path, config.to_string())?;
    Ok(path)
}

/// A distribution that has the web ACL, in front of the API, and stores nothing (`CachingDisabled`).
fn distribution() -> Value {
    let origin = json!({
        "Id": "api", "DomainName": format!("{API}.execute-api.us-east-1.amazonaws.com"), "OriginPath": "/prod",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    });
    json!({"DistributionConfig": {
        "CallerReference": "suite", "Comment": "", "Enabled": true, "WebACLId": WEB_ACL, "Origins": {"Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "api", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    }})
}

/// The status of each answer; 0 where there was none.
async fn send_all(address: SocketAddr, requests: &[&Request]) -> Vec<u16> {
    let mut statuses = Vec::with_capacity(requests.len());
    for (chunk, some) in requests.chunks(AT_ONCE).enumerate() {
        let sent = some.iter().enumerate().map(|(index, request)| {
            let bytes = on_the_wire(request, chunk * AT_ONCE + index);
            tokio::spawn(async move { send(address, &bytes).await.unwrap_or(0) })
        });
        let sent: Vec<_> = sent.collect();
        for one in sent {
            statuses.push(one.await.unwrap_or(0));
        }
    }
    statuses
}

async fn send(address: SocketAddr, bytes: &[u8]) -> std::io::Result<u16> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(bytes).await?;
        let mut answer = Vec::new();
        // A server that refuses may close before it has read everything: what it said counts. workerd waits five
        // seconds for its client to close first.
        while !is_whole(&answer) && stream.read_buf(&mut answer).await.is_ok_and(|count| count > 0)
        {
        }
        let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        Ok(status.and_then(|digits| digits.parse().ok()).unwrap_or(0))
    };
    tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), exchange).await?
}

/// Whether an answer has come to its end, as far as it says where that is.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let (head, content) = (String::from_utf8_lossy(&answer[..end]), &answer[end + 4..]);
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    match length {
        Some(length) => content.len() >= length,
        None => content.ends_with(b"0\r\n\r\n"),
    }
}

/// Behind the stage's name, with what a request cannot do without, and as one of its own connection.
fn on_the_wire(request: &Request, index: usize) -> Vec<u8> {
    let has = |name: &str| request.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let path = if request.target.starts_with('/') { "/prod" } else { "/prod/" };
    let mut head = format!("{} {path}{} HTTP/1.1\r\n", request.method, request.target);
    let mut field = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
    field("Host", "api.example.com");
    field(NUMBER, &index.to_string());
    field("Connection", "close");
    let own = request.fields.iter().filter(|(name, _)| {
        !["host", "connection", "content-length"].contains(&name.to_ascii_lowercase().as_str())
    });
    own.for_each(|(name, value)| field(name, value));
    if !has("user-agent") {
        field(
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        );
    }
    if !request.content.is_empty() || request.method == "POST" {
        field("Content-Length", &request.content.len().to_string());
    }
    head.push_str("\r\n");
    [head.as_bytes(), &request.content].concat()
}

/// By the requests' numbers: the rule that stopped it, if one did. Lines are written behind the answers'
/// backs, so those of all requests that were answered by the web ACL or by what is behind it are waited for:
/// the mock integration has no template for forms and says 415 to those that were let through.
async fn logged(file: &Path, statuses: &[u16]) -> HashMap<usize, Option<String>> {
    let is_logged = |status: &u16| matches!(status, 200 | 403 | 415);
    let expected: Vec<usize> =
        (0..statuses.len()).filter(|index| is_logged(&statuses[*index])).collect();
    let deadline = tokio::time::Instant::now() + Duration::from_millis(LOG_MS_MAX);
    loop {
        let text = std::fs::read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: HashMap<usize, Option<String>> = text.lines().filter_map(line).collect();
        let is_complete = expected.iter().all(|index| lines.contains_key(index));
        if is_complete || tokio::time::Instant::now() > deadline {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn line(text: &str) -> Option<(usize, Option<String>)> {
    let line: Value = serde_json::from_str(text).ok()?;
    let fields = line["httpRequest"]["headers"].as_array()?;
    let is_number = |field: &&Value| {
        field["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(NUMBER))
    };
    let number = fields.iter().find(is_number)?["value"].as_str()?.parse().ok()?;
    let mut groups = line["ruleGroupList"].as_array().into_iter().flatten();
    let inner = groups.find_map(|group| group["terminatingRule"]["ruleId"].as_str());
    let rule = inner.or(line["terminatingRuleId"].as_str()).unwrap_or_default();
    Some((number, (line["action"] != "ALLOW").then(|| rule.to_owned())))
}
