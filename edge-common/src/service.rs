//! Requests to AWS's services: signed, at the endpoint of the environment or AWS's own.

use gateway_core::effect::EffectError;
use gateway_core::message::Fields;

use crate::sign::{Credentials, Signing};
use crate::variables::{Variables, endpoint, variable_name};

/// What the platform writes or changes, and so cannot be signed.
const NOT_SIGNED: [&str; 5] =
    ["content-length", "transfer-encoding", "connection", "expect", "host"];

/// A request that is to be signed.
#[derive(Debug)]
pub struct Unsigned<'r> {
    /// The method.
    pub method: &'r str,
    /// At AWS's own endpoint.
    pub url: &'r str,
    /// The name to sign with.
    pub signing_name: &'r str,
    /// The region to sign for.
    pub region: &'r str,
    /// Whose call it is, as the effect says.
    pub credentials: Option<&'r str>,
}

impl Unsigned<'_> {
    /// The URL to send to, and the fields with the signature over them and the content.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] without keys where there should be some.
    pub fn sign(
        &self,
        fields: &Fields,
        content: &[u8],
        variables: &Variables<'_>,
        date_time: String,
    ) -> Result<(String, Fields), EffectError> {
        let url = self.endpoint(variables);
        let mut lines: Vec<(String, String)> = fields
            .iter()
            .map(|field| (field.name.to_ascii_lowercase(), field.value.to_owned()))
            .filter(|(name, _)| !NOT_SIGNED.contains(&name.as_str()))
            .collect();
        match Credentials::of_call(variables, self.credentials)? {
            Some(credentials) => {
                let (region, service) = (self.region, self.signing_name);
                let signing = Signing { credentials, region, service, date_time };
                let signed = signing.sign(self.method, &url, &lines, content);
                lines.extend(signed.into_iter().map(|(name, value)| (name.into(), value)));
            }
            None if url == self.url => {
                let missing =
                    "AWS is not called without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
                return Err(EffectError::Unavailable(missing.into()));
            }
            None => {}
        }
        let mut fields = Fields::new();
        lines.into_iter().for_each(|(name, value)| fields.push(name, value));
        Ok((url, fields))
    }

    fn endpoint(&self, variables: &Variables<'_>) -> String {
        let service = variable_name(self.signing_name);
        let Some(endpoint) = endpoint(variables, &service) else { return self.url.into() };
        let rest = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let target = rest.find(['/', '?']).map_or("/", |start| &rest[start..]);
        format!("{}{target}", endpoint.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSIGNED: Unsigned<'_> = Unsigned {
        method: "POST",
        url: "https://sqs.r-1.amazonaws.com/?Action=X",
        signing_name: "sqs",
        region: "r-1",
        credentials: None,
    };

    #[test]
    fn a_service_is_asked_where_the_environment_says_and_signed_if_there_are_keys() {
        let sign = |variables: &Variables<'_>| {
            let mut fields = Fields::new();
            fields.push("Host", "sqs.r-1.amazonaws.com");
            fields.push("X-A", "b");
            UNSIGNED.sign(&fields, b"c", variables, "20150830T123600Z".into())
        };
        assert!(matches!(sign(&|_| None), Err(EffectError::Unavailable(_))));
        let place = |name: &str| (name == "AWS_ENDPOINT_URL_SQS").then(|| "http://s/".to_owned());
        let (url, fields) = sign(&place).unwrap();
        assert_eq!((url.as_str(), fields.len()), ("http://s/?Action=X", 1));
        let keys = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("k".to_owned()),
            _ => None,
        };
        let (url, fields) = sign(&keys).unwrap();
        assert_eq!(url, UNSIGNED.url);
        let authorization = fields.get("authorization").unwrap();
        assert!(authorization.contains("SignedHeaders=host;x-a;x-amz-date"), "{authorization}");
    }
}
