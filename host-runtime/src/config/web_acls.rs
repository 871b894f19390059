//! `webAcls`: files with what `aws wafv2` prints, and `webAcl`, which names one of them.

use std::path::{Path, PathBuf};

use gateway_core::definition::document::At;
use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{Source, TokenKey};
use gateway_core::gateway::TOKEN_KEY_BYTES_MIN;

use super::iam::secret_text;
use super::reading::Reading;

/// A web ACL of the configuration; its files are read with the definitions.
#[derive(Debug, Clone, PartialEq)]
pub struct WebAclConfig {
    /// What stages name it by.
    pub name: String,
    /// The web ACL (`get-web-acl`).
    pub definition: PathBuf,
    /// What its rules refer to (`get-ip-set`, `get-regex-pattern-set`, `get-rule-group`).
    pub references: Vec<PathBuf>,
    /// Lists of addresses, one a line, by the name of AWS's list.
    pub address_lists: Vec<(String, PathBuf)>,
    /// Where it is logged.
    pub log_destination: Option<String>,
    /// What is logged (`get-logging-configuration`).
    pub logging: Option<PathBuf>,
    /// What signs the tokens of clients that solved a challenge; without one each process makes its own.
    pub token_key: Option<TokenKey>,
    /// Where it stands in the configuration.
    pub source: Source,
}

pub(super) fn read_all(reading: &Reading, at: &At<'_>, directory: &Path) -> Vec<WebAclConfig> {
    let Some(at) = at.get("webAcls") else { return Vec::new() };
    let mut all: Vec<WebAclConfig> = Vec::new();
    for item in reading.array(&at) {
        let Some(acl) = read(reading, &item, directory) else { continue };
        if !acl.name.is_empty() && all.iter().any(|other| other.name == acl.name) {
            reading.error(&item, format!("the web ACL `{}` is there twice", acl.name));
        }
        all.push(acl);
    }
    all
}

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<WebAclConfig> {
    reading.keys(at, &["name", "definition", "references", "addressLists", "logging", "tokenKey"]);
    let name = reading.required(at, "name").and_then(|at| reading.text(&at));
    let file = |at: &At<'_>| reading.text(at).map(|path| directory.join(path));
    let definition = reading.required(at, "definition").and_then(|at| file(&at));
    let references = at.get("references").map(|at| reading.array(&at)).unwrap_or_default();
    let lists = at.get("addressLists").map(|at| address_lists(reading, &at)).unwrap_or_default();
    let logging = at.get("logging");
    if let Some(logging) = &logging {
        reading.keys(logging, &["destination", "configuration"]);
    }
    let destination = logging.as_ref().and_then(|at| reading.required(at, "destination"));
    if !at.is_object() {
        return None;
    }
    Some(WebAclConfig {
        // As much of it as is there: stages may name it.
        name: name.unwrap_or_default().into(),
        definition: definition.unwrap_or_default(),
        references: references.iter().filter_map(file).collect(),
        address_lists: lists
            .iter()
            .filter_map(|(name, at)| Some(((*name).into(), file(at)?)))
            .collect(),
        log_destination: destination
            .and_then(|at| Some(super::api::destination_of(reading.text(&at)?, directory))),
        logging: logging.and_then(|at| at.get("configuration")).and_then(|at| file(&at)),
        token_key: at.get("tokenKey").and_then(|at| token_key(reading, &at, directory)),
        source: at.source(),
    })
}

/// Those of AWS's names: another one would be looked into by no rule, and the group that is meant would find nobody.
fn address_lists<'d>(reading: &Reading, at: &At<'d>) -> Vec<(&'d str, At<'d>)> {
    let known = waf::address_lists();
    let lists = reading.object(at);
    for (name, at) in lists.iter().filter(|(name, _)| !known.contains(name)) {
        reading.unknown(at, &format!("no rule group has a list `{name}`"), name, &known);
    }
    lists
}

fn token_key(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<TokenKey> {
    let text = secret_text(reading, at, directory)?;
    let is_fit = text.len() >= TOKEN_KEY_BYTES_MIN;
    if !is_fit {
        let message = format!("a key has at least {TOKEN_KEY_BYTES_MIN} bytes");
        reading.error_with(at, message, "`openssl rand -hex 32` makes one");
    }
    is_fit.then(|| TokenKey(text.as_bytes().to_vec()))
}

/// The index of the web ACL that `webAcl` names; `None` without one.
pub(super) fn named(reading: &Reading, at: &At<'_>, all: &[WebAclConfig]) -> Option<u32> {
    let at = at.get("webAcl")?;
    let name = reading.text(&at)?;
    let found = all.iter().position(|acl| acl.name == name);
    if found.is_none() {
        let names = all.iter().map(|acl| acl.name.as_str());
        let help = did_you_mean(name, names).unwrap_or_else(|| "`webAcls` lists them".into());
        reading.error_with(&at, format!("there is no web ACL `{name}`"), help);
    }
    found.map(|index| index as u32)
}
