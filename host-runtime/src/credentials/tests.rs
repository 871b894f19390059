//! The chain against services on this machine.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const DOCUMENT: &str = r#"{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}"#;
const EXCHANGED: &str = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
    <AccessKeyId>AKWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
    <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

/// Answers requests in this order, a connection each, and gives what was asked.
async fn service(answers: &'static [(&str, &str)]) -> (String, impl Future<Output = Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = async move {
        let mut requests = Vec::new();
        for (status, content) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !String::from_utf8_lossy(&request).contains("\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
            }
            let length = content.len();
            let head =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}");
            stream.write_all(format!("{head}\r\n\r\n{content}").as_bytes()).await.unwrap();
            requests.push(String::from_utf8(request).unwrap().to_ascii_lowercase());
        }
        requests
    };
    (url, serve)
}

fn chain(variables: &[(&str, &str)]) -> Credentials {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    let set = |name: &str| variables.get(name).map(|value| String::from(*value));
    Credentials::from_environment("us-east-1", &set)
}

async fn find(
    credentials: &Credentials,
    serve: impl Future<Output = Vec<String>>,
) -> (Result<Keys, String>, Vec<String>) {
    let client = HttpClient::default();
    let both = async { tokio::join!(credentials.find(&client), serve) };
    tokio::task::LocalSet::new().run_until(both).await
}

async fn nobody() -> Vec<String> {
    Vec::new()
}

#[tokio::test]
async fn the_environment_comes_first() {
    let credentials = chain(&[
        ("AWS_ACCESS_KEY_ID", "AKENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "t"),
        ("AWS_PROFILE", "nobody"),
        ("HOME", "/nonexistent"),
    ]);
    let keys = find(&credentials, nobody()).await.0.unwrap();
    assert_eq!((keys.access_key_id(), keys.session_token()), ("AKENV", Some("t")));
}

#[tokio::test]
async fn a_container_is_asked_with_its_token_and_once() {
    let (url, serve) = service(&[("200 OK", DOCUMENT)]).await;
    let credentials = chain(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/v2/role")),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc"),
    ]);
    let (keys, requests) = find(&credentials, serve).await;
    assert_eq!(keys.unwrap().access_key_id(), "AKID");
    assert!(requests[0].starts_with("get /v2/role http/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains("authorization: basic abc"), "{requests:?}");
    assert_eq!(find(&credentials, nobody()).await.0.unwrap().access_key_id(), "AKID");
}

#[tokio::test]
async fn keys_are_not_fetched_in_clear_text_from_anywhere() {
    let credentials = chain(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/role")]);
    let reason = find(&credentials, nobody()).await.0.unwrap_err();
    assert!(reason.contains("clear text"), "{reason}");
}

#[tokio::test]
async fn an_instance_is_asked_by_version_2_and_only_where_keys_are_needed() {
    let (url, serve) =
        service(&[("200 OK", "imds-token"), ("200 OK", "my-role\n"), ("200 OK", DOCUMENT)]).await;
    let credentials = chain(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    assert!(credentials.find_nearby(&HttpClient::default()).await.unwrap().is_none());
    let (keys, requests) = find(&credentials, serve).await;
    assert_eq!(keys.unwrap().access_key_id(), "AKID");
    assert!(requests[0].starts_with("put /latest/api/token "), "{requests:?}");
    let role = "get /latest/meta-data/iam/security-credentials/my-role ";
    assert!(requests[2].starts_with(role), "{requests:?}");
    assert!(requests[2].contains("x-aws-ec2-metadata-token: imds-token"), "{requests:?}");
}

#[tokio::test]
async fn without_any_source_the_reason_names_them() {
    let credentials = chain(&[("AWS_EC2_METADATA_DISABLED", "true"), ("HOME", "/nonexistent")]);
    let reason = find(&credentials, nobody()).await.0.unwrap_err();
    assert!(reason.contains("no AWS credentials"), "{reason}");
    assert!(credentials.find_nearby(&HttpClient::default()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_web_identity_is_exchanged_for_a_roles_keys() {
    let (url, serve) = service(&[("200 OK", EXCHANGED)]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "a.b.c\n").unwrap();
    let credentials = chain(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.path().to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/pod"),
        ("AWS_ENDPOINT_URL_STS", &url),
    ]);
    let (keys, requests) = find(&credentials, serve).await;
    let keys = keys.unwrap();
    assert_eq!(keys.access_key_id(), "AKWEB");
    assert!(keys.expiry().is_some());
    assert!(requests[0].starts_with("post / http/1.1\r\n"), "{requests:?}");
}

#[tokio::test]
async fn a_service_that_refuses_is_not_asked_again_at_once() {
    let (url, serve) = service(&[("403 Forbidden", "")]).await;
    let credentials = chain(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    let refused = find(&credentials, serve).await.0.unwrap_err();
    assert!(refused.contains("403"), "{refused}");
    assert_eq!(find(&credentials, nobody()).await.0.unwrap_err(), refused);
}

/// A home with this `~/.aws/config`.
fn home(config: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".aws/sso/cache")).unwrap();
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    home
}

#[tokio::test]
async fn a_profiles_role_is_assumed_with_its_sources_keys() {
    const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKROLE</AccessKeyId>\
        <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";
    let (url, serve) = service(&[("200 OK", ASSUMED)]).await;
    let home = home(
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = program\n\
         [profile program]\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AKPROGRAM\", \"SecretAccessKey\": \"s\"}'\n",
    );
    let credentials =
        chain(&[("HOME", home.path().to_str().unwrap()), ("AWS_ENDPOINT_URL_STS", &url)]);
    let (keys, requests) = find(&credentials, serve).await;
    let keys = keys.unwrap();
    assert_eq!((keys.access_key_id(), keys.session_token()), ("AKROLE", Some("t")));
    assert!(requests[0].contains("credential=akprogram/"), "{requests:?}");
}

#[tokio::test]
async fn what_a_program_prints_is_told_to_nobody() {
    for (program, reason) in [
        ("echo secret; exit 3", "exit status: 3"),
        ("echo secret", "no credentials document: line 1"),
        (r#"echo '{"AccessKeyId": "secret", "SecretAccessKey": "s"}'"#, "Version is not 1"),
    ] {
        let home = home(&format!("[default]\ncredential_process = {program}\n"));
        let credentials = chain(&[("HOME", home.path().to_str().unwrap())]);
        let told = find(&credentials, nobody()).await.0.unwrap_err();
        assert!(told.contains(reason) && !told.contains("secret"), "{told}");
    }
}

#[tokio::test]
async fn somebody_who_has_signed_in_is_given_a_roles_keys() {
    const GIVEN: &str = r#"{"roleCredentials":{"accessKeyId":"AKSSO","secretAccessKey":"s","sessionToken":"t","expiration":32472144000000}}"#;
    let (url, serve) = service(&[("200 OK", GIVEN)]).await;
    let home = home(
        "[default]\nsso_session = corporate\nsso_account_id = 111122223333\nsso_role_name = Reader\n\
         [sso-session corporate]\nsso_region = eu-west-1\n",
    );
    let path = home.path().to_str().unwrap();
    let variables = [("HOME", path), ("AWS_ENDPOINT_URL_SSO", &url)];
    let missing = find(&chain(&variables), nobody()).await.0.unwrap_err();
    assert!(missing.contains("aws sso login"), "{missing}");
    // SHA-1 of `corporate`.
    let token = home.path().join(".aws/sso/cache/e276d18d65653fa285155bfd3e11ab029306830c.json");
    let kept = |expires: &str| format!(r#"{{"accessToken": "abc", "expiresAt": "{expires}"}}"#);
    std::fs::write(&token, kept("2001-01-01T00:00:00Z")).unwrap();
    let expired = find(&chain(&variables), nobody()).await.0.unwrap_err();
    assert!(expired.contains("expired"), "{expired}");
    std::fs::write(&token, kept("2999-01-01T00:00:00UTC")).unwrap();
    let (keys, requests) = find(&chain(&variables), serve).await;
    assert_eq!(keys.unwrap().access_key_id(), "AKSSO");
    let line = "get /federation/credentials?role_name=reader&account_id=111122223333 ";
    assert!(requests[0].starts_with(line), "{requests:?}");
    assert!(requests[0].contains("x-amz-sso_bearer_token: abc"), "{requests:?}");
}

#[tokio::test]
async fn a_callers_keys_are_those_that_signatures_are_verified_with() {
    use crate::perform::access_keys::{AccessKeys, Secret};
    let secret = Secret { secret_access_key: "own".into(), session_token: None };
    let callers = AccessKeys::new([("AKID1".into(), secret)]);
    let environment = [("AWS_ACCESS_KEY_ID", "AKENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let credentials = chain(&environment).with_callers(callers);
    let (endpoint, client) = ("http://127.0.0.1:1".parse().unwrap(), HttpClient::default());
    let keys = credentials.for_endpoint(&endpoint, Some("caller:AKID1"), &client).await;
    let keys = keys.unwrap().unwrap();
    assert_eq!((keys.access_key_id(), keys.secret_access_key()), ("AKID1", "own"));
    let unknown = credentials.for_endpoint(&endpoint, Some("caller:AKENV"), &client).await;
    assert!(unknown.is_err(), "never the host's own instead");
}
