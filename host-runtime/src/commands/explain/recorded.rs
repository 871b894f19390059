//! Requests that were recorded at AWS, where an API has the id that AWS gave it.

use gateway_core::definition::Snapshot;

use crate::alone::Asked;

/// A request to an API that nobody here knows goes to the only one that there is: an export does not tell
/// the id that the API has at AWS.
pub(super) fn to_the_only_api(mut asked: Asked, snapshot: &Snapshot) -> Asked {
    let [api] = &snapshot.apis[..] else { return asked };
    let host = asked.fields.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    if let Some((_, host)) = host
        && let Some((_, domain)) = host.split_once('.')
        && is_execute_api(domain)
    {
        *host = format!("{}.{domain}", api.id);
    }
    asked
}

/// `execute-api.eu-west-1.amazonaws.com`, and the domain of China.
fn is_execute_api(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    let domain = domain.split(':').next().unwrap_or_default();
    let region = domain.strip_prefix("execute-api.").map(|rest| {
        rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    region.flatten().is_some_and(|region| !region.is_empty() && !region.contains('.'))
}
