//! What API keys have used outlives the program, however it ends.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::kit::*;
use crate::program::Program;

const BUSY: &str = "abcdefghij0123456789ABCD";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const FRUGAL: &str = "bcdefghijk0123456789ABCD";

/// A key that may call often, and one that may call five times a month.
fn folder() -> Folder {
    let folder = Folder::new();
    let api = definition("127.0.0.1:9".parse().unwrap(), 200)
        .replace("  /mock:\n    get:\n", "  /mock:\n    get:\n      security: [{api_key: []}]\n");
    let scheme = "
components:
  securitySchemes: {api_key: {type: apiKey, name: x-api-key, in: header}}
";
    folder.write("api.yaml", &(api + scheme));
    folder
}

/// The program; each one listens somewhere else.
fn start(folder: &Folder) -> Program {
    folder.write(
        "edgeway.yaml",
        &format!(
            "
listen: 127.0.0.1:0
dataDirectory: data
adminToken: {TOKEN}
account: {{throttleSettings: {{rateLimit: 1000000, burstLimit: 1000000}}}}
apis: [{{id: a, protocol: REST, definition: api.yaml, stages: [{{stageName: prod}}]}}]
apiKeys: [{{name: busy, value: {BUSY}}}, {{name: frugal, value: {FRUGAL}}}]
usagePlans:
  - {{name: gold, apiStages: [{{apiId: a, stage: prod}}], keys: [busy], quota: {{limit: 100000000, period: MONTH}}}}
  - {{name: tin, apiStages: [{{apiId: a, stage: prod}}], keys: [frugal], quota: {{limit: 5, period: MONTH}}}}
"
        ),
    );
    Program::start(folder)
}

fn get(client: &mut Client, key: &str) -> Option<u16> {
    use std::io::Write;
    let request = format!("GET /prod/mock HTTP/1.1\r\nHost: h\r\nx-api-key: {key}\r\n\r\n");
    client.stream.write_all(request.as_bytes()).ok()?;
    let head = client.head()?;
    let mut content = vec![0; content_length(&head)];
    std::io::Read::read_exact(&mut client.reader, &mut content).ok()?;
    head[9..12].parse().ok()
}

/// What `edgeway usage` prints.
fn report(folder: &Folder, plan: &str, more: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_edgeway"))
        .args(["usage", "--usage-plan-id", plan])
        .args(more)
        .arg("--config")
        .arg(folder.path("edgeway.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The sum over the days of a report.
fn used(folder: &Folder, plan: &str, key: &str) -> u64 {
    let report: serde_json::Value = serde_json::from_str(&report(folder, plan, &[])).unwrap();
    let days = report["items"][key].as_array().unwrap();
    days.iter().map(|day| day[0].as_u64().unwrap()).sum()
}

#[test]
fn a_killed_program_has_lost_at_most_a_seconds_counts_and_an_ended_one_none() {
    let folder = folder();
    let mut program = start(&folder);
    let (sent, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let answered = Mutex::new(Vec::new());
    let listen = program.listen;
    let killed = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = Client::connect(listen);
                let mut own = Vec::new();
                while !stop.load(Relaxed) {
                    sent.fetch_add(1, Relaxed);
                    // The program is killed in the middle of an answer.
                    let Some(status) = get(&mut client, BUSY) else { break };
                    assert_eq!(status, 200);
                    own.push(Instant::now());
                }
                answered.lock().unwrap().extend(own);
            });
        }
        let began = Instant::now();
        // More than a second's worth, of which some is written.
        while began.elapsed() < Duration::from_secs(2) || used(&folder, "gold", "busy") == 0 {
            assert!(began.elapsed() < PATIENCE, "nothing is written");
        }
        let killed = Instant::now();
        program.child.kill().unwrap();
        program.child.wait().unwrap();
        stop.store(true, Relaxed);
        killed
    });
    let answered = answered.into_inner().unwrap();
    let a_second_before = killed - Duration::from_secs(1);
    let owed = answered.iter().filter(|at| **at < a_second_before).count() as u64;
    let kept = used(&folder, "gold", "busy");
    assert!(owed > 100, "{owed} answers are too few to prove anything");
    assert!((owed..=sent.load(Relaxed)).contains(&kept), "{kept} of {owed}");

    // The one after it goes on from there, and loses nothing when it is told to end.
    let mut program = start(&folder);
    let mut client = Client::connect(program.listen);
    let statuses: Vec<_> = (0..3).map(|_| get(&mut client, FRUGAL)).collect();
    assert_eq!(statuses, [Some(200); 3]);
    (0..50).for_each(|_| assert_eq!(get(&mut client, BUSY), Some(200)));
    drop(client);
    program.signal("TERM");
    assert!(program.child.wait().unwrap().success());
    assert_eq!(used(&folder, "gold", "busy"), kept + 50);
    assert_eq!(used(&folder, "tin", "frugal"), 3);

    let program = start(&folder);
    let mut client = Client::connect(program.listen);
    let statuses: Vec<_> = (0..3).map(|_| get(&mut client, FRUGAL)).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(429)]);
    // What the operator is told needs no disk.
    let dates = "startDate=2026-01-01&endDate=2026-01-02";
    let ask = |target: &str| {
        let token = format!("Authorization: Bearer {TOKEN}\r\n");
        let answer = program.call(&format!("GET {target}"), &token, "");
        let told: serde_json::Value = serde_json::from_slice(&answer.content).unwrap();
        (answer.status, told)
    };
    let (status, told) = ask(&format!("/usageplans/tin/usage?keyId=frugal&{}", this_month()));
    let days = told["values"]["frugal"].as_array().unwrap();
    let used: u64 = days.iter().map(|day| day[0].as_u64().unwrap()).sum();
    assert_eq!((status, used, &told["usagePlanId"]), (200, 5, &"tin".into()));
    let (status, told) = ask(&format!("/usageplans/tin/usage?{dates}"));
    let expected = serde_json::json!({"frugal": [[0, 5], [0, 5]]});
    assert_eq!((status, &told["values"]), (200, &expected));
    for (target, status) in [
        ("/usageplans/tin/usage", 400),
        ("/usageplans/tin/usage?startDate=2026-01-02&endDate=2026-01-01", 400),
        (&format!("/usageplans/lead/usage?{dates}"), 404),
        (&format!("/usageplans/tin/usage?keyId=busy&{dates}"), 404),
    ] {
        assert_eq!(ask(target).0, status, "{target}");
    }
    assert_eq!(program.call(&format!("GET /usageplans/tin/usage?{dates}"), "", "").status, 403);
}

/// The last days up to today, as `edgeway usage` would tell them.
fn this_month() -> String {
    let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let today = (since_epoch.as_secs() / 86_400) as u32;
    let date = host_runtime::usage_report::date;
    format!("startDate={}&endDate={}", date(today - 30), date(today))
}

#[test]
fn a_report_is_a_table_where_one_is_asked_for() {
    let folder = folder();
    let mut program = start(&folder);
    let mut client = Client::connect(program.listen);
    let statuses: Vec<_> = (0..2).map(|_| get(&mut client, FRUGAL)).collect();
    assert_eq!(statuses, [Some(200); 2]);
    drop(client);
    program.signal("TERM");
    assert!(program.child.wait().unwrap().success());
    let text = report(&folder, "tin", &["--format", "csv"]);
    let mut lines = text.split("\r\n");
    assert_eq!(lines.next(), Some("usagePlanId,apiKeyId,date,used,remaining"));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let (end, days) = lines.split_last().unwrap();
    assert_eq!((&end[..], days.len()), (&[""][..], 31));
    let used_and_left = |day: &Vec<&str>| {
        assert_eq!((day.len(), day[0], day[1], day[2].len()), (5, "tin", "frugal", 10));
        (day[3].to_owned(), day[4].to_owned())
    };
    let (used, unused): (Vec<_>, Vec<_>) =
        days.iter().map(used_and_left).partition(|(used, _)| used != "0");
    assert_eq!(used, [("2".to_owned(), "3".to_owned())]);
    assert!(unused.iter().all(|(_, left)| left == "5"), "{unused:?}");
    let json: serde_json::Value =
        serde_json::from_str(&report(&folder, "tin", &["--format", "json"])).unwrap();
    assert_eq!(json["usagePlanId"], "tin");
}

#[test]
fn a_second_program_cannot_count_in_the_same_folder() {
    let folder = folder();
    let _first = start(&folder);
    let second = folder.read("edgeway.yaml").replace("admin:", "# admin:");
    let listen = second.lines().find(|line| line.starts_with("listen:")).unwrap();
    let second = second.replace(listen, "listen: 127.0.0.1:0");
    let second = folder.write("second.yaml", &second);
    let output = Command::new(env!("CARGO_BIN_EXE_edgeway"))
        .args(["serve", "--engine", "native", "--config"])
        .arg(second)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("another edgeway keeps its data"), "{told}");
}

#[test]
fn a_report_from_where_nobody_counts_is_refused_with_the_reason() {
    let folder = folder();
    let told = |store: &str| {
        let api = "{id: a, protocol: REST, definition: api.yaml, stages: [{stageName: prod}]}";
        let plans = format!(
            "apiKeys: [{{name: k, value: {BUSY}}}]\nusagePlans: [{{name: gold, keys: [k]}}]"
        );
        let config = folder.write("usage.yaml", &format!("apis: [{api}]\n{plans}\n{store}\n"));
        let usage = Command::new(env!("CARGO_BIN_EXE_edgeway"))
            .args(["usage", "--config"])
            .arg(config)
            .output();
        let output = usage.unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told("dataDirectory: dta").contains("dta: there is no such folder"));
    std::fs::create_dir(folder.path("other")).unwrap();
    assert!(told("dataDirectory: other").contains("other: no gateway has kept counts here"));
    let away = crate::program::free_address();
    let told = told(&format!("redis: {{url: 'redis://{away}'}}"));
    assert!(told.contains("is away: connecting: Connection refused"), "{told}");
}
