//! Any bytes as a body, a query and a field: a verdict, the same each time, and in a time that grows with
//! the bytes alone. The same bytes are repeated up to the size that a web ACL inspects: what takes a step
//! more for every byte before it takes hundreds of times as long there.
#![no_main]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use waf::{Decision, Request, Step, Tokens, WebAcl};

const BODY_BYTES: usize = 64 * 1024;
/// Far above what it takes (about a microsecond a byte at worst); quadratic time at this size is seconds.
/// Code that is not optimised takes some twenty times as long, both ways.
const TIME_MAX: Duration = Duration::from_millis(if cfg!(debug_assertions) { 20_000 } else { 600 });
/// How often it may take longer: what others do to the machine's caches and clock passes, quadratic time does not.
const TRIES: usize = 3;

const GROUPS: [&str; 7] = [
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesPHPRuleSet",
];

/// One web ACL a group, so that no rule of one hides how long another takes; sizes only count.
fn acls() -> &'static [WebAcl] {
    static ACLS: OnceLock<Vec<WebAcl>> = OnceLock::new();
    ACLS.get_or_init(|| {
        let read = |group: &&str| {
            let document = serde_json::json!({
                "Name": "fuzz", "DefaultAction": {"Allow": {}},
                "Rules": [{"Name": "g", "Priority": 0, "OverrideAction": {"None": {}}, "Statement":
                    {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group, "RuleActionOverrides": [
                        {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}},
                        {"Name": "NoUserAgent_HEADER", "ActionToUse": {"Count": {}}},
                    ]}}}],
            });
            WebAcl::read(&document, &[]).expect("a web ACL").0
        };
        GROUPS.iter().map(read).collect()
    })
}

fn decide(acl: &WebAcl, request: &Request<'_>) -> Decision {
    match acl.evaluate(request, Tokens::default()).advance() {
        Step::Decided(verdict) => verdict.decision,
        _ => unreachable!("no rule asks for anything"),
    }
}

/// How long this thread computes, however many others want the processor.
fn spent(what: impl FnOnce() -> Decision) -> Duration {
    let began = computed();
    what();
    computed() - began
}

/// What Linux counts for this thread (its sched-stats.rst: first the nanoseconds on the processor); the time of day
/// where nobody counts.
fn computed() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match stat.split(' ').next().and_then(|nanos| nanos.parse().ok()) {
        Some(nanos) => Duration::from_nanos(nanos),
        None => {
            static BEGAN: OnceLock<Instant> = OnceLock::new();
            BEGAN.get_or_init(Instant::now).elapsed()
        }
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (media, bytes) = input;
    let media = [
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/xml",
        "multipart/form-data; boundary=x",
    ][usize::from(media) % 5];
    let text = String::from_utf8_lossy(bytes);
    let small = Request {
        method: "POST",
        path: "/",
        query: &text,
        headers: vec![("content-type", media), ("referer", &text), ("cookie", &text)],
        body: bytes,
        ..Request::default()
    };
    let repeated: Vec<u8> = bytes.iter().copied().cycle().take(BODY_BYTES).collect();
    let large = Request {
        method: "POST",
        path: "/",
        headers: vec![("content-type", media)],
        body: &repeated,
        ..Request::default()
    };
    for acl in acls() {
        assert_eq!(decide(acl, &small), decide(acl, &small));
        let is_in_time = (0..TRIES).any(|_| spent(|| decide(acl, &large)) < TIME_MAX);
        assert!(is_in_time, "{BODY_BYTES} bytes of {:?}", bytes.escape_ascii().to_string());
    }
});
