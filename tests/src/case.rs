//! A conformance case: the format of the files in `tests/conformance/cases`, which its README describes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::json::Json;
use crate::sigv4::Signing;

/// A case with the name of the file that it stands in.
#[derive(Clone, Debug)]
pub struct Named {
    /// The file below the folder of cases, without its extension: `rest/mock`.
    pub theme: String,
    /// The case as written, before placeholders are replaced.
    pub text: Json,
    /// The case.
    pub case: Case,
}

/// One definition with its backends, and what a client must see of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique within the file.
    pub name: String,
    /// Where the expectation comes from.
    pub source: String,
    /// Whether it was recorded on the real service.
    #[serde(default, rename = "awsValidated")]
    pub aws_validated: bool,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
    /// The kind of API.
    pub kind: Kind,
    /// The definition.
    pub api: Json,
    /// The definition must be refused with a message that this regular expression finds.
    #[serde(default)]
    pub rejects: Option<String>,
    /// `name`, `variables`, `settings`, and further fields of the stage.
    #[serde(default)]
    pub stage: Json,
    /// Top-level configuration: API keys and usage plans.
    #[serde(default)]
    pub usage: Json,
    /// Further top-level configuration.
    #[serde(default)]
    pub config: Json,
    /// Further files beside the configuration, by their names: web ACLs, distributions, what they refer to.
    #[serde(default)]
    pub files: Json,
    /// What stands behind the gateway.
    #[serde(default)]
    pub backends: Backends,
    /// What the client does.
    #[serde(default)]
    pub exchanges: Vec<Exchange>,
}

/// The kind of API.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
    /// A WebSocket API.
    Websocket,
}

/// The backends by kind and name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backends {
    /// By path prefix.
    pub http: Json,
    /// By function name, or `name:qualifier`.
    pub lambda: Json,
    /// By signing name.
    pub aws: Json,
}

/// One request, what must come back and what must arrive at the backends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Real time to let pass before the request: for what AWS defines in seconds.
    #[serde(default, rename = "sleepMs")]
    pub sleep_ms: u64,
    /// The request.
    pub request: Request,
    /// The expectations.
    #[serde(default)]
    pub expect: Expect,
    /// Remarks.
    #[serde(default)]
    pub note: Option<String>,
}

/// A client's request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Request {
    /// `GET` if absent.
    #[serde(default = "get")]
    pub method: String,
    /// The path without the stage, with the query.
    #[serde(default = "root")]
    pub path: String,
    /// An object of values or lists of values, or a list of pairs.
    #[serde(default)]
    pub headers: Json,
    /// Content as text; anything but a string is sent as JSON.
    #[serde(default)]
    pub body: Json,
    /// Content as base64.
    #[serde(default)]
    pub body_base64: Option<String>,
    /// How often it is sent; the last answer is the one that counts.
    #[serde(default = "once")]
    pub repeat: u32,
    /// The path has the stage in it already.
    #[serde(default)]
    pub no_stage: bool,
    /// Sign it.
    #[serde(default)]
    pub sigv4: Option<Signing>,
    /// Header fields set after signing.
    #[serde(default)]
    pub after_signing: Json,
    /// The path that is sent in place of the signed one.
    #[serde(default)]
    pub send_path: Option<String>,
    /// The content that is sent in place of the signed one.
    #[serde(default)]
    pub send_body: Option<String>,
}

/// What must come back, and arrive.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Expect {
    /// The status code.
    pub status: Option<u16>,
    /// One of these status codes.
    pub status_in: Option<Vec<u16>>,
    /// Header fields by name: a matcher for the joined value, or a list of values.
    pub headers: Json,
    /// Header fields that must not be there.
    pub absent_headers: Vec<String>,
    /// The content as JSON, exactly.
    pub json: Option<Json>,
    /// The content as JSON, which may have more members.
    pub json_subset: Option<Json>,
    /// Paths to members that must not be there.
    pub absent_json_keys: Vec<Json>,
    /// The content as text.
    pub body: Option<String>,
    /// The content as base64.
    pub body_base64: Option<String>,
    /// A regular expression that the content must contain.
    pub body_regex: Option<String>,
    /// What the last backend request must have been; `null`: no backend may have been called.
    #[serde(deserialize_with = "even_null")]
    pub backend: Option<Json>,
}

/// Reads all cases below a folder, in order of file and place.
pub fn load(folder: &Path) -> Result<Vec<Named>, String> {
    let mut files = Vec::new();
    collect_files(folder, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let theme =
            file.strip_prefix(folder).unwrap_or(&file).with_extension("").display().to_string();
        let text =
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let texts = Json::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        for text in texts.elements() {
            let case = parse(text).map_err(|error| format!("{}: {error}", file.display()))?;
            cases.push(Named { theme: theme.clone(), text: text.clone(), case });
        }
    }
    refuse_doubles(&cases)?;
    Ok(cases)
}

/// Reads one case.
pub fn parse(text: &Json) -> Result<Case, String> {
    let name = text.get("name").map(Json::text).unwrap_or_default();
    serde_json::from_str(&text.to_string()).map_err(|error| format!("case {name:?}: {error}"))
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

fn refuse_doubles(cases: &[Named]) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for Named { theme, case, .. } in cases {
        if seen.insert((theme, &case.name), ()).is_some() {
            return Err(format!("{theme}: two cases are named {:?}", case.name));
        }
    }
    Ok(())
}

/// `null` is an expectation of its own, not the absence of one.
fn even_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

fn get() -> String {
    "GET".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_in_the_project_can_be_read() {
        let cases = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/cases")).unwrap();
        assert!(cases.len() >= 382, "{} cases", cases.len());
    }

    #[test]
    fn a_misspelt_member_is_refused() {
        let text = r#"{"name": "n", "source": "s", "kind": "rest", "api": {}, "exchanges": [{"request": {}, "expect": {"stauts": 1}}]}"#;
        let error = parse(&Json::parse(text).unwrap()).unwrap_err();
        assert!(error.contains("stauts"), "{error}");
    }

    #[test]
    fn a_backend_of_null_differs_from_none() {
        let expect = |text| serde_json::from_str::<Expect>(text).unwrap().backend;
        assert_eq!(expect(r#"{"backend": null}"#), Some(Json::Null));
        assert_eq!(expect("{}"), None);
    }
}
