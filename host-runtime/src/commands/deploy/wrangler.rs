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
                "wrangler versions upload --tag {version}, wrangler versions deploy NEW@{percentage}% OLD@{}%",
                100 - percentage
            ),
        }
    }

    fn beside(&self, version: &str, percentage: u8) -> Result<(), String> {
        let status = self.ask(&["deployments", "status", "--json", "--name", self.name])?;
        let served = served(&status).ok_or(
            "wrangler tells of no version that is served now: the first one is deployed without --percentage",
        )?;
        let told = self.ask(&["versions", "upload", "--tag", version, "--message", version])?;
        let new = uploaded(&told).ok_or("wrangler did not tell the id of the uploaded version")?;
        let mut deploy = vec!["versions".to_owned(), "deploy".to_owned()];
        deploy.push(format!("{new}@{percentage}%"));
        if percentage < 100 && served != new {
            deploy.push(format!("{served}@{}%", 100 - percentage));
        }
        deploy.extend(["--yes", "--name", self.name].map(str::to_owned));
        let arguments: Vec<&str> = deploy.iter().map(String::as_str).collect();
        self.call(&arguments)
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

/// The version that has most of the traffic now.
fn served(status: &str) -> Option<String> {
    let status: Value = serde_json::from_str(status).ok()?;
    let share = |version: &&Value| (version["percentage"].as_f64().unwrap_or(0.0) * 100.0) as u64;
    let version = status["versions"].as_array()?.iter().max_by_key(share)?;
    version["version_id"].as_str().map(str::to_owned)
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

    /// A program that writes down how it is called, and answers as wrangler does.
    fn called(command: &Command, status: &str) -> (Result<(), String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("wrangler");
        let script = format!(
            "#!/bin/sh\necho \"$@\" >> calls\ncase \"$1 $2\" in\n'deployments status') echo '{status}';;\n'versions upload') echo 'Worker Version ID: 11-aa';;\nesac\n"
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
            "versions upload --tag v1 --message v1",
            "versions deploy 11-aa@10% 00-bb@90% --yes --name shop",
        ];
        assert_eq!(calls, expected);
        let (done, calls) = called(&beside(100), status);
        assert_eq!(done, Ok(()));
        assert_eq!(calls.last().unwrap(), "versions deploy 11-aa@100% --yes --name shop");
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
