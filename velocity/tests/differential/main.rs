//! The same templates through Apache Velocity 1.7, in Java, and through this crate.
//!
//! Needs Java 17 and the Debian packages `velocity`, `libcommons-collections3-java` and `libcommons-lang-java`. Where they
//! are missing the test says so and is passed, unless `VELOCITY17=required`, as `cargo xtask test` sets it.

mod generate;
mod integers;
mod narrow;
mod shown;
mod words;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use generate::Generator;
use velocity::{Bounds, Dialect, Map, Scope, Template, Value};

const JARS: [&str; 3] = [
    "/usr/share/java/velocity.jar",
    "/usr/share/java/commons-collections3.jar",
    "/usr/share/java/commons-lang.jar",
];
const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/velocity17/Render.java");
/// The seeds of the templates that are compared; `VELOCITY17_SEEDS=8000..200000` compares others.
const SEEDS: std::ops::Range<u64> = 0..8_000;

/// What an implementation makes of a template: errors are compared as such, not by their words.
#[derive(Debug, PartialEq)]
enum Rendered {
    Text(String),
    Error(String),
}

#[test]
fn templates_render_as_velocity_1_7_renders_them() {
    let missing = missing();
    if !missing.is_empty() {
        assert_ne!(std::env::var("VELOCITY17").as_deref(), Ok("required"), "missing: {missing:?}");
        eprintln!("not compared with Velocity 1.7, since these are missing: {missing:?}");
        return;
    }
    let templates: Vec<String> = corpus().into_iter().chain(generated()).collect();
    let expected = by_java(&templates);
    assert_eq!(expected.len(), templates.len());
    let errors = expected.iter().filter(|e| matches!(e, Rendered::Error(_))).count();
    let mut different = Vec::new();
    for (template, expected) in templates.iter().zip(expected) {
        let found = here(template);
        let same = match (&expected, &found) {
            (Rendered::Error(_), Rendered::Error(_)) => true,
            // What would never be freed is refused here, and so are keys that may change.
            (_, Rendered::Error(here)) if here.contains("cannot contain itself") => true,
            (_, Rendered::Error(here)) if here.contains("not supported as keys") => true,
            (expected, found) => expected == found,
        };
        if !same {
            different.push((template, expected, found));
        }
    }
    // The shortest say most.
    different.sort_by_key(|(template, ..)| template.len());
    let shown = different.iter().take(10).map(|(template, there, here)| {
        format!("{template:?}\n   there {there:?}\n    here {here:?}\n")
    });
    let shown: String = shown.collect();
    assert!(different.is_empty(), "{} of {}:\n{shown}", different.len(), templates.len());
    // A generator of nothing but mistakes would compare nothing.
    assert!(errors * 3 < templates.len(), "{errors} of {} are errors", templates.len());
}

fn missing() -> Vec<&'static str> {
    let mut missing: Vec<&str> =
        JARS.iter().copied().filter(|jar| !Path::new(jar).is_file()).collect();
    let java = Command::new("java").arg("-version").stderr(Stdio::null()).status();
    if !java.is_ok_and(|status| status.success()) {
        missing.push("java");
    }
    missing
}

/// Templates that somebody thought of: one in each line, with Rust's escapes.
fn corpus() -> Vec<String> {
    let lines = include_str!("corpus.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(|line| line.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")).collect()
}

fn generated() -> impl Iterator<Item = String> {
    seeds().map(|seed| Generator::new(seed).template())
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(seeds) = std::env::var("VELOCITY17_SEEDS") else { return SEEDS };
    let parsed =
        seeds.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    parsed.expect("VELOCITY17_SEEDS is FROM..TO")
}

fn by_java(templates: &[String]) -> Vec<Rendered> {
    let mut java = Command::new("java")
        .args(["-cp", &JARS.join(":"), DRIVER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("java was there just now");
    let mut stdin = java.stdin.take().expect("it is piped");
    let input: String = templates.iter().map(|template| hex(template) + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = java.wait_with_output().expect("java ends");
    writer.join().expect("no panic").expect("java reads everything");
    assert!(output.status.success(), "{DRIVER} failed");
    let output = String::from_utf8(output.stdout).expect("it prints ASCII");
    output
        .lines()
        .map(|line| match line.split_once(' ') {
            Some(("ok", text)) => Rendered::Text(unhex(text)),
            Some(("error", text)) => Rendered::Error(unhex(text)),
            _ => panic!("unknown answer: {line}"),
        })
        .collect()
}

fn here(template: &str) -> Rendered {
    let rendered = Template::parse(template, Dialect::Velocity17)
        .map_err(|error| error.to_string())
        .and_then(|template| {
            template.render(&scope(), &Bounds::default()).map_err(|error| error.to_string())
        });
    match rendered {
        Ok(text) => Rendered::Text(text),
        Err(error) => Rendered::Error(error),
    }
}

/// The variables of every template; `Render.java` has the same.
fn scope() -> Scope {
    let inner = Map::new();
    inner.put("k", "v");
    inner.put("n", 7);
    inner.put("l", 7_i64);
    inner.put("none", Value::Null);
    let map = Map::new();
    map.put("name", "Ann");
    map.put("age", 42);
    map.put("inner", inner);
    map.put("items", Value::list(vec!["x".into(), "y".into()]));
    map.put("flag", false);
    let list = Value::list(vec!["a".into(), "b".into(), "c".into()]);
    let mixed = vec![1.into(), "two".into(), 3.5.into(), true.into(), Value::Null, list.clone()];
    let mut scope = Scope::new();
    scope.set("s", "Hello, World");
    scope.set("t", "text");
    scope.set("e", "");
    scope.set("i", 5);
    scope.set("j", -3);
    scope.set("z", 0);
    scope.set("l", 5_i64);
    scope.set("w", -4_294_967_299_i64);
    scope.set("d", 2.5);
    scope.set("yes", true);
    scope.set("no", false);
    scope.set("list", list);
    scope.set("mixed", Value::list(mixed));
    scope.set("empty", Value::list(Vec::new()));
    scope.set("map", map);
    scope
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> String {
    let bytes = text.as_bytes().chunks(2);
    let bytes = bytes.map(|pair| {
        u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal")
    });
    String::from_utf8(bytes.collect()).expect("UTF-8")
}
