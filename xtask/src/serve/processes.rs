//! Which processes this one has started, and those in turn: as Linux tells it below `/proc`. Elsewhere none are known.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// A process. When it started tells it from a later one of the same id.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Process {
    id: u32,
    started: u64,
}

impl Process {
    /// Whether it has not ended yet.
    pub(super) fn runs(&self) -> bool {
        stat(self.id).is_some_and(|now| now.started == self.started && !now.is_zombie)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = std::fs::read_link(folder(self.id).join("exe")).unwrap_or_default();
        write!(f, "{} (process {})", program.display(), self.id)
    }
}

/// All that run below this process.
pub(super) fn below(root: u32) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all: Vec<(u32, Stat)> = ids.filter_map(|id| Some((id, stat(id)?))).collect();
    let mut found = BTreeSet::from([root]);
    loop {
        let children = all.iter().filter(|(_, stat)| found.contains(&stat.parent));
        let fresh: Vec<u32> =
            children.map(|(id, _)| *id).filter(|id| !found.contains(id)).collect();
        if fresh.is_empty() {
            break;
        }
        found.extend(fresh);
    }
    let is_below = |(id, _): &&(u32, Stat)| *id != root && found.contains(id);
    let process = |(id, stat): &(u32, Stat)| Process { id: *id, started: stat.started };
    all.iter().filter(is_below).map(process).collect()
}

struct Stat {
    is_zombie: bool,
    parent: u32,
    started: u64,
}

/// `/proc/PID/stat` (proc_pid_stat(5)): what follows the program's name, which stands in parentheses and may hold some.
fn stat(id: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(folder(id).join("stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
    let started = fields.nth(17)?.parse().ok()?; // the 22nd of all
    Some(Stat { is_zombie: state == "Z", parent, started })
}

fn folder(id: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{id}"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_a_process_has_started_is_known_also_once_it_has_ended() {
        let mut gateway = Command::new("sh");
        gateway.args(["-c", "sleep 600 & echo $!; read line; kill $!"]);
        let mut gateway = gateway.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut function = String::new();
        BufReader::new(gateway.stdout.take().unwrap()).read_line(&mut function).unwrap();
        let function: u32 = function.trim().parse().unwrap();

        let started = below(gateway.id());
        assert_eq!(started.iter().map(|process| process.id).collect::<Vec<_>>(), [function]);
        assert!(started[0].runs());
        assert!(below(std::process::id()).iter().any(|process| process.id == function));
        assert!(below(function).is_empty(), "others, its parent among them, are none of its own");

        drop(gateway.stdin.take());
        gateway.wait().unwrap();
        while started[0].runs() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_later_process_of_the_same_id_is_another() {
        let now = stat(std::process::id()).unwrap();
        let process = |started| Process { id: std::process::id(), started };
        assert!(process(now.started).runs());
        assert!(!process(now.started - 1).runs());
    }
}
