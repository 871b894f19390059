//! Texts to try claims on that are about any text: what the crate's tests have in quotes, attacks and what is none, and
//! each with bytes changed.

use alloc::vec::Vec;

const SOURCES: [&str; 9] = [
    include_str!("detect/java.rs"),
    include_str!("detect/parts/tests/hidden.rs"),
    include_str!("file/address.rs"),
    include_str!("file/tests.rs"),
    include_str!("sql/tests.rs"),
    include_str!("sql/tests/positions.rs"),
    include_str!("sql/titled.rs"),
    include_str!("sql/traces.rs"),
    include_str!("xss/tests.rs"),
];
/// What is put in a byte's place, and between bytes.
const PUT: &[u8] = b"'\"`<>()[]{}=;:,.-+*/\\|&^%$#@!?~_ \n\0\xa0\xbc\xbe0aeExX19";

/// All of them.
pub(crate) fn texts() -> impl Iterator<Item = Vec<u8>> {
    let written = SOURCES.iter().flat_map(|source| source.split('"'));
    let escapes = [("\\n", "\n"), ("\\\\", "\\"), ("\\0", "\0"), ("\\u{130}", "\u{130}")];
    let texts: Vec<Vec<u8>> = written
        .map(|text| {
            let text =
                escapes.iter().fold(text.into(), |text: alloc::string::String, (from, to)| {
                    text.replace(from, to)
                });
            text.into_bytes()
        })
        .filter(|text| (2..300).contains(&text.len()))
        .collect();
    let mut random = 88_172_645_463_325_252_u64;
    let mut below = move |most: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize % most
    };
    let mut changed = Vec::new();
    for text in &texts {
        for way in 0..6 {
            let mut text = text.clone();
            let (at, byte) = (below(text.len()), PUT[below(PUT.len())]);
            match way {
                0 => text.truncate(at),
                1 => drop(text.drain(..at)),
                2 => drop(text.remove(at)),
                3 => text.make_ascii_uppercase(),
                4 => text.insert(at, byte),
                _ => text[at] = byte,
            }
            changed.push(text);
        }
    }
    texts.into_iter().chain(changed)
}
