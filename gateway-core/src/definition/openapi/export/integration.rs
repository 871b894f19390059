//! `x-amazon-apigateway-integration`.

use super::super::template::PASSTHROUGH;
use super::settings::integer;
use super::*;
use crate::definition::{
    ConnectionType, ContentHandling, Integration, IntegrationResponse, IntegrationType,
    PassthroughBehavior, PayloadFormat, ResponseTransferMode,
};

/// Writes an integration.
pub(super) fn write(exported: &Exported<'_>, integration: &Integration) -> Json {
    let mut written = Members::default();
    written.set("type", integration_type(integration.integration_type));
    written.set_if("integrationSubtype", integration.integration_subtype.as_deref());
    written.set_if("httpMethod", integration.http_method.as_deref());
    written.set_if("uri", integration.uri.as_deref());
    if let ConnectionType::VpcLink(private) = &integration.connection_type {
        written.set("connectionType", "VPC_LINK");
        written.set("connectionId", private.connection_id.as_str());
        written.set_if("integrationTarget", private.integration_target.as_deref());
    }
    written.set_if("credentials", integration.credentials.as_deref());
    if !exported.is_rest() {
        let format = match integration.payload_format {
            PayloadFormat::V1 => "1.0",
            PayloadFormat::V2 => "2.0",
        };
        written.set("payloadFormatVersion", format);
    }
    if integration.response_transfer_mode == ResponseTransferMode::Stream {
        written.set("responseTransferMode", "STREAM");
    }
    written.set_if("timeoutInMillis", integration.timeout_ms.map(integer));
    let passthrough = integration.passthrough_behavior;
    if exported.is_rest() || passthrough != PassthroughBehavior::default() {
        written.set("passthroughBehavior", passthrough.name());
    }
    written.set_if("contentHandling", integration.content_handling.map(content_handling));
    written.set_if("cacheNamespace", integration.cache_namespace.as_deref());
    if !integration.cache_key_parameters.is_empty() {
        let names = integration.cache_key_parameters.iter().map(|name| Json::String(name.clone()));
        written.set("cacheKeyParameters", Json::Array(names.collect()));
    }
    written.set_if("requestParameters", texts(&integration.request_parameters));
    written.set_if("requestTemplates", templates(&integration.request_templates));
    written.set_if("responses", responses(&integration.responses));
    written.set_if("responseParameters", response_parameters(&integration.response_parameters));
    let tls = &integration.tls_config;
    if tls.insecure_skip_verification || tls.is_private_https {
        let mut tls_config = Members::default();
        if tls.insecure_skip_verification {
            tls_config.set("insecureSkipVerification", Json::Bool(true));
        }
        tls_config.set_if("serverNameToVerify", tls.server_name_to_verify.as_deref());
        written.set("tlsConfig", tls_config.into_json());
    }
    written.into_json()
}

fn integration_type(integration_type: IntegrationType) -> &'static str {
    match integration_type {
        IntegrationType::Mock => "mock",
        IntegrationType::Http => "http",
        IntegrationType::HttpProxy => "http_proxy",
        IntegrationType::Aws => "aws",
        IntegrationType::AwsProxy => "aws_proxy",
    }
}

fn content_handling(handling: ContentHandling) -> &'static str {
    match handling {
        ContentHandling::ConvertToText => "CONVERT_TO_TEXT",
        ContentHandling::ConvertToBinary => "CONVERT_TO_BINARY",
    }
}

/// By selection pattern, in their order. The empty pattern is a default too, after the first one.
fn responses(responses: &[IntegrationResponse]) -> Option<Json> {
    let mut written = Members::default();
    let mut defaults = ["default", ""].into_iter();
    for response in responses {
        let pattern = response.selection_pattern.as_deref();
        let Some(name) = pattern.or_else(|| defaults.next()) else { continue };
        let mut members = Members::default();
        members.set("statusCode", format!("{}", response.status_code).as_str());
        members.set_if("responseParameters", texts(&response.response_parameters));
        members.set_if("responseTemplates", templates(&response.response_templates));
        members.set_if("contentHandling", response.content_handling.map(content_handling));
        written.set(name, members.into_json());
    }
    written.into_json_if_any()
}

/// By media type; AWS exports what is none as a word of its own.
fn templates(templates: &[(String, String)]) -> Option<Json> {
    let mut written = Members::default();
    for (media_type, text) in templates {
        written.set(media_type, if text.is_empty() { PASSTHROUGH } else { text.as_str() });
    }
    written.into_json_if_any()
}

/// HTTP APIs: by the endpoint's status.
fn response_parameters(by_status: &[(u16, Vec<(String, String)>)]) -> Option<Json> {
    let mut written = Members::default();
    for (status, mappings) in by_status {
        written
            .set(&format!("{status}"), texts(mappings).unwrap_or(Json::Object(Object::default())));
    }
    written.into_json_if_any()
}
