//! Warnings about commands that are a handler alone: Lambda's managed runtimes call it, and here nothing would.

use std::path::Path;

use gateway_core::definition::DefinitionError;
use gateway_core::definition::document::{At, Node};

use super::read_text;
use crate::config::{Config, FunctionConfig};

/// A language of handlers: how its files end, how a handler is defined in them, and what calls it.
struct Language {
    endings: &'static [&'static str],
    definitions: &'static [&'static str],
    help: &'static str,
}

const LANGUAGES: [Language; 2] = [
    Language {
        endings: &[".py"],
        definitions: &["def handler(", "def lambda_handler("],
        help: "`pip install awslambdaric`, and `command: [python3, -m, awslambdaric, FILE.HANDLER]`",
    },
    Language {
        endings: &[".js", ".mjs", ".cjs"],
        definitions: &["exports.handler", "export const handler", "export async function handler"],
        help: "`npm install aws-lambda-ric`, and `command: [npx, aws-lambda-ric, FILE.HANDLER]`",
    },
];

/// What a program that asks for events itself has somewhere.
const RUNTIMES: [&str; 3] = ["AWS_LAMBDA_RUNTIME_API", "awslambdaric", "aws-lambda-ric"];

/// A warning for each command whose last word is a file that defines a handler and asks for no events.
pub(super) fn without_runtime(config: &Config, document: &Node) -> Vec<DefinitionError> {
    let functions = At::root(document).get("functions");
    let warning = |(name, function): (&String, &FunctionConfig)| {
        let FunctionConfig::Command { command, .. } = function else { return None };
        let file = command.last()?;
        let language = LANGUAGES.iter().find(|language| {
            command.len() <= 2 && language.endings.iter().any(|ending| file.ends_with(ending))
        })?;
        let text = read_text(&config.directory.join(Path::new(file))).ok()?;
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if !has(language.definitions) || has(&RUNTIMES) {
            return None;
        }
        let at = functions.as_ref()?.get(name)?.get("command")?;
        let message = format!(
            "{file} defines a handler, and nothing in it asks for events: on Lambda the runtime does, here the \
             command must"
        );
        Some(DefinitionError::warning(at.source(), message).help(language.help))
    };
    config.functions.iter().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_alone_is_warned_of_with_what_would_call_it() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.py", "def lambda_handler(event, context):\n    return {}\n");
        write("b.py", "import awslambdaric\ndef handler(event, context): pass\n");
        write("c.mjs", "export const handler = async () => ({})\n");
        write("d.py", "print('a script')\n");
        let text = "apis: [{id: a, protocol: REST, definition: a.yaml, stages: [{stageName: s}]}]\n\
                    functions:\n  a: {command: [python3, a.py]}\n  b: {command: [python3, b.py]}\n  \
                    c: {command: [./c.mjs]}\n  d: {command: [python3, d.py]}\n  \
                    e: {command: [python3, -m, awslambdaric, a.lambda_handler]}\n";
        let document = crate::document::read(text).unwrap();
        let config = Config::read(&document, folder.path()).unwrap();
        let told = without_runtime(&config, &document);
        let pointers: Vec<&str> = told.iter().map(|told| &*told.source.pointer).collect();
        assert_eq!(pointers, ["/functions/a/command", "/functions/c/command"]);
        assert!(told[0].help.as_deref().unwrap().contains("awslambdaric"));
        assert!(told[1].help.as_deref().unwrap().contains("aws-lambda-ric"));
    }
}
