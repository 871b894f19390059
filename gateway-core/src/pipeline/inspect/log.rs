//! What a web ACL tells its operator of a request: a line of its log, and examples of what its rules do.

use alloc::vec::Vec;

use waf::Origin;

use super::{Concluded, Guarded};
use crate::context::Context;
use crate::effect::Notice;
use crate::exchange::Io;
use crate::gateway::StageOf;

/// Writes the request into the web ACL's log, if it has one that keeps it.
pub(super) fn log(concluded: Concluded<'_>, context: &Context<'_>, io: &Io) {
    let Concluded { at, plan, inspected, verdict, answer } = concluded;
    let Some((destination, settings)) = &plan.log else { return };
    if !settings.keeps(verdict) {
        return;
    }
    let response_code = answer.status();
    let (source_id, request_id) = match at {
        Guarded::Stage(StageOf { api, stage, .. }) => {
            let source = alloc::format!("{}:{}:{}", context.account_id, api.id, stage.stage_name);
            (source, &context.extended_request_id)
        }
        Guarded::Distribution(inspection) => (inspection.source_id.clone(), &inspection.request_id),
    };
    let origin =
        Origin { resource: at.resource(), source_id: &source_id, request_id, response_code };
    let line = settings.line(&plan.acl, inspected, verdict, origin, &|name| at.hides(name));
    io.notify(Notice::WriteAccessLog { destination: destination.clone(), line, late: Vec::new() });
}

/// Has the host keep the request as an example of what its rules do, where `VisibilityConfig` says so.
pub(super) fn sample(concluded: Concluded<'_>, io: &Io) {
    let Concluded { at, plan, inspected, verdict, answer } = concluded;
    let response_code = answer.status();
    let own = waf::Logging::default();
    let settings = plan.log.as_ref().map_or(&own, |(_, settings)| settings);
    for sampled in verdict.sampled(&plan.acl) {
        let metric_name = sampled.metric_name;
        let Some(weight) = plan.sampling.weight(metric_name, inspected.now_ms) else { continue };
        let sample =
            settings.sample(inspected, verdict, &sampled, weight, response_code, &|name| {
                at.hides(name)
            });
        io.notify(Notice::KeepSample {
            web_acl_arn: plan.acl.arn().into(),
            metric_name: metric_name.into(),
            weight,
            sample,
        });
    }
}
