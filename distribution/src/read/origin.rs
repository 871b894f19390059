//! Origins and origin groups.

use alloc::string::String;
use alloc::vec::Vec;

use super::at::At;
use super::policies::References;
use crate::model::{Bucket, Group, Origin, ProtocolPolicy, Signing};
use crate::problem::Named;

pub(super) fn origins(config: &At<'_, '_>, refs: &References) -> Vec<Origin> {
    let items = config.items("Origins");
    if items.is_empty() {
        config.error("there is no origin");
    }
    let mut origins: Vec<Origin> = Vec::new();
    for at in items {
        let Some(origin) = origin(&at, refs) else { continue };
        if origins.iter().any(|other| other.id == origin.id) {
            at.at("Id").error(alloc::format!("another origin has the id `{}`", origin.id));
        }
        origins.push(origin);
    }
    origins
}

fn origin(at: &At<'_, '_>, refs: &References) -> Option<Origin> {
    at.members(&[
        "Id",
        "DomainName",
        "OriginPath",
        "CustomHeaders",
        "S3OriginConfig",
        "CustomOriginConfig",
        "VpcOriginConfig",
        "ConnectionAttempts",
        "ConnectionTimeout",
        "ResponseCompletionTimeout",
        "OriginShield",
        "OriginAccessControlId",
    ]);
    let id = at.required("Id")?.text()?.into();
    let domain_name = at.required("DomainName")?;
    if let Some(vpc) = at.get("VpcOriginConfig") {
        vpc.error("VPC origins are not supported");
    }
    let bucket = bucket(at, &domain_name, refs);
    if let Some(limit) = at.get("ResponseCompletionTimeout").filter(|at| at.number() != Some(0)) {
        limit.warning(
            "a response as a whole has no limit here: `OriginReadTimeout` is that of each wait",
        );
    }
    if let Some(shield) = at.get("OriginShield").filter(|at| at.is("Enabled")) {
        shield.warning("this is one edge: a shield before the origin changes nothing");
    }
    let path = at.get("OriginPath").and_then(|at| at.text()).unwrap_or_default();
    if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/')) {
        at.at("OriginPath").error("`OriginPath` begins with a slash and ends without one");
    }
    let custom = at.get("CustomOriginConfig");
    if let Some(custom) = &custom {
        custom.members(&[
            "HTTPPort",
            "HTTPSPort",
            "OriginProtocolPolicy",
            "OriginSslProtocols",
            "OriginReadTimeout",
            "OriginKeepaliveTimeout",
            "IpAddressType",
            "OriginMtlsConfig",
        ]);
        if let Some(mutual) = custom.get("OriginMtlsConfig") {
            mutual.error("client certificates for origins are not supported");
        }
        warn_of_unheeded(custom);
    }
    let number = |name: &str, default: u64| {
        let found = custom.as_ref().and_then(|custom| custom.get(name)?.number());
        found.unwrap_or(default)
    };
    // "CloudFront forwards requests to S3 by the protocol of the viewer", and signs none in clear text.
    let of_bucket = bucket.as_ref().map(|bucket| match bucket.signing {
        Signing::Never => ProtocolPolicy::MatchViewer,
        Signing::NoOverride | Signing::Always => ProtocolPolicy::HttpsOnly,
    });
    let policy = custom.as_ref().and_then(|custom| custom.get("OriginProtocolPolicy"));
    let protocol =
        match policy.and_then(|at| at.one_of(&["http-only", "https-only", "match-viewer"])) {
            Some("http-only") => ProtocolPolicy::HttpOnly,
            Some("match-viewer") => ProtocolPolicy::MatchViewer,
            _ => of_bucket.unwrap_or(ProtocolPolicy::HttpsOnly),
        };
    let port = |name: &str, default| {
        u16::try_from(number(name, default)).unwrap_or_else(|_| {
            at.error("there is no such port");
            default as u16
        })
    };
    let s3 = at.get("S3OriginConfig");
    let read_timeout = custom.as_ref().or(s3.as_ref()).and_then(|at| at.get("OriginReadTimeout"));
    Some(Origin {
        id,
        domain_name: host(&domain_name)?,
        path: path.into(),
        http_port: port("HTTPPort", 80),
        https_port: port("HTTPSPort", 443),
        protocol,
        // AWS's own quota is 120 seconds, and more on request.
        read_timeout_s: within(read_timeout, 30, 600),
        connection_timeout_s: within(at.get("ConnectionTimeout"), 10, 10),
        connection_attempts: within(at.get("ConnectionAttempts"), 3, 3),
        custom_headers: custom_headers(at),
        bucket,
    })
}

/// A number from 1 to `most`.
fn within(at: Option<At<'_, '_>>, default: u32, most: u32) -> u32 {
    let Some(at) = at else { return default };
    let number = at.number().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| (1..=most).contains(number)).unwrap_or_else(|| {
        at.error(alloc::format!("it is a number from 1 to {most}"));
        default
    })
}

/// What AWS heeds of how connections are made and kept, and this gateway does its own way.
fn warn_of_unheeded(custom: &At<'_, '_>) {
    for protocol in custom.items("OriginSslProtocols") {
        match protocol.one_of(&["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"]) {
            None | Some("TLSv1.2") => {}
            Some(_) => protocol.warning("origins are spoken to by TLS 1.2 or 1.3 alone"),
        }
    }
    let kept = custom.get("OriginKeepaliveTimeout");
    // 5 is what is there where nobody chose.
    if let Some(kept) = kept.filter(|at| at.number() != Some(5)) {
        kept.warning("how long connections to origins are kept is not chosen here");
    }
}

/// The bucket that an origin is, with the origin access control that it names.
fn bucket(at: &At<'_, '_>, domain_name: &At<'_, '_>, refs: &References) -> Option<Bucket> {
    let access =
        at.get("OriginAccessControlId").filter(|at| at.text().is_some_and(|t| !t.is_empty()));
    let Some(s3) = at.get("S3OriginConfig") else {
        if let Some(access) = access {
            access.error("origin access control is supported for buckets alone (`S3OriginConfig`)");
        }
        return None;
    };
    s3.members(&["OriginAccessIdentity", "OriginReadTimeout"]);
    if let Some(custom) = at.get("CustomOriginConfig") {
        custom.error("an origin is a bucket or a custom one");
    }
    let identity = s3.get("OriginAccessIdentity");
    let identity = identity.filter(|at| at.text().is_some_and(|text| !text.is_empty()));
    match (&identity, &access) {
        (Some(at), None) => at.warning(
            "it is taken for origin access control that always signs, which followed origin access identities: \
             the bucket has to let in whom requests are signed for here",
        ),
        (Some(at), Some(_)) => at.error("an origin has an access identity or an access control"),
        (None, _) => {}
    }
    let unsigned = if identity.is_some() { Signing::Always } else { Signing::Never };
    let found = access.as_ref().map(|at| {
        let found = refs.access.get(at.text().unwrap_or_default());
        if found.is_none() {
            at.not_given("origin access control", Named::Referred, &refs.access);
        }
        found.copied().unwrap_or(Signing::Always)
    });
    let bucket = Bucket::of_domain(domain_name.text()?, found.unwrap_or(unsigned));
    if bucket.is_none() {
        domain_name.error("it is no bucket's name: `{bucket}.s3.{region}.amazonaws.com`");
    }
    bucket
}

fn host(at: &At<'_, '_>) -> Option<String> {
    let text = at.text().unwrap_or_default();
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b);
    let is_one = !text.is_empty() && text.bytes().all(is_host);
    if !is_one {
        at.error("it is no host name");
    }
    is_one.then(|| text.into())
}

fn custom_headers(at: &At<'_, '_>) -> Vec<(String, String)> {
    // What frames a message or names its sender is the edge's to say (CloudFront's list has more).
    const REFUSED: [&str; 12] = [
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "range",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let mut headers = Vec::new();
    for item in at.items("CustomHeaders") {
        item.members(&["HeaderName", "HeaderValue"]);
        let name = item.required("HeaderName").and_then(|at| at.text());
        let value = item.required("HeaderValue").and_then(|at| at.text());
        let (Some(name), Some(value)) = (name, value) else { continue };
        if REFUSED.iter().any(|one| one.eq_ignore_ascii_case(name)) || !is_field(name, value) {
            item.error("this field cannot be added");
            continue;
        }
        headers.push((name.into(), value.into()));
    }
    headers
}

/// Whether HTTP can carry it.
pub(super) fn is_field(name: &str, value: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(is_token) && !value.bytes().any(|b| b < 0x20 || b == 0x7f)
}

pub(super) fn groups(config: &At<'_, '_>, origins: &[Origin]) -> Vec<Group> {
    let mut groups = Vec::new();
    for at in config.items("OriginGroups") {
        at.members(&["Id", "FailoverCriteria", "Members", "SelectionCriteria"]);
        let criteria = at.get("SelectionCriteria").and_then(|at| at.text());
        if criteria.is_some_and(|criteria| criteria != "default") {
            at.at("SelectionCriteria").error("origins are selected in their order alone");
        }
        let members: Vec<usize> = at
            .items("Members")
            .iter()
            .filter_map(|member| {
                let id = member.required("OriginId")?.text()?;
                let found = origins.iter().position(|origin| origin.id == id);
                if found.is_none() {
                    let mut known = origins.iter().map(|origin| origin.id.as_str());
                    let at = member.get("OriginId").unwrap_or_else(|| member.clone());
                    at.unknown(
                        alloc::format!("there is no origin `{id}`"),
                        Named::Within,
                        &mut known,
                    );
                }
                found
            })
            .collect();
        let codes =
            at.get("FailoverCriteria").map(|at| at.items("StatusCodes")).unwrap_or_default();
        let statuses = codes.iter().filter_map(|at| u16::try_from(at.number()?).ok()).collect();
        let id = at.required("Id").and_then(|at| at.text());
        match (id, <[usize; 2]>::try_from(members)) {
            (Some(id), Ok(members)) => groups.push(Group { id: id.into(), members, statuses }),
            _ => at.error("a group has an id and two members"),
        }
    }
    groups
}
