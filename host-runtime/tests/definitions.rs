//! Definitions that somebody broke: always an import or its mistakes, never a panic.
//!
//! The fuzz target `definition` searches further; this runs everywhere, the same each time.

use gateway_core::definition::document::Node;
use gateway_core::definition::{Protocol, Severity, json, openapi};
use host_runtime::document;

const SEEDS: [&str; 3] = [
    include_str!("../../examples/products/rest.yaml"),
    include_str!("../../examples/products/http.yaml"),
    include_str!("../../examples/quickstart/openapi.yaml"),
];
const ROUNDS: usize = 400;
/// What is dangerous to find in the wrong place.
const PIECES: [&str; 16] = [
    "{", "}", "[", "]", ": ", "- ", "\n", "  ", "&a ", "*a", "<<: *a", "!!int ", "\"", "null",
    "9e999", "\u{0}é",
];

#[test]
fn a_broken_definition_is_imported_or_refused_and_never_a_panic() {
    let (mut imported, mut refused) = (0, 0);
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for seed in SEEDS {
        for _ in 0..ROUNDS {
            let text = broken(seed, &mut random);
            for read in [document::read(&text), json::read(&text)] {
                match read {
                    Ok(document) => imported += import(&document),
                    Err(mistake) => {
                        assert_eq!(mistake.severity, Severity::Error);
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(
        imported > ROUNDS / 10 && refused > ROUNDS / 10,
        "{imported} imported, {refused} refused"
    );
}

/// As how many protocols it was imported.
fn import(document: &Node) -> usize {
    let mut imported = 0;
    for protocol in [Protocol::Rest, Protocol::Http] {
        match openapi::import(document, protocol, "us-east-1") {
            Ok(_) => imported += 1,
            Err(mistakes) => {
                assert!(mistakes.iter().any(|mistake| mistake.severity == Severity::Error));
            }
        }
    }
    imported
}

/// One to four wounds: a piece put in, a stretch taken out, or a line said twice.
fn broken(seed: &str, random: &mut Random) -> String {
    let mut text = seed.to_string();
    for _ in 0..=random.below(4) {
        let at = text.floor_char_boundary(random.below(text.len() + 1));
        match random.below(3) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => {
                let end = text.ceil_char_boundary((at + random.below(40)).min(text.len()));
                text.replace_range(at..end, "");
            }
            _ => {
                let lines: Vec<&str> = text.lines().collect();
                if let Some(line) = lines.get(random.below(lines.len().max(1))) {
                    let line = format!("{line}\n");
                    let start = text[..at].rfind('\n').map_or(0, |line_break| line_break + 1);
                    text.insert_str(start, &line);
                }
            }
        }
    }
    text
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("less than n")
    }
}
