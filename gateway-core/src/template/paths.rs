//! The JSONPaths that a template names.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use crate::json_path::JsonPath;

/// The arguments of `$input.json` and `$input.path` that are texts, compiled with the template.
#[derive(Debug, Default)]
pub(super) struct Paths(BTreeMap<Arc<str>, JsonPath>);

impl Paths {
    /// What is no path is left: its call fails when it is reached, if it is.
    pub(super) fn of(template: &velocity::Template) -> Self {
        let texts = ["json", "path"].into_iter().flat_map(|name| template.texts_of_calls(name));
        Self(texts.filter_map(|text| Some((text.clone(), JsonPath::parse(text).ok()?))).collect())
    }

    pub(super) fn find(&self, text: &str) -> Option<&JsonPath> {
        self.0.get(text)
    }
}
