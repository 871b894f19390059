//! Which kind of API a definition alone is of.
//!
//! REST and HTTP APIs share most of what a document has. What only one kind has speaks for it; of that, what
//! people also write into definitions of the other kind (AWS ignores it there) speaks the least.

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::{DefinitionError, Protocol};

/// An HTTP API where the document has what only HTTP APIs have, else a REST API.
pub fn guess_protocol(document: &Node) -> Protocol {
    Guess::of(document).protocol
}

/// What a document is taken for, and what speaks for either kind.
pub(in crate::snapshot) struct Guess<'d> {
    pub(in crate::snapshot) protocol: Protocol,
    rest: Option<At<'d>>,
    http: Option<At<'d>>,
    nearly_http: Option<At<'d>>,
}

impl<'d> Guess<'d> {
    pub(in crate::snapshot) fn of(document: &'d Node) -> Self {
        let root = At::root(document);
        let mut guess =
            Self { protocol: Protocol::Rest, rest: None, http: None, nearly_http: None };
        // HTTP APIs are imported from OpenAPI 3.0 alone.
        if root.get("swagger").is_some() {
            return guess;
        }
        guess.read_document(&root);
        let is_http = match (&guess.http, &guess.rest) {
            (Some(_), _) => true,
            (None, Some(_)) => false,
            (None, None) => guess.nearly_http.is_some(),
        };
        guess.protocol = if is_http { Protocol::Http } else { Protocol::Rest };
        guess
    }

    /// What is told of a guess that may be wrong: something speaks for the other kind, or the document is refused and
    /// not much spoke for this one.
    pub(in crate::snapshot) fn doubt(self, is_refused: bool) -> Option<DefinitionError> {
        let (mark, kind, other) = match self.protocol {
            Protocol::Http => {
                let is_certain = self.http.is_some() && self.rest.is_none();
                let mark = self.http.or(self.nearly_http).filter(|_| is_refused && !is_certain);
                (mark, "an HTTP API", "--protocol REST")
            }
            Protocol::Rest => {
                let mark = self.nearly_http.and(self.rest);
                (mark, "a REST API", "--protocol HTTP")
            }
        };
        let message = format!("because of this, the definition is taken for {kind}'s");
        let warning = DefinitionError::warning(mark?.source(), message);
        Some(warning.help(format!("say `{other}` if it is not")))
    }

    fn read_document(&mut self, root: &At<'d>) {
        self.rest_by(root, &REST_EXTENSIONS);
        if let Some(endpoint) = root.get("x-amazon-apigateway-endpoint-configuration") {
            self.rest_by(&endpoint, &["types", "vpcEndpointIds"]);
        }
        let weak = ["x-amazon-apigateway-cors", "x-amazon-apigateway-importexport-version"];
        self.nearly_http = weak.iter().find_map(|name| root.get(name));
        let components = root.get("components");
        let part = |name| components.as_ref().and_then(|at| at.get(name));
        for (_, scheme) in part("securitySchemes").iter().flat_map(At::members) {
            self.read_scheme(&scheme);
        }
        for shared in [root.get(INTEGRATIONS), part(INTEGRATIONS)].iter().flatten() {
            shared.members().for_each(|(_, integration)| self.read_integration(&integration));
        }
        for (path, resource) in root.get("paths").iter().flat_map(At::members) {
            if matches!(path, "$default" | "/$default") {
                self.http(&resource);
            }
            resource.members().for_each(|(_, operation)| self.read_operation(&operation));
        }
    }

    fn read_operation(&mut self, operation: &At<'d>) {
        self.rest_by(operation, &["x-amazon-apigateway-auth", VALIDATOR]);
        self.http_by(operation, &["isDefaultRoute"]);
        if let Some(integration) = operation.get("x-amazon-apigateway-integration") {
            self.read_integration(&integration);
        }
    }

    fn read_integration(&mut self, integration: &At<'d>) {
        self.rest_by(integration, &REST_MEMBERS);
        self.http_by(integration, &["integrationSubtype"]);
        if let Some(at) = integration.get("type")
            && matches!(&*text(&at).to_ascii_lowercase(), "mock" | "http" | "aws")
        {
            self.rest(&at);
        }
        if let Some(at) = integration.get("uri").filter(|at| names_http_target(text(at))) {
            self.nearly_http.get_or_insert(at);
        }
        if let Some(at) = integration.get("payloadFormatVersion") {
            match at.as_text() {
                Some("2.0" | "2") => self.http(&at),
                _ => self.nearly_http = self.nearly_http.take().or(Some(at)),
            }
        }
        for (target, source) in integration.get("requestParameters").iter().flat_map(At::members) {
            if target.starts_with("integration.request.") {
                self.rest(&source);
            } else {
                self.read_source(&source);
            }
        }
    }

    fn read_scheme(&mut self, scheme: &At<'d>) {
        let Some(authorizer) = scheme.get("x-amazon-apigateway-authorizer") else {
            if scheme.get("name").is_some_and(|at| text(&at).eq_ignore_ascii_case("x-api-key")) {
                self.rest(scheme);
            }
            return;
        };
        self.http_by(&authorizer, &["jwtConfiguration", "authorizerPayloadFormatVersion"]);
        if let Some(at) = authorizer.get("type") {
            match &*text(&at).to_ascii_lowercase() {
                "token" | "cognito_user_pools" => self.rest(&at),
                "jwt" => self.http(&at),
                _ => {}
            }
        }
        if let Some(at) = authorizer.get("identitySource") {
            self.read_source(&at);
        }
    }

    /// Where a value comes from, as either kind names it.
    fn read_source(&mut self, at: &At<'d>) {
        if text(at).contains("method.request.") {
            self.rest(at);
        } else if text(at).starts_with("$request.") {
            self.http(at);
        }
    }

    fn rest_by(&mut self, at: &At<'d>, names: &[&str]) {
        if let Some(at) = names.iter().find_map(|name| at.get(name)) {
            self.rest(&at);
        }
    }

    fn http_by(&mut self, at: &At<'d>, names: &[&str]) {
        if let Some(at) = names.iter().find_map(|name| at.get(name)) {
            self.http(&at);
        }
    }

    fn rest(&mut self, at: &At<'d>) {
        self.rest.get_or_insert_with(|| at.clone());
    }

    fn http(&mut self, at: &At<'d>) {
        self.http.get_or_insert_with(|| at.clone());
    }
}

fn text<'d>(at: &At<'d>) -> &'d str {
    at.as_str().unwrap_or_default()
}

/// An HTTP API names a function, a load balancer's listener and a Cloud Map service by their own ARNs; to a REST API
/// these are no URIs ("PutIntegration", `uri`).
fn names_http_target(uri: &str) -> bool {
    let mut parts = uri.split(':');
    let is_arn = parts.next() == Some("arn") && parts.next().is_some_and(|p| p.starts_with("aws"));
    is_arn && matches!(parts.next(), Some("lambda" | "elasticloadbalancing" | "servicediscovery"))
}

const INTEGRATIONS: &str = "x-amazon-apigateway-integrations";
const VALIDATOR: &str = "x-amazon-apigateway-request-validator";

/// At the top of a document.
const REST_EXTENSIONS: [&str; 7] = [
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-request-validators",
    VALIDATOR,
];

/// In an integration.
const REST_MEMBERS: [&str; 5] = [
    "cacheKeyParameters",
    "contentHandling",
    "passthroughBehavior",
    "requestTemplates",
    "responses",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Node {
        crate::document::read(text).unwrap()
    }

    fn protocol(text: &str) -> Protocol {
        guess_protocol(&document(text))
    }

    fn with(integration: &str, members: &str) -> String {
        format!(
            "openapi: 3.0.1\npaths: {{/a: {{get: {{x-amazon-apigateway-integration: {integration}}}}}}}\n{members}"
        )
    }

    const CORS: &str = "x-amazon-apigateway-cors: {allowOrigins: ['*']}\n";
    const VERSION: &str = "x-amazon-apigateway-importexport-version: '1.0'\n";

    #[test]
    fn exports_of_http_apis_are_told_from_those_of_rest_apis() {
        assert_eq!(protocol(&with("{payloadFormatVersion: '1.0'}", "")), Protocol::Http);
        assert_eq!(protocol(VERSION), Protocol::Http);
        assert_eq!(protocol(&with("{type: http_proxy}", "")), Protocol::Rest);
        assert_eq!(protocol(&with("{type: http_proxy}", CORS)), Protocol::Http);
        let swagger = format!("swagger: '2.0'\n{VERSION}");
        assert_eq!(protocol(&swagger), Protocol::Rest, "HTTP APIs have no Swagger");
    }

    #[test]
    fn cors_or_a_version_makes_no_http_api_of_what_only_rest_apis_have() {
        let scheme = |authorizer: &str| {
            format!(
                "components: {{securitySchemes: {{s: {{type: apiKey, x-amazon-apigateway-authorizer: {authorizer}}}}}}}\n"
            )
        };
        for weak in [CORS, VERSION] {
            for mark in [
                "x-amazon-apigateway-request-validators: {all: {validateRequestBody: true}}",
                "x-amazon-apigateway-gateway-responses: {DEFAULT_4XX: {statusCode: 400}}",
                "x-amazon-apigateway-policy: {}",
                "x-amazon-apigateway-binary-media-types: [image/png]",
                "x-amazon-apigateway-api-key-source: HEADER",
                "x-amazon-apigateway-endpoint-configuration: {types: [REGIONAL]}",
                &scheme("{type: cognito_user_pools}"),
                &scheme("{type: request, identitySource: method.request.header.Authorization}"),
            ] {
                let text = with("{type: aws_proxy}", &format!("{weak}{mark}"));
                assert_eq!(protocol(&text), Protocol::Rest, "{text}");
                let text = with(
                    "{type: aws_proxy, payloadFormatVersion: '2.0'}",
                    &text[text.find(weak).unwrap()..],
                );
                assert_eq!(protocol(&text), Protocol::Http, "{text}");
            }
            for integration in [
                "{type: MOCK}",
                "{type: http}",
                "{type: aws_proxy, passthroughBehavior: when_no_match}",
                "{type: aws_proxy, responses: {}}",
                "{type: http_proxy, requestParameters: {integration.request.path.a: method.request.path.a}}",
            ] {
                assert_eq!(protocol(&with(integration, weak)), Protocol::Rest, "{integration}");
            }
        }
    }

    #[test]
    fn what_only_http_apis_have_makes_one_whatever_else_is_there() {
        let policy = "x-amazon-apigateway-policy: {}\n";
        for text in [
            with("{integrationSubtype: SQS-SendMessage}", policy),
            with("{requestParameters: {'append:header.a': $request.path}}", policy),
            format!("openapi: 3.0.1\npaths: {{$default: {{}}}}\n{policy}"),
        ] {
            assert_eq!(protocol(&text), Protocol::Http, "{text}");
        }
    }

    #[test]
    fn arns_of_functions_listeners_and_services_as_uris_are_an_http_apis() {
        let region = "eu-west-1:123456789012";
        for uri in [
            format!("arn:aws:lambda:{region}:function:f"),
            format!("arn:aws-cn:lambda:{region}:function:f"),
            format!("arn:aws:elasticloadbalancing:{region}:listener/app/l/1/2"),
            format!("arn:aws:servicediscovery:{region}:service/srv-1"),
        ] {
            let integration =
                format!("{{type: http_proxy, connectionType: VPC_LINK, uri: '{uri}'}}");
            assert_eq!(protocol(&with(&integration, "")), Protocol::Http, "{uri}");
            let integration = format!("{{type: aws, uri: '{uri}'}}");
            let document = document(&with(&integration, ""));
            let guess = Guess::of(&document);
            assert_eq!(guess.protocol, Protocol::Rest);
            let told = guess.doubt(true).unwrap();
            assert!(told.source.pointer.ends_with("/type"), "{}", told.source.pointer);
            assert_eq!(told.help.unwrap(), "say `--protocol HTTP` if it is not");
        }
        for uri in [
            format!(
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:{region}:function:f/invocations"
            ),
            "https://elasticloadbalancing.example/a".into(),
        ] {
            let integration = format!("{{type: aws_proxy, uri: '{uri}'}}");
            assert_eq!(protocol(&with(&integration, "")), Protocol::Rest, "{uri}");
        }
    }

    #[test]
    fn a_guess_that_may_be_wrong_says_what_it_is_made_by() {
        let doubt = |text: &str, is_refused| {
            let document = document(text);
            let told = Guess::of(&document).doubt(is_refused)?;
            Some((told.source.pointer, told.help.unwrap()))
        };
        let cors = with("{type: http_proxy}", CORS);
        assert_eq!(doubt(&cors, false), None);
        let (pointer, help) = doubt(&cors, true).unwrap();
        assert_eq!(pointer, "/x-amazon-apigateway-cors");
        assert_eq!(help, "say `--protocol REST` if it is not");
        let (pointer, help) = doubt(&with("{type: mock}", CORS), false).unwrap();
        assert!(pointer.ends_with("/x-amazon-apigateway-integration/type"), "{pointer}");
        assert_eq!(help, "say `--protocol HTTP` if it is not");
        assert_eq!(doubt(&with("{payloadFormatVersion: '2.0'}", CORS), true), None);
        assert_eq!(doubt(&with("{type: mock}", ""), true), None);
    }
}
