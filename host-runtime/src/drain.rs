//! How long requests in flight may take when the host goes down.

use std::time::Duration;

use gateway_core::definition::{Api, AuthorizerKind, Deployment, Protocol, Snapshot};
use gateway_core::limits::{
    HTTP_AUTHORIZER_MS, HTTP_INTEGRATION_MS_DEFAULT, REST_AUTHORIZER_MS,
    REST_INTEGRATION_MS_DEFAULT,
};

/// Beyond what authorizers and integrations may take: for the rest of a request.
const MORE_MS: u32 = 5_000;

/// As long as the slowest request that this serves may take: its Lambda authorizer's time-out, its
/// integration's, and some more. Not less than for an API of AWS's own settings without authorizers: an
/// origin of a distribution may take that long too.
pub(crate) fn time_max(snapshot: &Snapshot) -> Duration {
    let longest = snapshot.apis.iter().flat_map(|api| {
        api.deployments.iter().map(|deployment| {
            authorizer_ms(api.protocol, deployment) + integration_ms(api, deployment)
        })
    });
    let longest = longest.max().unwrap_or(0).max(HTTP_INTEGRATION_MS_DEFAULT);
    Duration::from_millis((longest + MORE_MS).into())
}

fn authorizer_ms(protocol: Protocol, deployment: &Deployment) -> u32 {
    let mut kinds = deployment.authorizers.iter().map(|authorizer| &authorizer.kind);
    match protocol {
        _ if !kinds.any(|kind| matches!(kind, AuthorizerKind::Lambda(_))) => 0,
        Protocol::Rest => REST_AUTHORIZER_MS,
        Protocol::Http => HTTP_AUTHORIZER_MS,
    }
}

fn integration_ms(api: &Api, deployment: &Deployment) -> u32 {
    let default = match api.protocol {
        Protocol::Rest => REST_INTEGRATION_MS_DEFAULT,
        Protocol::Http => HTTP_INTEGRATION_MS_DEFAULT,
    };
    let integrations = deployment.methods.iter().map(|method| &method.integration);
    integrations.map(|integration| integration.timeout_ms.unwrap_or(default)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixture;
    use gateway_core::definition::{
        Authorizer, LambdaAuthorizer, LambdaAuthorizerType, PayloadFormat, Source,
    };

    fn time_max_with(change: impl FnOnce(&mut Snapshot)) -> u64 {
        let mut snapshot = Snapshot::from_bytes(&fixture::snapshot()).unwrap();
        for deployment in snapshot.apis.iter_mut().flat_map(|api| &mut api.deployments) {
            deployment.authorizers.clear();
            deployment.methods.iter_mut().for_each(|method| method.integration.timeout_ms = None);
        }
        change(&mut snapshot);
        time_max(&snapshot).as_secs()
    }

    #[test]
    fn a_lambda_authorizer_has_its_time_before_the_integration() {
        let time_max = time_max_with(|snapshot| {
            let kind = AuthorizerKind::Lambda(LambdaAuthorizer {
                authorizer_type: LambdaAuthorizerType::Token,
                uri: String::new(),
                identity_source: Vec::new(),
                identity_validation_expression: None,
                result_ttl_s: 0,
                payload_format: PayloadFormat::V1,
                enable_simple_responses: false,
                credentials: None,
            });
            let authorizer = Authorizer { name: "a".into(), kind, source: Source::default() };
            snapshot.apis[0].deployments[0].authorizers.push(authorizer);
        });
        assert_eq!(time_max, 30 + 29 + 5);
    }

    #[test]
    fn the_slowest_integration_has_its_time() {
        assert_eq!(time_max_with(|_| {}), 35);
        assert_eq!(time_max_with(|snapshot| snapshot.apis.clear()), 35);
        let raised = time_max_with(|snapshot| {
            snapshot.apis[0].deployments[0].methods[0].integration.timeout_ms = Some(900_000);
        });
        assert_eq!(raised, 905);
    }
}
