//! `edgeway`: serves AWS API Gateway definitions on a host of your own.

use std::process::ExitCode;

fn main() -> ExitCode {
    host_runtime::commands::run()
}
