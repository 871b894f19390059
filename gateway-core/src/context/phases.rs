//! What the phases before the integration came to: for access logs alone.

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use super::{AuthorizerContext, Context};
use crate::definition::Authorization;
use crate::gateway_error::{GatewayError, Origin, OwnField, ResponseType};

/// `$context.waf`, `.authenticate`, `.authorizer` and `.authorize`, as far as there was something to ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phases {
    /// `$context.webaclArn`
    pub web_acl_arn: String,
    /// The web ACL.
    pub waf: Option<Phase>,
    /// Who signed the request.
    pub authenticate: Option<Phase>,
    /// The Lambda, JWT or Cognito authorizer.
    pub authorizer: Option<Phase>,
    /// The policies: the API's own, of a signed request the principal's, and what a Lambda authorizer answered.
    pub authorize: Option<Phase>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phase {
    /// What a client would be told of it: 200, or why not.
    pub status: u16,
    /// Milliseconds.
    pub latency_ms: u32,
    /// Why it failed.
    pub error: Option<String>,
}

impl Phase {
    fn new(latency_ms: u32, error: Option<&GatewayError>) -> Self {
        let status = error.map_or(200, |e| e.status.unwrap_or(e.response_type.default_status()));
        Self { status, latency_ms, error: error.map(|e| words(e).into()) }
    }
}

/// "The error message returned from an authorizer": a JWT authorizer's is what it challenges the client with,
/// whose answer says `Unauthorized` and no more.
fn words(error: &GatewayError) -> &str {
    match (&error.field, &error.message) {
        (Some(OwnField::WwwAuthenticate(_)), _) | (_, None) => &error.reason,
        (_, Some(message)) => message,
    }
}

impl Context<'_> {
    fn phases(&mut self) -> &mut Phases {
        self.phases.get_or_insert_with(Box::default)
    }

    /// Notes what a web ACL came to. That it blocked is no error of its own.
    pub(crate) fn note_web_acl(&mut self, arn: &str, ms: u64, error: Option<&GatewayError>) {
        let failed = error.filter(|e| e.response_type != ResponseType::WafFiltered);
        let phase = Phase::new(u32::try_from(ms).unwrap_or(u32::MAX), failed);
        let phases = self.phases();
        (phases.web_acl_arn, phases.waf) = (arn.to_string(), Some(phase));
    }

    /// Notes what authorization came to. Policies are read in no time.
    ///
    /// AWS's "Troubleshooting Amazon API Gateway with enhanced observability variables": the phase `authorizer` is
    /// the authorizer's own work, `authorize` weighs what it and `authenticate` came to, and is there with IAM and
    /// Lambda authorizers. A policy that refuses before an authorizer is asked leaves no `authorizer`.
    pub(crate) fn note_authorization(
        &mut self,
        authorization: &Authorization,
        has_policy: bool,
        latency_ms: u32,
        error: Option<&GatewayError>,
    ) {
        let is_of_policy = |e: &&GatewayError| e.origin == Origin::Policy;
        let by_policy = error.filter(is_of_policy);
        let is_known = matches!(self.authorizer, AuthorizerContext::Iam(_));
        let is_by_function = matches!(self.authorizer, AuthorizerContext::Lambda(_));
        let was_asked = by_policy.is_none() || self.authorizer != AuthorizerContext::None;
        let phases = self.phases();
        match authorization {
            Authorization::None => {}
            Authorization::Iam if is_known => {
                phases.authenticate = Some(Phase::new(latency_ms, None));
                phases.authorize = Some(Phase::new(0, error));
                return;
            }
            Authorization::Iam => {
                phases.authenticate = Some(Phase::new(latency_ms, error));
                return;
            }
            Authorization::Authorizer { .. } => {
                let own = error.filter(|e| !is_of_policy(e));
                phases.authorizer = was_asked.then(|| Phase::new(latency_ms, own));
                if own.is_some() {
                    return;
                }
            }
        }
        if has_policy || is_by_function {
            phases.authorize = Some(Phase::new(0, by_policy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::example;

    /// What the authorizer and the policy came to.
    fn noted(found: AuthorizerContext, error: &GatewayError) -> [Option<u16>; 2] {
        let mut context = example();
        context.authorizer = found;
        let authorization = Authorization::Authorizer { authorizer: 0, scopes: Default::default() };
        context.note_authorization(&authorization, true, 7, Some(error));
        let phases = context.phases();
        [&phases.authorizer, &phases.authorize].map(|phase| Some(phase.as_ref()?.status))
    }

    #[test]
    fn a_refusal_is_that_of_who_refused_whatever_words_it_has() {
        let denied = |reason: &str| GatewayError::new(ResponseType::AccessDenied, reason);
        let (nobody, by_policy) =
            (AuthorizerContext::None, denied("no statement allows").of_policy());
        let somebody = AuthorizerContext::Cognito { claims: Default::default() };
        let own = denied("resource policy: of the authorizer's own");
        assert_eq!(noted(nobody.clone(), &own), [Some(403), None]);
        assert_eq!(noted(somebody, &by_policy), [Some(200), Some(403)]);
        assert_eq!(noted(nobody, &by_policy), [None, Some(403)]);
    }
}
