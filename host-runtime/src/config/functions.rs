//! `functions`.

use std::collections::BTreeMap;
use std::path::Path;

use gateway_core::definition::document::At;

use super::FunctionConfig;
use super::reading::Reading;

pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
) -> BTreeMap<String, FunctionConfig> {
    let Some(at) = at.get("functions") else { return BTreeMap::new() };
    let read = |(name, at)| {
        let (name, function) = (name_of(reading, name, &at), read(reading, &at, directory));
        Some((name?, function?))
    };
    reading.object(&at).into_iter().filter_map(read).collect()
}

fn name_of(reading: &Reading, name: &str, at: &At<'_>) -> Option<String> {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_$".contains(&b))
    };
    let valid = match name.split_once(':') {
        Some((name, qualifier)) => plain(name) && plain(qualifier),
        None => plain(name),
    };
    if !valid {
        let help = "write a function's name, or `name:alias`";
        reading.error_with(at, format!("`{name}` cannot be a function's name"), help);
    }
    valid.then(|| name.to_owned())
}

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<FunctionConfig> {
    let keys = ["command", "environment", "url", "reservedConcurrentExecutions", "timeout"];
    reading.keys(at, &keys);
    let (command, url) = (at.get("command"), at.get("url"));
    match (command, url) {
        (Some(command), None) => {
            let command = self::command(reading, &command, directory);
            let environment = reading.variables(at.get("environment"));
            let whole = |name| at.get(name).and_then(|at| at_least_one(reading, &at));
            Some(FunctionConfig::Command {
                reserved_concurrent_executions: whole("reservedConcurrentExecutions"),
                timeout_s: whole("timeout"),
                command: command?,
                environment,
            })
        }
        (None, Some(url)) => {
            for name in ["environment", "reservedConcurrentExecutions", "timeout"] {
                if let Some(at) = at.get(name) {
                    reading.error(&at, format!("`{name}` belongs to `command`, not to `url`"));
                }
            }
            reading.url(&url).map(FunctionConfig::Url)
        }
        // What is no map has been told.
        _ if !at.is_object() => None,
        _ => {
            reading.error(at, "a function has either `command` or `url`");
            None
        }
    }
}

fn at_least_one(reading: &Reading, at: &At<'_>) -> Option<u32> {
    let number = reading.whole(at)?;
    if number == 0 {
        reading.error(at, "it must be at least 1");
    }
    Some(number)
}

fn command(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<Vec<String>> {
    let parts: Option<Vec<String>> =
        reading.array(at).iter().map(|at| reading.scalar(at)).collect();
    let mut parts = parts?;
    let Some(program) = parts.first_mut().filter(|program| !program.is_empty()) else {
        reading.error(at, "`command` is empty");
        return None;
    };
    // A bare name is looked up in `PATH`.
    if program.contains('/') {
        *program = directory.join(&program).to_string_lossy().into_owned();
    }
    Some(parts)
}
