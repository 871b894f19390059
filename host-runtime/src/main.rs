//! `edgeway`: serves AWS API Gateway definitions on a host of your own.

use std::process::ExitCode;

/// A proxied request allocates some hundred small pieces, all on one thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    host_runtime::commands::run()
}
