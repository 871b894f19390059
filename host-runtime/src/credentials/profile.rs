//! Profiles of the shared files `~/.aws/config` and `~/.aws/credentials`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Keys;
use super::web_identity::{self, WebIdentity};

/// Largest shared file that is read.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// Where the files are, and which profile counts.
#[derive(Debug, Clone)]
pub(super) struct Profiles {
    config: PathBuf,
    credentials: PathBuf,
    /// `AWS_PROFILE`; it must exist then.
    chosen: Option<String>,
    sts_endpoint: String,
}

/// What a profile gives.
#[derive(Debug)]
pub(super) enum Profile {
    Keys(Keys),
    WebIdentity(WebIdentity),
}

type Settings = BTreeMap<String, String>;

impl Profiles {
    pub(super) fn from_environment(
        set: &dyn Fn(&str) -> Option<String>,
        region: &str,
    ) -> Option<Self> {
        let file = |variable, name: &str| {
            set(variable)
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(set("HOME")?).join(".aws").join(name)))
        };
        Some(Self {
            config: file("AWS_CONFIG_FILE", "config")?,
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            chosen: set("AWS_PROFILE"),
            sts_endpoint: web_identity::endpoint(set, region),
        })
    }

    /// The profile; none where there are no files, or nothing about credentials in them.
    ///
    /// # Errors
    /// When the profile that `AWS_PROFILE` names is not there, or is of a kind that is not supported.
    pub(super) fn read(&self) -> Result<Option<Profile>, String> {
        let name = self.chosen.as_deref().unwrap_or("default");
        let mut settings = Settings::new();
        let mut found = false;
        let in_config =
            if name == "default" { "default".into() } else { format!("profile {name}") };
        // The same key in both: the credentials file's counts.
        for (path, section) in [(&self.config, in_config.as_str()), (&self.credentials, name)] {
            if let Some(part) = read_section(path, section)? {
                found = true;
                settings.extend(part);
            }
        }
        match (found, &self.chosen) {
            (true, _) => self.profile(name, &settings),
            (false, None) => Ok(None),
            (false, Some(name)) => Err(format!("AWS_PROFILE: there is no profile {name}")),
        }
    }

    fn profile(&self, name: &str, settings: &Settings) -> Result<Option<Profile>, String> {
        let setting = |key: &str| settings.get(key).cloned().filter(|value| !value.is_empty());
        let web_identity = (setting("role_arn"), setting("web_identity_token_file"));
        if let (Some(role_arn), Some(token_file)) = web_identity {
            return Ok(Some(Profile::WebIdentity(WebIdentity {
                token_file,
                role_arn,
                session_name: setting("role_session_name").unwrap_or_else(|| "edgeway".into()),
                endpoint: self.sts_endpoint.clone(),
            })));
        }
        const NOT_SUPPORTED: [&str; 5] =
            ["role_arn", "credential_process", "sso_session", "sso_start_url", "login_session"];
        if let Some(key) = NOT_SUPPORTED.iter().find(|key| settings.contains_key(**key)) {
            return Err(format!(
                "profile {name} uses {key}, which is not supported: run \
                 `eval \"$(aws configure export-credentials --profile {name} --format env)\"` first"
            ));
        }
        let (Some(id), Some(secret)) =
            (setting("aws_access_key_id"), setting("aws_secret_access_key"))
        else {
            return Ok(None);
        };
        Ok(Some(Profile::Keys(Keys::from_keys(id, secret, setting("aws_session_token")))))
    }
}

fn read_section(path: &Path, section: &str) -> Result<Option<Settings>, String> {
    let failed = |reason: &dyn std::fmt::Display| format!("reading {}: {reason}", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) if text.len() > FILE_BYTES_MAX => Err(failed(&"too large")),
        Ok(text) => Ok(section_of(&text, section)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(failed(&error)),
    }
}

/// AWS SDKs and Tools Reference Guide, "Format of the config and credentials files".
fn section_of(text: &str, wanted: &str) -> Option<Settings> {
    let mut found: Option<Settings> = None;
    let mut inside = false;
    for line in text.lines() {
        // An indented line is a setting within the one above, which no credentials need.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.split(" #").next().unwrap_or_default();
        let line = line.split(" ;").next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.split_whitespace().eq(wanted.split_whitespace());
            if inside {
                found.get_or_insert_default();
            }
        } else if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            let settings = found.get_or_insert_default();
            settings.insert(key.trim().to_ascii_lowercase(), value.trim().into());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# comment
[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 20
[profile sso]
sso_session = corporate
[ profile  pod ] ; spaces are allowed
role_arn = arn:aws:iam::111122223333:role/pod
web_identity_token_file = /var/run/token
[profile assumed]
role_arn = arn:aws:iam::111122223333:role/other
source_profile = default
";
    const CREDENTIALS: &str =
        "[default]\naws_access_key_id = AKID # mine\nAWS_SECRET_ACCESS_KEY=se=cret\n\n[empty]\n";

    fn read(chosen: Option<&str>) -> Result<Option<Profile>, String> {
        let folder = tempfile::tempdir().unwrap();
        let (config, credentials) =
            (folder.path().join("config"), folder.path().join("credentials"));
        std::fs::write(&config, CONFIG).unwrap();
        std::fs::write(&credentials, CREDENTIALS).unwrap();
        let chosen = chosen.map(Into::into);
        Profiles { config, credentials, chosen, sts_endpoint: "http://sts".into() }.read()
    }

    #[test]
    fn the_default_profile_is_read_from_both_files() {
        let Ok(Some(Profile::Keys(keys))) = read(None) else { panic!() };
        assert_eq!((keys.access_key_id(), keys.secret_access_key()), ("AKID", "se=cret"));
    }

    #[test]
    fn a_profile_may_take_a_role_by_a_token() {
        let Ok(Some(Profile::WebIdentity(pod))) = read(Some("pod")) else { panic!() };
        assert_eq!(
            (pod.token_file.as_str(), pod.endpoint.as_str()),
            ("/var/run/token", "http://sts")
        );
    }

    #[test]
    fn what_is_not_supported_is_refused_with_a_way_out() {
        for (profile, key) in [("sso", "sso_session"), ("assumed", "role_arn")] {
            let reason = read(Some(profile)).unwrap_err();
            assert!(reason.contains(key) && reason.contains("export-credentials"), "{reason}");
        }
        assert!(read(Some("nobody")).unwrap_err().contains("no profile nobody"));
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
}
