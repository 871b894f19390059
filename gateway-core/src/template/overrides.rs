//! `$context.requestOverride` and `$context.responseOverride`.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;

use velocity::{Map, Value};

use crate::limits::PAYLOAD_BYTES_MAX;

/// What the templates of one exchange have set so far.
///
/// Clones are the same overrides.
#[derive(Clone, Default)]
pub(crate) struct Overrides(Rc<OnceCell<Holders>>);

/// What a template sets members of: made when the first one asks, which few do.
struct Holders {
    request: Map,
    response: Map,
}

impl Default for Holders {
    /// As the real service shows them before anything is set: the request's has a map each for
    /// `path`, `header` and `querystring`, the response's for `header` alone.
    fn default() -> Self {
        let holder = |names: &[&'static str]| {
            let holder = Map::silent();
            for name in names {
                holder.put(*name, Map::silent());
            }
            holder
        };
        Self { request: holder(&["path", "header", "querystring"]), response: holder(&["header"]) }
    }
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.shown()).finish()
    }
}

impl Overrides {
    /// `$context.requestOverride`, for a template to set its members.
    pub(super) fn request(&self) -> Map {
        self.0.get_or_init(Holders::default).request.clone()
    }
    /// `$context.responseOverride`.
    pub(super) fn response(&self) -> Map {
        self.0.get_or_init(Holders::default).response.clone()
    }
    /// The one of this name in `$context`.
    pub(crate) fn find(&self, name: &str) -> Option<String> {
        self.shown().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
    /// All of them, by their names in `$context`.
    pub(crate) fn shown(&self) -> Vec<(String, String)> {
        let mut shown = Vec::new();
        for (family, members) in [
            ("requestOverride.header", self.request_headers()),
            ("requestOverride.querystring", self.request_query()),
            ("responseOverride.header", self.response_headers()),
        ] {
            let named = |(name, values): (String, Vec<String>)| {
                (alloc::format!("{family}.{name}"), values.join(", "))
            };
            shown.extend(members.into_iter().map(named));
        }
        let path = self.request_path().into_iter();
        shown.extend(path.map(|(name, v)| (alloc::format!("requestOverride.path.{name}"), v)));
        let status = self.response_status();
        shown.extend(status.map(|status| ("responseOverride.status".into(), status.to_string())));
        shown
    }
    /// One that was set a second time. "An override may only be applied to each parameter once. If you try to
    /// override the same parameter multiple times, API Gateway returns a 5XX response."
    pub(crate) fn set_again(&self) -> Option<String> {
        let holders = self.0.get()?;
        let of = |holder: &Map, family: &str| match holder.get(family)? {
            Value::Map(members) => members.replaced().and_then(text),
            _ => None,
        };
        let named = |family: &str, name: String| alloc::format!("$context.{family}.{name}");
        for family in ["header", "path", "querystring"] {
            if let Some(name) = of(&holders.request, family) {
                return Some(named(&alloc::format!("requestOverride.{family}"), name));
            }
        }
        let header = of(&holders.response, "header");
        let status = || holders.response.replaced().and_then(text).filter(|name| name == "status");
        header
            .map(|name| named("responseOverride.header", name))
            .or_else(|| status().map(|name| named("responseOverride", name)))
    }
    /// `$context.requestOverride.header`: name → values, in the order in which they were set.
    pub(crate) fn request_headers(&self) -> Vec<(String, Vec<String>)> {
        self.0.get().map(|holders| members(&holders.request, "header")).unwrap_or_default()
    }
    /// `$context.requestOverride.querystring`.
    pub(crate) fn request_query(&self) -> Vec<(String, Vec<String>)> {
        self.0.get().map(|holders| members(&holders.request, "querystring")).unwrap_or_default()
    }
    /// `$context.requestOverride.path`: not encoded.
    pub(crate) fn request_path(&self) -> Vec<(String, String)> {
        let single = |(name, values): (String, Vec<String>)| (name, values.join(","));
        let set = self.0.get().map(|holders| members(&holders.request, "path"));
        set.into_iter().flatten().map(single).collect()
    }
    /// `$context.responseOverride.header`.
    pub(crate) fn response_headers(&self) -> Vec<(String, Vec<String>)> {
        self.0.get().map(|holders| members(&holders.response, "header")).unwrap_or_default()
    }
    /// `$context.responseOverride.status`, if it is an integer from 100 to 599; a number in text
    /// counts too.
    pub(crate) fn response_status(&self) -> Option<u16> {
        let status = match self.0.get()?.response.get("status")? {
            Value::String(status) => status.parse().ok()?,
            status => u16::try_from(status.as_long()?).ok()?,
        };
        (100..=599).contains(&status).then_some(status)
    }
}

/// The members of a map, as texts; those of a list each by itself.
fn members(holder: &Map, name: &str) -> Vec<(String, Vec<String>)> {
    let Some(Value::Map(map)) = holder.get(name) else { return Vec::new() };
    let entries = map.entries().into_iter();
    entries
        .filter_map(|(name, value)| {
            let values = match value {
                Value::List(list) => list.items().iter().filter_map(text).collect(),
                value => text(&value).into_iter().collect::<Vec<_>>(),
            };
            Some((text(&name)?, values))
        })
        .collect()
}

fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(text) => text.to_string(),
        Value::Null => return None,
        value => value.to_text(PAYLOAD_BYTES_MAX as usize)?,
    })
}
