//! `$util`.

use alloc::string::String;
use core::cell::Cell;
use core::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use velocity::{CallError, Object, Value};

use super::convert;
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::{json, target};

/// `$util`.
#[derive(Default)]
pub(super) struct Util {
    /// Taken since the template was last charged for them.
    steps: Cell<u64>,
}

impl Util {
    fn spend(&self, steps: u64) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }
}

impl Object for Util {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }

    fn take_steps(&self) -> u64 {
        self.steps.take()
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, CallError> {
        let [argument] = arguments else { return Err(CallError::NoSuchMethod) };
        let text = match argument {
            Value::String(text) => alloc::borrow::Cow::Borrowed(&**text),
            Value::Null => return Ok(Value::from("")),
            other => {
                let text = other.to_text(PAYLOAD_BYTES_MAX as usize);
                text.ok_or_else(|| CallError::Failed("the argument is too long".into()))?.into()
            }
        };
        self.spend(text.len() as u64 / 32);
        let made = match method {
            "escapeJavaScript" => escape_java_script(&text),
            "urlEncode" => url_encode(&text),
            "urlDecode" => target::decode_query(&text).into_owned(),
            "base64Encode" => STANDARD.encode(text.as_bytes()),
            "base64Decode" => {
                let bytes = crate::lambda::base64::decode(&text)
                    .ok_or_else(|| CallError::Failed("this is not base64".into()))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            "parseJson" => {
                let json = json::read(&text).map_err(|error| {
                    CallError::Failed(alloc::format!("this is not JSON: {error}"))
                })?;
                self.spend(json.weight());
                return Ok(convert::value(&json));
            }
            _ => return Err(CallError::NoSuchMethod),
        };
        Ok(made.into())
    }
}

/// commons-lang's `escapeJavaScript`: quotes of both kinds, backslashes, slashes, and everything
/// that is not ASCII or not printed.
pub(crate) fn escape_java_script(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\'' => escaped.push_str("\\'"),
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '/' => escaped.push_str("\\/"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' '..='\u{7f}' => escaped.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(escaped, "\\u{unit:04X}");
                }
            }
        }
    }
    escaped
}

/// `java.net.URLEncoder`: a space is `+`.
fn url_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) => {
                encoded.push(char::from(byte));
            }
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}
