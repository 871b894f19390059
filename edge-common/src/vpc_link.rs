//! VPC links, which are a URL each: `VPC_LINK_URL_{ID}`.

use gateway_core::effect::EffectError;

use crate::variables::{Variables, variable_name};

/// A private integration's URL with the origin of its link. It goes over TLS if either of them says so.
///
/// # Errors
/// [`EffectError::Misconfigured`] for a link that nobody has, and a name that the host cannot verify: it verifies the
/// one that it connects to, and no other.
pub fn private_url(
    url: &str,
    id: &str,
    server_name: Option<&str>,
    variables: &Variables<'_>,
) -> Result<String, EffectError> {
    let variable = format!("VPC_LINK_URL_{}", variable_name(id));
    let Some(link) = variables(&variable) else {
        let reason = format!("the VPC link `{id}` leads nowhere: there is no {variable}");
        return Err(EffectError::Misconfigured(reason));
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let target = rest.find(['/', '?']).map_or("/", |start| &rest[start..]);
    let (link_scheme, base) = link.split_once("://").unwrap_or(("http", &link));
    let authority = base.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, _)) if !host.starts_with('[') || host.ends_with(']') => host,
        _ => authority,
    };
    if let Some(name) = server_name.filter(|name| !name.eq_ignore_ascii_case(host)) {
        let reason = format!("the edge cannot verify `{name}` at `{host}`");
        return Err(EffectError::Misconfigured(reason));
    }
    let scheme = if link_scheme == "https" { link_scheme } else { scheme };
    Ok(format!("{scheme}://{}{target}", base.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_origin_and_the_url_says_the_rest() {
        let variables =
            |name: &str| (name == "VPC_LINK_URL_L_1").then(|| "https://h:8443/base/".to_owned());
        let private = |id: &str, name| private_url("http://x/a?b=c", id, name, &variables);
        assert_eq!(private("l-1", None).as_deref(), Ok("https://h:8443/base/a?b=c"));
        assert_eq!(private("l-1", Some("H")).as_deref(), Ok("https://h:8443/base/a?b=c"));
        for (id, name) in [("l-2", None), ("l-1", Some("other"))] {
            assert!(matches!(private(id, name), Err(EffectError::Misconfigured(_))), "{id}");
        }
    }
}
