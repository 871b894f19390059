//! What a `304`, or the answer to `HEAD`, changes of what is stored (RFC 9111 §3.2, §4.3.4, §4.3.5).

use crate::tags::{is_strong, is_strong_match, is_weak_match};
use crate::{Fields, Policy, Request, Response, ResponseDirectives, Stored, remove_hop_by_hop};

/// What describes content that is stored: a response without content says nothing of it (§3.2).
const OF_CONTENT: [&str; 5] =
    ["content-encoding", "content-length", "content-md5", "content-range", "etag"];

/// The stored response with the fields of this one, fresh from now on as they say. `None` where it is no
/// longer to be stored: it may still answer this request.
pub fn update(
    policy: &Policy,
    request: &Request<'_>,
    stored: &Stored,
    response: &Response<'_>,
) -> (Stored, bool) {
    let mut fields = stored.fields.clone();
    let mut new = response.fields.clone();
    remove_hop_by_hop(&mut new);
    new.retain(|name| !OF_CONTENT.iter().any(|one| one.eq_ignore_ascii_case(name)));
    let tells_vary = new.contains("vary");
    new.iter().for_each(|field| fields.remove(&field.name));
    new.iter().for_each(|field| fields.push(field.name.as_str(), field.value.as_slice()));
    let response = Response { status: stored.status, fields: &fields, ..*response };
    let get = Request { method: "GET", fields: request.fields };
    let is_kept = Stored::new(policy, &get, &response);
    match is_kept {
        // What the origin says now is what it goes by; else what it said.
        Ok(updated) if tells_vary => (updated, true),
        Ok(updated) => (Stored { selecting: stored.selecting.clone(), ..updated }, true),
        Err(_) => {
            let directives = ResponseDirectives::read(policy, &fields);
            let built = Stored::built(policy, &get, &response, &directives);
            (built.unwrap_or_else(|_| stored.clone()), false)
        }
    }
}

/// Whether a `304` is about this stored response (§4.3.4): the same strong validator where it has one.
pub(crate) fn is_about(stored: &Stored, fields: &Fields) -> bool {
    match (stored.fields.get("etag"), fields.get("etag")) {
        (Some(stored), Some(new)) if is_strong(new) => is_strong_match(stored, new),
        (Some(stored), Some(new)) => is_weak_match(stored, new),
        _ => true,
    }
}

/// Whether the answer to `HEAD` is about what is stored (§4.3.5): validators and length where it has them. What has
/// a validator was asked about by it, and was not answered with 304: nothing less than the same one says that it holds.
pub(crate) fn is_head_of(stored: &Stored, fields: &Fields) -> bool {
    let both = |name: &str| (stored.fields.get(name), fields.get(name));
    let is_same = |name: &str| {
        let (stored, new) = both(name);
        new.is_none() || stored.is_none() || stored == new
    };
    let validators = ["etag", "last-modified"];
    let has_validator = validators.iter().any(|name| stored.fields.contains(name));
    let is_confirmed = validators.iter().any(|name| matches!(both(name), (Some(_), Some(_))));
    stored.status == 200
        && is_about(stored, fields)
        && is_same("last-modified")
        && is_same("content-length")
        && (is_confirmed || !has_validator)
}
