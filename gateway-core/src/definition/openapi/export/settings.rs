//! What stands at the top of a document and concerns the whole API.

use super::*;
use crate::definition::{ApiKeySource, Cors, EndpointType, GatewayResponse, RequestValidator};
use crate::json::Number;

/// `info`, and where the stage is reached.
pub(super) fn write_address(exported: &Exported<'_>, document: &mut Members) {
    let mut info = Members::default();
    info.set("title", exported.api.name.as_str());
    // Where the definition that was imported has none, AWS gives the time of the deployment.
    let Deployment { version, id, .. } = exported.deployment;
    let known = [version.as_str(), id, "1"].into_iter().find(|known| !known.is_empty());
    info.set("version", known.unwrap_or_default());
    document.set("info", info.into_json());
    let suffix = if exported.region.starts_with("cn-") { ".cn" } else { "" };
    let host = format!("{}.execute-api.{}.amazonaws.com{suffix}", exported.api.id, exported.region);
    let base_path = match exported.stage_name {
        "$default" => String::new(),
        stage_name => format!("/{stage_name}"),
    };
    let endpoint = endpoint_configuration(exported);
    if exported.is_swagger() {
        document.set("host", host.as_str());
        document.set("basePath", base_path.as_str());
        document.set("schemes", Json::Array(alloc::vec!["https".into()]));
        document.set_if("x-amazon-apigateway-endpoint-configuration", endpoint);
        return;
    }
    let mut default = Members::default();
    default.set("default", base_path.as_str());
    let mut variables = Members::default();
    variables.set("basePath", default.into_json());
    let mut server = Members::default();
    server.set("url", format!("https://{host}/{{basePath}}").as_str());
    server.set("variables", variables.into_json());
    server.set_if("x-amazon-apigateway-endpoint-configuration", endpoint);
    document.set("servers", Json::Array(alloc::vec![server.into_json()]));
}

/// AWS's extensions of the whole document, but for where the API is reached.
pub(super) fn write_extensions(
    exported: &Exported<'_>,
    document: &mut Members,
) -> Result<(), ExportError> {
    let deployment = exported.deployment;
    if exported.is_rest() {
        if let Some(policy) = &deployment.policy {
            let written = policy.to_document().ok_or_else(|| {
                let reason = "the resource policy has a condition key twice, in two spellings";
                ExportError(reason.into())
            })?;
            document.set("x-amazon-apigateway-policy", written);
        }
        let responses = deployment.gateway_responses.iter();
        let responses = responses.map(|r| (r.response_type.name().into(), gateway_response(r)));
        let responses: Object = responses.collect();
        let responses = (!responses.is_empty()).then_some(Json::Object(responses));
        document.set_if("x-amazon-apigateway-gateway-responses", responses);
        let validators = deployment.request_validators.iter();
        let validators: Object = validators.map(|v| (v.name.clone(), validator(v))).collect();
        let validators = (!validators.is_empty()).then_some(Json::Object(validators));
        document.set_if("x-amazon-apigateway-request-validators", validators);
        if !deployment.binary_media_types.is_empty() {
            let types = strings(&deployment.binary_media_types);
            document.set("x-amazon-apigateway-binary-media-types", types);
        }
        if deployment.api_key_source == ApiKeySource::Authorizer {
            document.set("x-amazon-apigateway-api-key-source", "AUTHORIZER");
        }
        let compression = deployment.minimum_compression_bytes.map(integer);
        document.set_if("x-amazon-apigateway-minimum-compression-size", compression);
    } else {
        document.set_if("x-amazon-apigateway-cors", deployment.cors.as_ref().map(cors));
        document.set("x-amazon-apigateway-importexport-version", "1.0");
    }
    Ok(())
}

fn endpoint_configuration(exported: &Exported<'_>) -> Option<Json> {
    let mut endpoint = Members::default();
    let (rest, http) = (EndpointType::Edge, EndpointType::Regional);
    let usual = if exported.is_rest() { rest } else { http };
    let endpoint_type = exported.deployment.endpoint_type;
    if endpoint_type != usual {
        endpoint.set("types", Json::Array(alloc::vec![endpoint_type.as_str().into()]));
    }
    if exported.api.disable_execute_api_endpoint {
        endpoint.set("disableExecuteApiEndpoint", Json::Bool(true));
    }
    endpoint.into_json_if_any().filter(|_| exported.extensions.apigateway)
}

fn gateway_response(response: &GatewayResponse) -> Json {
    let mut written = Members::default();
    written.set_if("statusCode", response.status_code.map(integer));
    written.set_if("responseParameters", texts(&response.response_parameters));
    written.set_if("responseTemplates", texts(&response.response_templates));
    written.into_json()
}

fn validator(validator: &RequestValidator) -> Json {
    let mut written = Members::default();
    written.set("validateRequestParameters", Json::Bool(validator.validate_request_parameters));
    written.set("validateRequestBody", Json::Bool(validator.validate_request_body));
    written.into_json()
}

fn cors(cors: &Cors) -> Json {
    let mut written = Members::default();
    for (name, list) in [
        ("allowOrigins", &cors.allow_origins),
        ("allowMethods", &cors.allow_methods),
        ("allowHeaders", &cors.allow_headers),
        ("exposeHeaders", &cors.expose_headers),
    ] {
        written.set_if(name, (!list.is_empty()).then(|| strings(list)));
    }
    written.set_if("maxAge", cors.max_age_s.map(integer));
    if cors.allow_credentials {
        written.set("allowCredentials", Json::Bool(true));
    }
    written.into_json()
}

pub(super) fn integer(value: impl Into<i64>) -> Json {
    Json::Number(Number::from(value.into()))
}
