//! `edgeway check`.

use std::path::PathBuf;
use std::process::ExitCode;

use gateway_core::definition::openapi::BasePathMode;

use crate::snapshot::{Origin, is_config};

use super::{LISTEN_DEFAULT, print_diagnostics};

/// Tells everything that is wrong with the files; succeeds if nothing is.
pub(super) fn check(files: &[PathBuf], basepath: BasePathMode) -> ExitCode {
    let mut diagnostics = Vec::new();
    for file in files {
        let origin = if is_config(file) {
            Origin::Config(file.clone())
        } else {
            Origin::Definition {
                file: file.clone(),
                protocol: None,
                listen: LISTEN_DEFAULT,
                basepath,
            }
        };
        match origin.build() {
            Ok(built) => diagnostics.extend(built.warnings),
            Err(refused) => diagnostics.extend(refused.diagnostics),
        }
    }
    print_diagnostics(&diagnostics);
    if diagnostics.iter().any(|diagnostic| diagnostic.is_error()) {
        return ExitCode::FAILURE;
    }
    let said = if diagnostics.is_empty() { "wrong" } else { "refused" };
    tell!("{} checked: nothing is {said}", files.len());
    ExitCode::SUCCESS
}
