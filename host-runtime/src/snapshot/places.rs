//! Where in a configuration something of an API's stages stands.

use gateway_core::definition::Source;
use gateway_core::definition::document::{At, Node};

/// The place of what `Stage::source_of` names, or the nearest to it that is written: a setting may have
/// come from elsewhere than it seems.
pub(super) fn of_stage(document: &Node, api: &Source, of_stage: &Source) -> Source {
    let root = At::root(document);
    let apis = root.get("apis").map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    let Some(mut at) = apis.into_iter().find(|at| at.source() == *api) else { return api.clone() };
    let mut parts =
        of_stage.pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
    while let Some(part) = parts.next() {
        let below = match part.as_str() {
            "stages" => {
                let name = parts.next().unwrap_or_default();
                let mut stages =
                    at.get("stages").into_iter().flat_map(|at| at.items().collect::<Vec<_>>());
                stages.find(|at| at.get("stageName").is_some_and(|at| at.as_str() == Some(&name)))
            }
            part => at.get(part),
        };
        let Some(below) = below else { break };
        at = below;
    }
    at.source()
}

#[cfg(test)]
mod tests {
    use gateway_core::definition::Stage;

    use super::*;

    #[test]
    fn a_place_is_as_near_as_the_configuration_has_it() {
        let text = "apis:\n- id: a\n  stages: []\n- id: b\n  stages:\n  - stageName: s\n    methodSettings:\n      ~1x/GET: {}\n";
        let document = crate::document::read(text).unwrap();
        let api = At::root(&document).get("apis").unwrap().items().nth(1).unwrap().source();
        let stage = |name: &str| Stage { stage_name: name.into(), ..Stage::default() };
        let place = |stage: &Stage, members: &[&str]| {
            let found = of_stage(&document, &api, &stage.source_of(members));
            (found.pointer, found.line)
        };
        let key = "/apis/1/stages/0/methodSettings/~01x~1GET".to_owned();
        assert_eq!(place(&stage("s"), &["methodSettings", "~1x/GET"]), (key, 8));
        let settings = "/apis/1/stages/0/methodSettings".to_owned();
        assert_eq!(place(&stage("s"), &["methodSettings", "~1y/GET"]).0, settings);
        assert_eq!(place(&stage("t"), &["variables"]), ("/apis/1".into(), 4));
    }
}
