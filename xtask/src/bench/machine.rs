//! What the kernel knows: what processes used, and what machine this is.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::shell;

/// What a server's processes have used since they started, and hold now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) rss_bytes: u64,
}

/// The usage of a process and of all that descend from it.
pub(crate) fn usage(process: u32) -> Result<Usage> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("reading /proc")?.flatten() {
        if let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
            && let Some(stat) = Stat::read(id)
        {
            parents.insert(id, stat);
        }
    }
    let own = *parents.get(&process).with_context(|| format!("process {process} is gone"))?;
    let mut usage = own.usage();
    for (id, stat) in &parents {
        if *id != process && descends(*id, process, &parents) {
            usage.cpu += stat.usage().cpu;
            usage.rss_bytes += stat.usage().rss_bytes;
        }
    }
    Ok(usage)
}

fn descends(mut id: u32, ancestor: u32, parents: &BTreeMap<u32, Stat>) -> bool {
    while let Some(stat) = parents.get(&id) {
        if stat.parent == ancestor {
            return true;
        }
        id = stat.parent;
    }
    false
}

/// The fields of `/proc/PID/stat` that are needed here, see proc_pid_stat(5).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    parent: u32,
    /// User and system time, in clock ticks.
    ticks: u64,
    rss_pages: u64,
}

impl Stat {
    fn read(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may hold anything, parentheses too.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at - 3)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(4)?).ok()?,
            ticks: number(14)? + number(15)?,
            rss_pages: number(24)?,
        })
    }

    fn usage(self) -> Usage {
        // Linux shows ticks of 1/100 s and, on the architectures served here, pages of 4 KiB to programs.
        Usage { cpu: Duration::from_millis(self.ticks * 10), rss_bytes: self.rss_pages * 4096 }
    }
}

/// The machine, in a line that names neither it nor its owner.
pub(crate) fn description() -> String {
    let field = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once([':', '='])?.1.trim().trim_matches('"').to_string())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_string());
    let kib: f64 = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    let system =
        field("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|| std::env::consts::OS.to_string());
    format!("{cores} cores ({processor}), {:.0} GB of memory, {system}", kib / 1024.0 / 1024.0)
}

/// Versions of the programs that took part.
pub(crate) fn versions() -> String {
    let first_line = |program: &str, argument: &str| {
        let path = shell::find(program)?;
        let output = shell::command(path).arg(argument).output().ok()?;
        // nginx and wrk say it on standard error, and wrk fails while saying it.
        let text = [output.stdout, output.stderr].concat();
        Some(String::from_utf8_lossy(&text).lines().next()?.trim().to_string())
    };
    let nginx =
        first_line("nginx", "-v").unwrap_or_default().replace("nginx version: nginx/", "nginx ");
    let wrk = first_line("wrk", "--version").unwrap_or_default().replace("debian/", "");
    let wrk = wrk.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let rustc = first_line("rustc", "--version").unwrap_or_default();
    let rustc = rustc.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    format!("{nginx}, {wrk}, {rustc}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_may_hold_spaces_and_parentheses() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 100 9999 256 18446744073709551615";
        assert_eq!(Stat::parse(line), Some(Stat { parent: 7, ticks: 200, rss_pages: 256 }));
        assert_eq!(Stat::parse("42 (x) S"), None);
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(usage(std::process::id()).unwrap().rss_bytes > 0);
    }
}
