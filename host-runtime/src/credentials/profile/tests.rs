use super::*;

const CONFIG: &str = "\
# comment
[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 20
[profile sso]
sso_session = corporate
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session corporate]
sso_region = eu-west-1
sso_start_url = https://corporate.example/start
[profile legacy]
sso_start_url = https://corporate.example/start
sso_region = cn-north-1
sso_account_id = 111122223333
sso_role_name = Reader
[ profile  pod ] ; spaces are allowed
role_arn = arn:aws:iam::111122223333:role/pod
web_identity_token_file = /var/run/token
[profile assumed]
role_arn = arn:aws:iam::111122223333:role/other
source_profile = default
[profile again]
role_arn = arn:aws:iam::111122223333:role/again
source_profile = assumed
external_id = x
duration_seconds = 900
role_session_name = me
[profile itself]
role_arn = arn:aws:iam::111122223333:role/itself
source_profile = itself
aws_access_key_id = AKSELF
aws_secret_access_key = s
[profile one]
role_arn = r1
source_profile = two
[profile two]
role_arn = r2
source_profile = one
[profile nowhere]
role_arn = r
source_profile = gone
[profile both]
role_arn = r
source_profile = default
credential_source = Environment
[profile here]
role_arn = r
credential_source = Environment
[profile elsewhere]
role_arn = r
credential_source = EcsContainer
[profile mfa]
role_arn = r
source_profile = default
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile program]
credential_process = /bin/keys --for \"a b\"
[profile signed-in]
login_session = arn
";
const CREDENTIALS: &str =
    "[default]\naws_access_key_id = AKID # mine\nAWS_SECRET_ACCESS_KEY=se=cret\n\n[empty]\n";

fn read(chosen: Option<&str>) -> Result<Option<Profile>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let variables = [
        ("AWS_CONFIG_FILE", file("config", CONFIG)),
        ("AWS_SHARED_CREDENTIALS_FILE", file("credentials", CREDENTIALS)),
        ("AWS_PROFILE", chosen.unwrap_or_default().into()),
        ("AWS_ENDPOINT_URL_STS", "http://sts".into()),
        ("AWS_ACCESS_KEY_ID", "AKENV".into()),
        ("AWS_SECRET_ACCESS_KEY", "s".into()),
        ("HOME", "/home/me".into()),
    ];
    let set = |name: &str| {
        let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
        Some(value.clone()).filter(|value| !value.is_empty())
    };
    Profiles::from_environment(&set, "us-east-1").unwrap().read()
}

/// The key of the source, and the roles that are assumed with it.
fn chain(profile: &str) -> (String, Vec<String>) {
    let Profile { source, roles } = read(Some(profile)).unwrap().unwrap();
    let Source::Keys(keys) = source else { panic!("{source:?}") };
    let roles =
        roles.into_iter().map(|role| role.role_arn.replace("arn:aws:iam::111122223333:", ""));
    (keys.access_key_id().into(), roles.collect())
}

#[test]
fn the_default_profile_is_read_from_both_files() {
    let Ok(Some(Profile { source: Source::Keys(keys), roles })) = read(None) else { panic!() };
    assert_eq!((keys.access_key_id(), keys.secret_access_key()), ("AKID", "se=cret"));
    assert!(roles.is_empty());
}

#[test]
fn a_profile_may_take_a_role_by_a_token() {
    let Ok(Some(Profile { source: Source::WebIdentity(pod), .. })) = read(Some("pod")) else {
        panic!()
    };
    assert_eq!((pod.token_file.as_str(), pod.endpoint.as_str()), ("/var/run/token", "http://sts"));
}

#[test]
fn roles_are_assumed_one_with_the_keys_of_the_other() {
    assert_eq!(chain("assumed"), ("AKID".into(), vec!["role/other".into()]));
    assert_eq!(chain("again"), ("AKID".into(), vec!["role/other".into(), "role/again".into()]));
    assert_eq!(chain("itself"), ("AKSELF".into(), vec!["role/itself".into()]));
    assert_eq!(chain("here"), ("AKENV".into(), vec!["r".into()]));
    let again = read(Some("again")).unwrap().unwrap().roles.pop().unwrap();
    assert_eq!((again.session_name.as_str(), again.duration_s.as_deref()), ("me", Some("900")));
    assert_eq!(again.external_id.as_deref(), Some("x"));
}

#[test]
fn a_session_says_where_its_token_is_and_who_is_asked() {
    for (profile, session, endpoint) in [
        ("sso", "corporate", "https://portal.sso.eu-west-1.amazonaws.com"),
        (
            "legacy",
            "https://corporate.example/start",
            "https://portal.sso.cn-north-1.amazonaws.com.cn",
        ),
    ] {
        let Ok(Some(Profile { source: Source::Sso(sso), .. })) = read(Some(profile)) else {
            panic!("{profile}")
        };
        assert_eq!((sso.session.as_str(), sso.endpoint.as_str()), (session, endpoint));
        assert_eq!((sso.account_id.as_str(), sso.role_name.as_str()), ("111122223333", "Reader"));
        assert_eq!(sso.cache.to_str(), Some("/home/me/.aws/sso/cache"));
    }
}

#[test]
fn a_program_is_run_as_it_stands() {
    let Ok(Some(Profile { source: Source::Process(command), .. })) = read(Some("program")) else {
        panic!()
    };
    assert_eq!(command, "/bin/keys --for \"a b\"");
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    for (profile, reason) in [
        ("mfa", "mfa_serial"),
        ("signed-in", "export-credentials"),
        ("one", "is its own source_profile"),
        ("nowhere", "no profile gone"),
        ("both", "one of source_profile and credential_source"),
        ("elsewhere", "no credentials in EcsContainer"),
        ("nobody", "no profile nobody"),
    ] {
        let told = read(Some(profile)).unwrap_err();
        assert!(told.contains(reason), "{told}");
    }
    assert!(read(Some("empty")).unwrap().is_none());
}

#[test]
fn a_machine_without_the_files_has_no_profile() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap().to_owned();
    let profiles = |chosen: Option<&str>| {
        let set = |name: &str| match name {
            "HOME" => Some(home.clone()),
            "AWS_PROFILE" => chosen.map(Into::into),
            _ => None,
        };
        Profiles::from_environment(&set, "us-east-1").unwrap().read()
    };
    assert!(profiles(None).unwrap().is_none());
    assert!(profiles(Some("mine")).is_err());
}
