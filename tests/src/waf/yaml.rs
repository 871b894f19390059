//! YAML as the corpora have it, to JSON: no anchors, no tags, repeated names allowed (the last counts).

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// The first document of a text.
pub fn read(text: &str) -> Result<Value, String> {
    let mut parser = Parser::new_from_str(text);
    loop {
        match next(&mut parser)? {
            Event::DocumentStart(_) => {
                let event = next(&mut parser)?;
                return value(&mut parser, event);
            }
            Event::StreamEnd => return Ok(Value::Null),
            _ => {}
        }
    }
}

fn next<'t>(parser: &mut Parser<'t, StrInput<'t>>) -> Result<Event<'t>, String> {
    match parser.next_event() {
        Some(Ok((event, _))) => Ok(event),
        Some(Err(error)) => Err(error.to_string()),
        None => Ok(Event::StreamEnd),
    }
}

fn value<'t>(parser: &mut Parser<'t, StrInput<'t>>, event: Event<'t>) -> Result<Value, String> {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => Ok(plain(&text)),
        Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(parser)? {
                    Event::SequenceEnd => return Ok(Value::Array(items)),
                    event => items.push(value(parser, event)?),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut members = Map::new();
            loop {
                let name = match next(parser)? {
                    Event::MappingEnd => return Ok(Value::Object(members)),
                    Event::Scalar(name, ..) => name.into_owned(),
                    other => return Err(format!("no name: {other:?}")),
                };
                let event = next(parser)?;
                members.insert(name, value(parser, event)?);
            }
        }
        other => Err(format!("not read here: {other:?}")),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.into()), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_sequences_and_mappings_become_json() {
        let text = "---\n# x\na: 1\nb:\n  - 'c: d'\n  - |\n    e\n    f\nc: {g: null}\n";
        let expected = serde_json::json!({"a": 1, "b": ["c: d", "e\nf\n"], "c": {"g": null}});
        assert_eq!(read(text), Ok(expected));
        assert!(read("a: [").is_err());
    }
}
