//! Where `$ref` leads.

use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
};

use crate::json::Json;

/// A place in one of the models.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) model: usize,
    /// JSON pointer in its schema.
    pub(super) pointer: String,
}

/// What references are resolved with.
pub(super) struct References<'m> {
    models: &'m [(&'m str, &'m Json)],
    by_name: BTreeMap<&'m str, usize>,
    /// `id` made absolute → where it stands, for each model.
    ids: BTreeMap<(usize, String), String>,
    /// The `id` that holds at a place, where one is given.
    bases: BTreeMap<(usize, String), String>,
}

impl<'m> References<'m> {
    pub(super) fn new(models: &'m [(&'m str, &'m Json)]) -> Self {
        let by_name = models.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
        let mut references = Self { models, by_name, ids: BTreeMap::new(), bases: BTreeMap::new() };
        for (model, (_, schema)) in models.iter().enumerate() {
            references.note_ids(model, schema, "", "");
        }
        references
    }

    /// Where a reference at a place leads.
    pub(super) fn resolve(&self, from: &Place, reference: &str) -> Option<Place> {
        let (locator, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let local = |pointer: &str| self.place(from.model, pointer);
        if locator.is_empty() && (fragment.is_empty() || fragment.starts_with('/')) {
            let fragment = decoded(fragment);
            return local(&fragment).or_else(|| self.in_document(&fragment));
        }
        if let Some((_, name)) = locator.split_once("/models/").filter(|_| is_model(locator)) {
            return self.place(*self.by_name.get(&*decoded(name))?, &decoded(fragment));
        }
        let absolute = joined(self.base(from), reference);
        let by_id = |id: &str| self.ids.get(&(from.model, id.to_owned()));
        if let Some(pointer) = by_id(&absolute) {
            return local(pointer);
        }
        let (locator, fragment) = absolute.split_once('#')?;
        local(&format!("{}{}", by_id(locator)?, decoded(fragment)))
    }

    /// The value at a place.
    pub(super) fn value(&self, place: &Place) -> Option<&'m Json> {
        find(self.models.get(place.model)?.1, &place.pointer)
    }

    /// A place that there is.
    fn place(&self, model: usize, pointer: &str) -> Option<Place> {
        let place = Place { model, pointer: pointer.to_string() };
        self.value(&place).map(|_| place)
    }

    /// `/definitions/Pet`, `/components/schemas/Pet/properties/name` of the OpenAPI document.
    fn in_document(&self, pointer: &str) -> Option<Place> {
        let rest = pointer
            .strip_prefix("/definitions/")
            .or_else(|| pointer.strip_prefix("/components/schemas/"))?;
        let (name, rest) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        self.place(*self.by_name.get(&*unescaped(name))?, rest)
    }

    /// The `id` of the nearest schema around a place.
    fn base(&self, from: &Place) -> &str {
        let mut pointer = from.pointer.as_str();
        loop {
            if let Some(base) = self.bases.get(&(from.model, pointer.to_owned())) {
                return base;
            }
            let Some(at) = pointer.rfind('/') else { return "" };
            pointer = &pointer[..at];
        }
    }

    /// Notes each `id` where a schema may stand; beside `$ref` it does not count.
    fn note_ids(&mut self, model: usize, schema: &Json, pointer: &str, base: &str) {
        let Some(object) = schema.as_object() else { return };
        let is_reference = object.get("$ref").is_some_and(|at| at.as_str().is_some());
        let id = object.get("id").and_then(Json::as_str).filter(|_| !is_reference);
        let own = id.map(|id| joined(base, id));
        if let Some(own) = &own {
            let key = own.strip_suffix('#').unwrap_or(own);
            self.ids.insert((model, key.to_owned()), pointer.to_owned());
            self.bases.insert((model, pointer.to_owned()), own.clone());
        }
        let base = own.as_deref().unwrap_or(base);
        for (name, value) in object.iter() {
            let at = format!("{pointer}/{}", escaped(name));
            match name {
                "properties" | "patternProperties" | "definitions" | "dependencies" => {
                    for (name, schema) in value.as_object().into_iter().flat_map(|o| o.iter()) {
                        self.note_ids(model, schema, &format!("{at}/{}", escaped(name)), base);
                    }
                }
                "items" | "allOf" | "anyOf" | "oneOf" if value.as_array().is_some() => {
                    for (index, schema) in value.as_array().into_iter().flatten().enumerate() {
                        self.note_ids(model, schema, &format!("{at}/{index}"), base);
                    }
                }
                "items" | "additionalItems" | "additionalProperties" | "not" => {
                    self.note_ids(model, value, &at, base);
                }
                _ => {}
            }
        }
    }
}

/// The value at a JSON pointer (RFC 6901).
pub(super) fn find<'j>(value: &'j Json, pointer: &str) -> Option<&'j Json> {
    if pointer.is_empty() {
        return Some(value);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(value, |value, step| match value {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(&unescaped(step)),
    })
}

/// A name as a step of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Percent-decoded (RFC 6901 §6).
fn decoded(fragment: &str) -> String {
    crate::target::decode(fragment).into_owned()
}

/// How API Gateway names a model: `https://apigateway.amazonaws.com/restapis/API/models/NAME`.
fn is_model(locator: &str) -> bool {
    let host = locator.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| host.starts_with("apigateway.") && host.contains(".amazonaws.com"))
}

/// A reference made absolute (RFC 3986 §5.2, without dot segments).
fn joined(base: &str, reference: &str) -> String {
    let has_scheme = reference.split(['/', '#']).next().is_some_and(|first| first.contains(':'));
    let base = base.split('#').next().unwrap_or_default();
    if has_scheme {
        return reference.to_owned();
    }
    if reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    if reference.starts_with('/') {
        let authority = base.find("://").map_or(0, |at| at + 3);
        let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
        return format!("{}{reference}", &base[..end]);
    }
    let folder = base.rfind('/').map_or(0, |at| at + 1);
    format!("{}{reference}", &base[..folder])
}
