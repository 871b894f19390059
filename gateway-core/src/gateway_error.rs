//! What the client is told when a request is refused or fails: AWS's gateway response types.
//!
//! Names, statuses and bodies: "Gateway response types for API Gateway" and recordings of the real
//! service (see `docs/compatibility.md`).

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// AWS's gateway response types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // each is the AWS name and nothing else
pub enum ResponseType {
    AccessDenied,
    ApiConfigurationError,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    BadRequestParameters,
    #[serde(rename = "DEFAULT_4XX")]
    Default4xx,
    #[serde(rename = "DEFAULT_5XX")]
    Default5xx,
    ExpiredToken,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    InvalidSignature,
    MissingAuthenticationToken,
    QuotaExceeded,
    RequestTooLarge,
    ResourceNotFound,
    Throttled,
    Unauthorized,
    UnsupportedMediaType,
    WafFiltered,
}

/// Why a request ends without a method response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayError {
    /// Which gateway response answers.
    pub response_type: ResponseType,
    /// `$context.error.message`: what the client reads.
    pub message: Option<String>,
    /// Overrides the type's default status, where AWS answers the same type with several.
    pub status: Option<u16>,
    /// A field of its own, for the types that have one.
    pub field: Option<OwnField>,
    /// Overrides the type's own `x-amzn-ErrorType`, where AWS tells more.
    pub error_type: Option<&'static str>,
    /// `$context.error.validationErrorString`: what a request validator found.
    pub validation_error: Option<String>,
    /// Who refuses, or fails.
    pub origin: Origin,
    /// For the execution log, and for `$context.integration.error` unless it is the host's.
    pub reason: String,
}

/// A field that the answer to an error has besides those of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnField {
    /// `www-authenticate`
    WwwAuthenticate(String),
    /// `retry-after`, in seconds.
    RetryAfter(u32),
}

/// Who refuses a request, or fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A stage of the pipeline; so does an authorizer.
    Stage,
    /// A policy: the API's own, that of the endpoint it came by, one of its signer's, or the one that a Lambda
    /// authorizer answered.
    Policy,
    /// An endpoint: the message is its own, which AWS writes otherwise.
    Endpoint,
    /// The host, whose words are for logs alone.
    Host,
}

/// AWS's words for an endpoint that cannot be reached.
pub(crate) const NETWORK_ERROR: &str = "Network error communicating with endpoint";

impl GatewayError {
    /// An error of this type with the type's default message; `reason` is for the log alone.
    pub fn new(response_type: ResponseType, reason: impl Into<String>) -> Self {
        let message = response_type.default_message().map(Into::into);
        Self {
            response_type,
            message,
            status: None,
            field: None,
            error_type: None,
            validation_error: None,
            origin: Origin::Stage,
            reason: reason.into(),
        }
    }
    /// With an endpoint's own message.
    pub fn with_message_of_endpoint(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), origin: Origin::Endpoint, ..self }
    }
    /// With another message.
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }
    /// As one whose reason the host gave.
    pub(crate) fn of_host(self) -> Self {
        Self { origin: Origin::Host, ..self }
    }
    /// `$context.integration.error`, which gateway responses may send: AWS's words. What the host says names addresses.
    pub(crate) fn integration_error(&self) -> String {
        match (self.origin, self.response_type) {
            (Origin::Host, ResponseType::ApiConfigurationError) => {
                "Execution failed due to configuration error".into()
            }
            (Origin::Host, _) => NETWORK_ERROR.into(),
            _ => self.reason.clone(),
        }
    }
    /// As a policy's.
    pub fn of_policy(self) -> Self {
        Self { origin: Origin::Policy, ..self }
    }
    /// With what a request validator found.
    pub fn with_validation_error(self, found: impl Into<String>) -> Self {
        Self { validation_error: Some(found.into()), ..self }
    }
    /// With another status than the type's own.
    pub fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }
    /// With another `x-amzn-ErrorType` than the type's own.
    pub fn with_error_type(self, error_type: &'static str) -> Self {
        Self { error_type: Some(error_type), ..self }
    }
    /// With a `www-authenticate` challenge.
    pub fn with_challenge(self, challenge: impl Into<String>) -> Self {
        Self { field: Some(OwnField::WwwAuthenticate(challenge.into())), ..self }
    }
    /// With the seconds after which the client may come again, if they are to be told.
    pub fn with_retry_after(self, seconds: Option<u32>) -> Self {
        Self { field: seconds.map(OwnField::RetryAfter).or(self.field), ..self }
    }
}

impl ResponseType {
    /// Every one, in their order.
    pub const ALL: [Self; 21] = [
        Self::AccessDenied,
        Self::ApiConfigurationError,
        Self::AuthorizerConfigurationError,
        Self::AuthorizerFailure,
        Self::BadRequestBody,
        Self::BadRequestParameters,
        Self::Default4xx,
        Self::Default5xx,
        Self::ExpiredToken,
        Self::IntegrationFailure,
        Self::IntegrationTimeout,
        Self::InvalidApiKey,
        Self::InvalidSignature,
        Self::MissingAuthenticationToken,
        Self::QuotaExceeded,
        Self::RequestTooLarge,
        Self::ResourceNotFound,
        Self::Throttled,
        Self::Unauthorized,
        Self::UnsupportedMediaType,
        Self::WafFiltered,
    ];

    /// AWS's name: `ACCESS_DENIED`, `DEFAULT_4XX`.
    pub fn name(self) -> &'static str {
        use ResponseType::*;
        match self {
            AccessDenied => "ACCESS_DENIED",
            ApiConfigurationError => "API_CONFIGURATION_ERROR",
            AuthorizerConfigurationError => "AUTHORIZER_CONFIGURATION_ERROR",
            AuthorizerFailure => "AUTHORIZER_FAILURE",
            BadRequestBody => "BAD_REQUEST_BODY",
            BadRequestParameters => "BAD_REQUEST_PARAMETERS",
            Default4xx => "DEFAULT_4XX",
            Default5xx => "DEFAULT_5XX",
            ExpiredToken => "EXPIRED_TOKEN",
            IntegrationFailure => "INTEGRATION_FAILURE",
            IntegrationTimeout => "INTEGRATION_TIMEOUT",
            InvalidApiKey => "INVALID_API_KEY",
            InvalidSignature => "INVALID_SIGNATURE",
            MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            QuotaExceeded => "QUOTA_EXCEEDED",
            RequestTooLarge => "REQUEST_TOO_LARGE",
            ResourceNotFound => "RESOURCE_NOT_FOUND",
            Throttled => "THROTTLED",
            Unauthorized => "UNAUTHORIZED",
            UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            WafFiltered => "WAF_FILTERED",
        }
    }

    /// The status of a REST API, unless a gateway response overrides it.
    pub fn default_status(self) -> u16 {
        use ResponseType::*;
        match self {
            AccessDenied
            | ExpiredToken
            | InvalidApiKey
            | InvalidSignature
            | MissingAuthenticationToken
            | WafFiltered => 403,
            ApiConfigurationError
            | AuthorizerConfigurationError
            | AuthorizerFailure
            | Default5xx => 500,
            BadRequestBody | BadRequestParameters | Default4xx => 400,
            IntegrationFailure | IntegrationTimeout => 504,
            QuotaExceeded | Throttled => 429,
            RequestTooLarge => 413,
            ResourceNotFound => 404,
            Unauthorized => 401,
            UnsupportedMediaType => 415,
        }
    }

    /// `$context.error.message` of a REST API, where the stage that fails gives none of its own.
    pub fn default_message(self) -> Option<&'static str> {
        use ResponseType::*;
        Some(match self {
            AccessDenied => "User is not authorized to access this resource",
            ApiConfigurationError | AuthorizerFailure | IntegrationFailure | Default5xx => {
                "Internal server error"
            }
            AuthorizerConfigurationError => return None,
            BadRequestBody => "Invalid request body",
            BadRequestParameters => "Missing required request parameters",
            Default4xx => "Bad request",
            ExpiredToken => "The security token included in the request is expired",
            IntegrationTimeout => "Endpoint request timed out",
            InvalidApiKey | WafFiltered => "Forbidden",
            InvalidSignature => {
                "The request signature we calculated does not match the signature you provided."
            }
            MissingAuthenticationToken => "Missing Authentication Token",
            QuotaExceeded => "Limit Exceeded",
            RequestTooLarge => "Request Too Long",
            ResourceNotFound => "No such method",
            Throttled => "Too Many Requests",
            Unauthorized => "Unauthorized",
            UnsupportedMediaType => "Unsupported Media Type",
        })
    }

    /// `x-amzn-ErrorType` of a REST API.
    pub fn error_type(self) -> &'static str {
        use ResponseType::*;
        match self {
            AccessDenied => "AccessDeniedException",
            ApiConfigurationError | IntegrationFailure | IntegrationTimeout => {
                "InternalServerErrorException"
            }
            Default5xx => "InternalFailureException",
            AuthorizerConfigurationError => "AuthorizerConfigurationException",
            AuthorizerFailure => "AuthorizerFailureException",
            BadRequestBody | BadRequestParameters | UnsupportedMediaType | Default4xx => {
                "BadRequestException"
            }
            ExpiredToken => "ExpiredTokenException",
            InvalidApiKey | WafFiltered => "ForbiddenException",
            InvalidSignature => "InvalidSignatureException",
            MissingAuthenticationToken => "MissingAuthenticationTokenException",
            QuotaExceeded => "LimitExceededException",
            RequestTooLarge => "RequestTooLargeException",
            ResourceNotFound => "ResourceNotFoundException",
            Throttled => "TooManyRequestsException",
            Unauthorized => "UnauthorizedException",
        }
    }

    /// Whether DEFAULT_4XX (true) or DEFAULT_5XX stands in where the API sets no response of this type.
    pub fn is_client_error(self) -> bool {
        self.default_status() < 500
    }
}
