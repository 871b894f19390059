//! The measurements as a document: ratios to nginx first, since the machine's own numbers mean little elsewhere.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};

use super::machine;
use super::{Measured, Sample};

/// What is less apart, as a ratio, may be the same.
const NOISE: f64 = 1.25;
/// Most memory of an idle gateway.
const IDLE_MB_MAX: f64 = 25.0;
/// Longest time from the start to the first answer.
const FIRST_ANSWER_MS_MAX: f64 = 50.0;

/// docs/benchmarks.md.
pub(crate) fn markdown(measured: &[Measured], seconds: u64, connections: u32) -> Result<String> {
    let nginx = measured.first().context("nothing was measured")?;
    let rounds = nginx.samples.len();
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`; run it to measure on a machine of your own.\n\n\
         An HTTP_PROXY route with an access log, on loopback: {connections} connections kept open by wrk, 15 request fields, an answer \
         of 200 bytes from an nginx behind every server. {rounds} rounds of {seconds} s for each server, one after the other, another \
         one first each time; medians. Every answer was compared with the right one, status and content.\n\n\
         Machine: {machine}. {versions}. The load generator and the backend use the same cores.\n\n\
         **Differences under 25 % are noise** on such a machine: between runs the same server differs by that much.\n\n\
         ## As ratios to nginx\n\n\
         Each round's value divided by nginx's of the same round, the median of these. CPU is what counts: it is the server's \
         own cost, whatever the load generator does meanwhile. Resident memory is read idle, after the first answer, and loaded, after \
         the last round.\n\n\
         | server | CPU a request | requests/s | p50 | p99 | memory idle | memory loaded |\n|---|---|---|---|---|---|---|\n",
        machine = machine::description(),
        versions = machine::versions(),
    );
    for server in measured {
        let ratio = |value| ratio(server, nginx, value);
        let (cpu, speed) =
            (ratio(|sample| sample.cpu_us_per_request), ratio(|sample| sample.requests_per_s));
        let (p50, p99) = (ratio(|sample| sample.p50_us), ratio(|sample| sample.p99_us));
        let idle = megabytes(server.idle_rss_bytes) / megabytes(nginx.idle_rss_bytes);
        let loaded = megabytes(loaded_rss_bytes(server)) / megabytes(loaded_rss_bytes(nginx));
        let _ = writeln!(
            text,
            "| {} | {cpu:.2} | {speed:.2} | {p50:.2} | {p99:.2} | {idle:.2} | {loaded:.2} |",
            server.name
        );
    }

    text.push_str(
        "\n## As measured\n\n\
         CPU is user and system time of all of a server's processes, divided by the requests answered; the range is over the \
         rounds. Memory is resident memory, summed over the processes.\n\n\
         | server | CPU µs a request | range | requests/s | p50 µs | p99 µs | MB idle | MB loaded | first answer, ms after start |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for server in measured {
        let of = |value: fn(&Sample) -> f64| median(server.samples.iter().map(value));
        let (least, most) = server
            .samples
            .iter()
            .map(|sample| sample.cpu_us_per_request)
            .fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
                (least.min(value), most.max(value))
            });
        let _ = writeln!(
            text,
            "| {} | {:.1} | {least:.1}–{most:.1} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} |",
            server.name,
            of(|sample| sample.cpu_us_per_request),
            of(|sample| sample.requests_per_s),
            of(|sample| sample.p50_us),
            of(|sample| sample.p99_us),
            megabytes(server.idle_rss_bytes),
            megabytes(loaded_rss_bytes(server)),
            first_answer_ms(server),
        );
    }
    text.push_str(
        "\nedgeway is what `cargo xtask release` builds, with counts of another, mixed load (`docs/decisions/0012`). The bare hyper proxy \
         passes on what comes and does nothing else: no routes, limits, time-outs, hop-by-hop fields or \
         log. nginx writes the same access log as edgeway.\n\n",
    );
    targets(measured, nginx, &mut text);
    text.push_str(
        "\n## Counting instead of timing\n\n\
         On a machine that does other things too, a change of a few percent is seen by counting: `valgrind --tool=callgrind \
         --instr-atstart=no` on the release build, warmed up with wrk, `callgrind_control -i on`, wrk for some seconds, and the \
         instructions divided by the requests that wrk counted; `callgrind_annotate --inclusive=yes` says where they went, calls of the \
         allocator among them. `strace -c -f` for the same seconds gives the system calls: two reads and two writes a request, and an \
         `epoll_wait` for every ten.\n",
    );
    Ok(text)
}

/// Most that a server of ours may take, and whether it does.
fn targets(measured: &[Measured], nginx: &Measured, text: &mut String) {
    text.push_str("| target | at most | measured | |\n|---|---|---|---|\n");
    for (server, ratio_max) in [("edgeway, Wasm", 1.5), ("edgeway, native", 1.2)] {
        let Some(measured) = measured.iter().find(|measured| measured.name == server) else {
            continue;
        };
        let cpu = ratio(measured, nginx, |sample| sample.cpu_us_per_request);
        let idle = megabytes(measured.idle_rss_bytes);
        for (what, max, value) in [
            ("CPU a request, as a ratio to nginx's", ratio_max, format!("{cpu:.2}")),
            ("MB idle", IDLE_MB_MAX, format!("{idle:.1}")),
            (
                "ms to the first answer",
                FIRST_ANSWER_MS_MAX,
                format!("{:.0}", first_answer_ms(measured)),
            ),
        ] {
            // As it is shown, so that nobody reads `1.50` of at most 1.5 as missed.
            let verdict = match value.parse::<f64>() {
                Ok(value) if value <= max => "met",
                Ok(value) if value <= max * NOISE => "missed, within the noise",
                _ => "missed",
            };
            let _ = writeln!(text, "| {server}: {what} | {max} | {value} | {verdict} |");
        }
    }
}

/// The median over the rounds.
fn ratio(server: &Measured, nginx: &Measured, value: fn(&Sample) -> f64) -> f64 {
    let rounds = server.samples.iter().zip(&nginx.samples);
    median(rounds.map(|(own, nginx)| value(own) / value(nginx)))
}

/// After the last round.
fn loaded_rss_bytes(server: &Measured) -> u64 {
    server.samples.last().map_or(0, |sample| sample.rss_bytes)
}

fn first_answer_ms(server: &Measured) -> f64 {
    median(server.first_answer.iter().map(Duration::as_secs_f64)) * 1000.0
}

/// What a request costs beyond the bare proxy, which is the first of these: CPU time of the same rounds.
pub(crate) fn beyond_bare(measured: &[Measured]) -> Result<String> {
    let (bare, servers) = measured.split_first().context("nothing was measured")?;
    let mut text =
        String::from("| server | CPU µs a request | beyond the bare proxy |\n|---|---|---|\n");
    for server in [bare].into_iter().chain(servers) {
        let own = median(server.samples.iter().map(|sample| sample.cpu_us_per_request));
        let rounds = server.samples.iter().zip(&bare.samples);
        let beyond =
            median(rounds.map(|(own, bare)| own.cpu_us_per_request - bare.cpu_us_per_request));
        let _ = writeln!(text, "| {} | {own:.1} | {beyond:.1} |", server.name);
    }
    Ok(text)
}

/// What a request costs with many API keys beside what it costs the same engine with few, which comes first.
pub(crate) fn by_keys(measured: &[Measured]) -> String {
    let engine = |server: &Measured| server.name.split(", ").nth(1).map(str::to_owned);
    let mut text =
        String::from("| server | CPU µs a request | as a ratio | MB loaded |\n|---|---|---|---|\n");
    for server in measured {
        let few = measured.iter().find(|other| engine(other) == engine(server)).unwrap_or(server);
        let cpu = median(server.samples.iter().map(|sample| sample.cpu_us_per_request));
        let ratio = ratio(server, few, |sample| sample.cpu_us_per_request);
        let loaded = megabytes(loaded_rss_bytes(server));
        let _ = writeln!(text, "| {} | {cpu:.1} | {ratio:.2} | {loaded:.1} |", server.name);
    }
    text
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, cpu: [f64; 5]) -> Measured {
        let sample = |cpu| Sample {
            requests_per_s: 1000.0,
            cpu_us_per_request: cpu,
            p50_us: 10.0,
            p99_us: 20.0,
            rss_bytes: 2_000_000,
        };
        Measured {
            name: name.into(),
            first_answer: vec![Duration::from_millis(5)],
            idle_rss_bytes: 1_500_000,
            samples: cpu.map(sample).to_vec(),
        }
    }

    #[test]
    fn a_slow_round_of_the_machine_does_not_change_the_ratio() {
        let nginx = server("nginx", [10.0, 10.0, 40.0, 10.0, 10.0]);
        let other = server("other", [20.0, 20.0, 80.0, 20.0, 20.0]);
        let text = markdown(&[nginx, other], 1, 1).unwrap();
        assert!(text.contains("| nginx | 1.00 |"), "{text}");
        assert!(text.contains("| other | 2.00 |"), "{text}");
        assert!(
            text.contains("| other | 20.0 | 20.0–80.0 | 1000 | 10 | 20 | 1.5 | 2.0 | 5 |"),
            "{text}"
        );
    }

    #[test]
    fn memory_is_told_as_a_ratio_to_nginxs_too() {
        let nginx = server("nginx", [10.0; 5]);
        let mut other = server("other", [10.0; 5]);
        other.idle_rss_bytes = 3_000_000;
        other.samples.last_mut().unwrap().rss_bytes = 1_000_000;
        let text = markdown(&[nginx, other], 1, 1).unwrap();
        for line in [
            "| nginx | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 |",
            "| other | 1.00 | 1.00 | 1.00 | 1.00 | 2.00 | 0.50 |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn targets_are_told_with_what_was_measured() {
        let servers = [
            server("nginx", [10.0; 5]),
            server("edgeway, native", [12.0; 5]),
            server("edgeway, Wasm", [15.1; 5]),
        ];
        let text = markdown(&servers, 1, 1).unwrap();
        for line in [
            "| edgeway, Wasm: CPU a request, as a ratio to nginx's | 1.5 | 1.51 | missed, within the noise |",
            "| edgeway, native: CPU a request, as a ratio to nginx's | 1.2 | 1.20 | met |",
            "| edgeway, Wasm: MB idle | 25 | 1.5 | met |",
            "| edgeway, Wasm: ms to the first answer | 50 | 5 | met |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_is_beyond_the_bare_proxy_is_compared_round_by_round() {
        let bare = server("bare", [10.0, 10.0, 40.0, 10.0, 10.0]);
        let text = beyond_bare(&[bare, server("own", [30.0, 31.0, 62.0, 29.0, 31.0])]).unwrap();
        assert!(text.contains("| own | 31.0 | 21.0 |"), "{text}");
    }

    #[test]
    fn many_keys_are_compared_with_few_of_the_same_engine() {
        let servers = [
            server("edgeway, native, 10 keys", [20.0; 5]),
            server("edgeway, native, 100 keys", [21.0; 5]),
            server("edgeway, Wasm, 10 keys", [40.0; 5]),
            server("edgeway, Wasm, 100 keys", [44.0; 5]),
        ];
        let text = by_keys(&servers);
        assert!(text.contains("| edgeway, native, 100 keys | 21.0 | 1.05 | 2.0 |"), "{text}");
        assert!(text.contains("| edgeway, Wasm, 10 keys | 40.0 | 1.00 | 2.0 |"), "{text}");
        assert!(text.contains("| edgeway, Wasm, 100 keys | 44.0 | 1.10 | 2.0 |"), "{text}");
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
