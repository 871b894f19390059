//! Statements.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::at::At;
use super::field::inspected;
use super::{Place, STATEMENTS_DEPTH_MAX};
use crate::acl::{Comparison, Position, Statement};
use crate::forwarded::{Forwarded, Place as Where};
use crate::ip::IpSet;
use crate::pattern::Pattern;
use crate::problem::Document;
use crate::transform::Transformation;

/// Most patterns of a set: AWS has 10 in each.
const PATTERNS_MAX: usize = 10;

/// Most networks of a statement.
const ASNS_MAX: usize = 100;

/// Statements, by AWS's names.
const STATEMENTS: [&str; 16] = [
    "ByteMatchStatement",
    "RegexMatchStatement",
    "RegexPatternSetReferenceStatement",
    "SizeConstraintStatement",
    "SqliMatchStatement",
    "XssMatchStatement",
    "IPSetReferenceStatement",
    "GeoMatchStatement",
    "AsnMatchStatement",
    "LabelMatchStatement",
    "AndStatement",
    "OrStatement",
    "NotStatement",
    "RateBasedStatement",
    "ManagedRuleGroupStatement",
    "RuleGroupReferenceStatement",
];

/// A statement and what it costs, by "AWS WAF rule statements list".
pub(super) fn read(
    place: &Place<'_, '_>,
    at: &At<'_, '_>,
    depth: usize,
) -> Option<(Statement, u32)> {
    if depth > STATEMENTS_DEPTH_MAX {
        at.error(alloc::format!("more than {STATEMENTS_DEPTH_MAX} statements within each other"));
        return None;
    }
    let (name, inner) = at.choice()?;
    match name {
        "ByteMatchStatement" => bytes(&inner),
        "RegexMatchStatement" => regex(&inner),
        "RegexPatternSetReferenceStatement" => pattern_set(place, &inner),
        "SizeConstraintStatement" => size(&inner),
        "SqliMatchStatement" => sqli(&inner),
        "XssMatchStatement" => {
            inner.members(&["FieldToMatch", "TextTransformations", "PreParseTextTransformations"]);
            let (inspected, cost) = inspected(&inner, 40)?;
            Some((Statement::Xss(inspected), cost))
        }
        "IPSetReferenceStatement" => ip_set(place, &inner),
        "GeoMatchStatement" => geo(&inner),
        "AsnMatchStatement" => asn(&inner),
        "LabelMatchStatement" => label(place, &inner),
        "AndStatement" | "OrStatement" => {
            inner.members(&["Statements"]);
            let items = inner.required("Statements")?.items();
            if items.len() < 2 {
                inner.error("two statements or more are expected");
            }
            let count = items.len();
            let read: Vec<_> =
                items.iter().filter_map(|item| read(place, item, depth + 1)).collect();
            let cost = read.iter().map(|(_, cost)| cost).sum();
            let all: Vec<Statement> = read.into_iter().map(|(statement, _)| statement).collect();
            (all.len() == count).then_some(())?;
            Some((
                if name == "AndStatement" { Statement::And(all) } else { Statement::Or(all) },
                cost,
            ))
        }
        "NotStatement" => {
            inner.members(&["Statement"]);
            let (statement, cost) = read(place, &inner.required("Statement")?, depth + 1)?;
            Some((Statement::Not(Box::new(statement)), cost))
        }
        "RateBasedStatement" | "ManagedRuleGroupStatement" | "RuleGroupReferenceStatement" => {
            inner.error(alloc::format!("`{name}` cannot stand within another statement"));
            None
        }
        _ => {
            inner.no_choice("statement", name, &STATEMENTS);
            None
        }
    }
}

fn bytes(at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&[
        "SearchString",
        "FieldToMatch",
        "TextTransformations",
        "PreParseTextTransformations",
        "PositionalConstraint",
    ]);
    let words = [
        ("EXACTLY", Position::Exactly),
        ("STARTS_WITH", Position::StartsWith),
        ("ENDS_WITH", Position::EndsWith),
        ("CONTAINS", Position::Contains),
        ("CONTAINS_WORD", Position::ContainsWord),
    ];
    let position = at.required("PositionalConstraint").and_then(|at| at.one_of(&words));
    let needle = at.required("SearchString").and_then(|at| {
        let text = at.text()?;
        let needle = base64(&text);
        if needle.is_none() {
            at.error("Base64 is expected, as the AWS CLI prints it");
        }
        needle
    });
    let base = match position {
        Some(Position::Contains | Position::ContainsWord) => 10,
        _ => 2,
    };
    let (inspected, cost) = inspected(at, base)?;
    Some((Statement::Bytes { needle: needle?, position: position?, inspected }, cost))
}

/// Base64 with its padding, of 1 to 200 bytes, as AWS has them.
fn base64(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let alphabet = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let is_whole = text.len().is_multiple_of(4) && text.len() - bare.len() <= 2;
    if !is_whole || !bare.bytes().all(alphabet) {
        return None;
    }
    let decoded = Transformation::Base64Decode.apply(text.as_bytes()).into_owned();
    (1..=200).contains(&decoded.len()).then_some(decoded)
}

fn pattern(at: &At<'_, '_>) -> Option<Pattern> {
    let text = at.text()?;
    Pattern::new(&text).map_err(|reason| at.error(alloc::format!("not a pattern: {reason}"))).ok()
}

fn regex(at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&[
        "RegexString",
        "FieldToMatch",
        "TextTransformations",
        "PreParseTextTransformations",
    ]);
    let pattern = at.required("RegexString").and_then(|at| pattern(&at));
    let (inspected, cost) = inspected(at, 3)?;
    Some((Statement::Regex { patterns: [pattern?].into(), inspected }, cost))
}

fn pattern_set(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&["ARN", "FieldToMatch", "TextTransformations", "PreParseTextTransformations"]);
    let inspected = inspected(at, 25);
    let set = referred(place, at, "RegexPatternSet")?;
    let patterns = place.reading.within(set.document, || {
        let set = At::top(place.reading, set.value).required("RegexPatternSet")?;
        set.members(&["Name", "Id", "ARN", "Description", "RegularExpressionList"]);
        let items = set.required("RegularExpressionList")?.items();
        if items.is_empty() || items.len() > PATTERNS_MAX {
            set.error(alloc::format!("1 to {PATTERNS_MAX} patterns are expected"));
        }
        let read = |at: &At<'_, '_>| {
            at.members(&["RegexString"]);
            pattern(&at.required("RegexString")?)
        };
        Some(items.iter().filter_map(read).collect::<Vec<_>>())
    });
    let (inspected, cost) = inspected?;
    Some((Statement::Regex { patterns: patterns?, inspected }, cost))
}

fn size(at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&[
        "FieldToMatch",
        "ComparisonOperator",
        "Size",
        "TextTransformations",
        "PreParseTextTransformations",
    ]);
    let words = [
        ("EQ", Comparison::Eq),
        ("NE", Comparison::Ne),
        ("LE", Comparison::Le),
        ("LT", Comparison::Lt),
        ("GE", Comparison::Ge),
        ("GT", Comparison::Gt),
    ];
    let comparison = at.required("ComparisonOperator").and_then(|at| at.one_of(&words));
    let size = at.required("Size").and_then(|at| at.whole(0, 21_474_836_480));
    let (inspected, cost) = inspected(at, 1)?;
    Some((Statement::Size { comparison: comparison?, size: size?, inspected }, cost))
}

fn sqli(at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&[
        "FieldToMatch",
        "TextTransformations",
        "PreParseTextTransformations",
        "SensitivityLevel",
    ]);
    let levels = [("LOW", false), ("HIGH", true)];
    let is_high = at.get("SensitivityLevel").map_or(Some(false), |at| at.one_of(&levels));
    let (inspected, cost) = inspected(at, if is_high == Some(true) { 30 } else { 20 })?;
    Some((Statement::Sqli { is_high: is_high?, inspected }, cost))
}

fn ip_set(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&["ARN", "IPSetForwardedIPConfig"]);
    let forwarded = forwarded(at.get("IPSetForwardedIPConfig"), true);
    let set = referred(place, at, "IPSet")?;
    let read = || addresses(&At::top(place.reading, set.value));
    let (set, forwarded) = (place.reading.within(set.document, read)?, forwarded?);
    let any = forwarded.as_ref().is_some_and(|forwarded| forwarded.place == Where::Any);
    Some((Statement::Ip { set, forwarded }, if any { 5 } else { 1 }))
}

/// The addresses of an IP set document.
pub(super) fn addresses(top: &At<'_, '_>) -> Option<IpSet> {
    let at = top.required("IPSet")?;
    at.members(&["Name", "Id", "ARN", "Description", "IPAddressVersion", "Addresses"]);
    let items = at.required("Addresses")?.items();
    let texts: Vec<String> = items.iter().filter_map(At::text).collect();
    let set = IpSet::new(texts.iter().map(String::as_str)).ok();
    if set.is_none() {
        let is_one =
            |item: &&At<'_, '_>| item.value.as_str().is_none_or(|text| IpSet::new([text]).is_ok());
        let wrong = items.iter().filter(|item| !is_one(item));
        wrong.for_each(|item| item.error("not an address or CIDR block"));
    }
    set
}

fn geo(at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&["CountryCodes", "ForwardedIPConfig"]);
    let forwarded = forwarded(at.get("ForwardedIPConfig"), false);
    let countries = at.required("CountryCodes")?;
    if countries.items().is_empty() {
        countries.error("a country is expected");
    }
    for code in countries.items() {
        let is_code =
            |text: String| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        if !code.text().is_some_and(is_code) {
            code.error("a country is two capital letters (ISO 3166-1)");
        }
    }
    Some((Statement::Geo { countries: countries.texts(), forwarded: forwarded? }, 1))
}

fn asn(at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&["AsnList", "ForwardedIPConfig"]);
    let forwarded = forwarded(at.get("ForwardedIPConfig"), false);
    let list = at.required("AsnList")?;
    let items = list.items();
    if items.is_empty() || items.len() > ASNS_MAX {
        list.error(alloc::format!("1 to {ASNS_MAX} numbers are expected"));
    }
    let numbers = items.iter().filter_map(|at| at.whole(0, u64::from(u32::MAX)));
    let numbers = numbers.map(|n| n as u32).collect();
    Some((Statement::Asn { numbers, forwarded: forwarded? }, 1))
}

fn label(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Statement, u32)> {
    at.members(&["Scope", "Key"]);
    let scopes = [("LABEL", false), ("NAMESPACE", true)];
    let scope = at.required("Scope").and_then(|at| at.one_of(&scopes));
    let key_at = at.required("Key")?;
    let key = key_at.text()?;
    if scope == Some(true) && !key.ends_with(':') {
        key_at.error("a namespace ends with `:`");
    }
    // A name that is not complete is one of this ACL's, or this group's, own.
    let key = if key.starts_with("awswaf:") {
        key
    } else {
        alloc::format!("{}{key}", place.label_prefix)
    };
    Some((Statement::Label { scope_is_namespace: scope?, key }, 1))
}

/// `ForwardedIPConfig`; the outer `None` is a mistake that is told already.
pub(super) fn forwarded(at: Option<At<'_, '_>>, has_position: bool) -> Option<Option<Forwarded>> {
    let Some(at) = at else { return Some(None) };
    let known = ["HeaderName", "FallbackBehavior", "Position"];
    at.members(&known[..if has_position { 3 } else { 2 }]);
    let header = at.required("HeaderName").and_then(|at| at.text());
    let fallback = at
        .required("FallbackBehavior")
        .and_then(|at| at.one_of(&[("MATCH", true), ("NO_MATCH", false)]));
    let words = [("FIRST", Where::First), ("LAST", Where::Last), ("ANY", Where::Any)];
    let place = match has_position {
        true => at.required("Position").and_then(|at| at.one_of(&words)),
        false => Some(Where::First),
    };
    Some(Some(Forwarded { header: header?, matches_without: fallback?, place: place? }))
}

/// A document that something refers to.
pub(super) struct Referred<'v> {
    pub(super) arn: String,
    pub(super) document: Document,
    pub(super) value: &'v Value,
}

/// The document of this kind that `ARN` names.
pub(super) fn referred<'v>(
    place: &Place<'v, '_>,
    at: &At<'_, '_>,
    kind: &str,
) -> Option<Referred<'v>> {
    let arn_at = at.required("ARN")?;
    let arn = arn_at.text()?;
    let known = |document: &'v Value| document.get(kind)?.get("ARN").and_then(Value::as_str);
    let others = place.documents.others;
    let found = others.iter().position(|document| known(document) == Some(&arn));
    if found.is_none() {
        let message = alloc::format!("there is no {kind} with the ARN `{arn}`");
        let known: Vec<&str> = others.iter().filter_map(known).collect();
        arn_at.unknown(message, &arn, &known, false);
    }
    let index = found?;
    Some(Referred { arn, document: Document::Reference(index), value: &others[index] })
}
