//! `distributions`: files with what `aws cloudfront` prints, and where their origins really are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use distribution::Options;
use gateway_core::definition::Source;
use gateway_core::definition::document::At;

use super::api::destination_of;
use super::listeners::{self, Listener};
use super::reading::{Elsewhere, Reading};

/// A distribution of the configuration; its files are read with the definitions.
#[derive(Debug, Clone, PartialEq)]
pub struct DistributionConfig {
    /// What it is called.
    pub id: String,
    /// The distribution (`get-distribution-config`).
    pub definition: PathBuf,
    /// What it refers to (`get-cache-policy`, `get-key-group` …).
    pub references: Vec<PathBuf>,
    /// A listener of its own; without one, host names lead to it alone.
    pub listen: Option<Listener>,
    /// Where origins are reached that are elsewhere than their domain names say, by their ids.
    pub origins: BTreeMap<String, String>,
    /// Where its standard logs are written, if anywhere.
    pub log_destination: Option<String>,
    /// The same of its real-time logs.
    pub real_time_destination: Option<String>,
    /// The operator's choices.
    pub options: Options,
    /// Where it stands in the configuration.
    pub source: Source,
}

/// Where what is stored outlives memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionsOnDisk {
    /// The folder, of this process alone.
    pub directory: PathBuf,
    /// Most that it takes.
    pub bytes: u64,
}

/// Less would not do for one object and what makes room for it.
const ON_DISK_BYTES_MIN: u64 = 16 << 20;

/// `distributionsOnDisk`.
pub(super) fn read_on_disk(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
) -> Option<DistributionsOnDisk> {
    let at = at.get("distributionsOnDisk")?;
    reading.keys(&at, &["directory", "bytes"]);
    let folder = reading.required(&at, "directory").and_then(|at| reading.text(&at));
    let bytes = reading.required(&at, "bytes")?;
    let read = bytes.as_text().and_then(|text| text.parse().ok());
    let read = read.filter(|read| *read >= ON_DISK_BYTES_MIN);
    if read.is_none() {
        reading.error(&bytes, format!("it must be a whole number, {ON_DISK_BYTES_MIN} at least"));
    }
    Some(DistributionsOnDisk { directory: directory.join(folder?), bytes: read? })
}

pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
) -> Vec<DistributionConfig> {
    let Some(at) = at.get("distributions") else { return Vec::new() };
    let mut all: Vec<DistributionConfig> = Vec::new();
    for item in reading.array(&at) {
        let Some(read) = read(reading, &item, directory) else { continue };
        if all.iter().any(|other| other.id == read.id) {
            reading.error(&item, format!("the distribution `{}` is there twice", read.id));
        }
        all.push(read);
    }
    all
}

/// What distributions have in their documents.
const OF_STAGES: Elsewhere = Elsewhere {
    of: "stages",
    keys: &[(
        "webAcl",
        "a distribution has `WebACLId` in its document: a web ACL's ARN, or its name",
    )],
};

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<DistributionConfig> {
    reading.keys_besides(
        at,
        &[
            "id",
            "definition",
            "references",
            "listen",
            "origins",
            "cdnCacheControl",
            "viewerCacheControl",
            "cacheStatus",
            "heuristicPercent",
            "logging",
        ],
        &OF_STAGES,
    );
    let file = |at: &At<'_>| reading.text(at).map(|path| directory.join(path));
    let id = reading.required(at, "id").and_then(|at| reading.text(&at));
    let definition = reading.required(at, "definition").and_then(|at| file(&at));
    let references = at.get("references").map(|at| reading.array(&at)).unwrap_or_default();
    let origins = at.get("origins").map(|at| reading.object(&at)).unwrap_or_default();
    let is = |name| at.get(name).and_then(|at| reading.boolean(&at)).unwrap_or(false);
    let percent = at.get("heuristicPercent").and_then(|at| reading.whole(&at));
    let logging = at.get("logging");
    if let Some(at) = &logging {
        reading.keys(at, &["destination", "realTimeDestination"]);
    }
    let destination = |name: &str| {
        let at = logging.as_ref()?.get(name)?;
        Some(destination_of(reading.text(&at)?, directory))
    };
    Some(DistributionConfig {
        references: references.iter().filter_map(file).collect(),
        listen: at.get("listen").and_then(|at| listeners::read(reading, &at, directory)),
        origins: origins
            .iter()
            .filter_map(|(id, at)| Some((String::from(*id), reading.url(at)?)))
            .collect(),
        log_destination: destination("destination"),
        real_time_destination: destination("realTimeDestination"),
        // Last: what is missing hides nothing of the rest.
        id: id?.into(),
        definition: definition?,
        options: Options {
            reads_targeted: is("cdnCacheControl"),
            heeds_viewers: is("viewerCacheControl"),
            tells_cache_status: is("cacheStatus"),
            heuristic_percent: percent.unwrap_or(0).into(),
        },
        source: at.source(),
    })
}
