//! A request's place at its integration: what counts as one integration, and the wait for it.
//!
//! Requests that lead to the same origin, target of a VPC link, service or function share one bound,
//! whatever methods they are of: it is the endpoint that is slow, not the method.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_core::effect::{Connection, EffectError, InvokeFunction, SendRequest};

use crate::load::{Load, Place};

/// A place for a request to an endpoint. The wait for it is a part of the time that it has.
pub(super) async fn of_request(
    load: &Arc<Load>,
    effect: &mut SendRequest,
) -> Result<Place, EffectError> {
    let made;
    let integration = match &effect.connection {
        Connection::Internet => origin(&effect.url),
        Connection::VpcLink { id, integration_uri, .. } => {
            made = format!("link {id} {}", integration_uri.as_deref().unwrap_or_default());
            &made
        }
        Connection::Service { signing_name, region, .. } => {
            made = format!("service {signing_name} {region}");
            &made
        }
    };
    place(load, integration, &mut effect.timeout_ms).await
}

/// A place for an invocation.
pub(super) async fn of_function(
    load: &Arc<Load>,
    effect: &mut InvokeFunction,
) -> Result<Place, EffectError> {
    let function = &effect.function;
    let integration =
        format!("function {} {} {}", function.region, function.account_id, function.name);
    place(load, &integration, &mut effect.timeout_ms).await
}

async fn place(
    load: &Arc<Load>,
    integration: &str,
    timeout_ms: &mut u32,
) -> Result<Place, EffectError> {
    let begun = Instant::now();
    let place = load.place(integration, Duration::from_millis((*timeout_ms).into())).await?;
    let waited_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
    *timeout_ms = timeout_ms.saturating_sub(waited_ms);
    Ok(place)
}

/// `https://host:443` of a URL.
fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |end| authority + end);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        for (url, expected) in [
            ("http://h:8080/a?b", "http://h:8080"),
            ("https://h?b", "https://h"),
            ("https://h", "https://h"),
            ("h/a", "h"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
