//! IAM authorization: requests that are signed with an access key (Signature Version 4).
//!
//! Lets through a principal that signed this very request within five minutes, and that policies allow
//! it. Refuses with MISSING_AUTHENTICATION_TOKEN who does not sign, with INVALID_SIGNATURE who signs
//! wrongly, with EXPIRED_TOKEN whose session is over, with ACCESS_DENIED whom no policy allows it.
//! Asks for `ReadContent`, whose hash is signed, and `VerifyRequestSignature`.
//! AWS: "Control access to a REST API with IAM permissions", "Policy evaluation logic".

use alloc::borrow::Cow;
use alloc::format;
use alloc::{boxed::Box, string::String, vec::Vec};

use super::super::trace;
use super::method_arn::MethodArn;
use super::resource_policy::{OF_API, OF_CALLER, not_authorized, told as policy_told};
use crate::context::{Context, IamContext, METHOD_OVERRIDE};
use crate::definition::{IamPrincipal, Protocol, Snapshot};
use crate::effect::{EffectError, RequestSignature, VerifyRequestSignature};
use crate::exchange::Io;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::limits::CLOCK_SKEW_MS_MAX;
use crate::message::{Request, Timestamp};
use crate::pipeline::integrate::{cancelled, read_content};
use crate::policy::{AccessRequest, Policy, Principal, Verdict};
use crate::sigv4::{Claim, ClaimError, Place, payload_hash, strings_to_sign};
use crate::transcript::is_secret;
use crate::{target, time};

const SERVICE: &str = "execute-api";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The principal that signed a request. Nothing but a signature that is verified makes one.
#[derive(Debug)]
pub(super) struct Signed<'g>(&'g IamPrincipal);

impl<'g> Signed<'g> {
    pub(super) fn principal(&self) -> Principal<'g> {
        Principal::Iam(&self.0.identity)
    }

    pub(super) fn is_of_account(&self, account_id: &str) -> bool {
        self.0.identity.account_id() == account_id
    }

    pub(super) fn to_context(&self) -> IamContext {
        let IamPrincipal { identity, access_key_id, .. } = self.0;
        IamContext { access_key: access_key_id.clone(), identity: Box::new(identity.clone()) }
    }
}

/// Who signed the request.
pub(super) async fn authenticate<'g>(
    snapshot: &'g Snapshot,
    request: &Request,
    context: &Context<'_>,
    io: &Io,
) -> Result<Signed<'g>, GatewayError> {
    let claim = Claim::read(request).map_err(|error| match error {
        ClaimError::Missing => {
            GatewayError::new(ResponseType::MissingAuthenticationToken, "the request is not signed")
        }
        ClaimError::Incomplete(words) => {
            invalid(words).with_error_type("IncompleteSignatureException")
        }
    })?;
    check_scope(&claim, &snapshot.region)?;
    check_signed_headers(&claim, request, context.is_overridden(request))?;
    let known = |principal: &&IamPrincipal| principal.access_key_id == claim.access_key_id;
    let principal = snapshot.principals.iter().find(known).ok_or_else(unknown_token)?;
    check_time(&claim, io.now())?;
    if principal.expires_at.is_some_and(|at| at <= io.now()) {
        return Err(GatewayError::new(ResponseType::ExpiredToken, "the session is over"));
    }
    let payload = payload(request, io).await?;
    let readings = strings_to_sign(request, &claim, &payload);
    let told =
        readings.first().map(|reading| (reading.request.clone(), reading.string_to_sign.clone()));
    let operation = VerifyRequestSignature {
        access_key_id: claim.access_key_id,
        session_token: claim.session_token,
        date: claim.date,
        region: claim.region,
        service: claim.service,
        strings_to_sign: readings.into_iter().map(|reading| reading.string_to_sign).collect(),
        signature: claim.signature.into(),
    };
    match io.perform(operation).await {
        Ok(RequestSignature::Valid) => Ok(Signed(principal)),
        Ok(RequestSignature::Invalid) => Err(mismatch(told.unwrap_or_default())),
        Ok(RequestSignature::UnknownToken) => Err(unknown_token()),
        Err(EffectError::Cancelled) => Err(cancelled()),
        Err(error) => {
            let reason = format!("the signature cannot be verified: {error}");
            Err(GatewayError::new(ResponseType::AuthorizerFailure, reason))
        }
    }
}

/// Whether its policies, and the API's, allow the principal the method. In the API's account either
/// suffices; of another account both must ("table A" and "table B").
pub(super) fn authorize(
    signed: &Signed<'_>,
    resource: Option<Verdict>,
    account_id: &str,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
    io: &Io,
) -> Result<(), GatewayError> {
    let own = identity_policies(&signed.0.policies, arn, access);
    trace::policy(|| policy_told(OF_CALLER, own, arn), io);
    let is_root = signed.0.identity.arn.ends_with(":root");
    let is_same_account = signed.is_of_account(account_id);
    let (is_allowed, is_allowed_here) = (
        matches!(own, Verdict::Allowed(_)) || is_root,
        matches!(resource, Some(Verdict::Allowed(_))),
    );
    let is_granted = match is_same_account {
        true => is_allowed || is_allowed_here,
        false => is_allowed && is_allowed_here,
    };
    let words = match own {
        Verdict::Denied(_) => " in an identity-based policy",
        _ if is_granted => return Ok(()),
        _ if is_allowed => " because no resource-based policy allows the execute-api:Invoke action",
        _ => " because no identity-based policy allows the execute-api:Invoke action",
    };
    let error = match own {
        Verdict::Allowed(_) => not_authorized(OF_API, arn, access, Verdict::Silent),
        own => not_authorized(OF_CALLER, arn, access, own),
    };
    let message = error.message.clone().unwrap_or_default();
    Err(error.with_message(format!("{message}{words}")))
}

/// What a principal's own policies say of what needs a permission in the API's account.
pub(super) fn own_verdict(
    signed: &Signed<'_>,
    account_id: &str,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
) -> Verdict {
    let is_root = signed.0.identity.arn.ends_with(":root");
    match identity_policies(&signed.0.policies, arn, access) {
        denied @ Verdict::Denied(_) => denied,
        _ if !signed.is_of_account(account_id) => Verdict::Silent,
        Verdict::Silent if is_root => Verdict::Allowed(0),
        verdict => verdict,
    }
}

/// Any denial, else any allowance.
fn identity_policies(policies: &[Policy], arn: &MethodArn, access: &AccessRequest<'_>) -> Verdict {
    let verdicts: Vec<Verdict> =
        policies.iter().map(|policy| arn.evaluate(policy, access)).collect();
    let of = |wanted: fn(&Verdict) -> bool| verdicts.iter().copied().find(wanted);
    of(|verdict| matches!(verdict, Verdict::Denied(_)))
        .or_else(|| of(|verdict| matches!(verdict, Verdict::Allowed(_))))
        .unwrap_or(Verdict::Silent)
}

fn check_scope(claim: &Claim, region: &str) -> Result<(), GatewayError> {
    if !claim.signed_headers.iter().any(|name| name == "host") {
        return Err(invalid(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    if claim.region != region {
        return Err(invalid(format!(
            "Credential should be scoped to a valid region, not '{}'.",
            claim.region
        )));
    }
    if claim.service != SERVICE {
        return Err(invalid(format!(
            "Credential should be scoped to correct service: '{SERVICE}'."
        )));
    }
    let day = claim.date_time.get(..8).unwrap_or_default();
    if claim.date != day {
        return Err(invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{}' != '{day}', from '{}'.",
            claim.date, claim.date_time
        )));
    }
    Ok(())
}

/// "You must include the `host` header and any `x-amz-*` headers in the signature": somebody else could
/// have added them on the way. Some clients leave out these three, which the signature vouches for anyhow:
/// the time and the hash of the content are in what is signed, and the token is compared with the key's. What is signed
/// has the method that was sent: one that overrides it must be signed, too, or a presigned `GET` would open `DELETE`.
fn check_signed_headers(
    claim: &Claim,
    request: &Request,
    is_overridden: bool,
) -> Result<(), GatewayError> {
    const VOUCHED_FOR: [&str; 3] = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
    for field in &request.fields {
        let is_amz = field.name.get(..6).is_some_and(|s| s.eq_ignore_ascii_case("x-amz-"));
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        let must_be_signed = is_amz || is_overridden && is(METHOD_OVERRIDE);
        if must_be_signed
            && !VOUCHED_FOR.iter().any(|name| is(name))
            && !claim.signed_headers.iter().any(|name| is(name))
        {
            let name = field.name.to_ascii_lowercase();
            return Err(invalid(format!(
                "'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )));
        }
    }
    Ok(())
}

/// Five minutes in both directions; a presigned URL as long as it says.
fn check_time(claim: &Claim, now: Timestamp) -> Result<(), GatewayError> {
    let basic = |ms: u64| time::iso8601_basic(Timestamp(ms));
    let (signed_at, now) = (claim.signed_at.0, now.0);
    let latest = now.saturating_add(CLOCK_SKEW_MS_MAX);
    if signed_at > latest {
        return Err(invalid(format!(
            "Signature not yet current: {} is still later than {} ({} + 5 min.)",
            claim.date_time,
            basic(latest),
            basic(now)
        )));
    }
    match claim.place {
        Place::Field if now.saturating_sub(signed_at) > CLOCK_SKEW_MS_MAX => Err(invalid(format!(
            "Signature expired: {} is now earlier than {} ({} - 5 min.)",
            claim.date_time,
            basic(now.saturating_sub(CLOCK_SKEW_MS_MAX)),
            basic(now)
        ))),
        Place::Query { expires_s } if now > signed_at.saturating_add(expires_s * 1_000) => {
            let until = basic(signed_at.saturating_add(expires_s * 1_000));
            Err(invalid(format!("Signature expired: {until} is now earlier than {}", basic(now))))
        }
        _ => Ok(()),
    }
}

/// What stands for the content in the canonical request: its hash, unless the client says that it
/// did not sign it. A hash that the client states must be the content's.
async fn payload(request: &Request, io: &Io) -> Result<String, GatewayError> {
    let stated = request.fields.get("x-amz-content-sha256");
    if stated == Some(UNSIGNED) {
        return Ok(UNSIGNED.into());
    }
    let hash = payload_hash(&read_content(request, io).await?);
    match stated {
        Some(stated) if !stated.eq_ignore_ascii_case(&hash) => Err(invalid(
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )),
        _ => Ok(hash),
    }
}

fn mismatch((canonical, string_to_sign): (String, String)) -> GatewayError {
    invalid(format!(
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n\
         The Canonical String for this request should have been\n'{}'\n\n\
         The String-to-Sign should have been\n'{string_to_sign}'\n",
        without_secrets(&canonical)
    ))
}

/// The message reaches logs: what others could use is left out of it, be it a field or a parameter of the query.
fn without_secrets(canonical: &str) -> String {
    let shown = canonical.split('\n').map(|line| match line.split_once(':') {
        Some((name, _)) if !name.starts_with('/') && is_secret(name) => format!("{name}:..."),
        _ => line.split_inclusive(['?', '&', '#']).map(without_secret).collect(),
    });
    shown.collect::<Vec<String>>().join("\n")
}

/// A parameter without its value, if that is a secret by its name. Which access key signed is none, and what it is about.
fn without_secret(parameter: &str) -> Cow<'_, str> {
    let secret = |name: &str| is_secret(&target::decode(name)) && name != "X-Amz-Credential";
    match parameter.split_once('=') {
        Some((name, value)) if secret(name) => {
            let separator = value.find(['?', '&', '#']).map_or("", |at| &value[at..]);
            format!("{name}=...{separator}").into()
        }
        _ => parameter.into(),
    }
}

fn unknown_token() -> GatewayError {
    invalid("The security token included in the request is invalid.")
        .with_error_type("UnrecognizedClientException")
}

fn invalid(message: impl Into<String>) -> GatewayError {
    let message = message.into();
    let reason = message.lines().next().unwrap_or_default();
    GatewayError::new(ResponseType::InvalidSignature, reason).with_message(message)
}

/// An HTTP API tells nobody why.
pub(super) fn told(error: GatewayError, protocol: Protocol) -> GatewayError {
    let is_about_iam = matches!(
        error.response_type,
        ResponseType::MissingAuthenticationToken
            | ResponseType::InvalidSignature
            | ResponseType::ExpiredToken
            | ResponseType::AccessDenied
    );
    match protocol {
        Protocol::Http if is_about_iam => error.with_status(403).with_message("Forbidden"),
        _ => error,
    }
}
