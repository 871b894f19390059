//! Running other programs: said before it happens, and with the program's name in the error when it fails.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::{Context, Result, bail};

/// The repository's root folder: the one whose `cargo xtask` this is, also when the built program was moved.
pub(crate) fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let manifest = PathBuf::from(manifest);
    manifest.parent().map(Path::to_path_buf).unwrap_or(manifest)
}

/// Where cargo builds, which `CARGO_TARGET_DIR` may have moved.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) if !dir.is_empty() => root().join(dir),
        _ => root().join("target"),
    }
}

/// Where the finished artefacts lie that are neither crates nor sources. The example's configuration names this place, so
/// it does not move with `CARGO_TARGET_DIR`.
pub(crate) fn artefacts() -> Result<PathBuf> {
    let dir = root().join("target/edgeway");
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    Ok(dir)
}

/// Tells the reader what is being done now.
pub(crate) fn say(what: impl AsRef<str>) {
    eprintln!("\x1b[1m==> {}\x1b[0m", what.as_ref());
}

/// A command of the given program in the repository's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this xtask.
pub(crate) fn cargo() -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The host looks for its component beside what cargo builds, unless it is told.
    if std::env::var_os("CARGO_TARGET_DIR").is_some()
        && std::env::var_os("EDGEWAY_COMPONENT").is_none()
    {
        cargo.env("EDGEWAY_COMPONENT", root().join("target/edgeway/gateway.cwasm"));
    }
    cargo
}

/// Runs the command to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    eprintln!("    {line}");
    let status = command.status().with_context(|| format!("starting `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs the command and returns what it printed; its error output is part of the error only.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("starting `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{line}` printed something else than text"))
}

/// Whether a program of that name is on the PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // sbin: Debian puts servers there, and not on an ordinary user's PATH.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|dir| dir.join(program))
        .find(|candidate| candidate.is_file())
}

/// Whether `made` is there and not older than any of its `sources`.
pub(crate) fn up_to_date(made: &Path, sources: &[&Path]) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let Some(made) = modified(made) else { return false };
    sources.iter().all(|source| modified(source).is_some_and(|time| time <= made))
}

fn describe(command: &Command) -> String {
    let mut line = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// Processes that end together with this one.
pub(crate) struct Children(Vec<Child>);

/// Whether Ctrl-C was pressed, which ends the children too.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Ids of all running children, for the Ctrl-C handler.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

impl Children {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Starts one more, and returns its process id. It is in a group of its own: a terminal that told it of Ctrl-C would be the
    /// first signal, and this process' own the second one, at which a gateway no longer waits for its requests.
    pub(crate) fn start(&mut self, command: &mut Command) -> Result<u32> {
        let line = describe(command);
        let child =
            command.process_group(0).spawn().with_context(|| format!("starting `{line}`"))?;
        let id = child.id();
        if let Ok(mut running) = RUNNING.lock() {
            running.push(id);
        }
        self.0.push(child);
        Ok(id)
    }

    /// The first child that has ended by itself, if one has. What Ctrl-C ends has not.
    pub(crate) fn ended(&mut self) -> Option<String> {
        if STOPPING.load(Relaxed) {
            return None;
        }
        self.0.iter_mut().find_map(|child| match child.try_wait() {
            Ok(Some(status)) => Some(format!("process {} ended ({status})", child.id())),
            _ => None,
        })
    }

    /// Asks all of them to end (SIGTERM), waits a little, and kills those that do not.
    pub(crate) fn stop(&mut self) {
        for child in self.0.iter().rev() {
            terminate(child.id());
        }
        for child in self.0.iter_mut().rev() {
            let patience = std::time::Instant::now() + std::time::Duration::from_secs(5);
            while let Ok(None) = child.try_wait() {
                if std::time::Instant::now() > patience {
                    let _ = child.kill();
                    let _ = child.wait();
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            if let Ok(mut running) = RUNNING.lock() {
                running.retain(|id| *id != child.id());
            }
        }
        self.0.clear();
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop();
    }
}

/// At Ctrl-C or SIGTERM: every child gets SIGTERM, then this process ends with that exit code. Once said, it holds for all
/// that are started.
pub(crate) fn end_children_at_ctrl_c(code: i32) -> Result<()> {
    let listening = ctrlc::set_handler(move || {
        STOPPING.store(true, Relaxed);
        let ids = RUNNING.lock().map(|ids| ids.clone()).unwrap_or_default();
        for id in &ids {
            terminate(*id);
        }
        // The children drain within this time, or are killed: they may not outlive the command that started them.
        for _ in 0..50 {
            if ids.iter().all(|id| !is_running(*id)) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        for id in &ids {
            let _ = Command::new("kill")
                .args(["-KILL", &id.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        eprintln!("stopped");
        std::process::exit(code);
    });
    match listening {
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        other => other.context("listening for Ctrl-C"),
    }
}

fn terminate(id: u32) {
    let _ = Command::new("kill").args(["-TERM", &id.to_string()]).stderr(Stdio::null()).status();
}

/// Whether the process still does something: one that has ended but was not waited for does not.
fn is_running(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
        !stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    })
}
