//! `cargo xtask bench`: edgeway beside nginx and a bare proxy, on this machine's loopback.
//!
//! All servers run at once and are loaded one after the other, round by round, so that whatever else the machine does
//! falls on all of them alike. What a server costs is read from the kernel's accounts of its processes; how fast the
//! answers are depends on the load generator and the backend too, which share the same cores.

mod machine;
mod report;
mod scenario;
pub(crate) mod servers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{release, shell, toolchain};
use scenario::{FIRST_KEY, Scenario};
use servers::Server;

/// Connections that the load generator keeps open.
const CONNECTIONS: u32 = 64;
/// How often each server is started to see how soon it answers.
const STARTS: usize = 7;

/// What one server did in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) requests_per_s: f64,
    pub(crate) cpu_us_per_request: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) rss_bytes: u64,
}

/// Everything measured about one server.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) name: String,
    /// From starting the process to the first whole answer.
    pub(crate) first_answer: Vec<Duration>,
    pub(crate) idle_rss_bytes: u64,
    /// One for each round.
    pub(crate) samples: Vec<Sample>,
}

struct Options {
    rounds: usize,
    seconds: u64,
    /// Parts of the names of the servers to measure beside the first; all of them if there are none.
    only: Vec<String>,
    scenario: Scenario,
    /// A build of edgeway to measure in place of what is shipped.
    program: Option<PathBuf>,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.to_lowercase().contains(part))
    }
}

/// `cargo xtask bench`.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let options = options(rest)?;
    toolchain::program("nginx", &["nginx-light"])?;
    let wrk = toolchain::program("wrk", &["wrk"])?;
    toolchain::c_compiler()?;
    shell::say("building the servers with optimisations");
    shell::run(shell::cargo().args(["build", "--release", "--package", "bare-proxy"]))?;
    let program = match &options.program {
        Some(program) => program.clone(),
        None if options.scenario == Scenario::Keys
            || options.wants("edgeway, native")
            || options.wants("edgeway, wasm") =>
        {
            release::build()?
        }
        None => PathBuf::new(),
    };

    let scratch = shell::artefacts()?.join("bench");
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).with_context(|| format!("creating {}", scratch.display()))?;
    shell::end_children_at_ctrl_c(130)?;
    let mut children = shell::Children::new();
    let backend = servers::backend(&scratch)?;
    backend.start(&mut children)?;

    let mut servers = servers::all(options.scenario, &program, &scratch, backend.port)?;
    let compared_with = servers[0].name.clone();
    servers.retain(|server| server.name == compared_with || options.wants(&server.name));
    let mut measured = Vec::new();
    for server in &servers {
        shell::say(format!("starting {}, {STARTS} times", server.name));
        measured.push(starts(server)?);
    }

    let mut processes = Vec::new();
    for server in &servers {
        processes.push(server.start(&mut children)?.process);
    }
    shell::say("warming up");
    let scripts: Vec<PathBuf> = servers
        .iter()
        .map(|server| write_load_script(&scratch, options.scenario, server.keys))
        .collect::<Result<_>>()?;
    // As long as it takes until each of many keys has come.
    let warming_up_s = if options.scenario == Scenario::Keys { 10 } else { 2 };
    for ((server, process), script) in servers.iter().zip(&processes).zip(&scripts) {
        load(&wrk, script, server, *process, warming_up_s)?;
        if server.name.starts_with("edgeway") {
            options.scenario.check_refusals(server)?;
        }
    }
    for round in 0..options.rounds {
        shell::say(format!("round {} of {}", round + 1, options.rounds));
        for turn in 0..servers.len() {
            // Another server goes first in each round: what comes first finds the processor cooler.
            let at = (turn + round) % servers.len();
            let sample = load(&wrk, &scripts[at], &servers[at], processes[at], options.seconds)?;
            println!(
                "    {:<24} {:>8.0} requests/s {:>7.1} µs CPU a request   p50 {:>6.0} µs   p99 {:>6.0} µs",
                servers[at].name,
                sample.requests_per_s,
                sample.cpu_us_per_request,
                sample.p50_us,
                sample.p99_us
            );
            measured[at].samples.push(sample);
        }
        if let Some(ended) = children.ended() {
            bail!("a server gave up: {ended}; its messages are in {}", scratch.display());
        }
    }
    children.stop();
    match options.scenario {
        Scenario::Plain => compare_with_nginx(&options, &measured),
        Scenario::Guarded => {
            println!("\n{}", report::beyond_bare(&measured)?);
            Ok(())
        }
        Scenario::Keys => {
            println!("\n{}", report::by_keys(&measured));
            Ok(())
        }
    }
}

/// Writes docs/benchmarks.md, unless something was left out or exchanged.
fn compare_with_nginx(options: &Options, measured: &[Measured]) -> Result<()> {
    let text = report::markdown(measured, options.seconds, CONNECTIONS)?;
    if options.only.is_empty() && options.program.is_none() {
        let path = shell::root().join("docs/benchmarks.md");
        std::fs::create_dir_all(shell::root().join("docs")).context("creating docs")?;
        std::fs::write(&path, &text).with_context(|| format!("writing {}", path.display()))?;
    }
    println!("\n{text}");
    Ok(())
}

fn options(rest: &[String]) -> Result<Options> {
    let mut options = Options {
        rounds: 7,
        seconds: 6,
        only: Vec::new(),
        scenario: Scenario::Plain,
        program: None,
    };
    let mut arguments = rest.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u64> {
            arguments
                .next()
                .and_then(|text| text.parse().ok())
                .with_context(|| format!("{argument} takes a number"))
        };
        match argument.as_str() {
            "--rounds" => options.rounds = usize::try_from(number()?)?,
            "--seconds" => options.seconds = number()?,
            "--only" => options
                .only
                .push(arguments.next().context("--only takes a server's name")?.to_lowercase()),
            "--scenario" => {
                options.scenario = arguments
                    .next()
                    .and_then(|name| Scenario::named(name))
                    .context("--scenario takes `plain`, `guarded` or `keys`")?;
            }
            "--program" => {
                let program = arguments.next().context("--program takes a path")?;
                options.program = Some(
                    Path::new(program)
                        .canonicalize()
                        .with_context(|| format!("finding {program}"))?,
                );
            }
            other => bail!(
                "unknown argument `{other}`: `bench [--scenario plain|guarded|keys] [--rounds N] [--seconds N] [--only NAME]… [--program PATH]`"
            ),
        }
    }
    if options.rounds < 5 || options.seconds == 0 {
        bail!("fewer than five rounds say nothing");
    }
    Ok(options)
}

/// Starts the server several times by itself; the last time also tells what it needs when it does nothing.
fn starts(server: &Server) -> Result<Measured> {
    let mut measured = Measured {
        name: server.name.clone(),
        first_answer: Vec::new(),
        idle_rss_bytes: 0,
        samples: Vec::new(),
    };
    for _ in 0..STARTS {
        let mut children = shell::Children::new();
        let started = server.start(&mut children)?;
        measured.first_answer.push(started.first_answer);
        measured.idle_rss_bytes = machine::usage(started.process)?.rss_bytes;
    }
    Ok(measured)
}

/// Loads one server for some seconds. Every answer is compared by the load generator; one wrong answer fails the run.
fn load(wrk: &Path, script: &Path, server: &Server, process: u32, seconds: u64) -> Result<Sample> {
    server.check()?;
    let known = server.known_tokens()?;
    let before = machine::usage(process)?;
    let load = Load::generate(wrk, script, &server.url(), CONNECTIONS, seconds)
        .with_context(|| server.name.clone())?;
    let after = machine::usage(process)?;
    server.check()?;
    let requests = load.number("requests")?;
    if let (Some(before), Some(after)) = (known, server.known_tokens()?)
        && ((after - before) as f64) < requests
    {
        bail!("of {requests} tokens {} were known to {}", after - before, server.name);
    }
    Ok(Sample {
        requests_per_s: requests / (load.number("duration_us")? / 1e6),
        cpu_us_per_request: after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / requests,
        p50_us: load.number("p50_us")?,
        p99_us: load.number("p99_us")?,
        rss_bytes: after.rss_bytes,
    })
}

/// What the load generator saw, as its script prints it.
pub(crate) struct Load(Value);

impl Load {
    /// Runs wrk. One wrong answer, and it fails.
    pub(crate) fn generate(
        wrk: &Path,
        script: &Path,
        url: &str,
        connections: u32,
        seconds: u64,
    ) -> Result<Self> {
        let printed = shell::output(
            shell::command(wrk)
                .args(["--threads", "1", "--connections", &connections.to_string()])
                .args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"])
                .arg(script)
                .arg(url),
        )?;
        let line = printed.lines().rev().find(|line| line.starts_with('{'));
        let line = line.context("wrk printed no result")?;
        let load = Self(serde_json::from_str(line).context("reading wrk's result")?);
        let (requests, wrong) =
            (load.number("requests")?, load.number("wrong")? + load.number("errors")?);
        if wrong > 0.0 || requests < 1.0 {
            bail!("of {requests} answers {wrong} were wrong: {line}");
        }
        Ok(load)
    }

    /// One of its figures.
    pub(crate) fn number(&self, key: &str) -> Result<f64> {
        self.0[key].as_f64().with_context(|| format!("wrk's result has no {key}"))
    }
}

fn write_load_script(scratch: &Path, scenario: Scenario, keys: usize) -> Result<PathBuf> {
    let path = scratch.join(format!("load-{keys}.lua"));
    std::fs::write(&path, load_script(scenario, keys))
        .context("writing the load generator's script")?;
    Ok(path)
}

/// A browser's request, about 15 fields, with another API key each time if there are several; and a check of each answer.
fn load_script(scenario: Scenario, keys: usize) -> String {
    let fields: String = scenario
        .fields()
        .iter()
        .map(|(name, value)| format!("wrk.headers[{name:?}] = {value:?}\n"))
        .collect();
    let in_turn = match keys {
        0 => String::new(),
        keys => format!(
            r#"local before, after
local key = 0
function init()
  before, after = wrk.format():match("^(.*){FIRST_KEY}(.*)$")
end
function request()
  key = (key + 7919) % {keys}
  return string.format("%s%020d%s", before, key, after)
end
"#
        ),
    };
    format!(
        r#"wrk.method = "GET"
{fields}
{in_turn}
local expected = "{body}"
local threads = {{}}
wrong = 0
function setup(thread) table.insert(threads, thread) end
function response(status, headers, body)
  if status ~= 200 or body ~= expected then wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
  local e = summary.errors
  print(string.format(
    '{{"requests":%d,"duration_us":%d,"wrong":%d,"errors":%d,"p50_us":%d,"p99_us":%d}}',
    summary.requests, summary.duration, wrong, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"#,
        body = servers::BODY
    )
}
