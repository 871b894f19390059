//! Of whom a policy speaks.

use alloc::format;

use super::*;

#[test]
fn principals_are_accounts_users_roles_and_everyone() {
    let (alice, session) = (alice(), session());
    let nobody = Principal::Anonymous;
    let (user, role) = (Principal::Iam(&alice), Principal::Iam(&session));
    for (names, expected) in [
        ("\"*\"", [true, true, true]),
        ("{\"AWS\":\"*\"}", [true, true, true]),
        ("{\"AWS\":[\"123456789012\"]}", [false, true, true]),
        ("{\"AWS\":\"arn:aws:iam::123456789012:root\"}", [false, true, true]),
        ("{\"AWS\":\"arn:aws:iam::210987654321:root\"}", [false, false, false]),
        ("{\"AWS\":\"arn:aws:iam::123456789012:user/staff/alice\"}", [false, true, false]),
        ("{\"AWS\":\"arn:aws:iam::123456789012:user/alice\"}", [false, false, false]),
        ("{\"AWS\":\"arn:aws:iam::123456789012:role/path/reader\"}", [false, false, true]),
        ("{\"AWS\":\"arn:aws:iam::210987654321:role/reader\"}", [false, false, false]),
        ("{\"AWS\":\"arn:aws:sts::123456789012:assumed-role/reader/s1\"}", [false, false, true]),
        ("{\"AWS\":\"arn:aws:sts::123456789012:assumed-role/reader/s2\"}", [false, false, false]),
        ("{\"Service\":\"apigateway.amazonaws.com\"}", [false, false, false]),
    ] {
        for (principal, expected) in [nobody, user, role].into_iter().zip(expected) {
            let request = AccessRequest { principal, ..request() };
            let is = allows(&format!(",\"Principal\":{names}"), &request);
            assert_eq!(is, expected, "{names} {principal:?}");
            let is_not = allows(&format!(",\"NotPrincipal\":{names}"), &request);
            assert_eq!(is_not, !expected, "not {names} {principal:?}");
        }
    }
}

#[test]
fn a_denial_spares_those_alone_whom_not_principal_names_in_all_that_they_are() {
    let (alice, session) = (alice(), session());
    let nobody = Principal::Anonymous;
    let (user, role) = (Principal::Iam(&alice), Principal::Iam(&session));
    let account = "arn:aws:iam::123456789012:root";
    let user_arn = "arn:aws:iam::123456789012:user/staff/alice";
    let role_arn = "arn:aws:iam::123456789012:role/path/reader";
    let session_arn = "arn:aws:sts::123456789012:assumed-role/reader/s1";
    for (names, spared) in [
        (&["*"][..], [true, true, true]),
        (&[account], [false, false, false]),
        (&[user_arn], [false, false, false]),
        (&[user_arn, account], [false, true, false]),
        (&[role_arn, account], [false, false, false]),
        (&[session_arn, account], [false, false, false]),
        (&[session_arn, role_arn, account], [false, false, true]),
        (&[user_arn, "210987654321"], [false, false, false]),
    ] {
        for (principal, spared) in [nobody, user, role].into_iter().zip(spared) {
            let request = AccessRequest { principal, ..request() };
            let names = serde_json::to_string(names).unwrap();
            let text = allow(&format!(",\"NotPrincipal\":{{\"AWS\":{names}}}"));
            let policy = parse(&text.replace("Allow", "Deny")).unwrap();
            let expected = if spared { Verdict::Silent } else { Verdict::Denied(0) };
            assert_eq!(policy.evaluate(&request), expected, "{names} {principal:?}");
        }
    }
}

#[test]
fn keys_of_principals_and_of_vpcs_are_there_where_these_are() {
    let (alice, session) = (alice(), session());
    let user = AccessRequest { principal: Principal::Iam(&alice), ..request() };
    let role = AccessRequest { principal: Principal::Iam(&session), ..request() };
    let private = AccessRequest { vpc: Some("vpc-1"), vpc_endpoint: Some("vpce-1"), ..request() };
    for (condition, request, expected) in [
        ("\"StringEquals\":{\"aws:RequestedRegion\":\"us-east-1\"}", &user, true),
        ("\"StringEquals\":{\"aws:RequestedRegion\":\"eu-west-1\"}", &user, false),
        ("\"StringEquals\":{\"aws:PrincipalAccount\":\"123456789012\"}", &user, true),
        ("\"StringEquals\":{\"aws:PrincipalAccount\":\"210987654321\"}", &user, false),
        ("\"StringNotEquals\":{\"aws:PrincipalAccount\":\"123456789012\"}", &role, false),
        ("\"ArnEquals\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:user/*\"}", &user, true),
        (
            "\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::123456789012:role/reader\"}",
            &role,
            true,
        ),
        ("\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/*\"}", &role, false),
        ("\"ArnNotEquals\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/*\"}", &user, true),
        ("\"ArnLike\":{\"aws:PrincipalArn\":\"*\"}", &user, true),
        ("\"StringEquals\":{\"aws:username\":\"alice\"}", &user, true),
        ("\"StringEquals\":{\"aws:username\":\"bob\"}", &user, false),
        ("\"Null\":{\"aws:username\":\"true\"}", &role, true),
        ("\"StringEquals\":{\"aws:userid\":\"AROA1:s1\"}", &role, true),
        ("\"StringLike\":{\"aws:userid\":\"AROA1:*\"}", &user, false),
        ("\"StringEquals\":{\"aws:userid\":\"AIDAALICE\"}", &role, false),
        ("\"StringEquals\":{\"aws:PrincipalType\":\"AssumedRole\"}", &role, true),
        ("\"StringEquals\":{\"aws:PrincipalType\":\"User\"}", &user, true),
        ("\"StringEquals\":{\"aws:PrincipalType\":\"AssumedRole\"}", &user, false),
        ("\"StringEquals\":{\"aws:PrincipalType\":[\"User\",\"Account\"]}", &role, false),
        ("\"StringEquals\":{\"aws:PrincipalType\":\"User\"}", &private, false),
        ("\"StringEquals\":{\"aws:PrincipalType\":\"Anonymous\"}", &private, true),
        (
            "\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\",\"aws:SourceVpce\":\"vpce-1\"}",
            &private,
            true,
        ),
        ("\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-2\"}", &private, true),
        ("\"StringEquals\":{\"aws:SourceVpc\":\"vpc-2\"}", &private, false),
        ("\"IpAddress\":{\"aws:VpcSourceIp\":\"203.0.113.7\"}", &private, true),
        ("\"IpAddress\":{\"aws:VpcSourceIp\":\"198.51.100.0/24\"}", &private, false),
        ("\"IpAddress\":{\"aws:VpcSourceIp\":\"203.0.113.7\"}", &user, false),
        ("\"NotIpAddress\":{\"aws:VpcSourceIp\":\"203.0.113.0/24\"}", &private, false),
        ("\"IpAddress\":{\"aws:SourceIp\":\"203.0.113.7\"}", &private, false),
    ] {
        assert_eq!(condition_holds(condition, request), expected, "{condition}");
    }
    for key in
        ["PrincipalArn", "PrincipalAccount", "userid", "username", "SourceVpc", "VpcSourceIp"]
    {
        assert!(condition_holds(&format!("\"Null\":{{\"aws:{key}\":true}}"), &request()), "{key}");
    }
}
