//! What stands at the top of a document and concerns the whole API.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{ApiKeySource, DefinitionError, EndpointType};
use super::reading::{Dialect, Reading};

/// Settings of an API.
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) disable_execute_api_endpoint: bool,
    pub(super) endpoint_type: EndpointType,
    pub(super) binary_media_types: Vec<String>,
    pub(super) api_key_source: ApiKeySource,
    pub(super) minimum_compression_bytes: Option<u32>,
}

/// Reads the settings, and notes unknown members at the top of the document.
pub(super) fn read(reading: &Reading<'_>) -> Settings {
    let root = &reading.root;
    let members: &[&str] = match reading.dialect {
        Dialect::OpenApi3 => &OPENAPI_MEMBERS,
        Dialect::Swagger2 => &SWAGGER_MEMBERS,
    };
    reading.members_ignored(root, members);
    let info = reading.required(root, "info").and_then(|at| reading.object(at));
    let title = info.as_ref().and_then(|info| reading.required(info, "title"));
    let name = title.and_then(|at| reading.text(&at)).unwrap_or_default();
    let version = info.and_then(|info| info.get("version"));
    let version = version.and_then(|at| reading.text(&at)).unwrap_or_default();
    let mut settings = Settings {
        name: name.into(),
        version: version.into(),
        disable_execute_api_endpoint: false,
        endpoint_type: if reading.is_rest() { EndpointType::Edge } else { EndpointType::Regional },
        binary_media_types: Vec::new(),
        api_key_source: ApiKeySource::Header,
        minimum_compression_bytes: None,
    };
    let servers = root.get("servers");
    if let Some(second) =
        servers.as_ref().and_then(|at| at.items().nth(1)).filter(|_| reading.is_rest())
    {
        // AWS's words.
        let message = "More than one server provided. Ignoring all but the first for defining \
                       endpoint configuration";
        reading.warning(&second, message);
    }
    let servers = servers.iter().flat_map(At::items);
    for at in servers.chain([root.clone()]) {
        if let Some(at) = at.get("x-amazon-apigateway-endpoint-configuration") {
            endpoint_configuration(reading, at, &mut settings);
        }
    }
    if let Some(at) = root.get("x-amazon-apigateway-importexport-version")
        && reading.text(&at).is_some_and(|version| version != "1.0" && version != "1")
    {
        reading.error(&at, "only version 1.0 is known");
    }
    if reading.is_rest() {
        rest(reading, &mut settings);
    }
    settings
}

/// What only REST APIs have.
fn rest(reading: &Reading<'_>, settings: &mut Settings) {
    if let Some(at) = reading.root.get("x-amazon-apigateway-binary-media-types") {
        settings.binary_media_types = reading.strings(&at);
        for item in at.items() {
            if item.as_str().is_some_and(|text| !is_media_type(text)) {
                let text = item.as_str().unwrap_or_default();
                reading.error(&item, format!("`{text}` is not a media type"));
            }
        }
    }
    if let Some(at) = reading.root.get("x-amazon-apigateway-api-key-source") {
        let sources = [("HEADER", ApiKeySource::Header), ("AUTHORIZER", ApiKeySource::Authorizer)];
        settings.api_key_source = reading.word(&at, &sources).unwrap_or_default();
    }
    if let Some(at) = reading.root.get("x-amazon-apigateway-minimum-compression-size") {
        let bytes = reading.integer(&at, 0..=COMPRESSION_BYTES_MAX);
        settings.minimum_compression_bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    }
}

fn endpoint_configuration<'d>(reading: &Reading<'d>, at: At<'d>, settings: &mut Settings) {
    let Some(at) = reading.object(at) else { return };
    reading.members_known(&at, &ENDPOINT_MEMBERS);
    if let Some(types) = at.get("types") {
        if let Some(second) = types.items().nth(1) {
            let message = "an API has one endpoint type: the last one counts";
            reading.warning(&second, message);
        }
        for item in reading.array(&types) {
            let known = [
                ("EDGE", EndpointType::Edge),
                ("REGIONAL", EndpointType::Regional),
                ("PRIVATE", EndpointType::Private),
            ];
            if let Some(endpoint_type) = reading.word(&item, &known) {
                settings.endpoint_type = endpoint_type;
                reading.is_named_edge.set(endpoint_type == EndpointType::Edge);
                if endpoint_type == EndpointType::Edge && reading.is_rest() {
                    let message = "served as a regional API: no CloudFront stands before it";
                    let help = "requests have no `Via`, `X-Amz-Cf-Id` and `CloudFront-…`, unless a \
                                distribution of the configuration stands before it";
                    let warning = DefinitionError::warning(item.source(), message);
                    reading.note(warning.help(help));
                }
                if endpoint_type == EndpointType::Private && !reading.is_rest() {
                    reading.error(&item, "an HTTP API cannot be private");
                }
                if endpoint_type == EndpointType::Private
                    && reading.is_rest()
                    && reading.root.get("x-amazon-apigateway-policy").is_none()
                {
                    let help = "add `x-amazon-apigateway-policy`";
                    let message = "Private REST API doesn't have a resource policy attached to it";
                    reading.error_with(&item, message, help);
                }
            }
        }
    }
    if let Some(ids) = at.get("vpcEndpointIds") {
        reading.strings(&ids);
    }
    if let Some(disable) = at.get("disableExecuteApiEndpoint") {
        let disable = reading.boolean(&disable).unwrap_or(false);
        settings.disable_execute_api_endpoint |= disable;
    }
}

fn is_media_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(main, sub)| {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && b != b',' && b != b'/')
        };
        is_part(main) && is_part(sub)
    })
}

/// "x-amazon-apigateway-minimum-compression-size": up to 10 MB.
const COMPRESSION_BYTES_MAX: i64 = 10 * 1024 * 1024;

const ENDPOINT_MEMBERS: [&str; 4] =
    ["types", "vpcEndpointIds", "disableExecuteApiEndpoint", "ipAddressType"];

const OPENAPI_MEMBERS: [&str; 8] =
    ["openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"];

const SWAGGER_MEMBERS: [&str; 15] = [
    "swagger",
    "info",
    "host",
    "basePath",
    "schemes",
    "consumes",
    "produces",
    "paths",
    "definitions",
    "parameters",
    "responses",
    "securityDefinitions",
    "security",
    "tags",
    "externalDocs",
];
