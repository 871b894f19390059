//! One process of a function: started, invoked one event at a time, killed when it hangs.

use std::collections::BTreeMap;
use std::io;
use std::path::{self, Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::SystemTime;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncRead;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::output;
use super::pool::End;
use super::runtime_api::{Invocation, RuntimeApi};
use crate::config::Config;

/// Variables of the host that a function gets. The others, secrets among them, stay here.
const INHERITED: [&str; 8] =
    ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// What files of handlers end in, whose runtime clients are programs of an interpreter.
const HANDLERS: [&str; 5] = ["py", "js", "mjs", "cjs", "rb"];

/// How a function is started.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ProcessSpec {
    /// The function's name.
    pub(super) name: String,
    /// Version or alias, `$LATEST` without one.
    pub(super) version: String,
    /// Program and arguments. The program is a whole path, or a name to be looked up in `PATH`.
    pub(super) command: Vec<String>,
    /// When the program and the files that its arguments name were written: others are another function.
    pub(super) written: BTreeMap<PathBuf, SystemTime>,
    /// The folder it runs in, that of the configuration file: a whole path.
    pub(super) directory: PathBuf,
    /// Further variables.
    pub(super) environment: BTreeMap<String, String>,
    /// `AWS_REGION`
    pub(super) region: String,
}

impl ProcessSpec {
    /// The process of `functions.{name}`.
    pub(super) fn new(
        config: &Config,
        name: &str,
        command: &[String],
        environment: &BTreeMap<String, String>,
    ) -> Self {
        let (name, version) = name.split_once(':').unwrap_or((name, "$LATEST"));
        let mut command = command.to_vec();
        if let Some(program) = command.first_mut().filter(|program| program.contains('/')) {
            // The configuration's folder is in it already; the function runs elsewhere.
            *program = whole_path(program.as_ref()).to_string_lossy().into_owned();
        }
        // An empty path is the current folder.
        let directory = whole_path(&config.directory.join("."));
        Self {
            name: name.into(),
            version: version.into(),
            written: written(&command, &directory),
            command,
            directory,
            environment: environment.clone(),
            region: config.region.clone(),
        }
    }
}

/// What runs, as far as the command says: its program, files among its arguments, and the file of a handler
/// (`app.handler`), each with when it was written.
fn written(command: &[String], directory: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let program = command.first().filter(|program| program.contains('/')).map(PathBuf::from);
    let named = command.iter().skip(1).map(|argument| directory.join(argument));
    let module = command.last().and_then(|handler| handler.rsplit_once('.'));
    let handler = module.into_iter().flat_map(|(module, _)| {
        let of = move |path: &str| {
            let path = directory.join(path);
            HANDLERS.map(move |ending| PathBuf::from(format!("{}.{ending}", path.display())))
        };
        // Python's modules in folders have dots.
        [of(module), of(&module.replace('.', "/"))].into_iter().flatten()
    });
    let when = |path: PathBuf| {
        let file = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some((path, file.modified().ok()?))
    };
    program.into_iter().chain(named).chain(handler).filter_map(when).collect()
}

fn whole_path(path: &Path) -> PathBuf {
    // Without a current folder nothing but the path itself can be tried.
    path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A running process. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Process {
    api: Arc<RuntimeApi>,
    group: Arc<Group>,
    exited: watch::Receiver<Option<String>>,
    tasks: [AbortHandle; 2],
    /// Whether it has answered an event: it is known to work.
    pub(super) has_answered: bool,
}

impl Process {
    /// Starts the program with the address of a Runtime API of its own.
    pub(super) async fn start(spec: &ProcessSpec) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let mut child = command(spec, &address)?.spawn().map_err(|error| {
            let program = spec.command.first().map(String::as_str).unwrap_or_default();
            io::Error::new(error.kind(), format!("starting {program}: {error}"))
        })?;
        let group = Arc::new(Group::of(&child));
        log_lines(&spec.name, child.stdout.take());
        log_lines(&spec.name, child.stderr.take());
        let api = RuntimeApi::new();
        let server = tokio::spawn(Arc::clone(&api).serve(listener));
        let (exit, exited) = watch::channel(None);
        let wait = tokio::spawn(wait(child, Arc::clone(&group), exit));
        let tasks = [server.abort_handle(), wait.abort_handle()];
        Ok(Self { api, group, exited, tasks, has_answered: false })
    }

    /// Hands the process its next event; false if it has not taken the one before.
    pub(super) fn invoke(&self, invocation: Invocation) -> bool {
        self.api.invoke(invocation)
    }

    /// Waits until the process has ended and all that it sent is read, or it says that it cannot begin.
    pub(super) async fn ended(&self) -> End {
        let mut exited = self.exited.clone();
        tokio::select! {
            biased;
            document = self.api.init_failed() => {
                End { reason: "the function's initialisation failed".into(), init_error: Some(document) }
            }
            () = async { let _ = exited.wait_for(Option::is_some).await; } => {
                let reason = self.exited.borrow().clone();
                self.api.disconnected().await;
                End { reason: reason.unwrap_or_else(|| "Runtime exited".into()), init_error: None }
            }
        }
    }

    /// Whether it still runs.
    pub(super) fn is_running(&self) -> bool {
        self.exited.borrow().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Before its connections are closed: it would complain of that.
        self.group.kill();
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// The process and everything that it started, killed with it: once, since its number is another's some day. 0 is none.
#[derive(Debug)]
struct Group(AtomicI32);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.unwrap_or_default().into())
    }

    fn kill(&self) {
        if let Some(group) = Pid::from_raw(self.0.swap(0, Relaxed)) {
            let _ = kill_process_group(group, Signal::KILL); // there may be nobody left in it
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn wait(mut child: Child, group: Arc<Group>, exit: watch::Sender<Option<String>>) {
    let reason = match child.wait().await {
        Ok(status) => describe(status),
        Err(error) => format!("Runtime exited: {error}"),
    };
    group.kill();
    exit.send_replace(Some(reason));
}

/// In the words in which Lambda reports it.
fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    let signal = |number| match number {
        4 => "illegal instruction".into(),
        6 => "aborted".into(),
        9 => "killed".into(),
        11 => "segmentation fault".into(),
        15 => "terminated".into(),
        number => format!("signal {number}"),
    };
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".into(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(number)) => format!("Runtime exited with error: signal: {}", signal(number)),
        (None, None) => "Runtime exited".into(),
    }
}

/// AWS Lambda Developer Guide, "Defined runtime environment variables".
fn command(spec: &ProcessSpec, runtime_api: &str) -> io::Result<Command> {
    let Some((program, arguments)) = spec.command.split_first() else {
        return Err(io::Error::other("the function's command is empty"));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&spec.directory)
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", &spec.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", &spec.version)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", spec.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "edgeway")
        .env("AWS_REGION", &spec.region)
        .env("AWS_DEFAULT_REGION", &spec.region)
        .env("LAMBDA_TASK_ROOT", &spec.directory)
        .env("_HANDLER", arguments.last().unwrap_or(program))
        .envs(&spec.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    end_with_parent(&mut command);
    Ok(command)
}

/// The guard of the group kills it; this is for a host that is itself killed.
#[cfg(target_os = "linux")]
fn end_with_parent(command: &mut Command) {
    use rustix::process::set_parent_process_death_signal;
    // SAFETY: between fork and exec it makes one system call, and neither allocates nor locks.
    unsafe {
        command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?));
    }
}

/// Elsewhere runtimes end when the connection to their Runtime API does.
#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut Command) {}

/// Everything that a function prints goes to the host's log under the function's name.
fn log_lines(name: &str, output: Option<impl AsyncRead + Unpin + Send + 'static>) {
    if let Some(output) = output {
        tokio::spawn(output::log(name.to_owned(), output));
    }
}
