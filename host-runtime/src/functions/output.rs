//! What a function's process prints, on its way to the host's log: lines of bounded length, at a bounded rate.
//! A function that prints without end fills no disk that the gateway logs to, and keeps nobody else's lines from it.

use std::borrow::Cow;
use std::mem;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::{Instant, timeout_at};

/// Most of a line that is logged.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Most that is logged of one output in [`PERIOD`].
const PERIOD_BYTES_MAX: usize = 10 * 1024 * 1024;
const PERIOD: Duration = Duration::from_secs(10);
/// What a line takes in the log beside its text: when it was, and whose.
const LINE_OVERHEAD: usize = 64;

/// What is told of an output.
#[derive(Debug, PartialEq, Eq)]
enum Told<'l> {
    /// A line, and how many bytes of it are not there.
    Line(Cow<'l, str>, u64),
    /// So many lines before are not told.
    LeftOut(u64),
}

/// Tells everything that comes under the function's name, until the output is closed.
pub(super) async fn log(function: String, output: impl AsyncRead + Unpin) {
    let tell = |told: Told<'_>| match told {
        Told::Line(text, 0) => tracing::info!(target: "function", function, "{text}"),
        Told::Line(text, cut) => {
            tracing::info!(target: "function", function, "{text} [{cut} more bytes are not logged]");
        }
        Told::LeftOut(lines) => {
            tracing::warn!(function, lines, "the function prints too much: lines are not logged");
        }
    };
    read(output, tell).await;
}

async fn read(output: impl AsyncRead + Unpin, mut tell: impl FnMut(Told<'_>)) {
    let mut reader = BufReader::new(output);
    let mut lines = Lines::new(Instant::now());
    loop {
        let filled = match lines.told_at() {
            // Whoever prints nothing more is told of all the same.
            Some(at) => match timeout_at(at, reader.fill_buf()).await {
                Ok(filled) => filled,
                Err(_) => {
                    lines.begin_period(Instant::now(), &mut tell);
                    continue;
                }
            },
            None => reader.fill_buf().await,
        };
        let Ok(bytes @ [_, ..]) = filled else { return lines.end(&mut tell) };
        let length = bytes.len();
        lines.take(bytes, Instant::now(), &mut tell);
        reader.consume(length);
    }
}

/// Lines of an output as they come.
#[derive(Debug)]
struct Lines {
    /// How the current line begins, and how many bytes more it has.
    line: Vec<u8>,
    cut: u64,
    period: Instant,
    /// Told in this period, and left out.
    bytes: usize,
    left_out: u64,
}

impl Lines {
    fn new(now: Instant) -> Self {
        Self { line: Vec::new(), cut: 0, period: now, bytes: 0, left_out: 0 }
    }

    fn take(&mut self, bytes: &[u8], now: Instant, tell: &mut impl FnMut(Told<'_>)) {
        if now.duration_since(self.period) >= PERIOD {
            self.begin_period(now, tell);
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_whole) =
                part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            let taken = text.len().min(LINE_BYTES_MAX - self.line.len());
            self.line.extend_from_slice(&text[..taken]);
            self.cut += (text.len() - taken) as u64;
            if is_whole {
                self.tell_line(tell);
            }
        }
    }

    /// Runtime clients put carriage returns between the lines of a stack trace, which are one event then on CloudWatch.
    fn tell_line(&mut self, tell: &mut impl FnMut(Told<'_>)) {
        let (line, cut) = (mem::take(&mut self.line), mem::take(&mut self.cut));
        let mut parts = line.trim_ascii_end().split(|byte| *byte == b'\r').peekable();
        while let Some(part) = parts.next() {
            let cost = part.len() + LINE_OVERHEAD;
            if self.bytes + cost > PERIOD_BYTES_MAX {
                self.left_out += 1;
                continue;
            }
            self.bytes += cost;
            let cut = if parts.peek().is_none() { cut } else { 0 };
            tell(Told::Line(String::from_utf8_lossy(part), cut));
        }
    }

    /// When it is told what was left out, if anything was.
    fn told_at(&self) -> Option<Instant> {
        (self.left_out > 0).then(|| self.period + PERIOD)
    }

    fn begin_period(&mut self, now: Instant, tell: &mut impl FnMut(Told<'_>)) {
        if self.left_out > 0 {
            tell(Told::LeftOut(self.left_out));
        }
        (self.period, self.bytes, self.left_out) = (now, 0, 0);
    }

    fn end(mut self, tell: &mut impl FnMut(Told<'_>)) {
        if !self.line.is_empty() {
            self.tell_line(tell);
        }
        self.begin_period(self.period, tell);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// What is told of parts that come one after the other, each with how long after the one before.
    async fn told(parts: Vec<(u64, Vec<u8>)>) -> Vec<String> {
        let (mut writer, reader) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            for (seconds, part) in parts {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                writer.write_all(&part).await.unwrap();
            }
        });
        let mut all = Vec::new();
        let tell = |told: Told<'_>| {
            all.push(match told {
                Told::Line(text, 0) => text.into_owned(),
                Told::Line(text, cut) => format!("{} bytes, {cut} cut", text.len()),
                Told::LeftOut(lines) => format!("{lines} left out"),
            });
        };
        read(reader, tell).await;
        all
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_told_as_they_come_and_the_last_one_without_its_end() {
        let parts =
            vec![(0, b"on".to_vec()), (100, b"e \r\n\ntwo\xff\nthr".to_vec()), (1, b"ee".to_vec())];
        assert_eq!(told(parts).await, ["one", "", "two\u{fffd}", "three"]);
        assert!(told(Vec::new()).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn lines_of_a_stack_trace_that_carriage_returns_divide_are_lines() {
        let trace = b"ValueError: x\rTraceback:\r  line 2\r\nnext\n";
        assert_eq!(
            told(vec![(0, trace.to_vec())]).await,
            ["ValueError: x", "Traceback:", "  line 2", "next"]
        );
        let many = told(vec![(0, vec![b'\r'; 64]), (0, b"x\n".to_vec())]).await;
        assert_eq!(many.len(), 65);
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_line_without_end_the_beginning_is_told_and_how_much_is_not() {
        let long = vec![b'x'; LINE_BYTES_MAX];
        let parts =
            vec![(0, [&long[..], b"\n"].concat()), (0, [&long[..], &long, b"y\nz\n"].concat())];
        let whole = String::from_utf8(long).unwrap();
        let cut = format!("{LINE_BYTES_MAX} bytes, {} cut", LINE_BYTES_MAX + 1);
        assert_eq!(told(parts).await, [whole, cut, "z".into()]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_prints_too_much_is_told_of_when_the_period_is_over_and_heard_again() {
        let kilobyte = [vec![b'x'; 1023], vec![b'\n']].concat();
        let parts = vec![(0, kilobyte.repeat(11 * 1024)), (3_600, b"quiet\n".to_vec())];
        let told = told(parts).await;
        let lines = PERIOD_BYTES_MAX / (1023 + LINE_OVERHEAD);
        assert_eq!(told.len(), lines + 2);
        assert_eq!(told[lines..], [format!("{} left out", 11 * 1024 - lines), "quiet".into()]);
    }

    #[tokio::test(start_paused = true)]
    async fn empty_lines_without_end_are_too_much_too() {
        let told = told(vec![(0, vec![b'\n'; PERIOD_BYTES_MAX / LINE_OVERHEAD + 7])]).await;
        assert_eq!(told.len(), PERIOD_BYTES_MAX / LINE_OVERHEAD + 1);
        assert_eq!(told.last().unwrap(), "7 left out");
    }
}
