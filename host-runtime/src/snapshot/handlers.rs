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
    /// Whether a line defines something that could be a handler by any name.
    may_define: fn(&str) -> bool,
    help: &'static str,
}

const LANGUAGES: [Language; 2] = [
    Language {
        endings: &[".py"],
        definitions: &["def handler(", "def lambda_handler("],
        may_define: takes_event_and_context,
        help: "`pip install awslambdaric`, and `command: [python3, -m, awslambdaric, FILE.HANDLER]`",
    },
    Language {
        endings: &[".js", ".mjs", ".cjs"],
        definitions: &["exports.handler", "export const handler", "export async function handler"],
        may_define: |line| line.starts_with("exports.") || line.starts_with("export "),
        help: "`npm install aws-lambda-ric`, and `command: [npx, aws-lambda-ric, FILE.HANDLER]`",
    },
];

/// What a program that asks for events itself has somewhere.
const RUNTIMES: [&str; 3] = ["AWS_LAMBDA_RUNTIME_API", "awslambdaric", "aws-lambda-ric"];

/// `def anything(event, context):`
fn takes_event_and_context(line: &str) -> bool {
    let rest = line.strip_prefix("def ").or_else(|| line.strip_prefix("async def "));
    let parameters = rest.and_then(|rest| rest.split_once('(')?.1.split_once(')'));
    parameters.is_some_and(|(parameters, _)| parameters.matches(',').count() == 1)
}

/// Whether a line calls something when the program is run: whatever that is may ask for events.
fn calls(line: &str) -> bool {
    let called = line.split('(').next().unwrap_or_default();
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._$".contains(&b);
    let is_call = line.contains('(') && !called.is_empty() && called.bytes().all(is_name);
    is_call || line.starts_with("await ") || line.contains("__main__")
}

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
        // By another name it is one only where nothing else is done.
        let by_any_name = || text.lines().any(language.may_define) && !text.lines().any(calls);
        if has(&RUNTIMES) || !has(language.definitions) && !by_any_name() {
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
        write("f.py", "import time\ndef h(e, c):\n    time.sleep(1)\n    return {}\n");
        write("g.py", "from own import run\ndef h(e, c):\n    return {}\nrun(h)\n");
        write(
            "h.js",
            "const own = require('own');\nexports.items = async (event) => own(event);\n",
        );
        let text = "apis: [{id: a, protocol: REST, definition: a.yaml, stages: [{stageName: s}]}]\n\
                    functions:\n  a: {command: [python3, a.py]}\n  b: {command: [python3, b.py]}\n  \
                    c: {command: [./c.mjs]}\n  d: {command: [python3, d.py]}\n  \
                    e: {command: [python3, -m, awslambdaric, a.lambda_handler]}\n  f: {command: [python3, f.py]}\n  \
                    g: {command: [python3, g.py]}\n  h: {command: [node, h.js]}\n";
        let document = crate::document::read(text).unwrap();
        let config = Config::read(&document, folder.path()).unwrap();
        let told = without_runtime(&config, &document);
        let pointers: Vec<&str> = told.iter().map(|told| &*told.source.pointer).collect();
        let handlers = ["a", "c", "f", "h"].map(|name| format!("/functions/{name}/command"));
        assert_eq!(pointers, handlers);
        assert!(told[0].help.as_deref().unwrap().contains("awslambdaric"));
        assert!(told[1].help.as_deref().unwrap().contains("aws-lambda-ric"));
    }
}
