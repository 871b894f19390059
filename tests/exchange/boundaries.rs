//! Who may ask the host: read off the sources, as no type can say it.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Every source file of the core that is no verb: neither the pipeline nor the exchange that runs it.
fn nouns() -> Vec<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway-core/src");
    let mut files = Vec::new();
    collect(&sources, &mut files).expect("the core's sources are readable");
    files.retain(|file| {
        let of_pipeline = file.starts_with(sources.join("pipeline"));
        !of_pipeline && ![sources.join("pipeline.rs"), sources.join("exchange.rs")].contains(file)
    });
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.extend(path.extension().is_some_and(|ext| ext == "rs").then_some(path)),
        }
    }
    Ok(())
}

#[test]
fn what_is_no_stage_of_the_pipeline_can_neither_ask_the_host_nor_wait() {
    let nouns = nouns();
    assert!(nouns.len() > 100, "the sources are not where they were: {}", nouns.len());
    for file in nouns {
        let text = fs::read_to_string(&file).expect("a source file is readable");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let asks = |line: &&str| {
            ["Io", "async", "await", "poll_fn"].iter().any(|word| has_word(line, word))
        };
        let found: Vec<&str> = code.filter(asks).collect();
        assert!(found.is_empty(), "{} is no verb, and has: {found:#?}", file.display());
    }
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}
