//! Profiles of the shared files `~/.aws/config` and `~/.aws/credentials`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::metadata::{Container, Instance};
use super::role::AssumeRole;
use super::sso::Sso;
use super::web_identity::{self, WebIdentity};
use super::{Keys, process};
use crate::perform::http::HttpClient;

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
    region: String,
    sso_endpoint: Option<String>,
    sso_cache: Option<PathBuf>,
    /// What `credential_source` may name.
    environment: Option<Keys>,
    container: Option<Container>,
    instance: Option<Instance>,
}

/// Where a profile's keys come from.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) source: Source,
    /// Assumed one after the other, the first with the source's keys.
    pub(super) roles: Vec<AssumeRole>,
}

/// Keys that no role is assumed for.
#[derive(Debug)]
pub(super) enum Source {
    Keys(Keys),
    WebIdentity(WebIdentity),
    Sso(Sso),
    Process(String),
    Container(Container),
    Instance(Instance),
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
            region: region.into(),
            sso_endpoint: set("AWS_ENDPOINT_URL_SSO").map(|url| url.trim_end_matches('/').into()),
            sso_cache: set("HOME").map(|home| PathBuf::from(home).join(".aws/sso/cache")),
            environment: super::environment(set),
            container: Container::from_environment(set),
            instance: Instance::from_environment(set),
        })
    }

    /// The profile; none where there are no files, or nothing about credentials in them.
    ///
    /// # Errors
    /// When the profile that `AWS_PROFILE` names is not there, or is of a kind that is not supported.
    pub(super) fn read(&self) -> Result<Option<Profile>, String> {
        let mut name = self.chosen.clone().unwrap_or_else(|| "default".into());
        let mut passed: Vec<String> = Vec::new();
        let mut roles = Vec::new();
        let source = loop {
            let Some(settings) = self.settings(&name)? else {
                return match (passed.last(), &self.chosen) {
                    (Some(before), _) => {
                        Err(format!("profile {before}: there is no profile {name}"))
                    }
                    (None, None) => Ok(None),
                    (None, Some(name)) => Err(format!("AWS_PROFILE: there is no profile {name}")),
                };
            };
            let profile = Reading { name: &name, settings: &settings, profiles: self };
            let Some(role) = profile.role()? else { break profile.source()? };
            roles.push(role);
            match (profile.setting("source_profile"), profile.setting("credential_source")) {
                // Its own keys may assume its role.
                (Some(source), None) if source == name => break profile.keys(),
                (Some(source), None) if passed.contains(&source) => {
                    return Err(format!("profile {name}: {source} is its own source_profile"));
                }
                (Some(source), None) => passed.push(std::mem::replace(&mut name, source)),
                (None, Some(place)) => break Some(profile.place(&place)?),
                _ => {
                    let either = "one of source_profile and credential_source";
                    return Err(format!("profile {name}: role_arn needs {either}"));
                }
            }
        };
        match source {
            Some(source) => {
                roles.reverse();
                Ok(Some(Profile { source, roles }))
            }
            None if roles.is_empty() => Ok(None),
            None => Err(format!("profile {name} has no credentials to assume a role with")),
        }
    }

    /// What both files say of a profile. The same key in both: the credentials file's counts.
    fn settings(&self, name: &str) -> Result<Option<Settings>, String> {
        let in_config = match name {
            "default" => name.to_owned(),
            _ => format!("profile {name}"),
        };
        let mut settings = read_section(&self.config, &in_config)?;
        if let Some(part) = read_section(&self.credentials, name)? {
            settings.get_or_insert_default().extend(part);
        }
        Ok(settings)
    }
}

impl Profile {
    /// Its keys.
    ///
    /// # Errors
    /// The reason why there are none.
    pub(super) async fn keys(
        self,
        profiles: &Profiles,
        client: &HttpClient,
    ) -> Result<Keys, String> {
        let mut keys = match self.source {
            Source::Keys(keys) => keys,
            Source::WebIdentity(identity) => identity.exchange(client).await?,
            Source::Sso(sso) => sso.keys(client).await?,
            Source::Process(command) => process::keys(&command).await?,
            Source::Container(container) => container.keys(client).await?,
            Source::Instance(instance) => {
                instance.keys(client).await?.ok_or("the instance has no role")?
            }
        };
        for role in &self.roles {
            keys = role.keys(&profiles.sts_endpoint, &profiles.region, &keys, client).await?;
        }
        Ok(keys)
    }
}

/// One profile's settings, being read.
struct Reading<'p> {
    name: &'p str,
    settings: &'p Settings,
    profiles: &'p Profiles,
}

impl Reading<'_> {
    fn setting(&self, key: &str) -> Option<String> {
        self.settings.get(key).cloned().filter(|value| !value.is_empty())
    }

    fn session_name(&self) -> String {
        self.setting("role_session_name").unwrap_or_else(|| "edgeway".into())
    }

    /// The role that it assumes with other keys.
    fn role(&self) -> Result<Option<AssumeRole>, String> {
        let Some(role_arn) = self.setting("role_arn") else { return Ok(None) };
        if self.setting("web_identity_token_file").is_some() {
            return Ok(None);
        }
        if self.setting("mfa_serial").is_some() {
            return Err(self.not_supported("mfa_serial"));
        }
        Ok(Some(AssumeRole {
            role_arn,
            session_name: self.session_name(),
            external_id: self.setting("external_id"),
            duration_s: self.setting("duration_seconds"),
        }))
    }

    /// The keys that it names itself.
    fn source(&self) -> Result<Option<Source>, String> {
        if let (Some(role_arn), Some(token_file)) =
            (self.setting("role_arn"), self.setting("web_identity_token_file"))
        {
            return Ok(Some(Source::WebIdentity(WebIdentity {
                token_file,
                role_arn,
                session_name: self.session_name(),
                endpoint: self.profiles.sts_endpoint.clone(),
            })));
        }
        if let Some(sso) = self.sso()? {
            return Ok(Some(Source::Sso(sso)));
        }
        if let Some(keys) = self.keys() {
            return Ok(Some(keys));
        }
        if let Some(command) = self.setting("credential_process") {
            return Ok(Some(Source::Process(command)));
        }
        match self.setting("login_session") {
            Some(_) => Err(self.not_supported("login_session")),
            None => Ok(None),
        }
    }

    fn keys(&self) -> Option<Source> {
        let id = self.setting("aws_access_key_id")?;
        let secret = self.setting("aws_secret_access_key")?;
        Some(Source::Keys(Keys::from_keys(id, secret, self.setting("aws_session_token"))))
    }

    /// A session of its own section, or the settings of one in the profile itself.
    fn sso(&self) -> Result<Option<Sso>, String> {
        let needed = |settings: &Settings, key: &str| {
            let value = settings.get(key).cloned().filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("profile {}: {key} is missing", self.name))
        };
        let (session, region) = match (self.setting("sso_session"), self.setting("sso_start_url")) {
            (Some(session), _) => {
                let section =
                    read_section(&self.profiles.config, &format!("sso-session {session}"))?;
                let section =
                    section.ok_or_else(|| format!("there is no sso-session {session}"))?;
                (session, needed(&section, "sso_region")?)
            }
            (None, Some(start_url)) => (start_url, needed(self.settings, "sso_region")?),
            (None, None) => return Ok(None),
        };
        let Some(cache) = self.profiles.sso_cache.clone() else {
            return Err(format!("profile {}: HOME is not set", self.name));
        };
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let aws = || format!("https://portal.sso.{region}.amazonaws.com{suffix}");
        Ok(Some(Sso {
            account_id: needed(self.settings, "sso_account_id")?,
            role_name: needed(self.settings, "sso_role_name")?,
            endpoint: self.profiles.sso_endpoint.clone().unwrap_or_else(aws),
            session,
            cache,
        }))
    }

    /// `credential_source`
    fn place(&self, place: &str) -> Result<Source, String> {
        let profiles = self.profiles;
        let found = match place {
            "Environment" => profiles.environment.clone().map(Source::Keys),
            "EcsContainer" => profiles.container.clone().map(Source::Container),
            "Ec2InstanceMetadata" => profiles.instance.clone().map(Source::Instance),
            other => return Err(format!("profile {}: credential_source {other}", self.name)),
        };
        let none = || format!("profile {}: there are no credentials in {place}", self.name);
        found.ok_or_else(none)
    }

    fn not_supported(&self, key: &str) -> String {
        let name = self.name;
        format!(
            "profile {name} uses {key}, which is not supported: run \
             `eval \"$(aws configure export-credentials --profile {name} --format env)\"` first"
        )
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
mod tests;
