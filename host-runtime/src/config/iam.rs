//! `iam`: principals who sign requests, and the secrets of their access keys.

use std::collections::BTreeMap;
use std::path::Path;

use gateway_core::definition::IamPrincipal;
use gateway_core::definition::document::At;
use gateway_core::message::Timestamp;
use gateway_core::policy::{CognitoIdentity, Identity};
use gateway_core::time;

use super::private_endpoints::policy;
use super::reading::Reading;
use crate::perform::access_keys::Secret;
use crate::pipes;

/// Who may sign, without and with what nobody may see.
pub(super) type Principals = (Vec<IamPrincipal>, BTreeMap<String, Secret>);

pub(super) fn read_all(reading: &Reading, at: &At<'_>, directory: &Path) -> Principals {
    let Some(at) = at.get("iam") else { return Default::default() };
    reading.keys(&at, &["principals"]);
    let mut principals: Principals = Default::default();
    for item in at.get("principals").iter().flat_map(|at| reading.array(at)) {
        let Some((principal, secret)) = read(reading, &item, directory) else { continue };
        let id = principal.access_key_id.clone();
        if principals.1.insert(id.clone(), secret).is_some() {
            reading.error(&item, format!("the access key `{id}` is there twice"));
        }
        principals.0.push(principal);
    }
    principals
}

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<(IamPrincipal, Secret)> {
    const KEYS: [&str; 9] = [
        "arn",
        "userId",
        "principalOrgId",
        "cognitoIdentity",
        "accessKeyId",
        "secretAccessKey",
        "sessionToken",
        "expiration",
        "policies",
    ];
    reading.keys(at, &KEYS);
    let arn = reading.required(at, "arn").and_then(|at| arn(reading, &at));
    let access_key_id = reading.required(at, "accessKeyId");
    let access_key_id = access_key_id.and_then(|at| reading.text(&at).map(String::from));
    let secret = reading.required(at, "secretAccessKey");
    let secret = secret.and_then(|at| secret_text(reading, &at, directory));
    let token = at.get("sessionToken");
    let session_token = token.as_ref().and_then(|at| secret_text(reading, at, directory));
    let expiration = at.get("expiration");
    let expires_at = expiration.as_ref().and_then(|at| moment(reading, at));
    let items = at.get("policies").map(|at| reading.array(&at)).unwrap_or_default();
    let policies: Vec<_> = items.iter().map(|at| policy(reading, at)).collect();
    let policies: Option<Vec<_>> = policies.into_iter().collect();
    let user_id = at.get("userId").and_then(|at| reading.text(&at).map(String::from));
    let organization_id = at.get("principalOrgId");
    let organization_id = organization_id.and_then(|at| reading.text(&at).map(String::from));
    let cognito_at = at.get("cognitoIdentity");
    let cognito = cognito_at.as_ref().and_then(|at| cognito_identity(reading, at));
    // What is there and cannot be read is not the same as nothing.
    if token.is_some() != session_token.is_some()
        || expiration.is_some() != expires_at.is_some()
        || cognito_at.is_some() != cognito.is_some()
    {
        return None;
    }
    let (arn, access_key_id) = (arn?, access_key_id?);
    let user_id = user_id.unwrap_or_else(|| access_key_id.clone());
    let identity = Identity { arn, user_id, organization_id, cognito };
    let principal = IamPrincipal { identity, access_key_id, expires_at, policies: policies? };
    Some((principal, Secret { secret_access_key: secret?, session_token }))
}

/// Whom an identity pool gave the credentials to: names as `$context.identity` has them after `cognito`.
fn cognito_identity(reading: &Reading, at: &At<'_>) -> Option<CognitoIdentity> {
    const KEYS: [&str; 4] =
        ["identityId", "identityPoolId", "authenticationType", "authenticationProvider"];
    reading.keys(at, &KEYS);
    let text = |name: &str| {
        let at = reading.required(at, name)?;
        reading.text(&at).map(String::from)
    };
    let [identity_id, identity_pool_id] = ["identityId", "identityPoolId"].map(text);
    let provider = at.get("authenticationProvider");
    let authentication_provider = provider.and_then(|at| reading.text(&at).map(String::from));
    let authentication_type = match at.get("authenticationType") {
        None if authentication_provider.is_none() => "unauthenticated",
        None => "authenticated",
        Some(at) => match reading.text(&at)? {
            "authenticated" => "authenticated",
            "unauthenticated" => "unauthenticated",
            other => {
                let help = "one of authenticated, unauthenticated";
                reading.error_with(&at, format!("unknown authentication type `{other}`"), help);
                return None;
            }
        },
    };
    Some(CognitoIdentity {
        identity_id: identity_id?,
        identity_pool_id: identity_pool_id?,
        authentication_type: authentication_type.into(),
        authentication_provider,
    })
}

/// `arn:aws:iam::ACCOUNT:user/NAME`, `…:root`, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
fn arn(reading: &Reading, at: &At<'_>) -> Option<String> {
    let arn = reading.text(at)?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let is_account = |id: &str| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    let is_principal = match parts[..] {
        ["arn", _, "iam", "", account, resource] => {
            is_account(account) && (resource == "root" || resource.starts_with("user/"))
        }
        ["arn", _, "sts", "", account, resource] => {
            let is_session = resource.split('/').filter(|part| !part.is_empty()).count() == 3
                && resource.starts_with("assumed-role/");
            is_account(account) && (is_session || resource.starts_with("federated-user/"))
        }
        _ => false,
    };
    if !is_principal {
        let help = "it has the form arn:aws:iam::ACCOUNT:user/NAME or arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION";
        reading.error_with(at, format!("`{arn}` is not the ARN of a principal"), help);
        return None;
    }
    Some(arn.into())
}

/// A text, or `{file: PATH}`, or `{env: NAME}`. What is wrong with a secret is told without it.
pub(super) fn secret_text(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<String> {
    let told = |message: String| {
        reading.error(at, message);
        None
    };
    if !at.is_object() {
        return reading.text(at).map(String::from);
    }
    reading.keys(at, &["file", "env"]);
    let text = match (at.get("file"), at.get("env")) {
        (Some(file), None) => {
            let file = directory.join(reading.text(&file)?);
            match read_bounded(&file) {
                Ok(text) => text,
                Err(error) => return told(format!("{}: {error}", file.display())),
            }
        }
        (None, Some(name)) => {
            let name = reading.text(&name)?;
            match std::env::var(name) {
                Ok(text) => text,
                Err(_) => return told(format!("the variable `{name}` is not set")),
            }
        }
        _ => return told("a secret is a text, `{file: PATH}` or `{env: NAME}`".into()),
    };
    match text.trim() {
        "" => told("the secret is empty".into()),
        text => Some(text.into()),
    }
}

/// Longest file of a secret.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A file that is a device may have no end.
fn read_bounded(file: &Path) -> std::io::Result<String> {
    let bytes = pipes::read(file, SECRET_BYTES_MAX)?;
    match bytes.len() as u64 > SECRET_BYTES_MAX {
        true => {
            Err(std::io::Error::other(format!("a secret has at most {SECRET_BYTES_MAX} bytes")))
        }
        false => {
            String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8 text"))
        }
    }
}

fn moment(reading: &Reading, at: &At<'_>) -> Option<Timestamp> {
    let moment = reading.text(at).and_then(time::from_iso8601);
    if moment.is_none() {
        reading.error(at, "it is a time such as 2030-01-01T00:00:00Z");
    }
    moment
}
