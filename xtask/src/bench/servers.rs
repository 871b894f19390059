//! The servers that are compared, and the backend behind all of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::scenario::{JWKS, JWKS_PATH, KEYS, Scenario};
use crate::shell::{self, Children};

/// What the backend answers: 200 bytes, and nothing that a proxy might change.
pub(crate) const BODY: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCD0123456789abcdefghijklmnopqrstuvwxyzABCD\
0123456789abcdefghijklmnopqrstuvwxyzABCD0123456789abcdefghijklmnopqrstuvwxyzABCD0123456789abcdefghijklmnopqrstuvwxyzABCD";

/// The path that is asked for; every server knows it under the stage's name.
const PATH: &str = "/prod/items/42";

/// One server: how it is started and where it answers.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) port: u16,
    program: PathBuf,
    arguments: Vec<String>,
    scenario: Scenario,
    /// API keys that its requests bring in turn; none of them is one of [`Scenario::fields`].
    pub(crate) keys: usize,
    /// Where edgeway tells its metrics.
    admin: Option<u16>,
    /// Where its output goes: for edgeway that is its access log.
    output: PathBuf,
}

/// A server that has answered once.
pub(crate) struct Started {
    pub(crate) process: u32,
    pub(crate) first_answer: Duration,
}

impl Server {
    /// The URL that is asked for.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Starts it, and waits for its first right answer.
    pub(crate) fn start(&self, children: &mut Children) -> Result<Started> {
        let log = |suffix: &str| {
            let path = self.output.with_extension(suffix);
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
                .with_context(|| format!("opening {}", path.display()))
        };
        let (out, err) = (log("log")?, log("err")?);
        let began = Instant::now();
        let process = children.start(
            shell::command(&self.program)
                .args(&self.arguments)
                .stdin(Stdio::null())
                .stdout(out)
                .stderr(err),
        )?;
        loop {
            if self.check().is_ok() {
                return Ok(Started { process, first_answer: began.elapsed() });
            }
            if let Some(ended) = children.ended() {
                bail!("{}: {ended}: {}", self.name, self.messages());
            }
            if began.elapsed() > Duration::from_secs(10) {
                let last = self.check().err().map(|error| format!("{error:#}")).unwrap_or_default();
                bail!(
                    "{} gives no right answer after 10 s: {last}\n{}",
                    self.name,
                    self.messages()
                );
            }
            std::thread::sleep(Duration::from_micros(250));
        }
    }

    /// Asks once and compares the whole answer.
    pub(crate) fn check(&self) -> Result<()> {
        let answer = self.ask(&self.scenario.fields())?;
        if !answer.starts_with("HTTP/1.1 200 ") || !answer.trim_end().ends_with(BODY) {
            bail!("{} answered wrongly: {answer}", self.name);
        }
        Ok(())
    }

    /// Asks once, with these fields.
    pub(crate) fn ask(&self, fields: &[(&str, &str)]) -> Result<String> {
        get(self.port, PATH, fields)
    }

    /// How many tokens had been verified before, if there are any.
    pub(crate) fn known_tokens(&self) -> Result<Option<u64>> {
        let (Some(admin), Scenario::Guarded) = (self.admin, self.scenario) else { return Ok(None) };
        let text = get(admin, "/metrics", &[])?;
        let value =
            text.lines().find_map(|line| line.strip_prefix("edgeway_known_signatures_total "));
        Ok(Some(value.context("there is no such metric")?.parse().context("reading a metric")?))
    }

    fn messages(&self) -> String {
        let text = std::fs::read_to_string(self.output.with_extension("err")).unwrap_or_default();
        text.lines()
            .rev()
            .take(10)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// One request on a connection of its own, and all of its answer.
fn get(port: u16, path: &str, fields: &[(&str, &str)]) -> Result<String> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    for (name, value) in fields {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(256 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// nginx with one fixed answer, and the keys of a user pool.
pub(crate) fn backend(scratch: &Path) -> Result<Server> {
    let port = free_port()?;
    let site = format!(
        "server {{ listen 127.0.0.1:{port} reuseport; default_type application/json; location / {{ return 200 \"{BODY}\"; }}\n\
         location = {JWKS_PATH} {{ return 200 '{JWKS}'; }} }}"
    );
    nginx("backend", scratch, port, &format!("access_log off;\n{site}"), Scenario::Plain)
}

/// The servers to compare. The first is what the others are measured by: nginx, which guards nothing, or the bare proxy.
pub(crate) fn all(
    scenario: Scenario,
    edgeway_program: &Path,
    scratch: &Path,
    backend: u16,
) -> Result<Vec<Server>> {
    let edgeway = |engine, keys| edgeway(scenario, engine, keys, edgeway_program, scratch, backend);
    match scenario {
        Scenario::Plain => Ok(vec![
            nginx_proxy(scenario, scratch, backend)?,
            bare_proxy(scenario, scratch, backend)?,
            edgeway("native", 0)?,
            edgeway("component", 0)?,
        ]),
        Scenario::Guarded => Ok(vec![
            bare_proxy(scenario, scratch, backend)?,
            edgeway("native", 0)?,
            edgeway("component", 0)?,
        ]),
        Scenario::Keys => ["native", "component"]
            .into_iter()
            .flat_map(|engine| KEYS.map(|keys| edgeway(engine, keys)))
            .collect(),
    }
}

fn bare_proxy(scenario: Scenario, scratch: &Path, backend: u16) -> Result<Server> {
    let port = free_port()?;
    Ok(Server {
        name: "bare hyper proxy".into(),
        port,
        program: shell::target_dir().join("release/bare-proxy"),
        arguments: vec![format!("127.0.0.1:{port}"), format!("127.0.0.1:{backend}")],
        scenario,
        keys: 0,
        admin: None,
        output: scratch.join("bare-proxy"),
    })
}

fn nginx_proxy(scenario: Scenario, scratch: &Path, backend: u16) -> Result<Server> {
    let port = free_port()?;
    let site = format!(
        "log_format entry escape=json '{{\"requestId\":\"$request_id\",\"ip\":\"$remote_addr\",\"requestTime\":\"$time_local\",\
         \"httpMethod\":\"$request_method\",\"path\":\"$uri\",\"status\":\"$status\",\"responseLength\":\"$body_bytes_sent\",\
         \"responseLatency\":\"$request_time\"}}';\n\
         access_log {log} entry;\n\
         upstream backend {{ server 127.0.0.1:{backend}; keepalive 64; keepalive_requests 1000000; }}\n\
         server {{ listen 127.0.0.1:{port} reuseport; location /prod/ {{\n\
           proxy_pass http://backend/; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
         }} }}",
        log = scratch.join("nginx-access.log").display()
    );
    nginx("nginx", scratch, port, &site, scenario)
}

fn nginx(name: &str, scratch: &Path, port: u16, http: &str, scenario: Scenario) -> Result<Server> {
    let dir = scratch.join(name);
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let here = dir.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .concat();
    let text = format!(
        "daemon off;\nworker_processes {workers};\npid {here}/pid;\nerror_log {here}/error.log warn;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n{temporary}keepalive_requests 10000000;\nkeepalive_timeout 600s;\n{http}\n}}\n",
        workers = std::thread::available_parallelism().map_or(1, usize::from),
    );
    let config = dir.join("nginx.conf");
    std::fs::write(&config, text).with_context(|| format!("writing {}", config.display()))?;
    Ok(Server {
        name: name.into(),
        port,
        program: shell::find("nginx").context("nginx is gone")?,
        // Before the configuration is read, nginx would write into the system's own log.
        arguments: vec![
            "-p".into(),
            here.to_string(),
            "-e".into(),
            format!("{here}/error.log"),
            "-c".into(),
            config.display().to_string(),
        ],
        scenario,
        keys: 0,
        admin: None,
        output: scratch.join(format!("{name}-output")),
    })
}

/// edgeway with one HTTP_PROXY route and an access log, as it is deployed.
fn edgeway(
    scenario: Scenario,
    engine: &str,
    keys: usize,
    program: &Path,
    scratch: &Path,
    backend: u16,
) -> Result<Server> {
    let mut name =
        String::from(if engine == "native" { "edgeway, native" } else { "edgeway, Wasm" });
    if keys > 0 {
        name.push_str(&format!(", {keys} keys"));
    }
    let files = format!("edgeway-{engine}-{keys}");
    let (port, admin) = (free_port()?, free_port()?);
    let mut definition = serde_json::json!({
        "openapi": "3.0.1",
        "info": {"title": "items", "version": "1"},
        "paths": {"/items/{id}": {"get": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"description": "the item"}},
            "x-amazon-apigateway-integration": {
                "type": "http_proxy",
                "httpMethod": "GET",
                "uri": format!("http://127.0.0.1:{backend}/items/{{id}}"),
                "requestParameters": {"integration.request.path.id": "method.request.path.id"},
                "passthroughBehavior": "when_no_match"
            }
        }}}
    });
    // The limits that AWS gives every account would end the measurement at 10,000 requests a second.
    let mut config = serde_json::json!({
        "listen": format!("127.0.0.1:{port}"),
        "admin": format!("127.0.0.1:{admin}"),
        "region": "us-east-1",
        "accountId": "000000000000",
        "apis": [{
            "id": "items",
            "protocol": "REST",
            "definition": "items.json",
            "stages": [{
                "stageName": "prod",
                "accessLogSettings": {
                    "destination": "stdout",
                    "format": "{\"requestId\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\",\"requestTime\":\"$context.requestTime\",\"httpMethod\":\"$context.httpMethod\",\"path\":\"$context.path\",\"status\":\"$context.status\",\"responseLength\":\"$context.responseLength\",\"responseLatency\":\"$context.responseLatency\"}"
                }
            }]
        }],
        "account": {"throttleSettings": {"rateLimit": 10_000_000, "burstLimit": 10_000_000}}
    });
    scenario.guard(keys, &mut definition, &mut config, backend);
    std::fs::write(scratch.join("items.json"), definition.to_string())
        .context("writing the definition")?;
    let path = scratch.join(format!("{files}.json"));
    std::fs::write(&path, config.to_string())
        .with_context(|| format!("writing {}", path.display()))?;
    Ok(Server {
        name,
        port,
        program: program.to_owned(),
        arguments: ["serve", "--engine", engine, "--config"]
            .map(String::from)
            .into_iter()
            .chain([path.display().to_string()])
            .collect(),
        scenario,
        keys,
        admin: Some(admin),
        output: scratch.join(format!("{files}-output")),
    })
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr().context("looking for a free port")?.port())
}
