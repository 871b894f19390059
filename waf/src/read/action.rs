//! Actions, and the answers of those that refuse.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::at::At;
use crate::acl::{Action, CustomResponse, Headers};

/// `CustomResponseBodies`: media type and text by key.
pub(super) type Bodies = BTreeMap<String, (&'static str, String)>;

/// AWS's largest custom body.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// Most headers of an action: AWS has so many in a whole web ACL.
const HEADERS_MAX: usize = 100;

/// Which actions stand where an action is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offered {
    All,
    AllowOrBlock,
}

pub(super) fn response_bodies(at: Option<At<'_, '_>>) -> Bodies {
    let mut bodies = Bodies::new();
    for (key, at) in at.iter().flat_map(|at| at.entries()) {
        at.members(&["ContentType", "Content"]);
        let types = [
            ("TEXT_PLAIN", "text/plain"),
            ("TEXT_HTML", "text/html"),
            ("APPLICATION_JSON", "application/json"),
        ];
        let media_type = at.required("ContentType").and_then(|at| at.one_of(&types));
        let content = at.required("Content").and_then(|at| at.text());
        if content.as_ref().is_some_and(|content| content.len() > BODY_BYTES_MAX) {
            at.error(alloc::format!("a custom body has at most {BODY_BYTES_MAX} bytes"));
        }
        // One with a mistake, which was told, is there all the same.
        bodies.insert(key.into(), (media_type.unwrap_or_default(), content.unwrap_or_default()));
    }
    bodies
}

pub(super) fn read(at: &At<'_, '_>, bodies: &Bodies, offered: Offered) -> Option<Action> {
    let (name, inner) = at.choice()?;
    if offered == Offered::AllowOrBlock && !matches!(name, "Allow" | "Block") {
        inner.error("the default action is `Allow` or `Block`");
        return None;
    }
    if name == "Block" {
        inner.members(&["CustomResponse"]);
        return match inner.get("CustomResponse") {
            Some(at) => Some(Action::Block(Some(custom_response(&at, bodies)?))),
            None => Some(Action::Block(None)),
        };
    }
    let make: fn(Headers) -> Action = match name {
        "Allow" => Action::Allow,
        "Count" => Action::Count,
        "Captcha" => Action::Captcha,
        "Challenge" => Action::Challenge,
        "Monetize" => {
            inner.error("nobody can pay here: the action `Monetize` is not supported");
            return None;
        }
        _ => {
            let known = ["Allow", "Block", "Count", "Captcha", "Challenge"];
            inner.no_choice("action", name, &known);
            return None;
        }
    };
    Some(make(inserted(&inner)))
}

/// `CustomRequestHandling` of an action.
pub(super) fn inserted(at: &At<'_, '_>) -> Headers {
    at.members(&["CustomRequestHandling"]);
    let Some(at) = at.get("CustomRequestHandling") else { return Headers::new() };
    at.members(&["InsertHeaders"]);
    let headers = at.required("InsertHeaders").map(|at| headers(&at)).unwrap_or_default();
    let prefixed = |(name, value)| (alloc::format!("x-amzn-waf-{name}"), value);
    headers.into_iter().map(prefixed).collect()
}

fn custom_response(at: &At<'_, '_>, bodies: &Bodies) -> Option<CustomResponse> {
    at.members(&["ResponseCode", "CustomResponseBodyKey", "ResponseHeaders"]);
    let status = at.required("ResponseCode").and_then(|at| at.whole(200, 599));
    let body = at.get("CustomResponseBodyKey").and_then(|at| {
        let key = at.text()?;
        let found = bodies.get(&key).cloned();
        if found.is_none() {
            let message = alloc::format!("`CustomResponseBodies` has no `{key}`");
            let known: Vec<&str> = bodies.keys().map(String::as_str).collect();
            at.unknown(message, &key, &known, false);
        }
        found
    });
    let headers = at.get("ResponseHeaders").map(|at| headers(&at)).unwrap_or_default();
    Some(CustomResponse { status: status? as u16, headers, body })
}

fn headers(at: &At<'_, '_>) -> Headers {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let mut all = Headers::new();
    // Too many are told once, and not each compared with all before it.
    let items = at.items();
    if items.len() > HEADERS_MAX {
        at.error(alloc::format!("more than {HEADERS_MAX} headers"));
    }
    for at in items.into_iter().take(HEADERS_MAX) {
        at.members(&["Name", "Value"]);
        let name = at.required("Name").and_then(|at| at.text());
        let value = at.required("Value").and_then(|at| at.text());
        let (Some(name), Some(value)) = (name, value) else { continue };
        let is_plain = |b: u8| (0x20..0x7f).contains(&b) || b == b'\t';
        if name.is_empty() || !name.bytes().all(token) || !value.bytes().all(is_plain) {
            at.error("this cannot be a header field");
            continue;
        }
        let name = name.to_ascii_lowercase();
        if all.iter().any(|(other, _)| *other == name) {
            at.error(alloc::format!("the header `{name}` is there twice"));
        }
        all.push((name, value));
    }
    all
}

/// `ImmunityTimeProperty.ImmunityTime`
pub(super) fn immunity_s(at: &At<'_, '_>) -> Option<u32> {
    at.members(&["ImmunityTimeProperty"]);
    let property = at.get("ImmunityTimeProperty")?;
    property.members(&["ImmunityTime"]);
    let seconds = property.required("ImmunityTime")?.whole(60, 259_200)?;
    Some(seconds as u32)
}
