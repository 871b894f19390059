//! Actions of Amazon S3: for each stands a method and a path, since S3 has none by name.
//!
//! API Reference, `PutIntegration`, `uri`: "for integration with the S3 API of GetObject, the `uri` can be either
//! …:s3:action/GetObject&Bucket={bucket}&Key={key} or …:s3:path/{bucket}/{key}". The others are by S3's API model
//! (`method`, `requestUri`).

use alloc::{format, string::String};

/// Names of actions, the methods that S3 is asked by, what their paths are made of, and their queries.
const ACTIONS: [(&str, &str, &[&str], &str); 10] = [
    ("CreateBucket", "PUT", BUCKET, ""),
    ("DeleteBucket", "DELETE", BUCKET, ""),
    ("DeleteObject", "DELETE", OBJECT, ""),
    ("GetObject", "GET", OBJECT, ""),
    ("HeadBucket", "HEAD", BUCKET, ""),
    ("HeadObject", "HEAD", OBJECT, ""),
    ("ListBuckets", "GET", &[], ""),
    ("ListObjects", "GET", BUCKET, ""),
    ("ListObjectsV2", "GET", BUCKET, "list-type=2"),
    ("PutObject", "PUT", OBJECT, ""),
];

const BUCKET: &[&str] = &["Bucket"];
const OBJECT: &[&str] = &["Bucket", "Key"];

/// The action that a URI names, and the method that S3 is asked by for it.
pub(crate) fn method(uri: &str) -> Option<(&'static str, &'static str)> {
    let (_, rest) = uri.split_once("s3:action/")?;
    let name = rest.split(['&', '?']).next()?;
    let found = ACTIONS.iter().find(|(known, ..)| *known == name);
    found.map(|(name, method, ..)| (*name, *method))
}

/// Path and query of an action. The bucket may be part of the host that the URI names.
pub(super) fn target(name: &str, query: &str, has_bucket: bool) -> Result<String, String> {
    let Some((_, _, members, own)) = ACTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(format!("`s3` has no action `{name}` by name: use `path/…`"));
    };
    let in_path = |name: &str| members.contains(&name) && !(has_bucket && name == "Bucket");
    let pieces = || query.split('&').filter(|piece| !piece.is_empty());
    let pairs = || pieces().map(|piece| piece.split_once('=').unwrap_or((piece, "")));
    let mut target = String::new();
    for member in members.iter().filter(|member| in_path(member)) {
        let value = pairs().find(|(name, value)| name == member && !value.is_empty());
        // Without its key the path of an object is that of all the bucket's.
        let (_, value) = value.ok_or_else(|| format!("`{name}` needs `{member}=…` in the URI"))?;
        target.push('/');
        target.push_str(&value.replace('?', "%3F"));
    }
    if target.is_empty() {
        target.push('/');
    }
    let rest = pieces().filter(|piece| !in_path(piece.split('=').next().unwrap_or_default()));
    for (index, piece) in
        Some(*own).filter(|own| !own.is_empty()).into_iter().chain(rest).enumerate()
    {
        // S3 takes no notice of a parameter that it does not know, and would answer with more than was asked for.
        if piece.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Err(format!("`{piece}` is no parameter of S3's query: use `path/…`"));
        }
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(piece);
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_of_s3_is_what_its_path_form_is() {
        for (name, query, has_bucket, expected) in [
            ("GetObject", "Bucket={bucket}&Key={key}", false, "/{bucket}/{key}"),
            ("PutObject", "Key={key}&Bucket=b", false, "/b/{key}"),
            ("DeleteObject", "Bucket=b&Key=a?b&versionId={v}", false, "/b/a%3Fb?versionId={v}"),
            ("GetObject", "Key={key}", true, "/{key}"),
            ("HeadBucket", "Bucket=b", false, "/b"),
            ("ListObjects", "", true, "/"),
            ("ListObjectsV2", "Bucket=b&prefix={p}", false, "/b?list-type=2&prefix={p}"),
            ("ListBuckets", "", false, "/"),
        ] {
            assert_eq!(target(name, query, has_bucket).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_would_be_answered_with_something_else_is_refused() {
        for (name, query, has_bucket, words) in [
            ("GetObject", "Bucket=b", false, "`GetObject` needs `Key=…`"),
            ("GetObject", "Bucket=b&Key=", false, "`GetObject` needs `Key=…`"),
            ("ListObjects", "", false, "`ListObjects` needs `Bucket=…`"),
            ("ListObjects", "Bucket=b&Prefix=a", false, "`Prefix=a` is no parameter of S3's query"),
            ("GetObject", "Bucket=b&Key=k", true, "`Bucket=b` is no parameter of S3's query"),
            ("GetObjectAcl", "Bucket=b&Key=k", false, "no action `GetObjectAcl` by name"),
        ] {
            let reason = target(name, query, has_bucket).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }

    #[test]
    fn every_action_of_the_table_is_found_with_its_method() {
        let uri = |name| format!("arn:aws:apigateway:us-east-1:b.s3:action/{name}&Key=k");
        for (name, wanted, ..) in ACTIONS {
            assert_eq!(method(&uri(name)), Some((name, wanted)));
        }
        assert_eq!(method("arn:aws:apigateway:us-east-1:s3:path/b/k"), None);
    }
}
