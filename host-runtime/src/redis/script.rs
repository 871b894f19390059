//! Scripts that the server runs: named by their digest, so that their text crosses once a connection.

use super::{Command, Redis, RedisError, Reply};

/// A script.
#[derive(Debug)]
pub struct Script {
    text: &'static str,
    /// SHA-1 of the text, in hexadecimal.
    digest: String,
}

impl Script {
    /// Of this text.
    pub fn new(text: &'static str) -> Self {
        let sha1 = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
        let digest = aws_lc_rs::digest::digest(sha1, text.as_bytes());
        Self { text, digest: hexadecimal(digest.as_ref()) }
    }

    /// Makes it known to the server: for greetings.
    pub fn load(&self) -> Command {
        Command::new(["SCRIPT", "LOAD", self.text])
    }

    /// What it answers to these keys and arguments.
    ///
    /// # Errors
    /// Those of [`Redis::ask`].
    pub async fn run<K: AsRef<[u8]>, A: AsRef<[u8]>>(
        &self,
        redis: &Redis,
        keys: &[K],
        arguments: &[A],
    ) -> Result<Reply, RedisError> {
        let command = |verb: &str, script: &str| {
            let count = keys.len().to_string();
            let words = [verb.as_bytes(), script.as_bytes(), count.as_bytes()].into_iter();
            let words = words.chain(keys.iter().map(AsRef::as_ref));
            Command::new(words.chain(arguments.iter().map(AsRef::as_ref)))
        };
        match redis.ask(command("EVALSHA", &self.digest)).await {
            // Somebody flushed the scripts: with its text it is there again.
            Err(RedisError::Refused(words)) if words.starts_with("NOSCRIPT") => {
                redis.ask(command("EVAL", self.text)).await
            }
            answer => answer,
        }
    }
}

/// In lower case.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
