//! `redis`: where several machines keep their buckets and counts, and the caches of stages.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::definition::WhenAway;
use gateway_core::definition::document::At;

use super::iam::secret_text;
use super::reading::Reading;
use crate::perform::stage_caches::seal::{SECRET_CHARACTERS_MIN, Sealing};
use crate::redis::RedisConfig;

const TIMEOUT_MS_DEFAULT: u32 = 100;
const TIMEOUT_MS_MAX: u32 = 10_000;
/// In braces: all keys of a take are then in one slot of a cluster.
const KEY_PREFIX_DEFAULT: &str = "{edgeway}:";

pub(super) fn read(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
) -> (Option<Arc<RedisConfig>>, WhenAway) {
    let (root, Some(at)) = (at, at.get("redis")) else { return Default::default() };
    const KEYS: [&str; 8] = [
        "url",
        "username",
        "password",
        "keyPrefix",
        "timeoutInMillis",
        "whenAway",
        "stageCaches",
        "encryptionSecret",
    ];
    reading.keys(&at, &KEYS);
    let url = reading.required(&at, "url").and_then(|at| url(reading, &at));
    let username = at.get("username");
    let password = at.get("password");
    if let (Some(at), None) = (&username, &password) {
        reading.error(at, "`password` is missing");
    }
    let username = username.and_then(|at| reading.text(&at).map(String::from));
    let password = password.and_then(|at| secret_text(reading, &at, directory));
    let key_prefix = at.get("keyPrefix").and_then(|at| reading.text(&at).map(String::from));
    let timeout_ms = at.get("timeoutInMillis").and_then(|at| {
        let millis = reading.whole(&at)?;
        if !(1..=TIMEOUT_MS_MAX).contains(&millis) {
            reading.error(&at, format!("it is 1 to {TIMEOUT_MS_MAX}"));
        }
        Some(millis)
    });
    let when_away = at.get("whenAway").and_then(|at| match reading.text(&at)? {
        "open" => Some(WhenAway::Open),
        "closed" => Some(WhenAway::Closed),
        other => {
            reading.error_with(&at, format!("unknown choice `{other}`"), "open or closed");
            None
        }
    });
    let stage_caches = stage_caches(reading, root, &at, directory);
    let config = url.map(|Url { host, port, tls, database }| RedisConfig {
        host,
        port,
        tls,
        database,
        username,
        password,
        key_prefix: key_prefix.unwrap_or_else(|| KEY_PREFIX_DEFAULT.into()),
        timeout: Duration::from_millis(timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT).into()),
        stage_caches,
    });
    (config.map(Arc::new), when_away.unwrap_or_default())
}

/// Whether the caches of stages are there too, and whether in plain.
fn stage_caches(
    reading: &Reading,
    root: &At<'_>,
    at: &At<'_>,
    directory: &Path,
) -> Option<Sealing> {
    let is_shared = at.get("stageCaches").and_then(|at| reading.boolean(&at)) == Some(true);
    let secret = at.get("encryptionSecret").and_then(|at| {
        let secret = secret_text(reading, &at, directory)?;
        if secret.chars().count() < SECRET_CHARACTERS_MIN {
            let help = format!("{SECRET_CHARACTERS_MIN} random characters at least");
            reading.error_with(&at, "the secret is too short", help);
        }
        Some(secret)
    });
    if !is_shared {
        return None;
    }
    let stages = items(root, "apis").flat_map(|api| items(&api, "stages"));
    let settings = stages.filter_map(|stage| stage.get("methodSettings"));
    let mut encrypted = settings
        .flat_map(|settings| settings.members())
        .filter_map(|(_, setting)| setting.get("cacheDataEncrypted"));
    let encrypted = encrypted.find(|at| at.as_bool() == Some(true));
    if let (Some(at), None) = (encrypted, &secret) {
        let help = "`redis.encryptionSecret` is missing";
        reading.error_with(&at, "the cache is in Redis, and nothing encrypts it there", help);
    }
    Some(secret.map_or(Sealing::Plain, Sealing::Sealed))
}

fn items<'d>(at: &At<'d>, name: &str) -> impl Iterator<Item = At<'d>> + use<'d> {
    at.get(name).into_iter().flat_map(|at| at.items())
}

struct Url {
    host: String,
    port: u16,
    tls: bool,
    database: u32,
}

/// `redis://HOST[:PORT][/DATABASE]`, `rediss` over TLS. What is wrong is told without the text: it
/// may hold a password.
fn url(reading: &Reading, at: &At<'_>) -> Option<Url> {
    let text = reading.text(at)?;
    let help = "redis://HOST:PORT/DATABASE, or rediss:// over TLS";
    if text.contains('@') {
        let help = "`username` and `password` are keys of their own, and may be files";
        reading.error_with(at, "the URL is to have no credentials", help);
        return None;
    }
    let read = || {
        let (tls, rest) = match text.split_once("://")? {
            ("redis", rest) => (false, rest),
            ("rediss", rest) => (true, rest),
            _ => return None,
        };
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let authority: http::uri::Authority = authority.parse().ok()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => 6379,
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        let database = if database.is_empty() { 0 } else { database.parse().ok()? };
        (!host.is_empty()).then_some(Url { host, port, tls, database })
    };
    let url = read();
    if url.is_none() {
        reading.error_with(at, "this is no URL of a Redis", help);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(redis: &str) -> Result<Config, String> {
        let api = "apis: [{id: a, protocol: REST, definition: d, stages: [{stageName: s}]}]";
        let document = crate::document::read(&format!("redis: {redis}\n{api}\n")).unwrap();
        Config::read(&document, Path::new("/")).map_err(|errors| format!("{errors:?}"))
    }

    #[test]
    fn a_url_says_where_and_the_rest_has_defaults() {
        let config = read("{url: redis://h}").unwrap();
        let redis = config.redis.unwrap();
        assert_eq!((&*redis.host, redis.port, redis.tls, redis.database), ("h", 6379, false, 0));
        assert_eq!((&*redis.key_prefix, redis.timeout.as_millis()), ("{edgeway}:", 100));
        assert_eq!((redis.username.clone(), redis.password.clone()), (None, None));
        assert_eq!(config.throttling.when_away, WhenAway::Open);
        let config = read(
            "{url: 'rediss://[::1]:7000/3', username: u, password: hush, keyPrefix: p, \
             timeoutInMillis: 5, whenAway: closed}",
        );
        let config = config.unwrap();
        let redis = config.redis.clone().unwrap();
        assert_eq!((&*redis.host, redis.port, redis.tls, redis.database), ("::1", 7000, true, 3));
        assert_eq!(redis.password.as_deref(), Some("hush"));
        assert_eq!(config.throttling.when_away, WhenAway::Closed);
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_password_is_shown() {
        for redis in [
            "{}",
            "{url: http://h}",
            "{url: 'redis://'}",
            "{url: 'redis://h:x'}",
            "{url: redis://h/x}",
            "{url: 'redis://u:hush@h'}",
            "{url: redis://h, username: u}",
            "{url: redis://h, whenAway: ajar}",
            "{url: redis://h, timeoutInMillis: 0}",
            "{url: redis://h, tls: true}",
            "{url: redis://h, stageCaches: 1}",
            "{url: redis://h, stageCaches: true, encryptionSecret: hush}",
        ] {
            let refused = read(redis).unwrap_err();
            assert!(refused.contains("/redis") && !refused.contains("hush"), "{refused}");
        }
    }
    #[test]
    fn caches_of_stages_are_there_if_it_says_so_and_encrypted_where_a_stage_asks_for_it() {
        let caches = |redis: &str| read(redis).unwrap().redis.unwrap().stage_caches.clone();
        assert_eq!(caches("{url: redis://h}"), None);
        assert_eq!(caches("{url: redis://h, stageCaches: true}"), Some(Sealing::Plain));
        let secret = "0123456789abcdef0123456789abcdef";
        let sealed = format!("{{url: redis://h, stageCaches: true, encryptionSecret: {secret}}}");
        assert_eq!(caches(&sealed), Some(Sealing::Sealed(secret.into())));
        let with_setting = |redis: &str| {
            let stage = "{stageName: s, methodSettings: {'*/*': {cacheDataEncrypted: true}}}";
            let api =
                format!("apis: [{{id: a, protocol: REST, definition: d, stages: [{stage}]}}]");
            let document = crate::document::read(&format!("redis: {redis}\n{api}\n")).unwrap();
            Config::read(&document, Path::new("/")).map_err(|errors| format!("{errors:?}"))
        };
        assert!(with_setting(&sealed).is_ok());
        assert!(with_setting("{url: redis://h}").is_ok(), "in memory nothing is at rest");
        let refused = with_setting("{url: redis://h, stageCaches: true}").unwrap_err();
        assert!(refused.contains("encryptionSecret"), "{refused}");
    }
}
