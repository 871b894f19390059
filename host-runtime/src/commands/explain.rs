//! `edgeway explain`: one request, and why it is answered so.

mod har;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gateway_core::definition::Protocol;
use gateway_core::definition::openapi::BasePathMode;
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use serde_json::json;

use super::{LISTEN_DEFAULT, ProtocolName, basepath, print_diagnostics, print_refused};
use crate::alone::{self, Answered, Asked};
use crate::explained;
use crate::settings::Settings;
use crate::snapshot::Origin;

/// Which request, and to what.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// The URL or its path: `/prod/orders?page=2`
    #[arg(value_name = "URL", required_unless_present = "har", conflicts_with = "har")]
    url: Option<String>,
    #[command(flatten)]
    served: Served,
    /// The method; GET, or POST with data
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// A header field; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The content, or @FILE; without a Content-Type of its own it is a form's
    #[arg(short = 'd', long = "data", value_name = "DATA")]
    data: Option<String>,
    /// An HTTP archive that the request is taken from
    #[arg(long, value_name = "FILE", conflicts_with_all = ["method", "headers", "data"])]
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
    /// What kind of API a definition without configuration is; guessed from it if not given
    #[arg(long, value_enum, ignore_case = true, conflicts_with = "config")]
    protocol: Option<ProtocolName>,
    /// Whether paths begin with the definition's base path: ignore, prepend or split
    #[arg(long, value_name = "MODE", default_value = "ignore", value_parser = basepath, conflicts_with = "config")]
    basepath: BasePathMode,
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
        match &self.what {
            What { config: Some(file), .. } => Origin::Config(file.clone()),
            What { definition, .. } => Origin::Definition {
                file: definition.clone().unwrap_or_default(),
                protocol: self.protocol.map(|name| match name {
                    ProtocolName::Rest => Protocol::Rest,
                    ProtocolName::Http => Protocol::Http,
                }),
                listen: LISTEN_DEFAULT,
                basepath: self.basepath,
            },
        }
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
    eprintln!("error: {reason}");
    ExitCode::FAILURE
}

fn to_json(answered: &Answered) -> serde_json::Value {
    let explained = &answered.explained;
    json!({
        "status": explained.status,
        "headers": answered.fields,
        "body": String::from_utf8_lossy(&answered.content),
        "latencyMs": explained.latency_ms,
        "transcript": explained.transcript,
    })
}

/// The request that the arguments describe, read as curl reads them.
fn asked(arguments: &ExplainArguments) -> Result<Asked, String> {
    if let Some(file) = &arguments.har {
        return har::asked(file, arguments.entry);
    }
    let mut asked = at_url(arguments.url.as_deref().unwrap_or_default())?;
    for header in &arguments.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| format!("`{header}` is no header field: write `Name: value`"))?;
        if name.eq_ignore_ascii_case("host") {
            asked.fields.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
        }
        asked.fields.push((name.trim().into(), value.trim().into()));
    }
    if let Some(data) = &arguments.data {
        asked.content = content(data)?;
        "POST".clone_into(&mut asked.method);
        if !asked.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            let form = "application/x-www-form-urlencoded";
            asked.fields.push(("Content-Type".into(), form.into()));
        }
    }
    if let Some(method) = &arguments.method {
        asked.method.clone_from(method);
    }
    Ok(asked)
}

/// A GET of a URL, or of a path at whatever host.
fn at_url(url: &str) -> Result<Asked, String> {
    let uri: http::Uri = url.parse().map_err(|_| format!("`{url}` is no URL and no path"))?;
    if uri.path().is_empty() || uri.scheme().is_none() && !url.starts_with('/') {
        return Err(format!("`{url}` is no URL and no path: a path begins with `/`"));
    }
    let host = uri.authority().map(|authority| ("Host".into(), authority.as_str().into()));
    Ok(Asked {
        method: "GET".into(),
        target: uri.path_and_query().map_or("/", |target| target.as_str()).into(),
        fields: host.into_iter().collect(),
        content: Vec::new(),
    })
}

fn content(data: &str) -> Result<Vec<u8>, String> {
    match data.strip_prefix('@') {
        Some("-") => read(std::io::stdin(), "standard input"),
        Some(file) => {
            let open = std::fs::File::open(file).map_err(|error| format!("{file}: {error}"))?;
            read(open, file)
        }
        None => Ok(data.into()),
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
