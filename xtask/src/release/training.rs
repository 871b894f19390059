//! The load that a release build is made for: what gateways are asked most, on both engines.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::{Load, servers};
use crate::{serve, shell, toolchain};

/// How long each engine is asked.
const SECONDS: u64 = 10;

/// What is served and asked, as it is written into the folder of the run.
const FILES: [(&str, &str); 4] = [
    ("shop.yaml", include_str!("load/shop.yaml")),
    ("things.yaml", include_str!("load/things.yaml")),
    ("web-acl.json", include_str!("load/web-acl.json")),
    ("requests.lua", include_str!("load/requests.lua")),
];

/// Serves the load with this gateway. It ends when it is told to, and leaves its counts.
pub(super) fn run(gateway: &Path, scratch: &Path) -> Result<()> {
    toolchain::program("nginx", &["nginx-light"])?;
    let wrk = toolchain::program("wrk", &["wrk"])?;
    let _ = std::fs::remove_dir_all(scratch);
    std::fs::create_dir_all(scratch).with_context(|| format!("creating {}", scratch.display()))?;
    for (name, text) in FILES {
        let path = scratch.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let mut children = shell::Children::new();
    let backend = servers::backend(scratch)?;
    backend.start(&mut children)?;
    for engine in ["native", "component"] {
        shell::say(format!("asking it for {SECONDS} s, engine {engine}"));
        let port = servers::free_port()?;
        let config = scratch.join(format!("{engine}.json"));
        std::fs::write(&config, configuration(port, backend.port).to_string())
            .with_context(|| format!("writing {}", config.display()))?;
        let mut gateway_alone = shell::Children::new();
        let mut started = shell::command(gateway);
        started.args(["serve", "--engine", engine, "--config"]).arg(&config);
        gateway_alone.start(started.stdout(Stdio::null()))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        serve::wait_for("the gateway", address, serve::START_MAX, &mut gateway_alone)?;
        let script = scratch.join("requests.lua");
        let url = format!("http://{address}/");
        let load = Load::generate(&wrk, &script, &url, 32, SECONDS)?;
        println!("    {:.0} answers, all of them right", load.number("requests")?);
        gateway_alone.stop();
    }
    Ok(())
}

fn configuration(port: u16, backend: u16) -> Value {
    let variables = json!({"backend": format!("127.0.0.1:{backend}")});
    let log = json!({
        "destination": "stdout",
        "format": "{\"requestId\":\"$context.requestId\",\"ip\":\"$context.identity.sourceIp\",\"time\":\"$context.requestTime\",\"method\":\"$context.httpMethod\",\"path\":\"$context.path\",\"status\":\"$context.status\",\"length\":\"$context.responseLength\",\"error\":\"$context.error.message\",\"latency\":\"$context.responseLatency\"}"
    });
    let stage =
        |name: &str| json!({"stageName": name, "variables": variables, "accessLogSettings": log});
    let mut guarded = stage("guarded");
    guarded["webAcl"] = "guard".into();
    json!({
        "listen": format!("127.0.0.1:{port}"),
        "region": "us-east-1",
        "accountId": "000000000000",
        "apis": [
            {"id": "shop", "protocol": "REST", "definition": "shop.yaml", "stages": [stage("prod"), guarded]},
            {"id": "things", "protocol": "HTTP", "definition": "things.yaml", "stages": [stage("$default")]},
        ],
        "webAcls": [{"name": "guard", "definition": "web-acl.json"}],
        "apiKeys": [{"name": "app", "value": "0123456789abcdefghijkl"}],
        "usagePlans": [{
            "name": "all",
            "apiStages": [{"apiId": "shop", "stage": "prod"}],
            "throttle": {"rateLimit": 10_000_000, "burstLimit": 10_000_000},
            "quota": {"limit": 2_000_000_000, "period": "MONTH"},
            "keys": ["app"]
        }],
        // The limits that AWS gives every account are less than what is asked.
        "account": {"throttleSettings": {"rateLimit": 10_000_000, "burstLimit": 10_000_000}}
    })
}
