//! The command line.

/// A line to standard error. Where nobody reads any more nothing is told, and nothing ends: `eprintln!` would panic.
macro_rules! tell {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($told)*);
    }};
}

/// A line to standard output, told as `tell!` tells it: `println!` would panic at `edgeway explain … | head -1`.
macro_rules! show {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($told)*);
    }};
}

mod bundle;
mod check;
mod deploy;
mod explain;
mod export;
mod serve;
mod test_invoke;
mod usage;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gateway_core::definition::Protocol;
use gateway_core::definition::openapi::BasePathMode;

use crate::diagnostic::Diagnostic;
use crate::engine::EngineKind;
use crate::snapshot::{Origin, Refused};

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    match CommandLine::parse().command {
        Command::Serve(arguments) => serve::serve(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::TestInvoke(arguments) => test_invoke::test_invoke(&arguments),
        Command::Check { files, config, protocol, basepath } => {
            check::check(&[files, config].concat(), protocol.map(Into::into), basepath)
        }
        Command::Bundle { source, out } => bundle::bundle(&source.origin(LISTEN_DEFAULT), &out),
        Command::Deploy(arguments) => deploy::deploy(&arguments),
        Command::Rollback(arguments) => deploy::rollback(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Usage(arguments) => usage::usage(&arguments),
    }
}

const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

const ABOUT: &str = "\
Serves AWS API Gateway definitions, unchanged, wherever you like.

Export an API from API Gateway (OpenAPI with API Gateway extensions) and serve it:

    edgeway serve openapi.yaml

For several APIs, Lambda functions, throttling and access logs, write an edgeway.yaml:

    edgeway serve --config edgeway.yaml";

#[derive(Debug, Parser)]
#[command(name = "edgeway", version, about = ABOUT, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve APIs
    #[command(after_help = SERVE_HELP)]
    Serve(ServeArguments),
    /// Answer one request here and now, and tell stage by stage why it is answered so
    Explain(Box<explain::ExplainArguments>),
    /// Invoke a method as AWS's TestInvokeMethod does: JSON in, JSON out
    TestInvoke(test_invoke::TestInvokeArguments),
    /// Tell everything that is wrong with configurations and definitions, and serve nothing
    Check {
        /// What definitions are; told by what stands in them if not given
        #[arg(long, value_enum, ignore_case = true)]
        protocol: Option<ProtocolName>,
        /// What becomes of the base paths of definitions (AWS's `basepath`)
        #[arg(long, value_name = "MODE", default_value = "ignore", value_parser = basepath)]
        basepath: BasePathMode,
        /// edgeway.yaml files, or OpenAPI definitions; `-` is standard input
        #[arg(required_unless_present = "config", value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The same as FILE, since the other commands have it
        #[arg(long, value_name = "FILE")]
        config: Vec<PathBuf>,
    },
    /// Write the OpenAPI document of an API, which imports to the same API again
    Export(ExportArguments),
    /// Tell what API keys have used of a usage plan, day by day
    Usage(usage::UsageArguments),
    /// Write what the edge worker serves: snapshot.bin, and bindings.json for its variables
    Bundle {
        #[command(flatten)]
        source: Source,
        /// The folder to write to; it is created if need be
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Put APIs and the edge worker where they are served: bundle, sizes, wrangler.toml, wrangler
    #[command(after_help = deploy::HELP)]
    Deploy(Box<deploy::DeployArguments>),
    /// Go back to the version that was deployed before: worker and definitions together
    Rollback(deploy::RollbackArguments),
}

/// After AWS's `GetExport`.
#[derive(Debug, Args)]
struct ExportArguments {
    #[command(flatten)]
    source: Source,
    /// The API, by its id; needed where the configuration has several
    #[arg(long, value_name = "ID", conflicts_with = "definition")]
    api: Option<String>,
    /// The stage; needed where the API has several
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// OpenAPI 3.0, or Swagger 2.0 (REST APIs alone)
    #[arg(long, value_enum, default_value = "oas30")]
    export_type: ExportTypeName,
    /// The media type of the document
    #[arg(long, value_enum, default_value = "application/json")]
    accepts: MediaType,
    /// Which of AWS's extensions the document has
    #[arg(long, value_enum, value_delimiter = ',', default_value = "apigateway")]
    extensions: Vec<ExtensionName>,
    /// The file to write to; standard output if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportTypeName {
    Oas30,
    Swagger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MediaType {
    #[value(name = "application/json", alias = "json")]
    Json,
    #[value(name = "application/yaml", alias = "yaml")]
    Yaml,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExtensionName {
    /// x-amazon-apigateway-integration
    Integrations,
    /// x-amazon-apigateway-authorizer
    Authorizers,
    /// All of them: what imports to the same deployment again
    Apigateway,
    /// Not one
    None,
}

const SERVE_HELP: &str = "\
Signals:
  TERM, INT  stop accepting, finish the requests in flight, end; a second one ends at once
  HUP        read the configuration and its definitions again (a changed file does the same);
             access log files are opened anew

Environment:
  AWS_REGION, AWS_ACCESS_KEY_ID, …    as AWS's own tools read them
  AWS_ENDPOINT_URL[_LAMBDA, …]        where AWS's services are reached
  EDGEWAY_LOG                         error, warn, info (the default), debug or trace";

/// What is served: a configuration, or one definition.
#[derive(Debug, Args)]
#[group(required = true, multiple = false, id = "what")]
struct What {
    /// An OpenAPI definition, served without any configuration
    #[arg(value_name = "OPENAPI")]
    definition: Option<PathBuf>,
    /// A configuration (edgeway.yaml), YAML or JSON
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Source {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    import: Import,
}

/// How a definition without configuration is read.
#[derive(Debug, Args)]
struct Import {
    /// What kind of API a definition without configuration is; guessed from it if not given
    #[arg(long, value_enum, ignore_case = true, conflicts_with = "config")]
    protocol: Option<ProtocolName>,
    /// Whether paths begin with the definition's base path: ignore, prepend or split (AWS's `basepath`)
    #[arg(long, value_name = "MODE", default_value = "ignore", value_parser = basepath, conflicts_with = "config")]
    basepath: BasePathMode,
}

fn basepath(name: &str) -> Result<BasePathMode, String> {
    let found = BasePathMode::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, mode)| *mode).ok_or_else(|| "it is ignore, prepend or split".into())
}

/// A name is looked up, as in `listen` of a configuration.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| "write HOST:PORT, such as 127.0.0.1:8080".into())
}

#[derive(Debug, Args)]
struct ServeArguments {
    #[command(flatten)]
    source: Source,
    /// Where a definition without configuration is served
    #[arg(long, value_name = "HOST:PORT", default_value_t = LISTEN_DEFAULT, value_parser = address, conflicts_with = "config")]
    listen: SocketAddr,
    /// What runs the pipeline: its Wasm component, or the same code linked in
    #[arg(long, value_enum, default_value = "component")]
    engine: EngineName,
    /// Worker threads; one for each processor if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProtocolName {
    /// REST API (v1)
    #[value(name = "REST")]
    Rest,
    /// HTTP API (v2)
    #[value(name = "HTTP")]
    Http,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EngineName {
    Component,
    Native,
}

impl Source {
    fn origin(&self, listen: SocketAddr) -> Origin {
        let What { definition, config } = &self.what;
        self.import.origin(definition.as_deref(), config.as_deref(), listen)
    }
}

impl Import {
    /// One of the two files is given.
    fn origin(
        &self,
        definition: Option<&Path>,
        config: Option<&Path>,
        listen: SocketAddr,
    ) -> Origin {
        if let Some(file) = config {
            return Origin::Config(file.into());
        }
        Origin::Definition {
            file: definition.unwrap_or(Path::new("")).into(),
            protocol: self.protocol.map(Into::into),
            listen,
            basepath: self.basepath,
        }
    }
}

impl From<ProtocolName> for Protocol {
    fn from(name: ProtocolName) -> Self {
        match name {
            ProtocolName::Rest => Self::Rest,
            ProtocolName::Http => Self::Http,
        }
    }
}

impl From<EngineName> for EngineKind {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Component => Self::Component,
            EngineName::Native => Self::Native,
        }
    }
}

/// Prints diagnostics as a compiler does, with a line that counts them.
fn print_diagnostics(diagnostics: &[Diagnostic]) {
    print_all(diagnostics, &[]);
}

/// With warnings that are about no place in a file.
fn print_all(diagnostics: &[Diagnostic], warnings: &[String]) {
    for diagnostic in diagnostics {
        tell!("{diagnostic}\n");
    }
    for warning in warnings {
        tell!("warning: {warning}\n");
    }
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors + warnings.len();
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    match (errors, warnings) {
        (0, 0) => {}
        (0, _) => tell!("{}", count(warnings, "warning")),
        (_, 0) => tell!("{}", count(errors, "error")),
        _ => tell!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

/// Of a command that is asked again and again about the same files.
fn count_warnings(warnings: &[Diagnostic]) {
    match warnings.len() {
        0 => {}
        1 => tell!("1 warning, which `edgeway check` tells"),
        number => tell!("{number} warnings, which `edgeway check` tells"),
    }
}

fn print_refused(refused: &Refused) -> ExitCode {
    print_diagnostics(&refused.diagnostics);
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_definition_or_a_configuration_is_needed_and_not_both() {
        let parse = |line: &str| CommandLine::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("edgeway serve openapi.yaml --protocol http --listen 127.0.0.1:1"));
        assert!(parse("edgeway serve --config edgeway.yaml --engine native --threads 2"));
        assert!(parse("edgeway serve openapi.yaml --listen localhost:8080"));
        assert!(!parse("edgeway serve openapi.yaml --listen 8080"));
        assert!(!parse("edgeway serve"));
        assert!(!parse("edgeway serve openapi.yaml --config edgeway.yaml"));
        assert!(!parse("edgeway serve --config edgeway.yaml --listen 127.0.0.1:1"));
        assert!(parse("edgeway bundle --config edgeway.yaml --out dist"));
        assert!(!parse("edgeway check"));
        assert!(parse("edgeway check --config edgeway.yaml"));
        assert!(parse(
            "edgeway export openapi.yaml --export-type swagger --accepts application/yaml"
        ));
        assert!(parse(
            "edgeway export --config c --api a --stage b --extensions integrations,authorizers"
        ));
        assert!(!parse("edgeway export openapi.yaml --extensions postman"));
        assert!(!parse("edgeway export openapi.yaml --api a"));
        assert!(parse("edgeway explain --definition a.yaml -X POST -H a:b -d {} /prod/a"));
        assert!(parse("edgeway explain --config a.yaml --har a.har --entry 2 --format json"));
        assert!(parse("edgeway explain a.yaml /prod/a"));
        assert!(parse("edgeway usage --config c --start-date 2026-11-01 --format csv"));
        assert!(!parse("edgeway usage"));
        assert!(parse("edgeway test-invoke --config a.yaml -"));
        assert!(parse("edgeway test-invoke a.yaml input.json"));
        assert!(!parse("edgeway test-invoke --config a.yaml"));
        assert!(parse("edgeway serve openapi.yaml --basepath split"));
        assert!(parse("edgeway check openapi.yaml --basepath prepend"));
        assert!(!parse("edgeway serve openapi.yaml --basepath drop"));
        assert!(!parse("edgeway serve --config edgeway.yaml --basepath split"));
    }
}
