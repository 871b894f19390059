//! `$input`.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell};

use velocity::{CallError, Map, Object, Prototype, Value};

use super::paths::Paths;
use super::{Inputs, convert};
use crate::json::{self, Json};
use crate::json_path::{Found, JsonPath};
use crate::message::Fields;
use crate::message::field_names::INVISIBLE_TO_REST;
use crate::message::spelling::Spelling;
use crate::target;

/// `$input`: content is read and parameters are listed when a template asks for them.
pub(super) struct Input {
    content: Arc<str>,
    json: OnceCell<Json>,
    parameters: Option<Parameters>,
    paths: Arc<Paths>,
    /// Taken since the template was last charged for them.
    steps: Cell<u64>,
}

/// The parameters of a request.
struct Parameters {
    path: Vec<(String, String)>,
    raw_query: String,
    /// As maps, once a template asks for them: it may ask within a loop.
    maps: OnceCell<Maps>,
    /// That of the client's fields.
    spelling: Spelling,
    fields: Fields,
}

/// What `$input.params()` has.
struct Maps {
    path: Prototype,
    querystring: Prototype,
    header: Prototype,
}

/// Up to so many bytes of a query are searched for a parameter; of longer ones the map is made.
const SEARCHED_BYTES_MAX: usize = 512;

impl Input {
    pub(super) fn new(inputs: &Inputs<'_>, takes_parameters: bool, paths: Arc<Paths>) -> Self {
        // An empty body is an empty object (recorded from the real service).
        let content = if inputs.content.is_empty() { "{}" } else { inputs.content };
        let path_parameters = inputs.context.path_parameters.iter();
        let parameters = takes_parameters.then(|| Parameters {
            path: path_parameters
                .map(|(name, value)| (name.clone().into_owned(), value.clone()))
                .collect(),
            raw_query: inputs.context.raw_query.clone().into_owned(),
            maps: OnceCell::new(),
            spelling: Spelling::of(&inputs.request.fields),
            fields: method_request_fields(inputs),
        });
        Self {
            content: content.into(),
            json: OnceCell::new(),
            parameters,
            paths,
            steps: Cell::new(0),
        }
    }

    /// What is no JSON is a text. So a form is read: AWS Lambda's blueprint `slack-echo-command` has the
    /// template `{ "body": $input.json("$") }` for `application/x-www-form-urlencoded`.
    fn json(&self) -> &Json {
        let read = || {
            let text = || Json::String((*self.content).into());
            let json = json::read(&self.content).unwrap_or_else(|_| text());
            self.spend(self.content.len() as u64 / 64 + json.weight());
            json
        };
        self.json.get_or_init(read)
    }

    fn spend(&self, steps: u64) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// What a path finds in the content.
    fn find(&self, path: &str) -> Result<Found<'_>, CallError> {
        let computed;
        let path = match self.paths.find(path) {
            Some(path) => path,
            None => {
                let failed = |error| CallError::Failed(alloc::format!("`{path}`: {error}"));
                self.spend(path.len() as u64 / 4);
                computed = JsonPath::parse(path).map_err(failed)?;
                &computed
            }
        };
        let (found, steps) = path.evaluate_counting(self.json());
        self.spend(steps);
        if matches!(found, Found::TooMuch) {
            return Err(CallError::Failed("the path finds too much".into()));
        }
        self.spend(match &found {
            Found::One(value) => value.weight(),
            Found::List(values) => values.iter().map(|value| value.weight()).sum(),
            Found::Missing | Found::TooMuch => 0,
        });
        Ok(found)
    }
}

impl Object for Input {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "body" => Some(Value::String(self.content.clone())),
            "params" => self.call("params", &[]).ok(),
            _ => None,
        }
    }

    fn take_steps(&self) -> u64 {
        self.steps.take()
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        match (method, arguments) {
            ("json", [Value::String(path)]) => {
                // What is there already is written as it is: a copy would take as much again.
                let text = match self.find(path)? {
                    Found::One(value) => Some(value.to_text()),
                    found => found.into_json().map(|json| json.to_text()),
                };
                Ok(text.map_or("\"\"".into(), Value::from))
            }
            ("path", [Value::String(path)]) => Ok(match self.find(path)? {
                Found::One(value) => convert::value(&value),
                Found::List(values) => convert::list(values.iter().map(|value| &**value)),
                Found::Missing | Found::TooMuch => Value::Null,
            }),
            ("params", []) => Ok(self.parameters.as_ref().map_or(Value::Null, Parameters::all)),
            ("params", [Value::String(name)]) => {
                let parameters = self.parameters.as_ref();
                Ok(parameters.and_then(|p| p.find(name)).unwrap_or_else(|| Value::from("")))
            }
            _ => Err(CallError::NoSuchMethod),
        }
    }
}

impl Parameters {
    /// Looks in the path, the query and the header fields, in this order.
    fn find(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.path.iter().find(|(n, _)| n == name) {
            return Some(value.as_str().into());
        }
        if let Some(value) = self.find_in_query(name) {
            return Some(value);
        }
        let line = self.fields.iter().rev().find(|line| self.spelling.is(line.name, name));
        line.map(|line| line.value.into())
    }

    /// Of several values the last.
    fn find_in_query(&self, name: &str) -> Option<Value> {
        if self.raw_query.len() > SEARCHED_BYTES_MAX {
            return self.maps().querystring.get(name);
        }
        let query = target::query_parameters(&self.raw_query);
        query.filter(|(n, _)| n == name).last().map(|(_, value)| Value::from(&*value))
    }

    /// `$input.params()`: what a template changes of it is in its own maps alone.
    fn all(&self) -> Value {
        let (all, maps) = (Map::new(), self.maps());
        all.put("path", maps.path.map());
        all.put("querystring", maps.querystring.map());
        all.put("header", maps.header.map());
        Value::Map(all)
    }

    fn maps(&self) -> &Maps {
        self.maps.get_or_init(|| {
            let path = self.path.iter().map(|(n, v)| (n.as_str().into(), v.as_str().into()));
            let query = target::query_parameters(&self.raw_query);
            let fields = self.fields.iter().map(|line| (line.name.into(), line.value.into()));
            let header = match self.spelling {
                Spelling::Known => Map::from_entries(entries(fields)),
                Spelling::Lost => Map::of_lower_case(entries(fields)),
            };
            Maps {
                path: Prototype::of(Map::from_entries(entries(path))),
                querystring: Prototype::of(Map::from_entries(entries(query))),
                header: Prototype::of(header),
            }
        })
    }
}

/// The fields of the method request: the client's but for those that nothing sees, and the front end's.
fn method_request_fields(inputs: &Inputs<'_>) -> Fields {
    let (mut fields, context) = (inputs.request.fields.clone(), inputs.context);
    fields.retain(|line| !INVISIBLE_TO_REST.contains(line.name) && !context.adds(line.name));
    for (name, value) in context.added_fields(&inputs.request.fields) {
        fields.push(name, value);
    }
    fields
}

/// Of several values with one name the last counts.
fn entries<'m>(
    entries: impl Iterator<Item = (Cow<'m, str>, Cow<'m, str>)>,
) -> impl Iterator<Item = (Value, Value)> {
    entries.map(|(name, value)| (Value::from(&*name), Value::from(&*value)))
}
