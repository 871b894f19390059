//! `cargo xtask`: everything this repository does that is not compiling a crate.
//!
//! One file per command. Whatever a command needs (the wasm target, the component, node packages …) it makes sure of by
//! itself, so each of them works on a machine that has only Rust and Node.

mod bench;
mod cache_suite;
mod component;
mod doctests;
mod fuzz;
mod licences;
mod no_std;
mod node;
mod release;
mod serve;
mod shell;
mod test;
mod toolchain;
mod waf_suite;
mod wasi;
mod worker;
mod worker_cpu;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  serve [--release] [--check] [-- ARGUMENTS]
                            set everything up and serve the example API, with URLs and curl lines to try; --check tries them
                            itself, and ends
  test [--only PART]…       run every test; --list names the parts
  component                 build the pipeline as a Wasm component, and precompile it for this machine's architecture
  wasi                      build the component for hosts of wasi:http, which `edgeway deploy --target wasi` puts APIs into
  worker [--no-startup]     build the Cloudflare Worker, check its size, measure its start under workerd
  worker-cpu                measure the CPU time of a full request to the Worker under workerd
  release                   build the gateway as it is shipped: optimised by what a mixed load runs through
  bench [--scenario plain|guarded|keys] [--rounds N] [--seconds N] [--only NAME]… [--program PATH]
                            compare with nginx and a bare proxy; writes docs/benchmarks.md. guarded: what a token, an API
                            key, a plan and its buckets cost beyond the bare proxy; keys: what 100,000 API keys cost
                            beside ten; --program: of this build of edgeway
  waf-suite [--benign FOLDER]… [--attacks FOLDER]… [CORERULESET]
                            what a web ACL stops of the Core Rule Set's regression requests and of benign values
  cache-suite [--worker] [PATH]
                            run the public suite of HTTP caches, http-tests/cache-tests, against a distribution; without the
                            path of a checkout the edition that npm has
  licences                  check every dependency's licence and source against deny.toml
  toolchain [--debian]      make sure of the wasm32-unknown-unknown target
";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&arguments) {
        eprintln!("\nxtask: {error:#}");
        std::process::exit(1);
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("--help", arguments),
    };
    std::env::set_current_dir(shell::root())?;
    match command {
        "serve" => serve::run(rest),
        "test" => test::run(rest),
        "component" => {
            no_more(rest).and_then(|()| component::build(serve::Build::Development).map(drop))
        }
        "wasi" => no_more(rest).and_then(|()| wasi::build(serve::Build::Development).map(drop)),
        "worker" => worker::run(rest),
        "worker-cpu" => worker_cpu::run(rest),
        "release" => no_more(rest).and_then(|()| release::run()),
        "bench" => bench::run(rest),
        "waf-suite" => waf_suite::run(rest),
        "cache-suite" => cache_suite::run(rest),
        "licences" => no_more(rest).and_then(|()| licences::check()),
        "toolchain" => toolchain::run(rest),
        "-h" | "--help" | "help" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("unknown command `{other}`\n\n{HELP}"),
    }
}

fn no_more(rest: &[String]) -> Result<()> {
    match rest.first() {
        Some(extra) => bail!("unknown argument `{extra}`\n\n{HELP}"),
        None => Ok(()),
    }
}
