//! `SendRequest` to AWS's services: signed, at the endpoint of the environment or AWS's own.

use gateway_core::effect::EffectError;
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, Fields};
use worker::Env;

use crate::bindings;
use crate::content::Contents;
use crate::sign::{Credentials, Signing};

/// A request that is to be signed.
pub(super) struct Unsigned<'r> {
    pub(super) method: &'r str,
    pub(super) url: &'r str,
    pub(super) signing_name: &'r str,
    pub(super) region: &'r str,
    /// Whose call it is, as the effect says.
    pub(super) credentials: Option<&'r str>,
}

impl Unsigned<'_> {
    /// The URL to send to, and the fields with the signature. `content` becomes what was signed.
    pub(super) async fn sign(
        self,
        fields: Fields,
        content: &mut Content,
        contents: &mut Contents,
        env: &Env,
    ) -> Result<(String, Fields), EffectError> {
        let bytes = match content {
            // workerd sends none with these, and what is not sent is not signed.
            _ if matches!(self.method, "GET" | "HEAD") => Vec::new(),
            Content::Empty => Vec::new(),
            Content::Bytes(bytes) => std::mem::take(bytes),
            Content::Held(id) => contents.read(*id, PAYLOAD_BYTES_MAX).await?,
        };
        let url = self.endpoint(env);
        // What the platform writes or changes cannot be signed.
        let mut lines: Vec<(String, String)> = fields
            .iter()
            .map(|field| (field.name.to_ascii_lowercase(), field.value.to_owned()))
            .filter(|(name, _)| !NOT_SIGNED.contains(&name.as_str()) && name != "host")
            .collect();
        match Credentials::of_call(env, self.credentials)? {
            Some(credentials) => {
                let date_time = crate::convert::basic_date_time();
                let (region, service) = (self.region, self.signing_name);
                let signing = Signing { credentials, region, service, date_time };
                let signed = signing.sign(self.method, &url, &lines, &bytes);
                lines.extend(signed.into_iter().map(|(name, value)| (name.into(), value)));
            }
            None if url == self.url => {
                let missing =
                    "AWS is not called without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
                return Err(EffectError::Unavailable(missing.into()));
            }
            None => {}
        }
        *content = if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) };
        let mut fields = Fields::new();
        lines.into_iter().for_each(|(name, value)| fields.push(name, value));
        Ok((url, fields))
    }

    fn endpoint(&self, env: &Env) -> String {
        let variable = self
            .signing_name
            .to_ascii_uppercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let Some(endpoint) = bindings::endpoint(env, &variable) else { return self.url.into() };
        let rest = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let target = rest.find(['/', '?']).map_or("/", |start| &rest[start..]);
        format!("{}{target}", endpoint.trim_end_matches('/'))
    }
}

const NOT_SIGNED: [&str; 4] = ["content-length", "transfer-encoding", "connection", "expect"];
