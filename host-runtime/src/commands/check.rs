//! `edgeway check`.

use std::path::PathBuf;
use std::process::ExitCode;

use gateway_core::definition::Protocol;
use gateway_core::definition::openapi::BasePathMode;

use crate::diagnostic::Diagnostic;
use crate::snapshot::Origin;

use super::{LISTEN_DEFAULT, print_diagnostics};

/// Tells everything that is wrong with the files; succeeds if nothing is. What AWS refuses is wrong, also
/// where it could be served here.
pub(super) fn check(
    files: &[PathBuf],
    protocol: Option<Protocol>,
    basepath: BasePathMode,
) -> ExitCode {
    let mut diagnostics = Vec::new();
    for file in files {
        let (file, listen) = (file.clone(), LISTEN_DEFAULT);
        let definition = Origin::Definition { file, protocol, listen, basepath };
        match Origin::build_either(definition) {
            Ok(built) => diagnostics.extend(built.warnings),
            Err(refused) => diagnostics.extend(refused.diagnostics),
        }
    }
    let diagnostics: Vec<_> = diagnostics.into_iter().map(Diagnostic::as_on_aws).collect();
    print_diagnostics(&diagnostics);
    if diagnostics.iter().any(|diagnostic| diagnostic.is_error()) {
        return ExitCode::FAILURE;
    }
    let said = if diagnostics.is_empty() { "wrong" } else { "refused" };
    tell!("{} checked: nothing is {said}", files.len());
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn a_pipe_which_tells_its_content_once_is_checked() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let definition = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {/x: {get: {}}}\n";
        writer.write_all(definition.as_bytes()).unwrap();
        drop(writer);
        let file = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
        let listen = LISTEN_DEFAULT;
        let basepath = BasePathMode::Ignore;
        let refused =
            Origin::build_either(Origin::Definition { file, protocol: None, listen, basepath });
        let told = refused.unwrap_err().diagnostics;
        assert!(told[0].error.message.starts_with("No integration defined"), "{told:?}");
    }

    #[test]
    fn what_aws_refuses_is_refused_though_it_could_be_served() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openapi.yaml");
        let definition = |responses: &str| {
            format!(
                "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:\n  /a:\n    get:\n      \
                 responses: {responses}\n      x-amazon-apigateway-integration:\n        type: mock\n        \
                 requestTemplates: {{application/json: '{{\"statusCode\": 200}}'}}\n        \
                 responses: {{default: {{statusCode: '200'}}}}\n"
            )
        };
        let checked = |responses: &str| {
            std::fs::write(&file, definition(responses)).unwrap();
            format!("{:?}", check(std::slice::from_ref(&file), None, BasePathMode::Ignore))
        };
        assert_eq!(checked("{}"), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(checked("{'200': {description: ok}}"), format!("{:?}", ExitCode::SUCCESS));
        let as_rest = check(&[file], Some(Protocol::Rest), BasePathMode::Ignore);
        assert_eq!(format!("{as_rest:?}"), format!("{:?}", ExitCode::SUCCESS));
    }
}
