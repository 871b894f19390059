//! `edgeway explain`: one request, and why it is answered so.

mod curl;
mod har;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use serde_json::json;

use curl::CurlArguments;

use super::{Import, LISTEN_DEFAULT, print_diagnostics, print_refused};
use crate::alone::{self, Answered, Asked};
use crate::explained;
use crate::settings::Settings;
use crate::snapshot::Origin;

/// Which request, and to what.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    served: Served,
    #[command(flatten)]
    request: CurlArguments,
    /// An HTTP archive that the request is taken from
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    har: Option<PathBuf>,
    /// Which entry of the archive, from 0
    #[arg(long, value_name = "N", default_value_t = 0, requires = "har")]
    entry: usize,
    /// For people, or for tools
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What answers it.
#[derive(Debug, Args)]
pub(super) struct Served {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    import: Import,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false, id = "served")]
struct What {
    /// An OpenAPI definition, without any configuration
    #[arg(long, value_name = "OPENAPI")]
    definition: Option<PathBuf>,
    /// A configuration (edgeway.yaml), YAML or JSON
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Served {
    pub(super) fn origin(&self) -> Origin {
        let What { definition, config } = &self.what;
        self.import.origin(definition.as_deref(), config.as_deref(), LISTEN_DEFAULT)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Answers the request and prints why.
pub(super) fn explain(arguments: &ExplainArguments) -> ExitCode {
    let asked = match asked(arguments) {
        Ok(asked) => asked,
        Err(reason) => return failed(&reason),
    };
    let built = match arguments.served.origin().build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    print_diagnostics(&built.warnings);
    let settings = Settings::new(&built.config, None);
    let answered = match alone::answer(&built.snapshot, settings, &asked) {
        Ok(answered) => answered,
        Err(error) => return failed(&error.to_string()),
    };
    match arguments.format {
        Format::Text => print!("{}", explained::text(&built.config, &answered.explained)),
        Format::Json => println!("{:#}", to_json(&answered)),
    }
    ExitCode::SUCCESS
}

pub(super) fn failed(reason: &str) -> ExitCode {
    tell!("error: {reason}");
    ExitCode::FAILURE
}

fn to_json(answered: &Answered) -> serde_json::Value {
    let mut shown = answered.explained.to_json();
    shown["headers"] = json!(answered.fields);
    shown["body"] = String::from_utf8_lossy(&answered.content).into();
    shown
}

/// The request that the arguments describe.
fn asked(arguments: &ExplainArguments) -> Result<Asked, String> {
    match &arguments.har {
        Some(file) => har::asked(file, arguments.entry),
        None => arguments.request.asked(),
    }
}

/// What a file or pipe holds, if that is no more than a request may.
pub(super) fn read(from: impl Read, name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut bounded = from.take(u64::from(PAYLOAD_BYTES_MAX) * 2 + 1);
    bounded.read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
    match bytes.len() > PAYLOAD_BYTES_MAX as usize * 2 {
        true => Err(format!("{name}: more than 20 MB")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
