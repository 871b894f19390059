//! What is left of a request when it is over: a metric, and a line in the access log.

use crate::context::Context;
use crate::effect::{Notice, RequestRecord};
use crate::exchange::Io;
use crate::gateway::StageOf;

/// Tells the host of a finished request.
pub(super) fn record(at: Option<StageOf<'_>>, context: &Context, io: &Io) {
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
    }));
    if let Some(at) = at
        && let Some((destination, format)) = &at.plan.access_log
    {
        let destination = destination.clone();
        let (line, late) = format.render(context, io.now());
        io.notify(Notice::WriteAccessLog { destination, line, late });
    }
}
