//! Which of AWS's extensions there are, and where in a document they may stand.

use alloc::format;

use super::super::document::At;
use super::super::{DefinitionError, Protocol, Severity};
use super::reading::Reading;
use super::suggest::may_protect;

/// Notes every extension of AWS that does not exist, that stands where it has no effect, or that the
/// other kind of API has.
pub(super) fn check(reading: &Reading<'_>) {
    walk(reading, &reading.root, Document);
}

/// Where extensions may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Document,
    Paths,
    PathItem,
    Operation,
    Components,
    SecuritySchemes,
    SecurityScheme,
    Servers,
    Server,
    Tags,
    Tag,
    Elsewhere,
}

use Place::*;

/// Name, places, and the kind of API that has it (`None`: both).
const EXTENSIONS: [(&str, &[Place], Option<Protocol>); 21] = [
    ("x-amazon-apigateway-any-method", &[PathItem], None),
    ("x-amazon-apigateway-api-key-source", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-auth", &[Operation], None),
    ("x-amazon-apigateway-authorizer", &[SecurityScheme], None),
    ("x-amazon-apigateway-authtype", &[SecurityScheme], None),
    ("x-amazon-apigateway-binary-media-types", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-cors", &[Document], Some(Protocol::Http)),
    ("x-amazon-apigateway-documentation", &[Document], None),
    ("x-amazon-apigateway-endpoint-access-mode", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-endpoint-configuration", &[Document, Server], None),
    ("x-amazon-apigateway-gateway-responses", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-importexport-version", &[Document], None),
    ("x-amazon-apigateway-integration", &[Operation], None),
    ("x-amazon-apigateway-integrations", &[Components, Document], None),
    ("x-amazon-apigateway-minimum-compression-size", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-policy", &[Document], None),
    ("x-amazon-apigateway-request-validator", &[Document, Operation], Some(Protocol::Rest)),
    ("x-amazon-apigateway-request-validators", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-security-policy", &[Document], Some(Protocol::Rest)),
    ("x-amazon-apigateway-tag-value", &[Tag], None),
    ("x-amazon-apigateway-tags", &[Document], None),
];

fn walk<'d>(reading: &Reading<'d>, at: &At<'d>, place: Place) {
    for (name, member) in at.members() {
        // A documentation part, an example or a schema may hold anything; so may names of properties.
        if place == Elsewhere && UNREAD.contains(&name)
            || name == "x-amazon-apigateway-documentation"
        {
            continue;
        }
        if name.starts_with("x-amazon-") && !matches!(place, Paths | SecuritySchemes) {
            check_extension(reading, &member, name, place);
        } else if name.starts_with("x-") && !matches!(place, Paths | SecuritySchemes | Elsewhere) {
            warn_of_others(reading, &member, name);
        }
        walk(reading, &member, step(place, name));
    }
    for item in at.items() {
        walk(reading, &item, step(place, ""));
    }
}

/// Where the member of this name of a thing at this place stands.
fn step(place: Place, name: &str) -> Place {
    match (place, name) {
        (Document, "paths") => Paths,
        (Paths, _) => PathItem,
        (PathItem, "parameters" | "servers") => Elsewhere,
        (PathItem, _) => Operation,
        (Document, "components") => Components,
        (Document, "securityDefinitions") | (Components, "securitySchemes") => SecuritySchemes,
        (SecuritySchemes, _) => SecurityScheme,
        (Document, "servers") => Servers,
        (Servers, _) => Server,
        (Document, "tags") => Tags,
        (Tags, _) => Tag,
        _ => Elsewhere,
    }
}

const UNREAD: [&str; 6] = ["example", "examples", "default", "enum", "const", "properties"];

/// AWS ignores what it does not know, and what stands in another place. Of what says who may call it is refused.
fn check_extension<'d>(reading: &Reading<'d>, at: &At<'d>, name: &str, place: Place) {
    let severity = match place {
        SecurityScheme => Severity::Error,
        _ if may_protect(name) => Severity::Error,
        _ => Severity::Warning,
    };
    let Some((_, places, protocol)) = EXTENSIONS.iter().find(|(known, ..)| *known == name) else {
        let help = reading.suggest(name, EXTENSIONS.iter().map(|(known, ..)| *known));
        let message = format!("API Gateway has no extension `{name}`");
        let told = DefinitionError { severity, ..DefinitionError::error(at.source(), message) };
        return reading.note(DefinitionError { help, ..told });
    };
    if !places.contains(&place) {
        let message = format!("`{name}` has no effect here");
        let told = DefinitionError { severity, ..DefinitionError::error(at.source(), message) };
        return reading.note(told.help(format!("it belongs to {}", describe(places[0]))));
    }
    if protocol.is_some_and(|protocol| protocol != reading.protocol) {
        let kind = if reading.is_rest() { "a REST API" } else { "an HTTP API" };
        reading.warning(at, format!("`{name}` has no effect in {kind}"));
    }
}

/// Somebody else's extension, which AWS ignores, may be one of AWS's with a slip of the pen.
fn warn_of_others<'d>(reading: &Reading<'d>, at: &At<'d>, name: &str) {
    let Some(help) = reading.suggest(name, EXTENSIONS.iter().map(|(known, ..)| *known)) else {
        return;
    };
    let message = format!("`{name}` is ignored: it is none of AWS's extensions");
    reading.note(DefinitionError::warning(at.source(), message).help(help));
}

fn describe(place: Place) -> &'static str {
    match place {
        Document => "the top of the document",
        PathItem => "a path",
        Operation => "an operation",
        Components => "`components`",
        SecurityScheme => "a security scheme",
        Server => "a server",
        Tag => "a tag",
        Paths | SecuritySchemes | Servers | Tags | Elsewhere => "another place",
    }
}
