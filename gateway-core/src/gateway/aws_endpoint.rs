//! Where AWS's services are, and what requests to them are signed with.
//!
//! AWS General Reference, "AWS service endpoints": nearly all are `{service}.{region}.{domain}`.

use alloc::{format, string::String};

/// A service of AWS in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsEndpoint {
    /// `https://sqs.us-east-1.amazonaws.com`
    pub(crate) origin: String,
    /// What comes before the path of a request: a bucket, of which the name stands in the path here.
    pub(crate) path_prefix: String,
    /// The name to sign with, which the configuration names the service by.
    pub(crate) signing_name: String,
    /// The region to sign for.
    pub(crate) region: String,
}

impl AwsEndpoint {
    /// Of a service as integration URIs name it: by what its host begins with, after a subdomain of
    /// its own where there is one. `None` where one of them cannot be part of a host.
    pub(crate) fn new(service: &str, subdomain: Option<&str>, region: &str) -> Option<Self> {
        let is_label = |text: &str| {
            let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            (1..=128).contains(&text.len()) && text.bytes().all(is_part)
        };
        let is_region = is_label(region) && !region.contains(['.', '_']);
        if !is_region || !is_label(service) || !subdomain.is_none_or(is_label) {
            return None;
        }
        let domain = domain(region);
        let (host, region) = match GLOBAL.iter().find(|(name, ..)| *name == service) {
            Some((_, home, host)) if domain == "amazonaws.com" => {
                (format!("{host}.{domain}"), *home)
            }
            Some(("iam", ..)) if region.starts_with("cn-") => {
                (format!("iam.cn-north-1.{domain}"), "cn-north-1")
            }
            _ => (format!("{}.{region}.{domain}", host_name(service)), region),
        };
        let (host, path_prefix) = match subdomain {
            // A bucket's name may have dots, which no certificate covers.
            Some(bucket) if service == "s3" => (host, format!("/{bucket}")),
            Some(subdomain) => (format!("{subdomain}.{host}"), String::new()),
            None if service == "iotdata" => (format!("data-ats.{host}"), String::new()),
            None => (host, String::new()),
        };
        Some(Self {
            origin: format!("https://{host}"),
            path_prefix,
            signing_name: signing_name(service).into(),
            region: region.into(),
        })
    }
}

/// Of the partition that a region is in.
fn domain(region: &str) -> &'static str {
    match region.split('-').next().unwrap_or_default() {
        "cn" => "amazonaws.com.cn",
        "eusc" => "amazonaws.eu",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    }
}

/// Services with one endpoint for all regions: their region, and their host.
const GLOBAL: [(&str, &str, &str); 9] = [
    ("iam", "us-east-1", "iam"),
    ("route53", "us-east-1", "route53"),
    ("cloudfront", "us-east-1", "cloudfront"),
    ("waf", "us-east-1", "waf"),
    ("shield", "us-east-1", "shield.us-east-1"),
    ("budgets", "us-east-1", "budgets"),
    ("organizations", "us-east-1", "organizations.us-east-1"),
    ("support", "us-east-1", "support.us-east-1"),
    ("globalaccelerator", "us-west-2", "globalaccelerator.us-west-2"),
];

fn host_name(service: &str) -> &str {
    if service == "iotdata" { "iot" } else { service }
}

/// What requests to a service are signed with, where it is not what its host begins with and integrations name it by.
pub fn signing_name(service: &str) -> &str {
    match service {
        "appconfigdata" => "appconfig",
        "appstream2" => "appstream",
        "bedrock-runtime" | "bedrock-agent" | "bedrock-agent-runtime" => "bedrock",
        "cloudhsmv2" => "cloudhsm",
        "email" => "ses",
        "forecastquery" => "forecast",
        "identity-chime" | "meetings-chime" | "messaging-chime" | "voice-chime" => "chime",
        "marketplace" => "aws-marketplace",
        "memory-db" => "memorydb",
        "migrationhub-config" => "mgh",
        "models-v2-lex" | "runtime-v2-lex" => "lex",
        "personalize-events" | "personalize-runtime" => "personalize",
        "pinpoint" => "mobiletargeting",
        "servicecatalog-appregistry" => "servicecatalog",
        "sync-states" => "states",
        _ => service,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_where_aws_has_them() {
        for (service, subdomain, region, origin, prefix, name, signed_for) in [
            ("sqs", None, "eu-west-1", "sqs.eu-west-1.amazonaws.com", "", "sqs", "eu-west-1"),
            (
                "states",
                None,
                "cn-north-1",
                "states.cn-north-1.amazonaws.com.cn",
                "",
                "states",
                "cn-north-1",
            ),
            (
                "sync-states",
                None,
                "us-east-1",
                "sync-states.us-east-1.amazonaws.com",
                "",
                "states",
                "us-east-1",
            ),
            ("iam", None, "eu-west-1", "iam.amazonaws.com", "", "iam", "us-east-1"),
            (
                "iam",
                None,
                "cn-northwest-1",
                "iam.cn-north-1.amazonaws.com.cn",
                "",
                "iam",
                "cn-north-1",
            ),
            ("email", None, "us-east-1", "email.us-east-1.amazonaws.com", "", "ses", "us-east-1"),
            (
                "s3",
                Some("a.b"),
                "us-east-1",
                "s3.us-east-1.amazonaws.com",
                "/a.b",
                "s3",
                "us-east-1",
            ),
            (
                "sagemaker",
                Some("runtime"),
                "us-east-1",
                "runtime.sagemaker.us-east-1.amazonaws.com",
                "",
                "sagemaker",
                "us-east-1",
            ),
            (
                "execute-api",
                Some("abc"),
                "us-east-1",
                "abc.execute-api.us-east-1.amazonaws.com",
                "",
                "execute-api",
                "us-east-1",
            ),
            (
                "iotdata",
                None,
                "us-east-1",
                "data-ats.iot.us-east-1.amazonaws.com",
                "",
                "iotdata",
                "us-east-1",
            ),
        ] {
            let endpoint = AwsEndpoint::new(service, subdomain, region).unwrap();
            assert_eq!(endpoint.origin, format!("https://{origin}"));
            assert_eq!(
                (&*endpoint.path_prefix, &*endpoint.signing_name, &*endpoint.region),
                (prefix, name, signed_for),
                "{service}"
            );
        }
    }

    #[test]
    fn what_is_no_part_of_a_host_leads_nowhere() {
        for (service, subdomain, region) in [
            ("sqs", None, "evil.example/"),
            ("sqs", None, "evil.example"),
            ("sqs", None, ""),
            ("", None, "us-east-1"),
            ("sqs/", None, "us-east-1"),
            ("sqs", Some("a@b"), "us-east-1"),
            ("sqs", Some("a:1"), "us-east-1"),
        ] {
            assert_eq!(AwsEndpoint::new(service, subdomain, region), None);
        }
    }
}
