//! The native host on loopback: what happens between a client's socket and an endpoint's.

mod admin;
mod bounds;
mod caching;
mod caching_shared;
mod edge;
mod faults;
mod forged_tokens;
mod functions;
mod kit;
mod lifecycle;
mod load;
mod metrics;
mod mutual_tls;
mod program;
mod redis;
mod redis_away;
mod shedding;
mod streamed_functions;
mod streaming;
mod tls;
mod tls_client;
mod tls_endpoint;
mod tls_listeners;
mod tracing;
mod usage;
mod vpc_links;
