//! `FieldToMatch` and `TextTransformations`.

use alloc::string::String;
use alloc::vec::Vec;

use super::at::At;
use crate::acl::Inspected;
use crate::field::{Fallback, Field, Invalid, Names, Oversize, Scope};
use crate::pre_parse::PreParse;
use crate::transform::Transformation;

const SCOPES: [(&str, Scope); 3] =
    [("ALL", Scope::All), ("KEY", Scope::Key), ("VALUE", Scope::Value)];

/// Components, by AWS's names.
const FIELDS: [&str; 14] = [
    "SingleHeader",
    "SingleQueryArgument",
    "AllQueryArguments",
    "UriPath",
    "QueryString",
    "Method",
    "Body",
    "JsonBody",
    "Headers",
    "Cookies",
    "HeaderOrder",
    "JA3Fingerprint",
    "JA4Fingerprint",
    "UriFragment",
];

/// The component that a statement inspects, with what that costs: a base cost with what AWS adds to it
/// for all query arguments (10) and for each transformation (10), and twice the base for JSON.
pub(super) fn inspected(at: &At<'_, '_>, base: u32) -> Option<(Inspected, u32)> {
    let field = at.required("FieldToMatch").and_then(|at| field(&at));
    let transformations = at.required("TextTransformations").map(|at| transformations(&at));
    let (field, (transformations, cost)) = (field?, transformations?);
    let base = match field {
        Field::AllQueryArguments => base + 10,
        Field::JsonBody { .. } => base * 2,
        _ => base,
    };
    let (pre_parse, pre_cost) = match at.get("PreParseTextTransformations") {
        Some(at) => {
            if !matches!(field, Field::AllQueryArguments | Field::SingleQueryArgument(_)) {
                at.error("only `SingleQueryArgument` and `AllQueryArguments` are parsed");
            }
            pre_parse(&at)
        }
        None => (Vec::new(), 0),
    };
    Some((Inspected { field, pre_parse, transformations }, base + cost + pre_cost))
}

/// What is done to the query first, by priority, and what it costs: 10 each, as other transformations.
fn pre_parse(at: &At<'_, '_>) -> (Vec<PreParse>, u32) {
    let words = [
        ("NONE", (None, 0)),
        ("URL_DECODE", (Some(PreParse::UrlDecode), 10)),
        ("URL_DECODE_UNI", (Some(PreParse::UrlDecodeUni), 10)),
        ("COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA", (Some(PreParse::CombineDuplicates), 10)),
        ("REPLACE_SEMICOLONS_WITH_AMPERSANDS", (Some(PreParse::ReplaceSemicolons), 10)),
    ];
    let (all, cost) = by_priority(at, &words);
    (all.into_iter().flatten().collect(), cost)
}

/// Transformations by priority, and what they cost.
pub(super) fn transformations(at: &At<'_, '_>) -> (Vec<Transformation>, u32) {
    let words =
        Transformation::ALL.map(|(name, transformation, cost)| (name, (transformation, cost)));
    let (mut all, cost) = by_priority(at, &words);
    all.retain(|transformation| *transformation != Transformation::None);
    (all, cost)
}

/// What stands in a list, of these words, by priority, and what it costs.
fn by_priority<T: Copy>(at: &At<'_, '_>, words: &[(&str, (T, u32))]) -> (Vec<T>, u32) {
    const MOST: usize = 10;
    let items = at.items();
    if items.is_empty() || items.len() > MOST {
        at.error(alloc::format!("1 to {MOST} transformations are expected"));
    }
    let mut all: Vec<(u64, T, u32)> = Vec::new();
    // Too many are told once, and not each compared with all before it.
    for at in items.into_iter().take(MOST) {
        at.members(&["Priority", "Type"]);
        let priority = at.required("Priority").and_then(|at| at.whole(0, u64::from(u32::MAX)));
        let read = at.required("Type").and_then(|at| at.one_of(words));
        if let (Some(priority), Some((transformation, cost))) = (priority, read) {
            if all.iter().any(|other| other.0 == priority) {
                at.error(alloc::format!("the priority {priority} is there twice"));
            }
            all.push((priority, transformation, cost));
        }
    }
    all.sort_by_key(|(priority, ..)| *priority);
    let cost = all.iter().map(|(.., cost)| cost).sum();
    (all.into_iter().map(|(_, transformation, _)| transformation).collect(), cost)
}

fn field(at: &At<'_, '_>) -> Option<Field> {
    let (name, inner) = at.choice()?;
    let plain = |field| {
        inner.members(&[]);
        Some(field)
    };
    match name {
        "SingleHeader" => Some(Field::SingleHeader(named(&inner)?.to_ascii_lowercase())),
        "SingleQueryArgument" => Some(Field::SingleQueryArgument(named(&inner)?)),
        "AllQueryArguments" => plain(Field::AllQueryArguments),
        "UriPath" => plain(Field::UriPath),
        "QueryString" => plain(Field::QueryString),
        "Method" => plain(Field::Method),
        "Body" => {
            inner.members(&["OversizeHandling"]);
            Some(Field::Body(oversize(&inner)?))
        }
        "JsonBody" => json_body(&inner),
        "Headers" => {
            let (names, scope, oversize) = pairs(&inner, "IncludedHeaders", "ExcludedHeaders")?;
            Some(Field::Headers { names, scope, oversize })
        }
        "Cookies" => {
            let (names, scope, oversize) = pairs(&inner, "IncludedCookies", "ExcludedCookies")?;
            Some(Field::Cookies { names, scope, oversize })
        }
        "HeaderOrder" => {
            inner.members(&["OversizeHandling"]);
            Some(Field::HeaderOrder(oversize(&inner)?))
        }
        "JA3Fingerprint" => Some(Field::Ja3(fallback(&inner)?)),
        "JA4Fingerprint" => Some(Field::Ja4(fallback(&inner)?)),
        "UriFragment" => {
            inner.members(&["FallbackBehavior"]);
            Some(Field::UriFragment(match inner.get("FallbackBehavior") {
                Some(_) => fallback(&inner)?,
                None => Fallback::NoMatch,
            }))
        }
        _ => {
            inner.no_choice("component", name, &FIELDS);
            None
        }
    }
}

pub(super) fn named(at: &At<'_, '_>) -> Option<String> {
    at.members(&["Name"]);
    at.required("Name")?.text()
}

/// Without a word AWS goes on with what it has.
fn oversize(at: &At<'_, '_>) -> Option<Oversize> {
    let words = [
        ("CONTINUE", Oversize::Continue),
        ("MATCH", Oversize::Match),
        ("NO_MATCH", Oversize::NoMatch),
    ];
    at.get("OversizeHandling").map_or(Some(Oversize::Continue), |at| at.one_of(&words))
}

pub(super) fn fallback(at: &At<'_, '_>) -> Option<Fallback> {
    at.members(&["FallbackBehavior"]);
    at.required("FallbackBehavior")?
        .one_of(&[("MATCH", Fallback::Match), ("NO_MATCH", Fallback::NoMatch)])
}

fn pairs(at: &At<'_, '_>, included: &str, excluded: &str) -> Option<(Names, Scope, Oversize)> {
    at.members(&["MatchPattern", "MatchScope", "OversizeHandling"]);
    let scope = at.required("MatchScope").and_then(|at| at.one_of(&SCOPES));
    at.required("OversizeHandling");
    let oversize = oversize(at);
    let (name, pattern) = at.required("MatchPattern")?.choice()?;
    let names = if name == "All" {
        pattern.members(&[]);
        Names::All
    } else if name == included {
        Names::Included(pattern.texts())
    } else if name == excluded {
        Names::Excluded(pattern.texts())
    } else {
        pattern.no_choice("pattern", name, &["All", included, excluded]);
        return None;
    };
    Some((names, scope?, oversize?))
}

fn json_body(at: &At<'_, '_>) -> Option<Field> {
    at.members(&["MatchPattern", "MatchScope", "InvalidFallbackBehavior", "OversizeHandling"]);
    let scope = at.required("MatchScope").and_then(|at| at.one_of(&SCOPES));
    let words = [
        ("MATCH", Invalid::Match),
        ("NO_MATCH", Invalid::NoMatch),
        ("EVALUATE_AS_STRING", Invalid::EvaluateAsString),
    ];
    let invalid = at.get("InvalidFallbackBehavior").map(|at| at.one_of(&words));
    let oversize = oversize(at);
    let (name, pattern) = at.required("MatchPattern")?.choice()?;
    let paths = match name {
        "All" => {
            pattern.members(&[]);
            None
        }
        "IncludedPaths" => {
            for path in pattern.items() {
                if path.text().is_some_and(|text| !text.starts_with('/')) {
                    path.error("a JSON pointer begins with `/`");
                }
            }
            Some(pattern.texts())
        }
        _ => {
            pattern.no_choice("pattern", name, &["All", "IncludedPaths"]);
            return None;
        }
    };
    let invalid = match invalid {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Field::JsonBody { paths, scope: scope?, invalid, oversize: oversize? })
}
