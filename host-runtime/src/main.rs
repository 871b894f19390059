//! `edgeway`: serves AWS API Gateway definitions on a host of your own.

mod allocator;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

fn main() -> ExitCode {
    host_runtime::commands::run()
}
