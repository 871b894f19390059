//! `cargo xtask cache-suite [PATH]`: the public suite of HTTP caches, http-tests/cache-tests, against a distribution.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{node, serve, shell, toolchain};

/// The suite as npm has it, and what it needs. It is older than a checkout.
const PACKAGES: [&str; 3] = ["http-cache-tests@0.4.5", "liquidjs@9", "node-fetch@2"];
/// What is not reached, by either edition of the suite; docs/edge-cache.md says of each why.
const NOT_REACHED: &str = include_str!("../../docs/edge-cache.md");

/// The suite's origin closes connections after 5 s, under a request if it comes just then.
const KEEP_ALIVE: &str = "data:text/javascript,import http from 'node:http'; const create = http.createServer; \
    http.createServer = (...all) => { const server = create(...all); server.keepAliveTimeout = 600000; return server; };";

/// `cargo xtask cache-suite`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let (host, rest) = match rest {
        [flag, rest @ ..] if flag == "--worker" => (Host::Worker, rest),
        rest => (Host::Native, rest),
    };
    let path = match rest {
        [] => installed()?,
        [path] => PathBuf::from(path),
        [_, extra, ..] => bail!("unknown argument `{extra}`: `cache-suite [--worker] [PATH]`"),
    };
    judge(&path, host)
}

/// What serves the distribution.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    Native,
    /// What `cargo xtask worker` built, under workerd.
    Worker,
}

/// The suite from npm, in a folder of its own.
fn installed() -> Result<PathBuf> {
    toolchain::node()?;
    let folder = shell::artefacts()?.join("cache-suite");
    let suite = folder.join("node_modules/http-cache-tests");
    if !suite.join("tests/index.mjs").exists() {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("package.json"), "{\"private\":true}")?;
        let flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
        let mut install = shell::command("npm");
        shell::run(install.arg("install").args(flags).args(PACKAGES).current_dir(&folder))?;
    }
    Ok(suite)
}

fn judge(suite: &Path, host: Host) -> Result<()> {
    let suite =
        suite.canonicalize().with_context(|| format!("the suite at {}", suite.display()))?;
    // A checkout has the programs in a folder of their own since 2024.
    let engine = [suite.join("test-engine"), suite.clone()];
    let engine = engine.iter().find(|at| at.join("cli.mjs").exists());
    let engine = engine.context("there is no cli.mjs: is it http-tests/cache-tests?")?;
    shell::say("building the gateway");
    // As the other tests have it: built alone, it would be upon other features, compiled for it.
    shell::run(serve::cargo_build(serve::Build::Workspace).args(["--bin", "edgeway"]))?;

    shell::end_children_at_ctrl_c(130)?;
    let (origin, edge) = (free()?, free()?);
    let folder = shell::artefacts()?.join("cache-suite-run");
    let config = configure(&folder, origin, edge, host)?;
    let mut children = shell::Children::new();
    let mut server = shell::command("node");
    server
        .args(["--no-warnings", "--import", KEEP_ALIVE])
        .arg(engine.join("server/server.mjs"))
        .env("npm_config_port", origin.port().to_string())
        .env("npm_config_protocol", "http")
        .env("npm_config_pidfile", folder.join("server.pid"))
        .current_dir(&suite)
        .stdout(Stdio::null());
    children.start(&mut server)?;
    wait_for(origin)?;
    let program = shell::target_dir().join("debug/edgeway");
    let mut worker = None;
    let edge = match host {
        Host::Native => {
            let mut gateway = shell::command(program);
            gateway.args(["serve", "--engine", "native", "--config"]).arg(&config);
            children.start(gateway.stderr(Stdio::null()))?;
            wait_for(edge)?;
            edge.to_string()
        }
        Host::Worker => {
            let bundle = folder.join("bundle");
            let mut write = shell::command(program);
            shell::run(write.args(["bundle", "--config"]).arg(&config).arg("--out").arg(&bundle))?;
            worker.insert(Workerd::start(&bundle)?).address.clone()
        }
    };

    shell::say("running the suite");
    let mut cli = shell::command("node");
    cli.args(["--no-warnings".as_ref(), engine.join("cli.mjs").as_os_str()])
        .env("npm_config_base", format!("http://{edge}"))
        .env("npm_package_config_id", "")
        .env_remove("npm_config_id")
        .current_dir(&suite);
    let results = shell::output(&mut cli)?;
    let results = results.find('{').map(|at| &results[at..]).context("the suite said nothing")?;
    let file = folder.join("results.json");
    std::fs::write(&file, results)?;
    let script = shell::root().join("xtask/src/cache_suite/score.mjs");
    let mut score = shell::command("node");
    let score = shell::output(score.arg("--no-warnings").arg(script).arg(&suite).arg(&file))?;
    children.stop();
    drop(worker);
    report(&serde_json::from_str(&score).context("the score")?)
}

fn report(score: &Value) -> Result<()> {
    let mut surprises = Vec::new();
    for failed in score["failed"].as_array().into_iter().flatten() {
        let text = |index: usize| failed[index].as_str().unwrap_or_default();
        let (kind, id, reason) = (text(0), text(1), text(2));
        let is_known = NOT_REACHED.contains(&format!("`{id}`"));
        println!("{} {kind:<8} {id}: {reason}", if is_known { " " } else { "!" });
        if !is_known {
            surprises.push(id.to_owned());
        }
    }
    for kind in ["required", "optional", "check"] {
        println!("{kind:<8} {} of {}", score["passed"][kind], score["total"][kind]);
    }
    ensure!(surprises.is_empty(), "docs/edge-cache.md does not know of {}", surprises.join(", "));
    Ok(())
}

fn configure(folder: &Path, origin: SocketAddr, edge: SocketAddr, host: Host) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let all = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    let errors = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
    // The origin's own word on errors counts, and nothing else: CloudFront would keep them for 10 s.
    let errors = errors.map(|code| json!({"ErrorCode": code, "ErrorCachingMinTTL": 0}));
    let distribution = json!({"DistributionConfig": {
        "CallerReference": "cache-suite",
        "Comment": "",
        "Enabled": true,
        "Origins": {"Items": [{
            "Id": "suite",
            "DomainName": origin.ip().to_string(),
            "CustomOriginConfig": {
                "HTTPPort": origin.port(),
                "HTTPSPort": 443,
                "OriginProtocolPolicy": "http-only",
            },
        }]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "suite",
            "ViewerProtocolPolicy": "allow-all",
            "AllowedMethods": {"Items": all, "CachedMethods": {"Items": ["GET", "HEAD"]}},
            "CachePolicyId": "suite",
            // AllViewer: what responses vary by reaches the origin.
            "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
        },
        "CustomErrorResponses": {"Items": errors},
    }});
    let policy = json!({"CachePolicy": {"Id": "suite", "CachePolicyConfig": {
        "Name": "suite",
        "MinTTL": 0,
        "DefaultTTL": 0,
        "MaxTTL": 4_294_967_296_u64,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": false,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
        },
    }}});
    // Each run begins with nothing.
    let cached = folder.join("cached");
    if cached.exists() {
        std::fs::remove_dir_all(&cached)?;
    }
    let on_disk = json!({"directory": "cached", "bytes": 1 << 30});
    let mut config = json!({"listen": free()?.to_string(), "distributions": [{
        "id": "suite",
        "definition": "distribution.json",
        "references": ["policy.json"],
        "listen": edge.to_string(),
        "viewerCacheControl": true,
        "cdnCacheControl": true,
        "heuristicPercent": 10,
    }]});
    if host == Host::Native {
        config["distributionsOnDisk"] = on_disk;
    }
    for (name, document) in
        [("distribution.json", &distribution), ("policy.json", &policy), ("edgeway.json", &config)]
    {
        std::fs::write(folder.join(name), document.to_string())?;
    }
    Ok(folder.join("edgeway.json"))
}

/// An address that nobody listens at just now.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn wait_for(address: SocketAddr) -> Result<()> {
    let patience = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
        ensure!(Instant::now() < patience, "nobody listens on {address} after 30 s");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A Worker under workerd; the driver of the tests ends with its input.
struct Workerd {
    address: String,
    driver: Child,
}

impl Workerd {
    fn start(bundle: &Path) -> Result<Self> {
        node::install("tests/worker")?;
        let dist = shell::root().join("edge-worker/dist");
        ensure!(dist.join("index.js").exists(), "there is no Worker: run `cargo xtask worker`");
        let mut driver = shell::command("node");
        driver.arg("tests/worker/driver.mjs").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut driver = driver.spawn().context("node")?;
        let start = json!({
            "id": 1, "op": "start", "slot": 0, "modules": dist, "logs": std::env::var_os("VERBOSE").is_some(),
            "snapshot": bundle.join("snapshot.bin"), "bindings": {},
        });
        let input = driver.stdin.as_mut().context("no input")?;
        writeln!(input, "{start}")?;
        let mut answer = String::new();
        BufReader::new(driver.stdout.take().context("no output")?).read_line(&mut answer)?;
        let answer: Value = serde_json::from_str(&answer).context("the driver's answer")?;
        let url = answer["url"].as_str().and_then(|url| url.strip_prefix("http://"));
        let address = url.with_context(|| format!("no Worker: {answer}"))?.to_owned();
        Ok(Self { address, driver })
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        drop(self.driver.stdin.take());
        // It ends its Workers first.
        let _ = self.driver.wait();
    }
}

/// The part of `cargo xtask test`.
pub(crate) fn test() -> Result<()> {
    judge(&installed()?, Host::Native)
}
