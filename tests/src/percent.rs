//! Percent-encoding and query strings.

/// Encodes all but the unreserved characters of RFC 3986 and those in `safe`.
pub fn encode(bytes: &[u8], safe: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || safe.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decodes `%XX`; anything else, a stray `%` too, stands for itself.
pub fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        match bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(hex) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// The names and values of a query string in their order, `+` read as a space, empty values kept.
pub fn query_pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decoded = |part: &str| decode(&part.replace('+', " "));
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn hex(digits: &[u8]) -> Option<u8> {
    // Not `from_str_radix` alone: it would take a sign.
    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_and_decoding_are_inverse() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&bytes, b"")), bytes);
    }

    #[test]
    fn a_stray_percent_sign_stands_for_itself() {
        assert_eq!(decode("100%+%2x%41%"), b"100%+%2xA%");
    }

    #[test]
    fn a_query_keeps_order_repetition_and_empty_values() {
        let pairs = query_pairs("b=1&a=x+y&b=%32&&c&d=e=f");
        let text: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (str::from_utf8(name).unwrap(), str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(text, [("b", "1"), ("a", "x y"), ("b", "2"), ("c", ""), ("d", "e=f")]);
    }
}
