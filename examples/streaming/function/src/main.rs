//! A countdown as a Lambda function whose response is streamed: a line at a time, each as soon as it
//! is known.
//!
//! Run it where a Lambda Runtime API is: on AWS, or as a `command` of Edgeway's configuration.

use std::time::Duration;

use lambda_http::lambda_runtime::streaming::{self, Body};
use lambda_http::{Error, Request, RequestExt, Response, run_with_streaming_response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // lambda_http panics without it; somebody who starts the function by hand is told why instead.
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err("AWS_LAMBDA_RUNTIME_API is not set: Edgeway starts this function".into());
    }
    run_with_streaming_response(service_fn(countdown)).await
}

/// `GET /countdown/{from}?pauseMillis=…&failAt=…`
async fn countdown(event: Request) -> Result<Response<Body>, Error> {
    let path = event.path_parameters();
    let Some(from) = path.first("from").and_then(|from| from.parse::<u32>().ok()) else {
        return Ok(Response::builder().status(400).body("no number to count from\n".into())?);
    };
    let query = event.query_string_parameters();
    let number = |name| query.first(name).and_then(|text| text.parse::<u32>().ok());
    let pause = Duration::from_millis(number("pauseMillis").unwrap_or(1_000).into());
    let fail_at = number("failAt");
    let (mut sender, body) = streaming::channel();
    tokio::spawn(async move {
        for left in (0..=from).rev() {
            if Some(left) == fail_at {
                // `lambda_runtime` tells of an error in the middle of the content itself, as text.
                std::process::exit(1);
            }
            // The gateway is gone: nobody counts on.
            if sender.send_data(format!("{left}\n").into()).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    });
    let response = Response::builder().header("Content-Type", "text/plain");
    Ok(response.header("Set-Cookie", format!("from={from}")).body(body)?)
}
