//! `canarySettings` of a stage.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gateway_core::definition::CanarySettings;
use gateway_core::definition::document::At;

use super::reading::Reading;

/// The settings. Which deployment is the canary's is known when its definition is read.
pub(super) fn settings(reading: &Reading, at: &At<'_>) -> Option<CanarySettings> {
    let keys = ["percentTraffic", "stageVariableOverrides", "useStageCache", "definition"];
    reading.keys(at, &keys);
    if let Some(at) = at.get("definition") {
        reading.text(&at);
    }
    let percent = at.get("percentTraffic").and_then(|at| thousandths(reading, &at));
    Some(CanarySettings {
        percent_traffic_thousandths: percent.unwrap_or_default(),
        deployment: 0,
        stage_variable_overrides: reading.stage_variables(at.get("stageVariableOverrides")),
        use_stage_cache: at
            .get("useStageCache")
            .and_then(|at| reading.boolean(&at))
            .unwrap_or_default(),
    })
}

/// The definitions of an API's canaries, by stage name.
pub(super) fn definitions(api: &At<'_>, directory: &Path) -> BTreeMap<String, PathBuf> {
    let stages = api.get("stages").map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    let of_stage = |stage: &At<'_>| {
        let file = stage.get("canarySettings")?.get("definition")?.as_str()?.to_owned();
        Some((stage.get("stageName")?.as_str()?.to_owned(), directory.join(file)))
    };
    stages.iter().filter_map(of_stage).collect()
}

/// A percentage in thousandths of a percent.
fn thousandths(reading: &Reading, at: &At<'_>) -> Option<u32> {
    let thousandths = at.as_text().and_then(CanarySettings::thousandths);
    if thousandths.is_none() {
        reading.error(at, "`percentTraffic` must be a number from 0.0 to 100.0");
    }
    thousandths
}
