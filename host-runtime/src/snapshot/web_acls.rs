//! Web ACLs: their files read and checked.

mod clients;
mod doubtful;
mod kinds;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::OnceLock;

use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{DefinitionError, Source, TokenKey, WebAcl, WebAclLogging};
use gateway_core::gateway::{TOKEN_KEY_BYTES_MIN, check_web_acl};
use waf::{Document, Problem};

use super::printed::{Printed, as_error};
use super::{Building, read_text};
use crate::config::{Config, WebAclConfig};
use crate::diagnostic::Diagnostic;

/// The files of a web ACL that could be read.
struct Files<'c> {
    config: &'c WebAclConfig,
    definition: Printed,
    references: Vec<Printed>,
    logging: Option<Printed>,
    /// Lists of addresses, which follow the references: the file, and the line of each address.
    lists: Vec<(&'c Path, Vec<u32>)>,
    /// Whether that is all of them.
    is_whole: bool,
}

impl Files<'_> {
    /// Whether a problem is one whatever stands in a file that could not be read: what rules refer to may be there, and
    /// so may be what is warned of.
    fn can_tell(&self, problem: &Problem) -> bool {
        let may_be_there = problem.is_warning || problem.pointer.ends_with("/ARN");
        self.is_whole || !may_be_there
    }
}

impl Building {
    /// The web ACLs of a configuration; what is wrong with one is told in its file.
    pub(super) fn web_acls(&mut self, config: &Config, config_file: &Path) -> Option<Vec<WebAcl>> {
        let read = config.web_acls.iter().map(|acl| self.web_acl(acl, config, config_file));
        let read: Vec<Option<WebAcl>> = read.collect();
        read.into_iter().collect()
    }

    fn web_acl(
        &mut self,
        config: &WebAclConfig,
        whole: &Config,
        config_file: &Path,
    ) -> Option<WebAcl> {
        self.web_acl_arns.push(None);
        let (mut definition, files) = self.web_acl_files(config)?;
        let refused = self.of_other_kinds(&files);
        if refused.web_acl {
            return None;
        }
        if refused.logging {
            definition.logging = None;
        }
        let checked = check_web_acl(&definition);
        self.web_acl_arns.pop();
        self.web_acl_arns.push(checked.arn.clone());
        self.knows_clients(&checked, &files, whole, config_file);
        for problem in checked.found.into_iter().filter(|problem| files.can_tell(problem)) {
            self.note_problem(&files, problem);
        }
        for printed in [&files.definition].into_iter().chain(&files.references) {
            self.note_in(printed, doubtful::search_strings(&printed.root()));
        }
        if let (Some(logging), Some(arn)) = (&files.logging, &checked.arn) {
            self.note_in(logging, doubtful::logs_another(&logging.root(), arn));
        }
        files.is_whole.then_some(definition)
    }

    /// All files of a web ACL: one that cannot be read hides no other.
    fn web_acl_files<'c>(&mut self, config: &'c WebAclConfig) -> Option<(WebAcl, Files<'c>)> {
        let before = self.diagnostics.len();
        let named = self.place(&config.source, "definition");
        // One that is not named was told of.
        let is_named = !config.definition.as_os_str().is_empty();
        let printed = is_named.then(|| self.printed(&config.definition, named)).flatten();
        let mut references = Vec::new();
        for (index, file) in config.references.iter().enumerate() {
            let named = self.place(&config.source, &format!("references/{index}"));
            references.extend(self.printed(file, named));
        }
        let logging = config.logging.as_ref().filter(|_| config.log_destination.is_some());
        let named = self.place(&config.source, "logging/configuration");
        let logging = logging.and_then(|file| self.printed(file, named));
        let mut documents: Vec<String> =
            references.iter().map(|printed| printed.text.clone()).collect();
        let mut lists = Vec::new();
        for (name, file) in &config.address_lists {
            let member = format!("addressLists/{}", name.replace('~', "~0").replace('/', "~1"));
            let named = self.place(&config.source, &member);
            let Some(text) = self.list_text(file, named) else { continue };
            let (document, lines) = address_list(name, &text);
            documents.push(document);
            lists.push((&**file, lines));
        }
        let definition = printed?;
        let is_whole = !self.diagnostics[before..].iter().any(Diagnostic::is_error);
        let acl = WebAcl {
            name: config.name.clone(),
            document: definition.text.clone(),
            references: documents,
            logging: config.log_destination.as_ref().map(|destination| WebAclLogging {
                destination: destination.clone(),
                document: logging.as_ref().map(|printed| printed.text.clone()),
            }),
            token_key: config.token_key.clone().or_else(|| own_token_key().cloned()),
        };
        Some((acl, Files { config, definition, references, logging, lists, is_whole }))
    }

    fn list_text(&mut self, file: &Path, named: Source) -> Option<String> {
        self.files.add(file);
        let read = read_text(file).map_err(|reason| {
            let reason = format!("{}: {reason}", file.display());
            self.note_of_config(DefinitionError::error(named, reason));
        });
        read.ok()
    }

    /// Documents that are something else than what is expected: nothing else is to be said of them.
    fn of_other_kinds(&mut self, files: &Files<'_>) -> Refused {
        let mut note = |printed: &Printed, told: Option<DefinitionError>| {
            let is_told = told.is_some();
            self.note_in(printed, told);
            is_told
        };
        for printed in &files.references {
            note(printed, kinds::no_reference(&printed.root()));
        }
        Refused {
            web_acl: note(&files.definition, kinds::no_web_acl(&files.definition.root())),
            logging: files
                .logging
                .as_ref()
                .is_some_and(|printed| note(printed, kinds::no_logging(&printed.root()))),
        }
    }

    /// What is wrong, where it stands.
    fn note_problem(&mut self, files: &Files<'_>, problem: Problem) {
        let printed = match problem.document {
            Document::WebAcl => Some(&files.definition),
            Document::LoggingConfiguration => files.logging.as_ref(),
            Document::Reference(index) => files.references.get(index),
        };
        let source = printed.map(|printed| printed.source(&problem.pointer)).unwrap_or_default();
        let error = as_error(source, &problem);
        let error = match printed.and_then(|printed| help(files, printed, &problem)) {
            Some(help) => error.help(help),
            None => error,
        };
        match (printed, problem.document) {
            (Some(printed), _) => self.note_in(printed, [error]),
            (None, Document::Reference(index)) => self.note_of_list(files, index, &problem, error),
            (None, _) => {
                self.note_of_config(DefinitionError {
                    source: files.config.source.clone(),
                    ..error
                });
            }
        }
    }

    /// A line of a list of addresses.
    fn note_of_list(
        &mut self,
        files: &Files<'_>,
        index: usize,
        problem: &Problem,
        error: DefinitionError,
    ) {
        let list = index.checked_sub(files.references.len()).and_then(|at| files.lists.get(at));
        let Some((file, lines)) = list else { return };
        let address = problem.pointer.rsplit('/').next().and_then(|number| number.parse().ok());
        let line = address.and_then(|at: usize| lines.get(at)).copied().unwrap_or_default();
        let source = Source { pointer: String::new(), line };
        self.note(file, None, [DefinitionError { source, ..error }]);
    }
}

/// Which documents are not what they are expected to be.
struct Refused {
    web_acl: bool,
    logging: bool,
}

/// What to do about it.
fn help(files: &Files<'_>, printed: &Printed, problem: &Problem) -> Option<String> {
    if problem.pointer.ends_with("/SearchString") {
        let at = printed.root().find(&problem.pointer)?;
        return at.as_str().map(doubtful::in_base64);
    }
    let unknown = problem.unknown.as_ref()?;
    let near = did_you_mean(&unknown.name, unknown.known.iter().map(String::as_str));
    near.or_else(|| begun(&unknown.name, &unknown.known)).or_else(|| {
        let is_reference = problem.pointer.ends_with("/ARN");
        let named = if files.references.is_empty() { "" } else { ", and none of them has it" };
        is_reference.then(|| {
            format!(
                "`references` names files with what `aws wafv2 get-ip-set`, `get-regex-pattern-set` and \
                 `get-rule-group` print{named}"
            )
        })
    })
}

/// The only name that goes on where this one ends: AWS's rules end with the place that they look at, `_HEADER`.
fn begun(name: &str, known: &[String]) -> Option<String> {
    let goes_on = |one: &&String| one.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let mut those = known.iter().filter(goes_on);
    let only = those.next().filter(|_| those.next().is_none())?;
    Some(format!("did you mean `{only}`?"))
}

/// A key of this process: its tokens count until it ends, and nowhere else. Without randomness there is
/// none, and a web ACL that needs one is refused.
fn own_token_key() -> Option<&'static TokenKey> {
    static KEY: OnceLock<Option<TokenKey>> = OnceLock::new();
    let random = || {
        let mut key = vec![0; TOKEN_KEY_BYTES_MIN];
        getrandom::fill(&mut key).ok().map(|()| TokenKey(key))
    };
    KEY.get_or_init(random).as_ref()
}

/// A list of addresses, one a line, with `#` before what is said about them, as an IP set; and the lines.
fn address_list(name: &str, text: &str) -> (String, Vec<u32>) {
    let bare = |line: &'_ str| line.split(['#', ';']).next().unwrap_or_default().trim().to_owned();
    let all = (1_u32..).zip(text.lines()).map(|(number, line)| (bare(line), number));
    let (addresses, lines): (Vec<String>, _) = all.filter(|(one, _)| !one.is_empty()).unzip();
    let set = serde_json::json!({"IPSet": {"Name": name, "ARN": name, "Addresses": addresses}});
    (set.to_string(), lines)
}
