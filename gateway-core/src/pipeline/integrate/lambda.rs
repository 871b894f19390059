//! `AWS_PROXY` with a Lambda function.

use super::misconfigured;
use crate::context::{Context, IntegrationContext};
use crate::exchange::Io;
use crate::gateway::{LambdaProxy, MethodOf};
use crate::gateway_error::GatewayError;
use crate::message::{Request, Response};

pub(super) async fn lambda_proxy(
    proxy: &LambdaProxy,
    _of: MethodOf<'_>,
    _request: &Request,
    _context: &Context,
    _observed: &mut IntegrationContext,
    _io: &Io,
) -> Result<Response, GatewayError> {
    Err(misconfigured(&alloc::format!("{proxy:?} cannot be invoked yet")))
}
