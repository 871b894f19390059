//! `adminToken`

use std::path::Path;

use gateway_core::definition::document::At;

use super::iam::secret_text;
use super::reading::Reading;
use crate::admin::token::{AdminToken, TOKEN_BYTES_MIN};

pub(super) fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<AdminToken> {
    let at = at.get("adminToken")?;
    let token = secret_text(reading, &at, directory)?;
    // What a field value cannot be, nobody could send.
    let is_fit = token.len() >= TOKEN_BYTES_MIN && token.bytes().all(|b| b.is_ascii_graphic());
    if !is_fit {
        let message = format!("a token has at least {TOKEN_BYTES_MIN} visible ASCII characters");
        reading.error_with(&at, message, "`openssl rand -hex 32` makes one");
    }
    is_fit.then(|| AdminToken::new(&token))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(token: &str, directory: &Path) -> Result<Config, String> {
        let api = "apis: [{id: a, protocol: REST, definition: d, stages: [{stageName: s}]}]";
        let text = format!("adminToken: {token}\n{api}\n");
        let document = crate::document::read(&text).unwrap();
        let errors = |errors: Vec<_>| format!("{errors:?}");
        Config::read(&document, directory).map_err(errors)
    }

    #[test]
    fn a_token_stands_in_a_file_or_here_and_is_shown_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "0123456789abcdef\n").unwrap();
        for token in ["{file: token}", "0123456789abcdef"] {
            let config = read(token, folder.path()).unwrap();
            assert!(config.admin_token.is_some_and(|token| token.is(b"0123456789abcdef")));
            assert!(!format!("{config:?}").contains("0123456789abcdef"));
        }
    }

    #[test]
    fn what_could_be_guessed_or_sent_by_nobody_is_refused() {
        for token in [
            "0123456789abcde",
            "'0123456789abcdef 0'",
            "'0123456789abcdé0123'",
            "''",
            "{env: EDGEWAY_NO_SUCH_VARIABLE}",
            "{file: none}",
            "{file: /dev/zero}",
            "[x]",
        ] {
            let refused = read(token, Path::new("/")).unwrap_err();
            assert!(refused.contains("/adminToken"), "{refused}");
            assert!(!refused.contains("0123456789abcd"), "{refused}");
        }
    }
}
