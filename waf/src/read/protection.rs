//! `DataProtectionConfig`

use alloc::string::String;
use alloc::vec::Vec;

use super::at::At;
use crate::log::{Protected, Protections};

/// Most protections, and most keys of one.
const PROTECTIONS_MAX: usize = 26;
const KEYS_MAX: usize = 100;

pub(super) fn read(at: Option<At<'_, '_>>, account: String) -> Protections {
    let mut protections = Protections { account, ..Protections::default() };
    let Some(at) = at else { return protections };
    at.members(&["DataProtections"]);
    let items = at.required("DataProtections").map(|at| at.items()).unwrap_or_default();
    if items.is_empty() || items.len() > PROTECTIONS_MAX {
        at.error(alloc::format!("1 to {PROTECTIONS_MAX} protections are expected"));
    }
    for at in items.iter().take(PROTECTIONS_MAX) {
        // What rates are counted by is protected as anything else.
        at.members(&["Field", "Action", "ExcludeRuleMatchDetails", "ExcludeRateBasedDetails"]);
        let actions = [("SUBSTITUTION", false), ("HASH", true)];
        let hashes = at.required("Action").and_then(|at| at.one_of(&actions));
        let fields = at.required("Field").map(|at| fields(&at)).unwrap_or_default();
        let hashes = hashes.unwrap_or(false);
        let tells_matches =
            at.get("ExcludeRuleMatchDetails").is_some_and(|at| at.flag() == Some(true));
        if !tells_matches {
            protections.matched.extend(fields.iter().cloned());
        }
        protections.all.extend(fields.into_iter().map(|field| (field, hashes)));
    }
    protections
}

/// What a key of its kind names.
type Make = fn(String) -> Protected;

fn fields(at: &At<'_, '_>) -> Vec<Protected> {
    at.members(&["FieldType", "FieldKeys"]);
    let types: [(&str, Option<Make>); 5] = [
        ("SINGLE_HEADER", Some(Protected::Header)),
        ("SINGLE_COOKIE", Some(Protected::Cookie)),
        ("SINGLE_QUERY_ARGUMENT", Some(Protected::QueryArgument)),
        ("QUERY_STRING", None),
        ("BODY", None),
    ];
    let Some(type_at) = at.required("FieldType") else { return Vec::new() };
    let Some(make) = type_at.one_of(&types) else { return Vec::new() };
    let keys = at.get("FieldKeys").map(|at| at.texts()).unwrap_or_default();
    match make {
        Some(_) if keys.is_empty() || keys.len() > KEYS_MAX => {
            at.error(alloc::format!("1 to {KEYS_MAX} `FieldKeys` are expected"));
            Vec::new()
        }
        Some(make) => keys.into_iter().map(make).collect(),
        None => {
            if !keys.is_empty() {
                at.error("all of it is protected: there are no `FieldKeys`");
            }
            let is_body = type_at.text().as_deref() == Some("BODY");
            [if is_body { Protected::Body } else { Protected::QueryString }].into()
        }
    }
}
