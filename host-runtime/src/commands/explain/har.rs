//! Requests out of HTTP archives (HAR 1.2), as browsers save them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway_core::target::encode_query;
use serde::Deserialize;

use super::curl::at_url;
use super::read;
use crate::alone::Asked;

#[derive(Deserialize)]
struct Archive {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    text: String,
    /// `base64` where the content is no text: not of the format, but written by many.
    encoding: Option<String>,
    /// A form's fields, where there is no text.
    #[serde(default)]
    params: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    #[serde(default)]
    value: String,
}

impl PostData {
    fn content(&self) -> Result<Vec<u8>, String> {
        if self.encoding.as_deref() == Some("base64") {
            let decoded = STANDARD.decode(&self.text);
            return decoded.map_err(|error| format!("the content is no base64: {error}"));
        }
        if !self.text.is_empty() || self.params.is_empty() {
            return Ok(self.text.clone().into_bytes());
        }
        let mut form = String::new();
        for Parameter { name, value } in &self.params {
            if !form.is_empty() {
                form.push('&');
            }
            encode_query(name, &mut form);
            form.push('=');
            encode_query(value, &mut form);
        }
        Ok(form.into_bytes())
    }
}

/// The request of an entry.
pub(super) fn asked(file: &Path, entry: usize) -> Result<Asked, String> {
    let name = file.display().to_string();
    let open = std::fs::File::open(file).map_err(|error| format!("{name}: {error}"))?;
    from_json(&read(open, &name)?, entry).map_err(|reason| format!("{name}: {reason}"))
}

pub(super) fn from_json(json: &[u8], entry: usize) -> Result<Asked, String> {
    // Some tools write a byte order mark.
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let archive: Archive = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let count = archive.log.entries.len();
    let found = archive.log.entries.into_iter().nth(entry);
    let found =
        found.ok_or_else(|| format!("there is no entry {entry}: it has {count}, from 0"))?;
    let request = found.request;
    let mut asked = at_url(&request.url)?;
    asked.method = request.method;
    // HTTP/2's pseudo-header fields are in the URL already; the length is that of the text here.
    let is_own = |name: &str| name.starts_with(':') || name.eq_ignore_ascii_case("content-length");
    for Header { name, value } in request.headers {
        if name.eq_ignore_ascii_case("host") {
            asked.fields.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
        }
        if !is_own(&name) {
            asked.fields.push((name, value));
        }
    }
    if let Some(data) = request.post_data {
        asked.content = data.content()?;
        let has_type =
            asked.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !has_type && !data.mime_type.is_empty() {
            asked.fields.push(("Content-Type".into(), data.mime_type));
        }
    }
    Ok(asked)
}
