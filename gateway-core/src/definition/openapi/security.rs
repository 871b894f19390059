//! `security` of operations, and the security schemes that it refers to.

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{Authorization, Authorizer, AuthorizerKind, DefinitionError};
use super::authorizer::{self, Kind};
use super::lambda_authorizer;
use super::reading::{Dialect, Reading};

/// The security schemes of a document.
pub(super) struct Schemes {
    schemes: BTreeMap<String, Scheme>,
    pub(super) authorizers: Vec<Authorizer>,
}

/// What a security scheme stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// Index into the authorizers.
    Authorizer(u32),
    Iam,
    ApiKey,
    /// API Gateway knows nothing to do for it.
    Foreign,
    /// It was refused already.
    Bad,
}

impl Schemes {
    /// Reads `components.securitySchemes` or `securityDefinitions`.
    pub(super) fn read(reading: &Reading<'_>) -> Self {
        let mut read = Self { schemes: BTreeMap::new(), authorizers: Vec::new() };
        let at = match reading.dialect {
            Dialect::OpenApi3 => {
                reading.root.get("components").and_then(|at| at.get("securitySchemes"))
            }
            Dialect::Swagger2 => reading.root.get("securityDefinitions"),
        };
        let at = at.and_then(|at| reading.object(at));
        for (name, scheme) in at.iter().flat_map(At::members) {
            let scheme = read.scheme(reading, name, scheme).unwrap_or(Scheme::Bad);
            read.schemes.insert(name.into(), scheme);
        }
        read
    }

    fn scheme<'d>(&mut self, reading: &Reading<'d>, name: &str, at: At<'d>) -> Option<Scheme> {
        let at = reading.resolve(at).and_then(|at| reading.object(at))?;
        reading.members_known(&at, &MEMBERS);
        let authtype = at.get("x-amazon-apigateway-authtype");
        if let Some(authtype) = &authtype
            && reading.string(authtype).is_some_and(|t| t.eq_ignore_ascii_case("awsSigv4"))
        {
            return Some(Scheme::Iam);
        }
        if let Some(extension) = at.get("x-amazon-apigateway-authorizer") {
            let extension = reading.object(extension)?;
            let kind = authorizer::kind(reading, &extension).or_else(|| {
                // Nothing else says what the other members mean.
                reading.members_known(&extension, &authorizer::MEMBERS);
                None
            });
            let kind =
                match kind? {
                    Kind::Jwt => authorizer::jwt(reading, &at, &extension)?,
                    Kind::Cognito => authorizer::cognito(reading, &at, &extension)?,
                    Kind::Lambda(authorizer_type) => AuthorizerKind::Lambda(
                        lambda_authorizer::read(reading, &at, &extension, authorizer_type)?,
                    ),
                };
            let index = u32::try_from(self.authorizers.len()).ok()?;
            let source = extension.source();
            self.authorizers.push(Authorizer { name: name.into(), kind, source });
            return Some(Scheme::Authorizer(index));
        }
        let is = |member: &str, wanted: &str| {
            at.get(member)
                .is_some_and(|at| at.as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
        };
        if is("type", "apiKey") && is("name", "x-api-key") && is("in", "header") {
            return Some(Scheme::ApiKey);
        }
        if let Some(authtype) = authtype {
            let message = "`x-amazon-apigateway-authtype` without `x-amazon-apigateway-authorizer`";
            reading.error(&authtype, message);
            return None;
        }
        Some(Scheme::Foreign)
    }
}

/// Who may call an operation, and whether only with an API key.
pub(super) fn authorization<'d>(
    reading: &Reading<'d>,
    operation: &At<'d>,
    schemes: &Schemes,
) -> (Authorization, bool) {
    let mut api_key_required = false;
    let is_iam = is_iam(reading, operation);
    let own = operation.get("security");
    let inherited = || reading.root.get("security");
    let mut found: Option<(Authorization, String)> =
        is_iam.then(|| (Authorization::Iam, "x-amazon-apigateway-auth".into()));
    let Some(security) = own.or_else(inherited) else {
        return (found.map(|(authorization, _)| authorization).unwrap_or_default(), false);
    };
    for requirement in reading.array(&security) {
        let Some(requirement) = reading.object(requirement) else { continue };
        for (name, scopes) in requirement.members() {
            let authorization = match required(reading, &requirement, name, &scopes, schemes) {
                Some(Required::Authorization(authorization)) => authorization,
                Some(Required::ApiKey) => {
                    api_key_required = true;
                    continue;
                }
                None => continue,
            };
            match &found {
                // Both ways of saying it, as exports have them.
                Some((Authorization::Iam, _)) if authorization == Authorization::Iam => {}
                Some((_, first)) => {
                    let message = format!(
                        "an operation has one authorizer: the security requirement `{name}` stands beside `{first}`"
                    );
                    reading.error(&scopes, message);
                }
                None => found = Some((authorization, name.into())),
            }
        }
    }
    (found.map(|(authorization, _)| authorization).unwrap_or_default(), api_key_required)
}

/// What a security requirement asks for.
enum Required {
    Authorization(Authorization),
    ApiKey,
}

/// What one scheme of a requirement asks for; `None` if nothing, or if it was refused.
fn required<'d>(
    reading: &Reading<'d>,
    requirement: &At<'d>,
    name: &str,
    scopes: &At<'d>,
    schemes: &Schemes,
) -> Option<Required> {
    let scopes_read = reading.strings(scopes);
    let Some(scheme) = schemes.schemes.get(name) else {
        // So SAM writes that an operation has none of the API's authorizers (`Authorizer: NONE`).
        if name == "NONE" {
            return None;
        }
        let message = format!("there is no security scheme `{name}`");
        let help = reading.suggest(name, schemes.schemes.keys().map(String::as_str));
        reading.note(DefinitionError { help, ..DefinitionError::error(scopes.source(), message) });
        return None;
    };
    if scopes_read.len() > SCOPES_MAX && !reading.is_rest() {
        reading.error(scopes, format!("more than {SCOPES_MAX} scopes"));
    }
    match *scheme {
        Scheme::Authorizer(authorizer) => {
            check_scopes(reading, scopes, schemes.authorizers.get(authorizer as usize));
            let authorization = Authorization::Authorizer { authorizer, scopes: scopes_read };
            return Some(Required::Authorization(authorization));
        }
        Scheme::Iam => return Some(Required::Authorization(Authorization::Iam)),
        Scheme::ApiKey if reading.is_rest() => return Some(Required::ApiKey),
        Scheme::ApiKey => {
            let help = "use a JWT authorizer, or import it as a REST API";
            reading.error_with(scopes, "an HTTP API has no API keys", help);
        }
        Scheme::Foreign if reading.is_rest() => {
            let message = format!(
                "the security scheme `{name}` has no `x-amazon-apigateway-authorizer`: everybody may call"
            );
            reading.warning(requirement, message);
        }
        Scheme::Foreign => {
            let help = "add one, of the type `jwt`";
            let message =
                format!("the security scheme `{name}` has no `x-amazon-apigateway-authorizer`");
            reading.error_with(scopes, message, help);
        }
        Scheme::Bad => {}
    }
    None
}

/// Notes scopes that nobody asks for. "Authorization scopes" are of Cognito authorizers (`Method`, REST) and of JWT
/// authorizers (`Route`, HTTP).
fn check_scopes<'d>(reading: &Reading<'d>, scopes: &At<'d>, authorizer: Option<&Authorizer>) {
    if let Some(Authorizer { name, kind: AuthorizerKind::Lambda(_), .. }) = authorizer
        && scopes.items().next().is_some()
    {
        let message = format!(
            "the scopes are not enforced: `{name}` is a Lambda authorizer, whose function alone decides"
        );
        reading.warning(scopes, message);
    }
}

/// Notes that the document's own `security` holds here, though not on AWS.
pub(super) fn check_top_level(reading: &Reading<'_>) {
    if let Some(security) = reading.root.get("security")
        && security.items().next().is_some()
        && reading.is_rest()
    {
        let message = "AWS ignores `security` at the top of a REST API's document; here it holds for \
                       every operation without its own";
        reading.warning(&security, message);
    }
}

/// `x-amazon-apigateway-auth: {"type": "AWS_IAM"}`. What says NONE takes nothing away from `security`.
fn is_iam<'d>(reading: &Reading<'d>, operation: &At<'d>) -> bool {
    let auth = operation.get("x-amazon-apigateway-auth").and_then(|at| reading.object(at));
    let auth_type = auth.and_then(|auth| reading.required(&auth, "type"));
    let words = [("NONE", false), ("AWS_IAM", true)];
    auth_type.and_then(|at| reading.word(&at, &words)).unwrap_or(false)
}

/// Of both specifications.
const MEMBERS: [&str; 13] = [
    "$ref",
    "type",
    "description",
    "name",
    "in",
    "scheme",
    "bearerFormat",
    "flow",
    "flows",
    "authorizationUrl",
    "tokenUrl",
    "scopes",
    "openIdConnectUrl",
];

/// "Quotas for HTTP APIs": authorization scopes of a route.
const SCOPES_MAX: usize = 10;
