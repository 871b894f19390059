//! Which requests one answer does for (RFC 9111 §4: "collapse requests"): who may wait for whom.

use alloc::string::String;
use alloc::vec::Vec;

use crate::conditions::FOR_ORIGIN;
use crate::ranges::{Asked, Spec, asked};
use crate::vary::normalise;
use crate::{Fields, Policy, Request, RequestDirectives, Stored, Unusable};

/// What clients put beside what they ask for: one that is answered without them gets nothing wrong.
const CONDITIONS: [&str; 2] = ["if-none-match", "if-modified-since"];

/// What a request asks for, in names that have a meaning under one key alone. Who asks for what another one
/// asks for already may wait for what that stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What else would be of use, if somebody asks for it: the whole.
    pub whole: Option<Vec<u8>>,
    /// What is asked for, without the client's conditions: an answer does for all who ask for it.
    pub shared: Vec<u8>,
    /// The same with them. Their `304` is that client's alone, so nobody else waits for it.
    pub own: Vec<u8>,
}

impl Wish {
    /// What this request wishes that these stored responses do not answer; `None` where it waits for nobody, and nobody
    /// for it. `is_validated`: the origin is to be asked whether a stored response still holds, which does for all.
    pub fn of(
        policy: &Policy,
        request: &Request<'_>,
        stored: &[&Stored],
        why: Unusable,
        is_validated: bool,
    ) -> Option<Self> {
        if matches!(why, Unusable::Request | Unusable::Method) || insists(policy, request) {
            return None;
        }
        let variant = variant(request.fields, stored);
        let named = |kind: &[u8]| [kind, &variant].concat();
        let (is_head, range) = (request.method == "HEAD", range(request.fields));
        let is_conditional = CONDITIONS.iter().any(|name| request.fields.contains(name));
        let kind = match &range {
            _ if is_head => &b"head"[..],
            Some(range) if !is_validated => &**range,
            _ => b"whole",
        };
        let shared = named(kind);
        let own = match is_conditional && !is_validated {
            true => [b"conditional ", &*shared].concat(),
            false => shared.clone(),
        };
        // A part is not waited for as long as all of it takes.
        Some(Self { whole: is_head.then(|| named(b"whole")), shared, own })
    }
}

/// The header section without the conditions that a stored answer makes up for.
pub fn unconditional(fields: &Fields) -> Fields {
    let mut fields = fields.clone();
    fields.retain(|name| !CONDITIONS.iter().any(|one| one.eq_ignore_ascii_case(name)));
    fields
}

/// Whether the client wants an answer of its own.
fn insists(policy: &Policy, request: &Request<'_>) -> bool {
    let asked = match policy.heeds_clients {
        true => RequestDirectives::read(request.fields),
        false => RequestDirectives::default(),
    };
    asked.no_store
        || asked.no_cache
        || asked.max_age_s == Some(0)
        || FOR_ORIGIN.iter().any(|name| request.fields.contains(name))
}

/// What the request says in all fields that any stored response varies by: requests that say the same there are
/// answered the same, as far as is known.
fn variant(request: &Fields, stored: &[&Stored]) -> Vec<u8> {
    let names = stored.iter().flat_map(|one| one.selecting.names());
    let of = |name: &String| {
        let mut said = Vec::new();
        append(&mut said, Some(name.as_bytes()));
        append(&mut said, normalise(request, name).as_deref());
        said
    };
    let mut variant: Vec<Vec<u8>> = names.map(of).collect();
    variant.sort_unstable();
    variant.dedup();
    variant.concat()
}

/// The part that is asked for; `None` for all of it.
fn range(fields: &Fields) -> Option<Vec<u8>> {
    let Asked::Ranges(specs) = asked(fields) else { return None };
    let mut name = b"part".to_vec();
    for spec in specs {
        let (kind, first, last) = match spec {
            Spec::From(first, None) => (b'-', first, 0),
            Spec::From(first, Some(last)) => (b'=', first, last),
            Spec::Last(count) => (b'+', 0, count),
        };
        name.push(kind);
        name.extend(first.to_be_bytes());
        name.extend(last.to_be_bytes());
    }
    append(&mut name, normalise(fields, "if-range").as_deref());
    Some(name)
}

/// With its length: no value can pass for another part.
fn append(name: &mut Vec<u8>, value: Option<&[u8]>) {
    name.extend(value.map_or(u64::MAX, |value| value.len() as u64).to_be_bytes());
    name.extend(value.unwrap_or_default());
}
