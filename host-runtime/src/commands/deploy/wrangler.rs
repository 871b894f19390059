//! Cloudflare's own tool: it has the account's credentials, and knows the platform's interface.

use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use serde_json::Value;

/// What is asked of it.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    /// The new version gets all traffic.
    Deploy,
    /// The new version gets a part of it, beside what is served now.
    Beside { version: String, percentage: u8 },
    /// What was served before gets all traffic. The manifest tells wrangler more than the Worker's name.
    Rollback { manifest: Option<PathBuf> },
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
            Command::Rollback { manifest } => {
                let rollback = self.rollback(manifest.as_deref());
                self.call(&rollback.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Command::Beside { version, percentage } => self.beside(version, *percentage),
        }
    }

    /// The calls in one line, for those who are to see what would be done.
    pub(super) fn shown(&self, command: &Command) -> String {
        match command {
            Command::Deploy => "wrangler deploy".into(),
            Command::Rollback { manifest } => {
                format!("wrangler {}", self.rollback(manifest.as_deref()).join(" "))
            }
            Command::Beside { version, percentage } => format!(
                "wrangler versions upload --tag {version} unless it is served already, \
                 wrangler versions deploy NEW@{percentage}% OLD@{}%",
                100 - percentage
            ),
        }
    }

    fn rollback(&self, manifest: Option<&Path>) -> Vec<String> {
        let mut arguments = ["rollback", "--yes", "--name", self.name].map(str::to_owned).to_vec();
        if let Some(file) = manifest {
            arguments.extend(["--config".into(), file.display().to_string()]);
        }
        arguments
    }

    fn beside(&self, version: &str, percentage: u8) -> Result<(), String> {
        let status = self.ask(&["deployments", "status", "--json", "--name", self.name])?;
        let served = served(&status);
        if served.is_empty() {
            return Err(
                "wrangler tells of no version that is served now: the first one is deployed without --percentage".into(),
            );
        }
        // A step of a roll-out that has begun: the version is there, and what was served before it keeps the rest.
        let new = match self.find(&served, version)? {
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

    /// Which of these is that version, whoever has deployed it: a version that `wrangler deploy` or `wrangler secret put`
    /// has made has no tag.
    fn find(&self, served: &[Served], version: &str) -> Result<Option<String>, String> {
        for Served { id, .. } in served {
            let told = self.ask(&["versions", "view", id, "--json", "--name", self.name])?;
            if version_of(&told).as_deref() == Some(version) {
                return Ok(Some(id.clone()));
            }
        }
        Ok(None)
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

/// The variable `EDGEWAY_VERSION` of a version, of which `wrangler versions view --json` tells.
fn version_of(told: &str) -> Option<String> {
    let told: Value = serde_json::from_str(told).unwrap_or_default();
    let mut bindings = told["resources"]["bindings"].as_array()?.iter();
    let binding = bindings.find(|binding| binding["name"] == "EDGEWAY_VERSION")?;
    Some(binding["text"].as_str()?.to_owned())
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

    /// What is told of a version: `v1` is there already, without a tag.
    const VIEW: &str = r#"{"id": "22-dd", "annotations": {}, "resources": {"bindings": [
        {"name": "BUCKETS", "type": "durable_object_namespace"}, {"name": "EDGEWAY_VERSION", "text": "v1", "type": "plain_text"}]}}"#;
    const VIEW_OTHER: &str = r#"{"id": "00-bb", "resources": {"bindings": [{"name": "EDGEWAY_VERSION", "text": "v0", "type": "plain_text"}]}}"#;

    /// A program that writes down how it is called, and answers as wrangler does.
    fn called(command: &Command, status: &str) -> (Result<(), String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("wrangler");
        let script = format!(
            "#!/bin/sh\necho \"$@\" >> calls\ncase \"$1 $2\" in\n'deployments status') echo '{status}';;\n'versions view') case $3 in 22-dd) echo '{VIEW}';; *) echo '{VIEW_OTHER}';; esac;;\n'versions upload') echo 'Worker Version ID: 11-aa';;\nesac\n"
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
            "versions view 00-bb --json --name shop",
            "versions view 00-cc --json --name shop",
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
        let asked =
            ["deployments status --json --name shop", "versions view 22-dd --json --name shop"];
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
        for (manifest, call) in [
            (None, "rollback --yes --name shop"),
            (Some("d/wrangler.toml".into()), "rollback --yes --name shop --config d/wrangler.toml"),
        ] {
            let (done, calls) = called(&Command::Rollback { manifest }, "");
            assert_eq!((done, calls), (Ok(()), vec![call.to_owned()]));
        }
    }

    #[test]
    fn a_missing_program_is_named_with_the_command_that_installs_it() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("no-wrangler");
        let wrangler = Wrangler { program: &program, folder: folder.path(), name: "shop" };
        assert!(wrangler.run(&Command::Deploy).unwrap_err().contains("npm install"));
    }
}
