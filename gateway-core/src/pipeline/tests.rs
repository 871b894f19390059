//! Claims about whole exchanges, a file for each part of the story.

mod addressing;
mod api_keys;
mod authorize;
mod canary;
mod content_handling;
mod cors;
mod domain_names;
mod gateway_responses;
mod http;
mod http_mapping;
mod http_proxy;
mod iam;
mod lambda;
mod lambda_authorizer;
mod lambda_custom;
mod mock;
mod resource_policy;
mod response_mapping;
mod service;
mod service_proxy;
mod templates;
mod throttle;
mod transcript;
mod validate;
mod vpc_link;
mod web_acl;
