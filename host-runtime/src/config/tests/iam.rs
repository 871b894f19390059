use super::*;

#[test]
fn principals_have_secrets_that_nobody_sees() {
    let with =
        |principal: &str| read_text(&format!("iam:\n  principals:\n  - {principal}\n{MINIMAL}"));
    let own = "arn: 'arn:aws:iam::123456789012:user/alice', accessKeyId: AKID1";
    let config = with(&format!(
        "{{{own}, secretAccessKey: topsecret, sessionToken: tokensecret, expiration: '2030-01-01', \
         policies: [{{Statement: {{Effect: Allow, Action: '*', Resource: '*'}}}}]}}"
    ))
    .unwrap();
    assert_eq!(config.access_keys["AKID1"].secret_access_key, "topsecret");
    assert_eq!(config.principals[0].policies.len(), 1);
    assert!(config.principals[0].expires_at.is_some());
    let member = "identityId: 'r:1', identityPoolId: 'r:2', authenticationProvider: 'a,b'";
    let member = format!(
        "{{{own}, secretAccessKey: a, principalOrgId: o-1, cognitoIdentity: {{{member}}}}}"
    );
    let identity = &with(&member).unwrap().principals[0].identity;
    let cognito = identity.cognito.as_ref().unwrap();
    assert_eq!((&*cognito.identity_id, &*cognito.authentication_type), ("r:1", "authenticated"));
    assert_eq!(identity.organization_id.as_deref(), Some("o-1"));
    let shown = format!("{config:?}");
    assert!(!shown.contains("topsecret") && !shown.contains("tokensecret"), "{shown}");
    for (principal, expected) in [
        (format!("{{{own}}}"), "`secretAccessKey` is missing"),
        (
            "{arn: 'arn:aws:iam::1:user/a', accessKeyId: a, secretAccessKey: b}".into(),
            "not the ARN of a principal",
        ),
        (
            "{arn: 'arn:aws:iam::123456789012:role/a', accessKeyId: a, secretAccessKey: b}".into(),
            "not the ARN of a principal",
        ),
        (format!("{{{own}, secretAccessKey: {{file: /nowhere/at/all}}}}"), "/nowhere/at/all"),
        (
            format!("{{{own}, secretAccessKey: {{env: NO_SUCH_VARIABLE_HERE}}}}"),
            "`NO_SUCH_VARIABLE_HERE` is not set",
        ),
        (format!("{{{own}, secretAccessKey: {{}}}}"), "a secret is a text"),
        (format!("{{{own}, secretAccessKey: a, expiration: soon}}"), "it is a time"),
        (
            format!("{{{own}, secretAccessKey: a, cognitoIdentity: {{identityId: a}}}}"),
            "`identityPoolId` is missing",
        ),
        (format!("{{{own}, secretAccessKey: a, policies: [{{}}]}}"), "`Statement` is missing"),
        (
            format!(
                "{{{own}, secretAccessKey: a, policies: [{{Version: '2012-10-17', Statement: {{Effect: Deny, \
                 Action: '*', Resource: '*/${{aws:PrincipalTag/x}}'}}}}]}}"
            ),
            "/iam/principals/0/policies/0/Statement/Resource the condition key `aws:principaltag/x` is not supported yet",
        ),
    ] {
        let errors = with(&principal).unwrap_err();
        assert!(errors.iter().any(|error| error.contains(expected)), "{principal}: {errors:?}");
    }
    // What is wrong with one statement hides nothing of another.
    let both = with(&format!(
        "{{{own}, secretAccessKey: a, policies: [{{Statement: [{{Effect: Alow, Action: '*', Resource: '*'}}, \
         {{Effect: Deny, Action: '*', Resource: '*', Condition: {{Bool: {{'aws:MultiFactorAuthPresent': true}}}}}}]}}]}}"
    ));
    let both = both.unwrap_err();
    let told = |text: &str| both.iter().any(|error| error.contains(text));
    assert!(told("it is Allow or Deny") && told("`aws:MultiFactorAuthPresent` is not"), "{both:?}");
    let twice = format!("{{{own}, secretAccessKey: a}}\n  - {{{own}, secretAccessKey: b}}");
    assert!(with(&twice).unwrap_err()[0].contains("is there twice"));
}
