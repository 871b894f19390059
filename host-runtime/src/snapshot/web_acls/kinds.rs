//! What a file of AWS's is, where another one is expected.

use gateway_core::definition::DefinitionError;
use gateway_core::definition::document::At;

/// By the member that holds it: what it is, and what prints it.
const KINDS: [(&str, &str, &str); 22] = [
    ("WebACL", "a web ACL", "wafv2 get-web-acl"),
    ("IPSet", "an IP set", "wafv2 get-ip-set"),
    ("RegexPatternSet", "a set of patterns", "wafv2 get-regex-pattern-set"),
    ("RuleGroup", "a rule group", "wafv2 get-rule-group"),
    ("LoggingConfiguration", "a logging configuration", "wafv2 get-logging-configuration"),
    ("WebACLs", "a list of web ACLs", "wafv2 list-web-acls"),
    ("IPSets", "a list of IP sets", "wafv2 list-ip-sets"),
    ("RegexPatternSets", "a list of sets of patterns", "wafv2 list-regex-pattern-sets"),
    ("RuleGroups", "a list of rule groups", "wafv2 list-rule-groups"),
    (
        "LoggingConfigurations",
        "a list of logging configurations",
        "wafv2 list-logging-configurations",
    ),
    (
        "ManagedRuleGroups",
        "a list of managed rule groups",
        "wafv2 list-available-managed-rule-groups",
    ),
    ("AvailableLabels", "a managed rule group", "wafv2 describe-managed-rule-group"),
    ("Summary", "a summary", "wafv2 create-web-acl"),
    ("ResourceArns", "a list of resources", "wafv2 list-resources-for-web-acl"),
    ("Distribution", "a distribution", "cloudfront get-distribution"),
    ("DistributionConfig", "a distribution", "cloudfront get-distribution-config"),
    ("CachePolicy", "a cache policy", "cloudfront get-cache-policy"),
    ("OriginRequestPolicy", "an origin request policy", "cloudfront get-origin-request-policy"),
    (
        "ResponseHeadersPolicy",
        "a response headers policy",
        "cloudfront get-response-headers-policy",
    ),
    ("openapi", "an API's definition", ""),
    ("swagger", "an API's definition", ""),
    ("apis", "a configuration", ""),
];

/// How many of them there are at the head for what is expected somewhere.
const LOGGING: usize = 4;

/// Nothing, if it is a web ACL or may be one.
pub(super) fn no_web_acl(root: &At<'_>) -> Option<DefinitionError> {
    let is_bare = root.get("WebACL").is_none() && root.get("DefaultAction").is_some();
    if is_bare {
        None
    } else {
        other(root, &[0], "a web ACL", "`aws wafv2 get-web-acl` prints one")
    }
}

/// Nothing, if it is a logging configuration or may be one.
pub(super) fn no_logging(root: &At<'_>) -> Option<DefinitionError> {
    let help = "`aws wafv2 get-logging-configuration` prints one";
    other(root, &[LOGGING], "a logging configuration", help)
}

/// Nothing, if rules can refer to it.
pub(super) fn no_reference(root: &At<'_>) -> Option<DefinitionError> {
    let what = "what rules refer to";
    let help = "`references` are what `aws wafv2 get-ip-set`, `get-regex-pattern-set` and `get-rule-group` print";
    let told = other(root, &[1, 2, 3], what, help);
    let is_one = KINDS[1..LOGGING].iter().any(|(member, ..)| root.get(member).is_some());
    told.or_else(|| {
        let message =
            format!("this is not {what}: it has no `IPSet`, `RegexPatternSet` or `RuleGroup`");
        (!is_one).then(|| DefinitionError::error(root.source(), message).help(help))
    })
}

/// What stands there in the place of one of these kinds.
fn other(root: &At<'_>, expected: &[usize], what: &str, help: &str) -> Option<DefinitionError> {
    if expected.iter().any(|kind| root.get(KINDS[*kind].0).is_some()) {
        return None;
    }
    let (member, is, command) = KINDS.iter().find(|(member, ..)| root.get(member).is_some())?;
    let message = match *command {
        "" => format!("this is {is}, not {what}"),
        command => format!("this is {is} (`aws {command}` prints it), not {what}"),
    };
    let source = root.get(member).map_or_else(|| root.source(), |at| at.source());
    Some(DefinitionError::error(source, message).help(help))
}
