//! Claims about whole exchanges, a file for each part of the story.

mod addressing;
mod authorize;
mod cors;
mod gateway_responses;
mod http_mapping;
mod http_proxy;
mod lambda;
mod lambda_authorizer;
mod mock;
mod throttle;
