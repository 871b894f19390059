//! Writes JSON as API Gateway does: compact, with json-smart's escapes.

use alloc::string::String;

use super::Json;

/// What becomes of `/` in strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slashes {
    /// `/`: `$input.json` (json-smart's `LT_COMPRESS`).
    Plain,
    /// `\/`: an array that a template prints (json-smart's `JSONArray.toString`, `NO_COMPRESS`).
    Escaped,
}

/// Writes a value at the end of a text, without white space.
pub fn write(value: &Json, slashes: Slashes, text: &mut String) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(true) => text.push_str("true"),
        Json::Bool(false) => text.push_str("false"),
        Json::Number(number) => text.push_str(&number.printed()),
        Json::String(string) => write_string(string, slashes, text),
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, slashes, text);
            }
            text.push(']');
        }
        Json::Object(object) => {
            text.push('{');
            for (index, (name, value)) in object.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(name, slashes, text);
                text.push(':');
                write(value, slashes, text);
            }
            text.push('}');
        }
    }
}

/// Writes a string in quotes.
///
/// Escaped are `"`, `\`, control characters (U+0000 to U+001F, U+007F to U+009F) and U+2000 to
/// U+20FF, with hexadecimal digits in capitals; `/` as asked for.
pub fn write_string(string: &str, slashes: Slashes, text: &mut String) {
    text.push('"');
    let mut plain = 0;
    for (at, c) in string.char_indices() {
        let short = match c {
            '"' | '\\' => c,
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '/' if slashes == Slashes::Escaped => '/',
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => 'u',
            _ => continue,
        };
        text.push_str(&string[plain..at]);
        plain = at + c.len_utf8();
        text.extend(['\\', short]);
        if short == 'u' {
            let digit = |shift: u32| char::from_digit(c as u32 >> shift & 15, 16).unwrap_or('0');
            text.extend([12, 8, 4, 0].map(|shift| digit(shift).to_ascii_uppercase()));
        }
    }
    text.push_str(&string[plain..]);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_the_real_service_does() {
        let written = |slashes| {
            let mut text = String::new();
            write_string(
                "a/\"\\\n\r\t\u{8}\u{c}\u{1}\u{7f}é\u{2028}\u{20ac}😀",
                slashes,
                &mut text,
            );
            text
        };
        let plain = r#""a/\"\\\n\r\t\b\f\u0001\u007Fé\u2028\u20AC😀""#;
        assert_eq!(written(Slashes::Plain), plain);
        assert_eq!(written(Slashes::Escaped), plain.replace('/', "\\/"));
    }

    #[test]
    fn every_character_survives() {
        let string: String = (0..0x3000).filter_map(char::from_u32).collect();
        for slashes in [Slashes::Plain, Slashes::Escaped] {
            let mut text = String::new();
            write_string(&string, slashes, &mut text);
            assert_eq!(super::super::read(&text).unwrap().as_str(), Some(&*string));
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), string);
        }
    }
}
