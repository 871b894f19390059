//! Where a Worker departs from the other engines, case by case with the reason: `hosts/differences.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// What may differ. No other case may fail in a Worker, or be answered otherwise there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differences {
    /// Cases that it answers otherwise though all engines are sent the same.
    pub answers: BTreeMap<String, String>,
    /// Cases that it answers as the others do where these are sent field names in lower case too, which is all
    /// that a Worker is told.
    pub spelling: BTreeMap<String, String>,
}

impl Differences {
    /// Reads the file.
    ///
    /// # Panics
    /// When it cannot be read, or a reason is missing.
    pub fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/differences.json");
        let text = std::fs::read_to_string(&path).expect("differences.json");
        let all: Self = serde_json::from_str(&text).expect("differences.json");
        for (id, reason) in all.answers.iter().chain(&all.spelling) {
            assert!(!reason.is_empty(), "differences.json: {id:?} needs a reason");
        }
        all
    }

    /// Why a Worker may fail a case.
    pub fn reason(&self, id: &str) -> Option<&str> {
        self.answers.get(id).or_else(|| self.spelling.get(id)).map(String::as_str)
    }
}
