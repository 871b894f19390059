//! Keys that a program gives: `credential_process` of a profile.
//!
//! AWS SDKs and Tools Reference Guide, "Process credential provider".

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::document::read_process_keys;
use super::{ANSWER_BYTES_MAX, Keys};

/// How long the program may take: as long as AWS's SDK for Go waits.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Runs the command in a shell, as AWS's SDKs do, and reads the document that it prints. What it says
/// on its standard error is for the operator.
///
/// # Errors
/// The reason, without a word of what it printed: that may hold secrets.
pub(super) async fn keys(command: &str) -> Result<Keys, String> {
    let failed = |reason: String| format!("credential_process: {reason}");
    let running = async {
        let mut child = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut printed = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let mut stdout = stdout.take(ANSWER_BYTES_MAX as u64);
            stdout.read_to_end(&mut printed).await.map_err(|error| error.to_string())?;
        }
        let status = child.wait().await.map_err(|error| error.to_string())?;
        match status.success() {
            true => read_process_keys(&printed),
            false => Err(status.to_string()),
        }
    };
    let ended = tokio::time::timeout(TIME_MAX, running).await;
    ended.unwrap_or_else(|_| Err(format!("no answer in {TIME_MAX:?}"))).map_err(failed)
}
