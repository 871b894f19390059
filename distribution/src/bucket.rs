//! Buckets of Amazon S3 as origins: their names, and what is signed of a request to one.

use alloc::format;
use alloc::string::String;

use http_cache::Fields;

use crate::model::{Bucket, Signing};

impl Bucket {
    /// The bucket of a domain name: `{bucket}.s3.{region}.amazonaws.com`, and the older forms of it.
    pub(crate) fn of_domain(domain_name: &str, signing: Signing) -> Option<Self> {
        let domain_name = domain_name.to_ascii_lowercase();
        let rest = domain_name.strip_suffix(".cn").unwrap_or(&domain_name);
        let rest = rest.strip_suffix(".amazonaws.com")?;
        // A bucket's name may have dots in it, and `s3` between them.
        let (name, place) = match rest.rfind(".s3.").or_else(|| rest.rfind(".s3-")) {
            Some(at) => (&rest[..at], &rest[at + ".s3.".len()..]),
            None => (rest.strip_suffix(".s3")?, "us-east-1"),
        };
        let region = place.strip_prefix("dualstack.").unwrap_or(place);
        let is_region =
            region.contains('-') && !region.contains('.') && !region.starts_with("website");
        let is_name = (3..=63).contains(&name.len());
        (is_region && is_name).then(|| Self { name: name.into(), region: region.into(), signing })
    }

    /// Whether a request with these fields is signed. What viewers must not say under a signature of others' is
    /// taken out of it.
    pub(crate) fn prepare(&self, fields: &mut Fields) -> bool {
        let is_signed = match self.signing {
            Signing::Never => return false,
            Signing::NoOverride => !fields.contains("authorization"),
            Signing::Always => true,
        };
        if is_signed {
            fields.retain(|name| {
                let name = name.to_ascii_lowercase();
                name != "authorization" && !name.starts_with("x-amz-")
            });
        }
        is_signed
    }
}

/// A path as it is signed: what is not unreserved is percent-encoded, in one way.
pub(crate) fn signable(path: &str) -> String {
    let mut written = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'%' | b'-' | b'.' | b'_' | b'~' => written.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => written.push(char::from(byte)),
            byte => written.push_str(&format!("%{byte:02X}")),
        }
    }
    written
}
