//! What is left of a request when it is over: a metric, and a line in the access log.

use alloc::boxed::Box;
use alloc::string::String;

use crate::context::Context;
use crate::effect::{Notice, RequestRecord, Unserved};
use crate::exchange::Io;
use crate::gateway::StageOf;
use crate::limits::UNSERVED_TEXT_BYTES_MAX;
use crate::message::Request;
use crate::target;

/// Tells the host of a finished request.
pub(super) fn record(at: Option<StageOf<'_>>, request: &Request, context: &Context, io: &Io) {
    let latency_ms = io.now().0.saturating_sub(context.request_time.0);
    io.notify(Notice::RecordRequest(RequestRecord {
        api_id: context.api_id.clone().into_owned(),
        stage: context.stage.clone().into_owned(),
        route_key: context.has_method_metrics.then(|| context.route_key.clone().into_owned()),
        status: context.status,
        latency_ms: u32::try_from(latency_ms).unwrap_or(u32::MAX),
        integration_latency_ms: context.integration.as_ref().map(|i| i.latency_ms),
        authorizer: context.authorizer_use,
        cache: context.cache,
        response_type: context.error.as_ref().map(|error| error.response_type),
        unserved: if at.is_none() { unserved(request, context) } else { None },
    }));
    if let Some(at) = at
        && let Some((destination, format)) = &at.plan.access_log
    {
        let destination = destination.clone();
        let (line, late) = format.render(context, io.now());
        io.notify(Notice::WriteAccessLog { destination, line, late });
    }
}

fn unserved(request: &Request, context: &Context) -> Option<Box<Unserved>> {
    let error = context.error.as_ref()?;
    Some(Box::new(Unserved {
        host: beginning(&context.domain_name),
        path: beginning(stage_part(target::split(&request.target).0)),
        reason: error.reason.clone(),
    }))
}

/// The first segment, or where the path names the API the fourth. What follows may be a secret.
fn stage_part(path: &str) -> &str {
    let segments = if path.starts_with("/_aws/execute-api/") { 4 } else { 1 };
    let end = path.match_indices('/').nth(segments).map_or(path.len(), |(at, _)| at);
    &path[..end]
}

fn beginning(text: &str) -> String {
    text[..text.floor_char_boundary(UNSERVED_TEXT_BYTES_MAX)].into()
}
