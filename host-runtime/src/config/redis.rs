//! `redis`: where several machines keep their buckets and counts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::definition::WhenAway;
use gateway_core::definition::document::At;

use super::iam::secret_text;
use super::reading::Reading;
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
    let Some(at) = at.get("redis") else { return Default::default() };
    const KEYS: [&str; 6] =
        ["url", "username", "password", "keyPrefix", "timeoutInMillis", "whenAway"];
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
    let config = url.map(|Url { host, port, tls, database }| RedisConfig {
        host,
        port,
        tls,
        database,
        username,
        password,
        key_prefix: key_prefix.unwrap_or_else(|| KEY_PREFIX_DEFAULT.into()),
        timeout: Duration::from_millis(timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT).into()),
    });
    (config.map(Arc::new), when_away.unwrap_or_default())
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
        ] {
            let refused = read(redis).unwrap_err();
            assert!(refused.contains("/redis") && !refused.contains("hush"), "{refused}");
        }
    }
}
