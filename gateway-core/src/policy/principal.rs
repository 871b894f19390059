//! Who asks, and of whom a policy speaks.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::Effect;

/// An IAM principal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// `arn:aws:iam::{account}:user/{name}`, `arn:aws:sts::{account}:assumed-role/{role}/{session}`,
    /// `arn:aws:iam::{account}:root`.
    pub arn: String,
    /// `aws:userid`: the id of a user (`AIDA…`), or `AROA…:session`.
    pub user_id: String,
    /// The AWS organization of its account, if it is known.
    pub organization_id: Option<String>,
    /// Of the credentials of an identity pool: who got them.
    pub cognito: Option<CognitoIdentity>,
}

/// An identity of a Cognito identity pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CognitoIdentity {
    /// `{region}:{UUID}`
    pub identity_id: String,
    /// The pool, likewise.
    pub identity_pool_id: String,
    /// `authenticated` or `unauthenticated`.
    pub authentication_type: String,
    /// Who authenticated it, with commas between:
    /// `cognito-idp.{region}.amazonaws.com/{pool},cognito-idp.{region}.amazonaws.com/{pool}:CognitoSignIn:{sub}`.
    pub authentication_provider: Option<String>,
}

impl CognitoIdentity {
    /// The authentication methods reference: the type, and the providers.
    pub(crate) fn amr(&self) -> impl Iterator<Item = &str> {
        let providers = self.authentication_provider.iter().flat_map(|all| all.split(','));
        core::iter::once(self.authentication_type.as_str()).chain(providers)
    }
}

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Principal<'a> {
    /// Nobody that IAM knows.
    Anonymous,
    Iam(&'a Identity),
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Principals {
    AnyOf(Vec<Named>),
    NoneOf(Vec<Named>),
}

/// One name of a `Principal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Named {
    /// `*`, also the anonymous.
    Everyone,
    /// An account: its number, or its `:root`. All principals of it.
    Account(String),
    /// A user, a role, a session.
    Arn(String),
    /// A service or a federated user, which never calls an API here: its kind and its name.
    Other(String, String),
}

impl Identity {
    /// The account, from the ARN.
    pub fn account_id(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// `aws:PrincipalArn`: a session is its role.
    pub(crate) fn principal_arn(&self) -> alloc::borrow::Cow<'_, str> {
        match self.role() {
            Some(role) => {
                let partition = self.arn.split(':').nth(1).unwrap_or("aws");
                alloc::format!("arn:{partition}:iam::{}:role/{role}", self.account_id()).into()
            }
            None => self.arn.as_str().into(),
        }
    }

    /// `aws:username`: users alone have one.
    pub(crate) fn username(&self) -> Option<&str> {
        self.resource().strip_prefix("user/")?.rsplit('/').next()
    }

    /// `aws:PrincipalType`
    pub(crate) fn principal_type(&self) -> &'static str {
        match self.resource() {
            "root" => "Account",
            resource if resource.starts_with("assumed-role/") => "AssumedRole",
            resource if resource.starts_with("federated-user/") => "FederatedUser",
            _ => "User",
        }
    }

    fn role(&self) -> Option<&str> {
        self.resource().strip_prefix("assumed-role/")?.split('/').next()
    }

    fn resource(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or_default()
    }
}

impl Principals {
    /// Whether a statement of this effect speaks of the principal.
    ///
    /// AWS, "NotPrincipal": a denial spares whom it names in all that they are: a user and the account, a role's session and the
    /// role and the account. The account that stands there beside a user spares nobody else of it.
    pub(super) fn include(&self, principal: &Principal<'_>, effect: Effect) -> bool {
        let is_any = |names: &[Named]| names.iter().any(|name| name.is(principal));
        match (self, effect) {
            (Self::AnyOf(names), _) => is_any(names),
            (Self::NoneOf(names), Effect::Allow) => !is_any(names),
            (Self::NoneOf(names), Effect::Deny) => !are_named(names, principal),
        }
    }
}

/// Whether these name all that the principal is.
fn are_named(names: &[Named], principal: &Principal<'_>) -> bool {
    let is_among = |found: &dyn Fn(&Named) -> bool| names.iter().any(found);
    let Principal::Iam(identity) = principal else {
        return is_among(&|name| *name == Named::Everyone);
    };
    let account = identity.account_id();
    let is_root = identity.resource() == "root";
    is_among(&|name| *name == Named::Everyone)
        || (is_among(&|name| matches!(name, Named::Account(id) if id == account))
            && (is_root
                || is_among(&|name| matches!(name, Named::Arn(arn) if *arn == identity.arn)))
            && (identity.role().is_none()
                || is_among(&|name| matches!(name, Named::Arn(arn) if is_role_of(arn, identity)))))
}

impl Named {
    /// A name under `AWS`; `None` if it is none. A wildcard is a name only alone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_account = |id: &str| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        if text == "*" {
            return Some(Self::Everyone);
        }
        if is_account(text) {
            return Some(Self::Account(text.into()));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, "iam" | "sts", _, account, resource] = parts[..] else { return None };
        if !is_account(account) || resource.is_empty() || resource.contains(['*', '?']) {
            return None;
        }
        Some(match resource {
            "root" => Self::Account(account.into()),
            _ => Self::Arn(text.into()),
        })
    }

    fn is(&self, principal: &Principal<'_>) -> bool {
        match (self, principal) {
            (Self::Everyone, _) => true,
            (_, Principal::Anonymous) | (Self::Other(..), _) => false,
            (Self::Account(id), Principal::Iam(identity)) => identity.account_id() == id,
            (Self::Arn(arn), Principal::Iam(identity)) => {
                identity.arn == *arn || is_role_of(arn, identity)
            }
        }
    }
}

/// A role is all of its sessions. Its path is no part of their ARN.
fn is_role_of(arn: &str, identity: &Identity) -> bool {
    let role = arn.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next());
    role.is_some()
        && role == identity.role()
        && arn.split(':').nth(4) == Some(identity.account_id())
}
