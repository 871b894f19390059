//! Cloudflare's own tool: it has the account's credentials, and knows the platform's interface.

use std::path::Path;
use std::process::{self, Stdio};

use serde_json::Value;

/// What is asked of it.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    /// The new version gets all traffic.
    Deploy,
    /// The new version gets a part of it, beside what is served now.
    Beside { version: String, percentage: u8 },
    /// What was served before gets all traffic.
    Rollback,
}

/// How it is called.
#[derive(Debug)]
pub(super) struct Wrangler<'w> {
    pub(super) program: &'w Path,
    /// With the manifest.
    pub(super) folder: &'w Path,
    /// The Worker's.
    pub(super) name: &'w str,
}

impl Wrangler<'_> {
    /// Does it.
    pub(super) fn run(&self, command: &Command) -> Result<(), String> {
        match command {
            Command::Deploy => self.call(&["deploy"]).map(drop),
            Command::Rollback => self.call(&["rollback", "--yes", "--name", self.name]).map(drop),
            Command::Beside { version, percentage } => self.beside(version, *percentage),
        }
    }

    /// The calls in one line, for those who are to see what would be done.
    pub(super) fn shown(&self, command: &Command) -> String {
        match command {
            Command::Deploy => "wrangler deploy".into(),
            Command::Rollback => format!("wrangler rollback --yes --name {}", self.name),
            Command::Beside { version, percentage } => format!(
                "wrangler versions upload --tag {version} unless it is served already, \
                 wrangler versions deploy NEW@{percentage}% OLD@{}%",
                100 - percentage
            ),
        }
    }

    fn beside(&self, version: &str, percentage: u8) -> Result<(), String> {
        let status = self.ask(&["deployments", "status", "--json", "--name", self.name])?;
        let served = served(&status);
        if served.is_empty() {
            return Err(
                "wrangler tells of no version that is served now: the first one is deployed without --percentage".into(),
            );
        }
        let known = self.ask(&["versions", "list", "--json", "--name", self.name])?;
        let own = tagged(&known, version);
        // A step of a roll-out that has begun: the version is there, and what was served before it keeps the rest.
        let begun = served.iter().find(|one| own.contains(&one.id)).map(|one| one.id.clone());
        let new = match begun {
            Some(id) => id,
            None => self.upload(version)?,
        };
        let others = served.iter().filter(|one| one.id != new);
        let Some(old) = others.max_by_key(|one| one.share) else {
            tell!("version {version} has all of the traffic already");
            return Ok(());
        };
        let mut deploy = vec!["versions".to_owned(), "deploy".to_owned()];
        deploy.push(format!("{new}@{percentage}%"));
        if percentage < 100 {
            deploy.push(format!("{}@{}%", old.id, 100 - percentage));
        }
        deploy.extend(["--yes", "--name", self.name].map(str::to_owned));
        let arguments: Vec<&str> = deploy.iter().map(String::as_str).collect();
        self.call(&arguments)
    }

    fn upload(&self, version: &str) -> Result<String, String> {
        let told = self.ask(&["versions", "upload", "--tag", version, "--message", version])?;
        uploaded(&told).ok_or_else(|| "wrangler did not tell the id of the uploaded version".into())
    }

    /// Lets it talk to the operator.
    fn call(&self, arguments: &[&str]) -> Result<(), String> {
        let status = self.command(arguments).status().map_err(|error| self.missing(&error))?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("wrangler {}: {status}", arguments.join(" "))),
        }
    }

    /// What it prints.
    fn ask(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.command(arguments);
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| self.missing(&error))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.success() {
            true => Ok(told),
            false => Err(format!("wrangler {}: {}\n{told}", arguments.join(" "), output.status)),
        }
    }

    fn command(&self, arguments: &[&str]) -> process::Command {
        let mut command = process::Command::new(self.program);
        command.args(arguments).stdin(Stdio::null()).current_dir(self.folder);
        command
    }

    fn missing(&self, error: &std::io::Error) -> String {
        format!(
            "{}: {error}: install it by `npm install --global wrangler`, or name it by --wrangler",
            self.program.display()
        )
    }
}

/// A version that has some of the traffic now.
struct Served {
    id: String,
    /// Hundredths of a percent.
    share: u64,
}

/// `wrangler deployments status --json`
fn served(status: &str) -> Vec<Served> {
    let status: Value = serde_json::from_str(status).unwrap_or_default();
    let versions = status["versions"].as_array().into_iter().flatten();
    let served = versions.filter_map(|version| {
        let share = (version["percentage"].as_f64().unwrap_or(0.0) * 100.0) as u64;
        Some(Served { id: version["version_id"].as_str()?.to_owned(), share })
    });
    served.collect()
}

/// The ids of the versions that were uploaded with this tag, of those that `wrangler versions list --json` tells.
fn tagged(known: &str, tag: &str) -> Vec<String> {
    let known: Value = serde_json::from_str(known).unwrap_or_default();
    let versions = known.as_array().into_iter().flatten();
    let own = versions.filter(|version| version["annotations"]["workers/tag"] == tag);
    own.filter_map(|version| Some(version["id"].as_str()?.to_owned())).collect()
}

/// `Worker Version ID: 00000000-0000-…`
fn uploaded(told: &str) -> Option<String> {
    let id = told.lines().find_map(|line| line.split_once("Worker Version ID:"))?.1.trim();
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Versions that are known: `v1` was uploaded before.
    const LIST: &str = r#"[{"id": "00-bb", "annotations": {}}, {"id": "22-dd", "annotations": {"workers/tag": "v1"}}]"#;

    /// A program that writes down how it is called, and answers as wrangler does.
    fn called(command: &Command, status: &str) -> (Result<(), String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("wrangler");
        let script = format!(
            "#!/bin/sh\necho \"$@\" >> calls\ncase \"$1 $2\" in\n'deployments status') echo '{status}';;\n'versions list') echo '{LIST}';;\n'versions upload') echo 'Worker Version ID: 11-aa';;\nesac\n"
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let wrangler = Wrangler { program: &program, folder: folder.path(), name: "shop" };
        let done = wrangler.run(command);
        let calls = fs::read_to_string(folder.path().join("calls")).unwrap_or_default();
        (done, calls.lines().map(str::to_owned).collect())
    }

    #[test]
    fn a_part_of_the_traffic_goes_to_the_new_version_and_the_rest_stays() {
        let status = r#"{"versions": [{"version_id": "00-bb", "percentage": 90}, {"version_id": "00-cc", "percentage": 10}]}"#;
        let beside = |percentage| Command::Beside { version: "v1".into(), percentage };
        let (done, calls) = called(&beside(10), status);
        assert_eq!(done, Ok(()));
        let expected = [
            "deployments status --json --name shop",
            "versions list --json --name shop",
            "versions upload --tag v1 --message v1",
            "versions deploy 11-aa@10% 00-bb@90% --yes --name shop",
        ];
        assert_eq!(calls, expected);
        let (done, calls) = called(&beside(100), status);
        assert_eq!(done, Ok(()));
        assert_eq!(calls.last().unwrap(), "versions deploy 11-aa@100% --yes --name shop");
    }

    #[test]
    fn a_roll_out_that_has_begun_goes_on_between_its_two_versions() {
        let status = |new: u8| {
            format!(
                r#"{{"versions": [{{"version_id": "22-dd", "percentage": {new}}}, {{"version_id": "00-bb", "percentage": {}}}]}}"#,
                100 - new
            )
        };
        let asked = ["deployments status --json --name shop", "versions list --json --name shop"];
        for (before, percentage, deployed) in [
            (10, 50, "versions deploy 22-dd@50% 00-bb@50% --yes --name shop"),
            (75, 90, "versions deploy 22-dd@90% 00-bb@10% --yes --name shop"),
            (90, 10, "versions deploy 22-dd@10% 00-bb@90% --yes --name shop"),
            (90, 100, "versions deploy 22-dd@100% --yes --name shop"),
        ] {
            let command = Command::Beside { version: "v1".into(), percentage };
            let (done, calls) = called(&command, &status(before));
            assert_eq!(
                (done, &calls[..2], &calls[2..]),
                (Ok(()), &asked.map(str::to_owned)[..], &[deployed.to_owned()][..])
            );
        }
        // Nothing is left to share with.
        let alone = r#"{"versions": [{"version_id": "22-dd", "percentage": 100}]}"#;
        let (done, calls) =
            called(&Command::Beside { version: "v1".into(), percentage: 50 }, alone);
        assert_eq!((done, calls), (Ok(()), asked.map(str::to_owned).to_vec()));
    }

    #[test]
    fn nothing_is_uploaded_beside_nothing() {
        let beside = Command::Beside { version: "v1".into(), percentage: 10 };
        let (done, calls) = called(&beside, "{}");
        assert!(done.unwrap_err().contains("without --percentage"));
        assert_eq!(calls.len(), 1);
    }

    #[test]
    fn a_rollback_is_one_call() {
        let (done, calls) = called(&Command::Rollback, "");
        assert_eq!((done, calls), (Ok(()), vec!["rollback --yes --name shop".to_owned()]));
    }

    #[test]
    fn a_missing_program_is_named_with_the_command_that_installs_it() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("no-wrangler");
        let wrangler = Wrangler { program: &program, folder: folder.path(), name: "shop" };
        assert!(wrangler.run(&Command::Deploy).unwrap_err().contains("npm install"));
    }
}
