//! Warnings about what stages cache.

use gateway_core::definition::openapi::Imported;
use gateway_core::definition::{Authorization, DefinitionError, Integration, Method, Stage};

/// A warning for every method that asks who calls, by authorization or by an API key, and whose cached
/// responses are all callers': as on AWS a key is what the definition says, and nothing of who calls is in
/// it by itself.
pub(super) fn shared_by_callers(imported: &Imported, stages: &[Stage]) -> Vec<DefinitionError> {
    let mut methods: Vec<&Method> = Vec::new();
    for stage in stages.iter().filter(|stage| stage.cache_cluster_bytes.is_some()) {
        let cached = imported.deployment.methods.iter().filter(|method| is_cached(stage, method));
        methods.extend(cached.filter(|method| asks_who_calls(method)));
    }
    methods.sort_by_key(|method| method.source.line);
    methods.dedup_by_key(|method| method.source.pointer.clone());
    let apart = methods.into_iter().filter(|method| !tells_callers_apart(&method.integration));
    let warning = |method: &Method| {
        let message = "callers are given each other's cached responses: no `cacheKeyParameters` tell them apart";
        let field = match method.authorization {
            Authorization::None => "x-api-key",
            _ => "Authorization",
        };
        let help = format!(
            "add the field that identifies callers, such as `method.request.header.{field}`"
        );
        DefinitionError::warning(method.integration.source.clone(), message).help(help)
    };
    apart.map(warning).collect()
}

fn asks_who_calls(method: &Method) -> bool {
    method.authorization != Authorization::None || method.api_key_required
}

fn is_cached(stage: &Stage, method: &Method) -> bool {
    let enabled = |key: &str| stage.method_settings.get(key).and_then(|s| s.caching_enabled);
    let own = |verb: &str| enabled(&format!("{}/{verb}", method.resource_path.replace('/', "~1")));
    let of_method = own(&method.http_method);
    let is_verb_cached = |verb: &str| {
        let of_all = || enabled("*/*").filter(|_| verb == "GET");
        own(verb).or(of_method).or_else(of_all).unwrap_or_default()
    };
    match method.verbs() {
        [] => is_verb_cached(&method.http_method),
        verbs => verbs.iter().any(|verb| is_verb_cached(verb)),
    }
}

/// A field of the request, or what the authorizer found: who may tell which of them identifies whom.
fn tells_callers_apart(integration: &Integration) -> bool {
    integration.cache_key_parameters.iter().any(|key| {
        let mapped = integration.request_parameters.iter().find(|(target, _)| target == key);
        let source = mapped.map_or(key.as_str(), |(_, source)| source.as_str());
        ["method.request.header.", "method.request.multivalueheader.", "context."]
            .iter()
            .any(|of_caller| source.starts_with(of_caller))
    })
}

#[cfg(test)]
mod tests {
    use gateway_core::definition::Protocol;
    use gateway_core::definition::openapi;
    use gateway_core::definition::{MethodSetting, Severity};

    use super::*;

    /// How many warnings there are of a method with this integration and IAM authorization.
    fn warnings(integration: &str, settings: &[(&str, Option<bool>)], has_cluster: bool) -> usize {
        warned(&["iam: []"], integration, settings, has_cluster).len()
    }

    /// What a method that asks for this and has this integration is warned of.
    fn warned(
        security: &[&str],
        integration: &str,
        settings: &[(&str, Option<bool>)],
        has_cluster: bool,
    ) -> Vec<DefinitionError> {
        let security = security.join(", ");
        let definition = format!(
            r#"
openapi: 3.0.1
info: {{title: t}}
paths:
  /a:
    get:
      security: [{{{security}}}]
      parameters: [{{name: Authorization, in: header}}, {{name: x-api-key, in: header}}, {{name: q, in: query}}]
      x-amazon-apigateway-integration:
        {{type: http_proxy, httpMethod: GET, uri: "http://h/" {integration}}}
components:
  securitySchemes:
    iam: {{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}
    key: {{type: apiKey, name: x-api-key, in: header}}
"#
        );
        let document = crate::document::read(&definition).unwrap();
        let imported = openapi::import(&document, Protocol::Rest, "eu-west-1").unwrap();
        let setting = |caching_enabled| MethodSetting { caching_enabled, ..Default::default() };
        let stage = Stage {
            cache_cluster_bytes: has_cluster.then_some(1),
            method_settings: settings.iter().map(|(k, on)| ((*k).into(), setting(*on))).collect(),
            ..Stage::default()
        };
        let warnings = shared_by_callers(&imported, &[stage.clone(), stage]);
        assert!(warnings.iter().all(|warning| warning.severity == Severity::Warning));
        warnings
    }

    #[test]
    fn responses_that_callers_share_are_warned_of() {
        let all = [("*/*", Some(true))];
        assert_eq!(warnings("", &all, true), 1);
        assert_eq!(warnings("", &all, false), 0);
        assert_eq!(warnings("", &[("*/*", Some(true)), ("~1a/GET", Some(false))], true), 0);
        assert_eq!(warnings("", &[("*/*", Some(false)), ("~1a/GET", Some(true))], true), 1);
        assert_eq!(warnings("", &[("*/*", None)], true), 0);
        let keys = |keys: &str| format!(", cacheKeyParameters: [{keys}]");
        assert_eq!(warnings(&keys("method.request.querystring.q"), &all, true), 1);
        assert_eq!(warnings(&keys("method.request.header.Authorization"), &all, true), 0);
        let mapped = format!(
            "{}, requestParameters: {{integration.request.header.u: context.identity.userArn}}",
            keys("integration.request.header.u")
        );
        assert_eq!(warnings(&mapped, &all, true), 0);
    }
    #[test]
    fn an_api_key_tells_callers_apart_too_where_it_is_in_the_key() {
        let all = [("*/*", Some(true))];
        let help = |security: &[&str], integration: &str| {
            let warnings = warned(security, integration, &all, true);
            warnings.first().map(|warning| warning.help.clone().unwrap_or_default())
        };
        assert!(help(&["key: []"], "").unwrap().contains("`method.request.header.x-api-key`"));
        assert!(help(&["iam: []", "key: []"], "").unwrap().contains("header.Authorization`"));
        let keyed = ", cacheKeyParameters: [method.request.header.x-api-key]";
        assert_eq!(help(&["key: []"], keyed), None);
        assert_eq!(help(&[], ""), None, "nobody is asked who they are");
    }
}
