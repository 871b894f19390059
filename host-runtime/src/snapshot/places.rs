//! Where in a configuration something of an API's stages stands.

use std::path::Path;

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

/// The place of what a pointer leads to, or of the nearest above it that is written.
pub(super) fn nearest(document: &Node, of: &Source) -> Source {
    let mut pointer = of.pointer.as_str();
    loop {
        match (At::root(document).find(pointer), pointer.rfind('/')) {
            (Some(at), _) => return at.source(),
            (None, Some(above)) => pointer = &pointer[..above],
            (None, None) => return of.clone(),
        }
    }
}

/// Where a configuration names this file as a `definition`.
pub(super) fn of_definition(document: &Node, folder: &Path, file: &Path) -> Option<Source> {
    fn find(at: &At<'_>, is_it: &dyn Fn(&At<'_>) -> bool) -> Option<Source> {
        let named = at.get("definition").filter(is_it).map(|at| at.source());
        let below =
            || at.members().map(|(_, at)| at).chain(at.items()).find_map(|at| find(&at, is_it));
        named.or_else(below)
    }
    find(&At::root(document), &|at| at.as_str().is_some_and(|name| folder.join(name) == file))
}

#[cfg(test)]
mod tests {
    use gateway_core::definition::Stage;

    use super::*;

    #[test]
    fn a_file_is_found_where_it_is_named_as_a_definition() {
        let text = "apis:\n- id: a.yaml\n  stages:\n  - canarySettings:\n      definition: a.yaml\nwebAcls:\n- definition: /b.json\n";
        let document = crate::document::read(text).unwrap();
        let place = |file: &str| {
            let found = of_definition(&document, Path::new("/etc"), Path::new(file))?;
            Some((found.pointer, found.line))
        };
        let canary = "/apis/0/stages/0/canarySettings/definition".to_owned();
        assert_eq!(place("/etc/a.yaml"), Some((canary, 5)));
        assert_eq!(place("/b.json"), Some(("/webAcls/0/definition".into(), 7)));
        assert_eq!(place("/etc/c.yaml"), None);
    }

    #[test]
    fn the_nearest_place_is_one_that_is_written() {
        let text = "usagePlans:\n- apiStages:\n  - throttle:\n      /a/GET: {}\n";
        let document = crate::document::read(text).unwrap();
        let place = |pointer: &str| {
            let found = nearest(&document, &Source { pointer: pointer.into(), line: 2 });
            (found.pointer, found.line)
        };
        let throttle = "/usagePlans/0/apiStages/0/throttle";
        let key = format!("{throttle}/~1a~1GET");
        assert_eq!(place(&key), (key.clone(), 4));
        assert_eq!(place(&format!("{throttle}/~1~1GET")), (throttle.into(), 3));
    }

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
