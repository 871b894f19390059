//! "Did you mean": the known name that is nearest to an unknown one.

use alloc::{format, string::String, vec::Vec};

/// A suggestion, if a known name is near enough: another case, or a third of its letters. Words that all
/// such names begin with, `x-amazon-apigateway-`, are no letters of its own.
pub fn did_you_mean<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // Nobody's slip of the finger is this long, and the comparison takes the product of the lengths.
    if unknown.len() > NAME_BYTES_MAX {
        return None;
    }
    let (lower, length) = (unknown.to_ascii_lowercase(), unknown.chars().count());
    let is_near = |distance, name: &str| {
        distance <= name[words_in_common(&lower, name)..].chars().count() / 3
    };
    known
        .take(NAMES_MAX)
        .filter(|name| name.len() <= NAME_BYTES_MAX)
        // The distance is at least that of the lengths.
        .filter(|name| is_near(name.chars().count().abs_diff(length), name))
        .map(|name| (distance(&lower, &name.to_ascii_lowercase()), name))
        .filter(|(distance, name)| is_near(*distance, name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

/// Whether a name that nobody knows may be meant to keep somebody out, or to say what the whole document is: left
/// out, something would be open that was meant to be closed.
pub(super) fn may_protect(unknown: &str) -> bool {
    const WORDS: [&str; 3] = ["auth", "polic", "secur"];
    const NAMES: [&str; 7] = [
        "openapi",
        "swagger",
        "security",
        "securityDefinitions",
        "x-amazon-apigateway-auth",
        "x-amazon-apigateway-policy",
        "x-amazon-apigateway-endpoint-configuration",
    ];
    let lower = unknown.to_ascii_lowercase();
    // CloudFormation's `ApiKeyRequired` and its like: here `security` says so.
    let wants_key = lower.contains("key") && lower.contains("requir");
    wants_key
        || WORDS.iter().any(|word| lower.contains(word))
        || did_you_mean(unknown, NAMES.into_iter()).is_some()
}

/// The length of the words, each with its hyphen or dot, that both names begin with.
fn words_in_common(lower: &str, name: &str) -> usize {
    let same = lower.bytes().zip(name.bytes()).take_while(|(a, b)| *a == b.to_ascii_lowercase());
    let in_common = &name.as_bytes()[..same.count()];
    in_common.iter().rposition(|b| matches!(b, b'-' | b'.')).map_or(0, |last| last + 1)
}

/// How many letters have to be put in, left out, replaced or exchanged with the next one (Damerau's and
/// Levenshtein's distance, where no letter is touched twice).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut least = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = core::mem::replace(&mut row, next);
    }
    row[b.len()]
}

const NAME_BYTES_MAX: usize = 100;
const NAMES_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_may_be_one_that_protects_is_known() {
        for name in ["secruity", "securtiy", "opnapi", "authorizer", "x-amazon-apigateway-polcy"] {
            assert!(may_protect(name), "{name}");
        }
        for name in [
            "apiKeyRequired",
            "x-amazon-apigateway-api-key-required",
            "x-amazon-apigateway-apikey-required",
            "requires_api_key",
        ] {
            assert!(may_protect(name), "{name}");
        }
        for name in ["basePath", "path", "definitions", "x-amazon-apigateway-throttle", "gett"] {
            assert!(!may_protect(name), "{name}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_if_it_is_near() {
        let names = ["timeoutInMillis", "type", "uri", "httpMethod"];
        let suggest = |name| did_you_mean(name, names.into_iter());
        assert_eq!(suggest("timeoutInMilis").unwrap(), "did you mean `timeoutInMillis`?");
        assert_eq!(suggest("HTTPMethod").unwrap(), "did you mean `httpMethod`?");
        assert_eq!(suggest("url").unwrap(), "did you mean `uri`?");
        assert_eq!(suggest("tyep").unwrap(), "did you mean `type`?");
        assert_eq!(suggest("credentials"), None);
        let names = ["x-amazon-apigateway-cors", "x-amazon-apigateway-policy", "tls.min"];
        let suggest = |name| did_you_mean(name, names.into_iter());
        assert_eq!(suggest("x-amazon-apigateway-auth"), None);
        assert_eq!(suggest("tls.max"), None);
        let policy = "did you mean `x-amazon-apigateway-policy`?";
        assert_eq!(suggest("x-amazon-apigateway-polcy").unwrap(), policy);
        assert_eq!(suggest("x-amazon-apigatewaypolicy").unwrap(), policy);
        assert_eq!(suggest(&"x".repeat(10_000)), None);
    }
}
