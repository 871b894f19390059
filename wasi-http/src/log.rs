//! Lines for whoever reads the host's logs.

use edge_common::failing;
use gateway_core::effect::Notice;
use wasip2::cli::{stderr, stdout};
use wasip2::io::streams::OutputStream;

use crate::clock::now;

/// What one call of `blocking-write-and-flush` takes.
const WRITE_BYTES_MAX: usize = 4_096;

/// Says what is wrong here.
pub(crate) fn error(text: &str) {
    write(&stderr::get_stderr(), text);
}

/// Does what is to be done in the background. Logs go to standard output, but for those that are meant for standard
/// error: there are no files. Metrics and traces are the host's own.
pub(crate) fn notify(notice: &Notice) {
    match notice {
        Notice::WriteAccessLog { destination, line, .. } => write(&stream(destination), line),
        Notice::WriteExecutionLog { destination, lines } => {
            let stream = stream(destination);
            lines.iter().for_each(|line| write(&stream, line));
        }
        Notice::ReportAuthorizer(failure) => {
            if let Some(line) = failing::authorizer(failure, now()) {
                error(&line);
            }
        }
        Notice::ReportIntegration(failure) => {
            if let Some(line) = failing::integration(failure, now()) {
                error(&line);
            }
        }
        Notice::Explain(_)
        | Notice::RecordRequest(_)
        | Notice::RecordTrace(_)
        | Notice::KeepSample { .. }
        | Notice::RememberAuthorization { .. } => {}
    }
}

fn stream(destination: &str) -> OutputStream {
    if destination == "stderr" { stderr::get_stderr() } else { stdout::get_stdout() }
}

fn write(stream: &OutputStream, line: &str) {
    let line = [line.as_bytes(), b"\n"].concat();
    for part in line.chunks(WRITE_BYTES_MAX) {
        // A log that is closed is nobody's.
        if stream.blocking_write_and_flush(part).is_err() {
            return;
        }
    }
}
