//! Writes documents for people: JSON with one member a line, YAML in blocks. Members keep their order.

use gateway_core::json::{self, Json, Slashes};

/// The document as JSON.
pub fn json(document: &Json) -> String {
    let mut text = String::new();
    write_json(document, 0, &mut text);
    text.push('\n');
    text
}

/// The document as YAML 1.2. Texts stand in double quotes with JSON's escapes, which YAML has too
/// (§5.7), so that none is taken for anything else.
pub fn yaml(document: &Json) -> String {
    let mut text = String::new();
    match is_block(document) {
        true => write_block(document, 0, &mut text),
        false => {
            json::write(document, Slashes::Plain, &mut text);
            text.push('\n');
        }
    }
    text
}

fn write_json(value: &Json, depth: usize, text: &mut String) {
    match value {
        Json::Array(items) if !items.is_empty() => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                new_line(at > 0, depth + 1, text);
                write_json(item, depth + 1, text);
            }
            new_line(false, depth, text);
            text.push(']');
        }
        Json::Object(object) if !object.is_empty() => {
            text.push('{');
            for (at, (name, value)) in object.iter().enumerate() {
                new_line(at > 0, depth + 1, text);
                json::write_string(name, Slashes::Plain, text);
                text.push_str(": ");
                write_json(value, depth + 1, text);
            }
            new_line(false, depth, text);
            text.push('}');
        }
        plain => json::write(plain, Slashes::Plain, text),
    }
}

fn new_line(comma: bool, depth: usize, text: &mut String) {
    text.push_str(if comma { ",\n" } else { "\n" });
    indent(depth, text);
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Whether a value takes lines of its own.
fn is_block(value: &Json) -> bool {
    match value {
        Json::Array(items) => !items.is_empty(),
        Json::Object(object) => !object.is_empty(),
        _ => false,
    }
}

/// Writes an array or an object that has something in it, from where a line begins.
fn write_block(value: &Json, depth: usize, text: &mut String) {
    match value {
        Json::Array(items) => {
            for item in items {
                indent(depth, text);
                text.push('-');
                write_value(item, depth, text);
            }
        }
        Json::Object(object) => {
            for (name, value) in object.iter() {
                indent(depth, text);
                write_name(name, depth, text);
                write_value(value, depth, text);
            }
        }
        _ => {}
    }
}

fn write_value(value: &Json, depth: usize, text: &mut String) {
    if is_block(value) {
        text.push('\n');
        return write_block(value, depth + 1, text);
    }
    text.push(' ');
    json::write(value, Slashes::Plain, text);
    text.push('\n');
}

/// A name and its colon. One that is not marked as a name may have 1024 characters (§7.4.2).
fn write_name(name: &str, depth: usize, text: &mut String) {
    if is_plain(name) {
        text.push_str(name);
        return text.push(':');
    }
    let start = text.len();
    json::write_string(name, Slashes::Plain, text);
    if text.len() - start > 1000 {
        text.insert_str(start, "? ");
        text.push('\n');
        indent(depth, text);
    }
    text.push(':');
}

/// Whether a name needs no quotes: it looks like nothing but text.
fn is_plain(name: &str) -> bool {
    const WORDS: [&str; 8] = ["null", "true", "false", "yes", "no", "on", "off", "y"];
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | '$');
    let goes_on = |b: u8| b.is_ascii_alphanumeric() || b"/_$.{}+-".contains(&b);
    name.starts_with(begins)
        && name.len() <= 256
        && name.bytes().all(goes_on)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r##"{
  "openapi": "3.0.1",
  "empty": {},
  "none": [],
  "numbers": [1, -2.5, 1.0E30, true, false, null],
  "nested": [[1, [2]], {"a": {"b": [{"c": "d"}]}}],
  "paths": {"/pets/{id+}": {"$ref": "#/x"}, "200": 1, "on": 2, "5\\d{2}": 3, "": 4, "a: b": 5, "- c": 6, "n": 7, "~": 8, "<<": {"z": 1}},
  "texts": ["", " a ", "a\nb\t\"\\", "# no", "\u0000\u001b\u0085\u2028\ud83d\ude00é", "yes", "1", "${x}", "a: b"]
}"##;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let long = format!("{{\"{}\": {{\"a\": 1}}}}", "x".repeat(2000));
        for text in [DOCUMENT, &long, "{}", "[]", "\"a\"", "[[], {}]"] {
            let value = json::read(text).unwrap();
            for written in [json(&value), yaml(&value)] {
                let again =
                    super::super::read(&written).unwrap_or_else(|e| panic!("{e}\n{written}"));
                assert_eq!(again.to_json(), value, "{written}");
                let order = |text: &str| json::read(text).unwrap().to_text();
                assert_eq!(again.to_json().to_text(), order(text), "{written}");
            }
        }
    }

    #[test]
    fn yaml_is_written_in_blocks() {
        let value = json::read(r#"{"a": {"/b/{c}": [1, {"200": "x"}]}, "d": []}"#).unwrap();
        assert_eq!(yaml(&value), "a:\n  /b/{c}:\n    - 1\n    -\n      \"200\": \"x\"\nd: []\n");
        assert_eq!(json(&json::read("{\"a\": [1]}").unwrap()), "{\n  \"a\": [\n    1\n  ]\n}\n");
    }
}
