//! `edgeway bundle`: the snapshot for the edge, and the variables that go with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use crate::config::{Config, FunctionConfig, variable_name};
use crate::snapshot::Origin;

use super::{print_diagnostics, print_refused};

/// Writes `snapshot.bin` and `bindings.json`.
pub(super) fn bundle(origin: &Origin, out: &Path) -> ExitCode {
    let built = match origin.build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    print_diagnostics(&built.warnings);
    let bindings = match bindings(&built.config) {
        Ok(bindings) => bindings,
        Err(reasons) => {
            reasons.iter().for_each(|reason| eprintln!("error: {reason}"));
            return ExitCode::FAILURE;
        }
    };
    match write(out, &built.snapshot.to_bytes(), &bindings) {
        Ok(()) => {
            eprintln!("wrote {}", out.join("snapshot.bin").display());
            eprintln!("wrote {}", out.join("bindings.json").display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}

fn write(out: &Path, snapshot: &[u8], bindings: &BTreeMap<String, String>) -> io::Result<()> {
    fs::create_dir_all(out)?;
    fs::write(out.join("snapshot.bin"), snapshot)?;
    let mut json = serde_json::to_string_pretty(bindings)?;
    json.push('\n');
    fs::write(out.join("bindings.json"), json)
}

/// Text bindings of the Worker.
fn bindings(config: &Config) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut bindings = BTreeMap::from([("AWS_REGION".to_owned(), config.region.clone())]);
    let mut errors = Vec::new();
    for (service, url) in &config.endpoints {
        let name = format!("AWS_ENDPOINT_URL_{}", variable_name(service));
        if bindings.insert(name, url.clone()).is_some() {
            errors.push(format!("`endpoints.{service}` and another one have the same variable"));
        }
    }
    for (function, how) in &config.functions {
        match how {
            FunctionConfig::Url(url) => {
                let name = format!("FUNCTION_URL_{}", variable_name(function));
                if bindings.insert(name, url.clone()).is_some() {
                    errors.push(format!("`functions.{function}` and another one have the same variable"));
                }
            }
            FunctionConfig::Command { .. } => errors.push(format!(
                "`functions.{function}` is a `command`: the edge starts no programs; give it a `url`, or leave it to AWS"
            )),
        }
    }
    if errors.is_empty() { Ok(bindings) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let apis = "apis: [{id: a, protocol: REST, definition: a, stages: [{stageName: s}]}]";
        let document = crate::document::read(&format!("{apis}\nregion: r-1\n{text}")).unwrap();
        Config::read(&document, Path::new("")).unwrap()
    }

    #[test]
    fn endpoints_and_functions_become_variables() {
        let config = config(
            "endpoints: {cognito-idp: 'http://c'}\nfunctions: {my-f: {url: 'http://f'}, my-f:v1: {url: 'http://g'}}",
        );
        let bindings: Vec<_> = bindings(&config).unwrap().into_iter().collect();
        let expected = [
            ("AWS_ENDPOINT_URL_COGNITO_IDP", "http://c"),
            ("AWS_REGION", "r-1"),
            ("FUNCTION_URL_MY_F", "http://f"),
            ("FUNCTION_URL_MY_F_V1", "http://g"),
        ];
        assert_eq!(bindings, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_command_cannot_run_at_the_edge() {
        let errors = bindings(&config("functions: {f: {command: [x]}}")).unwrap_err();
        assert!(errors[0].contains("the edge starts no programs"), "{errors:?}");
    }
}
