//! What a configuration counts on at the machine that serves: better known before it does.

use std::path::{Path, PathBuf};

use gateway_core::definition::DefinitionError;
use gateway_core::definition::document::{At, Node};

use crate::config::Config;

/// Folders for data that are none, and logs whose folder is not there.
pub(super) fn folders(config: &Config, document: &Node) -> Vec<DefinitionError> {
    let root = At::root(document);
    let on_disk = root.get("distributionsOnDisk").and_then(|at| at.get("directory"));
    let data = [root.get("dataDirectory"), on_disk].into_iter().flatten();
    let data = data.filter_map(|at| no_folder(&at, &config.directory));
    let logs = logs(&root).into_iter().filter_map(|at| no_log(&at, &config.directory));
    data.chain(logs).collect()
}

/// A folder that is made if need be, and cannot be.
fn no_folder(at: &At<'_>, directory: &Path) -> Option<DefinitionError> {
    let folder = directory.join(at.as_str()?);
    let there = folder.ancestors().find(|path| path.exists())?;
    if there.is_dir() {
        return None;
    }
    let message = format!("{} is a file: a folder is wanted", there.display());
    let help = "name a folder; it is made if it is not there";
    Some(DefinitionError::error(at.source(), message).help(help))
}

/// Every place where a file for lines is named.
fn logs<'d>(root: &At<'d>) -> Vec<At<'d>> {
    let items = |at: &At<'d>, name: &str| {
        at.get(name).map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default()
    };
    let named = |at: &At<'d>, settings: &str, name: &str| at.get(settings)?.get(name);
    let stages = items(root, "apis").into_iter().flat_map(|api| items(&api, "stages"));
    let of_stages = stages.flat_map(|stage| {
        ["accessLogSettings", "executionLogSettings"].map(|log| named(&stage, log, "destination"))
    });
    let others = ["webAcls", "distributions"].into_iter().flat_map(|list| items(root, list));
    let of_others = others.flat_map(|item| {
        ["destination", "realTimeDestination"].map(|name| named(&item, "logging", name))
    });
    of_stages.chain(of_others).flatten().collect()
}

fn no_log(at: &At<'_>, directory: &Path) -> Option<DefinitionError> {
    let name = at.as_str().filter(|name| !matches!(*name, "stdout" | "stderr"))?;
    // What cannot be a destination is told already.
    let file = directory.join(Some(name).filter(|name| !name.starts_with("arn:"))?);
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let (message, help) = match (file.is_dir(), folder.is_dir()) {
        (true, _) => (format!("{} is a folder", file.display()), "name a file in it".to_owned()),
        (false, true) => return None,
        (false, false) => (
            format!("there is no folder {}", folder.display()),
            format!("mkdir -p {}", folder.display()),
        ),
    };
    let message = format!("{message}: the lines of this log would be lost");
    Some(DefinitionError::warning(at.source(), message).help(help))
}

/// Quotas that a restart forgets.
pub(super) fn quotas_in_memory(config: &Config, document: &Node) -> Vec<DefinitionError> {
    if config.data_directory.is_some() || config.redis.is_some() {
        return Vec::new();
    }
    let plans = At::root(document).get("usagePlans");
    let plans = plans.map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    let first = plans.iter().find_map(|plan| plan.get("quota"));
    let warning = |at: At<'_>| {
        let message = "quotas are counted in memory alone: a restart begins them anew";
        let help = "`dataDirectory: FOLDER` keeps the counts, or `redis` for several machines";
        DefinitionError::warning(at.source(), message).help(help)
    };
    first.map(warning).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn told(text: &str) -> Vec<(bool, String)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let text = format!(
            "apis: [{{id: a, protocol: REST, definition: d, stages: [{{stageName: s}}]}}]\n{text}"
        );
        let document = crate::document::read(&text).unwrap();
        let (config, _) = Config::read_whole(&document, folder.path());
        let mut told = folders(&config, &document);
        told.extend(quotas_in_memory(&config, &document));
        let is_error = |told: &DefinitionError| told.to_string().starts_with("error");
        told.iter().map(|told| (is_error(told), told.source.pointer.clone())).collect()
    }

    #[test]
    fn a_folder_for_data_that_is_a_file_or_within_one_is_refused() {
        for name in ["file", "file/data"] {
            let expected = [(true, "/dataDirectory".to_owned())];
            assert_eq!(told(&format!("dataDirectory: {name}")), expected);
            let expected = [(true, "/distributionsOnDisk/directory".to_owned())];
            let text = format!("distributionsOnDisk: {{directory: {name}, bytes: 100000000}}");
            assert_eq!(told(&text), expected);
        }
        assert_eq!(told("dataDirectory: new/data"), []);
    }

    #[test]
    fn a_log_whose_folder_is_not_there_is_warned_of() {
        let logging = |destination: &str| {
            told(&format!(
                "webAcls: [{{name: w, definition: d, logging: {{destination: {destination}}}}}]"
            ))
        };
        let place = "/webAcls/0/logging/destination".to_owned();
        assert_eq!(logging("logs/a.log"), [(false, place.clone())]);
        assert_eq!(logging("."), [(false, place)]);
        assert_eq!([logging("a.log"), logging("stdout")], [[], []]);
        let stage = "{stageName: t, accessLogSettings: {format: x, destination: logs/a}, \
                     executionLogSettings: {destination: /no/such/b}}";
        let document = crate::document::read(&format!("apis: [{{stages: [{stage}]}}]")).unwrap();
        let found = logs(&At::root(&document));
        let found: Vec<_> = found.iter().filter_map(|at| no_log(at, Path::new("/no"))).collect();
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn quotas_that_a_restart_forgets_are_warned_of_once() {
        let plans = "usagePlans: [{id: p}, {id: q, quota: {limit: 1, period: DAY}}, {id: r, quota: {limit: 1, period: DAY}}]\n";
        assert_eq!(told(plans), [(false, "/usagePlans/1/quota".to_owned())]);
        assert_eq!(told(&format!("{plans}dataDirectory: data")), []);
        assert_eq!(told(&format!("{plans}redis: {{url: 'redis://h'}}")), []);
    }
}
