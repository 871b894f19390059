//! What a configuration keeps secret: none of it is written, so somebody has to put it where it is served.

use edge_common::token_keys;
use gateway_core::definition::{AuthorizerKind, DistributionSource, IntegrationType, WebAcl};
use gateway_core::gateway::check_web_acl;

use crate::snapshot::Built;

/// A secret of the place that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Secret {
    /// The name of the variable.
    pub(in crate::commands) name: String,
    pub(in crate::commands) what_for: String,
}

impl Secret {
    fn new(name: impl Into<String>, what_for: impl Into<String>) -> Self {
        Self { name: name.into(), what_for: what_for.into() }
    }
}

/// The secrets that what is served asks for.
pub(super) fn asked_for(built: &Built) -> Vec<Secret> {
    let mut secrets = Vec::new();
    if calls_aws(built) {
        let what_for = "signs what goes to AWS; AWS_SESSION_TOKEN with temporary keys";
        secrets.push(Secret::new("AWS_ACCESS_KEY_ID", what_for));
        secrets.push(Secret::new("AWS_SECRET_ACCESS_KEY", what_for));
    }
    for (id, secret) in &built.config.access_keys {
        let what_for = "verifies what clients sign with that access key";
        secrets.push(Secret::new(format!("IAM_SECRET_{id}"), what_for));
        if secret.session_token.is_some() {
            secrets.push(Secret::new(format!("IAM_TOKEN_{id}"), what_for));
        }
    }
    secrets.extend(asking(built).map(|acl| {
        let name = token_keys::variable_of(&acl.name);
        Secret::new(name, format!("signs the tokens of web ACL `{}`", acl.name))
    }));
    secrets
}

/// Web ACLs whose challenges nobody has a key for.
pub(super) fn without_keys(built: &Built) -> Vec<String> {
    let has_key = |name: &str| {
        let mut configured = built.config.web_acls.iter();
        configured.any(|acl| acl.name == name && acl.token_key.is_some())
    };
    let asking = asking(built).filter(|acl| !has_key(&acl.name));
    asking
        .map(|acl| {
            format!(
                "web ACL `{}` asks clients to solve something, and has no `tokenKey`: without the secret `{}` each \
                 instance signs with a key of its own, and asks those again who solved it elsewhere \
                 (`openssl rand -hex 32` makes one)",
                acl.name,
                token_keys::variable_of(&acl.name)
            )
        })
        .collect()
}

/// Web ACLs with a rule that asks for a challenge or a captcha.
fn asking(built: &Built) -> impl Iterator<Item = &WebAcl> {
    built.snapshot.web_acls.iter().filter(|acl| check_web_acl(acl).asks_clients)
}

/// Whether anything is called that AWS's signatures are for: functions, services, buckets.
fn calls_aws(built: &Built) -> bool {
    let has_bucket = |edge: &DistributionSource| edge.definition.contains("S3OriginConfig");
    if built.snapshot.distributions.iter().any(has_bucket) {
        return true;
    }
    let is_aws = |kind| matches!(kind, IntegrationType::Aws | IntegrationType::AwsProxy);
    let mut deployments = built.snapshot.apis.iter().flat_map(|api| &api.deployments);
    deployments.any(|deployment| {
        let is_lambda = |kind: &AuthorizerKind| matches!(kind, AuthorizerKind::Lambda(_));
        deployment.methods.iter().any(|method| is_aws(method.integration.integration_type))
            || deployment.authorizers.iter().any(|authorizer| is_lambda(&authorizer.kind))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::snapshot::Origin;

    /// A web ACL with a rule of this action.
    fn built(action: &str, token_key: &str) -> Built {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        let visibility = json!({"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "m"});
        let statement = json!({"SizeConstraintStatement": {"FieldToMatch": {"UriPath": {}}, "ComparisonOperator": "GT",
            "Size": 9, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
        let document = json!({"WebACL": {"Name": "a-1", "Id": "a", "DefaultAction": {"Allow": {}},
            "ARN": "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/a/a", "VisibilityConfig": visibility,
            "Rules": [{"Name": "r", "Priority": 0, "Action": {action: {}}, "Statement": statement,
                "VisibilityConfig": visibility}]}});
        write("acl.json", document.to_string());
        let acl = format!("webAcls: [{{name: a-1, definition: acl.json{token_key}}}]");
        let get = "get: {x-amazon-apigateway-integration: {type: mock}}";
        let api = "openapi: 3.0.1\ninfo: {title: t, version: '1'}\n";
        write("a.yaml", format!("{api}paths: {{/a: {{{get}}}}}\n"));
        let api = "{id: a, protocol: REST, definition: a.yaml, stages: [{stageName: s}]}";
        write("edgeway.yaml", format!("apis: [{api}]\n{acl}\n"));
        Origin::Config(folder.path().join("edgeway.yaml")).build_for_edge().unwrap()
    }

    const KEY: &str = ", tokenKey: 0123456789abcdef0123456789abcdef";

    #[test]
    fn a_web_acl_that_asks_clients_asks_for_its_key_and_is_warned_of_without() {
        for action in ["Challenge", "Captcha"] {
            let [keyless, keyed] = ["", KEY].map(|key| built(action, key));
            for built in [&keyless, &keyed] {
                let [secret] = &asked_for(built)[..] else { panic!("{action}: one secret") };
                assert_eq!(secret.name, "WAF_TOKEN_KEY_A_1");
            }
            let told = without_keys(&keyless);
            assert!(told.len() == 1 && told[0].contains("WAF_TOKEN_KEY_A_1"), "{told:?}");
            assert_eq!(without_keys(&keyed), [""; 0]);
        }
        let blocks = built("Block", "");
        assert_eq!((asked_for(&blocks), without_keys(&blocks)), (vec![], vec![]));
    }
}
