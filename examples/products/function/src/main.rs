//! The Products API as a Lambda function: products to read, orders to place.
//!
//! It answers REST events (payload format 1.0) and HTTP API events (2.0) alike. Run it where a
//! Lambda Runtime API is: on AWS, or as a `command` of Edgeway's configuration.

mod caller;
mod catalogue;
mod handler;
mod order;
mod order_book;
mod reply;

use std::process::ExitCode;

use lambda_http::{Request, service_fn};

use crate::handler::ProductsApi;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // lambda_http panics without it; somebody who starts the function by hand is told why instead.
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        eprintln!(
            "products-function: AWS_LAMBDA_RUNTIME_API is not set. This is a Lambda function: \
             Edgeway starts it (see edgeway.yaml), or AWS Lambda does."
        );
        return ExitCode::from(2);
    }
    let api = match ProductsApi::new() {
        Ok(api) => api,
        Err(problem) => {
            eprintln!("products-function: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let api = &api;
    match lambda_http::run(service_fn(|event: Request| async move { api.answer(&event) })).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("products-function: {problem}");
            ExitCode::FAILURE
        }
    }
}
