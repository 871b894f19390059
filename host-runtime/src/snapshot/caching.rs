//! Warnings about what stages cache.

use gateway_core::definition::openapi::Imported;
use gateway_core::definition::{
    Authorization, DefinitionError, Integration, IntegrationType, Method, Stage,
};

/// A warning for every method that asks who calls, by authorization or by an API key, and whose cached
/// responses are all callers': as on AWS a key is what the definition says, and nothing of who calls is in
/// it by itself.
pub(super) fn shared_by_callers(imported: &Imported, stages: &[Stage]) -> Vec<DefinitionError> {
    let methods = cached(imported, stages).into_iter().filter(|method| asks_who_calls(method));
    let apart = methods.filter(|method| !tells_callers_apart(&method.integration));
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

/// A warning for every method whose cached responses are given for any value of a parameter that they may depend on: as on
/// AWS not even variables of the path are in a key by themselves.
pub(super) fn one_for_all_values(imported: &Imported, stages: &[Stage]) -> Vec<DefinitionError> {
    let warning = |method: &Method| {
        let integration = &method.integration;
        let variables = method.resource_path.split('/').filter_map(|segment| {
            let name = segment.strip_prefix('{')?.trim_end_matches(['}', '+']);
            Some(("path", name))
        });
        let declared = method.request_parameters.iter();
        let queried = declared.filter(|parameter| parameter.location == "querystring");
        let parameters =
            variables.chain(queried.map(|parameter| ("querystring", parameter.name.as_str())));
        let missing: Vec<(&str, &str)> = parameters
            .filter(|of| reads(integration, *of) && !is_in_key(integration, *of))
            .collect();
        let list = |told: fn((&str, &str)) -> String| {
            missing.iter().copied().map(told).collect::<Vec<_>>().join(", ")
        };
        let names = list(|(_, name)| format!("`{name}`"));
        let message = format!(
            "requests are given one cached response whatever they have for {names}: no `cacheKeyParameters` tell them apart"
        );
        let help = list(|(place, name)| format!("`method.request.{place}.{name}`"));
        let warning = DefinitionError::warning(integration.source.clone(), message);
        (!missing.is_empty()).then(|| warning.help(format!("add {help}")))
    };
    cached(imported, stages).into_iter().filter_map(warning).collect()
}

/// The methods of which some stage caches responses, each once.
fn cached<'i>(imported: &'i Imported, stages: &[Stage]) -> Vec<&'i Method> {
    let mut methods: Vec<&Method> = Vec::new();
    for stage in stages.iter().filter(|stage| stage.cache_cluster_bytes.is_some()) {
        methods.extend(imported.deployment.methods.iter().filter(|of| is_cached(stage, of)));
    }
    methods.sort_by_key(|method| method.source.line);
    methods.dedup_by_key(|method| method.source.pointer.clone());
    methods
}

/// Whether a response may depend on a parameter: a function is told all of them, an endpoint's proxy is sent the query, and
/// anything else is sent what mappings and templates read.
fn reads(integration: &Integration, (place, name): (&str, &str)) -> bool {
    let mapped = || {
        let sources = integration.request_parameters.iter();
        sources.map(|(_, source)| source).any(|source| is_parameter(source, (place, name)))
    };
    match integration.integration_type {
        IntegrationType::AwsProxy => true,
        IntegrationType::HttpProxy => place == "querystring" || mapped(),
        IntegrationType::Http | IntegrationType::Aws => mapped() || rendered(integration, name),
        IntegrationType::Mock => rendered(integration, name),
    }
}

/// Whether templates read it, by name or with all others.
fn rendered(integration: &Integration, name: &str) -> bool {
    let requests = integration.request_templates.iter();
    let responses = integration.responses.iter().flat_map(|response| &response.response_templates);
    let ways = [format!("params('{name}')"), format!("params(\"{name}\")"), "params()".into()];
    requests.chain(responses).any(|(_, template)| ways.iter().any(|way| template.contains(way)))
}

/// Whether the key has it, as the client or as the integration is sent it.
fn is_in_key(integration: &Integration, parameter: (&str, &str)) -> bool {
    integration.cache_key_parameters.iter().any(|key| {
        let mapped = integration.request_parameters.iter().find(|(target, _)| target == key);
        is_parameter(mapped.map_or(key, |(_, source)| source), parameter)
    })
}

fn is_parameter(source: &str, (place, name): (&str, &str)) -> bool {
    let named = source.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
    named.is_some_and(|(of, named)| {
        of.strip_prefix("multivalue").unwrap_or(of) == place && named == name
    })
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

    /// What is told of `/{id}/{rest+}` with this integration, the query's `q` declared, and its help.
    fn for_all_values(integration: &str) -> Vec<(String, String)> {
        let definition = format!(
            r#"
openapi: 3.0.1
info: {{title: t}}
paths:
  /{{id}}/{{rest+}}:
    get:
      parameters: [{{name: id, in: path, required: true}}, {{name: rest, in: path, required: true}}, {{name: q, in: query}}]
      x-amazon-apigateway-integration: {{{integration}}}
"#
        );
        let document = crate::document::read(&definition).unwrap();
        let imported = openapi::import(&document, Protocol::Rest, "eu-west-1").unwrap();
        let on = MethodSetting { caching_enabled: Some(true), ..Default::default() };
        let stage = Stage {
            cache_cluster_bytes: Some(1),
            method_settings: [("*/*".to_owned(), on)].into(),
            ..Stage::default()
        };
        let uncached = Stage { cache_cluster_bytes: None, ..stage.clone() };
        assert_eq!(one_for_all_values(&imported, &[uncached]), []);
        let told = one_for_all_values(&imported, &[stage.clone(), stage]).into_iter();
        told.map(|told| (told.message, told.help.unwrap_or_default())).collect()
    }

    #[test]
    fn parameters_that_are_in_no_key_are_warned_of_where_responses_depend_on_them() {
        let told = |integration: &str| {
            let told = for_all_values(integration);
            assert!(told.len() < 2, "{told:?}");
            let names = |(message, _): &(String, String)| {
                let names = message.split_once("for ").unwrap().1.split_once(": ").unwrap().0;
                names.to_owned()
            };
            told.first().map(names)
        };
        let function = "type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/invocations'";
        assert_eq!(told(function).as_deref(), Some("`id`, `rest`, `q`"));
        let help = for_all_values(function).remove(0).1;
        assert_eq!(
            help,
            "add `method.request.path.id`, `method.request.path.rest`, `method.request.querystring.q`"
        );
        let keys = |keys: &str| format!("{function}, cacheKeyParameters: [{keys}]");
        let path = "method.request.path.id, method.request.path.rest";
        assert_eq!(told(&keys(path)).as_deref(), Some("`q`"));
        assert_eq!(told(&keys(&format!("{path}, method.request.multivaluequerystring.q"))), None);
        assert_eq!(told(&keys(&format!("{path}, method.request.querystring.q"))), None);
        let proxy = "type: http_proxy, httpMethod: GET, uri: 'http://h/{id}'";
        let mapped = "requestParameters: {integration.request.path.id: method.request.path.id}";
        assert_eq!(told(proxy).as_deref(), Some("`q`"));
        assert_eq!(told(&format!("{proxy}, {mapped}")).as_deref(), Some("`id`, `q`"));
        let key = "cacheKeyParameters: [integration.request.path.id, method.request.querystring.q]";
        assert_eq!(told(&format!("{proxy}, {mapped}, {key}")), None);
        let mock = |template: &str| {
            format!(
                "type: mock, requestTemplates: {{application/json: \"{{'statusCode': 200}} {template}\"}}, responses: {{default: {{statusCode: '200'}}}}"
            )
        };
        assert_eq!(told(&mock("")), None);
        assert_eq!(told(&mock("$input.params('q')")).as_deref(), Some("`q`"));
        assert_eq!(told(&mock("$input.params().path")).as_deref(), Some("`id`, `rest`, `q`"));
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
