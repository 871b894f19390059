//! Authorizers, a file each.

mod bearer;
mod cognito;
mod jwt;

pub(crate) use cognito::{UserPool, cognito};
pub(crate) use jwt::jwt;
