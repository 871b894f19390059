//! What the Worker and the `wasi:http` component have in common: variables in place of a configuration, the requests
//! that go to AWS, and what an instance remembers. Each sends in its own way what these make.

pub mod access_keys;
pub mod authorizations;
pub mod bundled;
pub mod counted;
pub mod dots;
pub mod failing;
pub mod function;
pub mod function_stream;
pub mod lambda;
pub mod responses;
pub mod service;
pub mod shared;
pub mod sign;
pub mod token_keys;
pub mod variables;
pub mod vpc_link;
