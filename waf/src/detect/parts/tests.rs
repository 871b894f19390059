mod hidden;

use super::*;
use alloc::string::String;

fn texts(media: &str, content: &str) -> Vec<String> {
    let headers = [("content-type", media)].to_vec();
    let request = Request { headers, body: content.as_bytes(), ..Request::default() };
    let parts = Parts::default();
    let all = parts.of(&request, Place::Body).iter();
    all.map(|part| String::from_utf8_lossy(&part.text).into_owned()).collect()
}

#[test]
fn bodies_are_taken_apart_by_their_media_type() {
    assert_eq!(
        texts("application/x-www-form-urlencoded", "a=1+2&b%27=%253c"),
        ["1 2", "b'", "%3c", "b'=%3c"]
    );
    assert_eq!(texts("application/json", r#"{"a":"O'Brien","b":[1]}"#), ["O'Brien", "1"]);
    assert_eq!(texts("text/xml", "<a b=\"c\">d<![CDATA[<e>]]></a>"), ["c", "d", "<e>", "d<e>"]);
    assert_eq!(texts("text/plain", "a = b"), ["a = b"]);
    let form = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhello\r\n--x--";
    assert_eq!(texts("multipart/form-data; boundary=x", form), ["f", "a.txt", "hello"]);
}

#[test]
fn layers_of_encoding_are_peeled() {
    assert_eq!(peel(b"%3cscript%3e").as_deref(), Some(&b"<script>"[..]));
    assert_eq!(peel(b"%253c").as_deref(), Some(&b"<"[..]));
    assert_eq!(peel(b"1%2b1+1").as_deref(), Some(&b"1+1+1"[..]));
    assert_eq!(peel(b"100% of"), None);
}

#[test]
fn parts_of_forms_are_decoded_as_their_heads_say() {
    let form = |head: &str, content: &str| {
        let all = alloc::format!("--x\r\n{head}\r\n\r\n{content}\r\n--x--");
        let texts = texts("multipart/form-data; boundary=x", &all);
        texts.last().cloned().unwrap_or_default()
    };
    let plain = "Content-Disposition: form-data; name=a";
    let with = |more: &str| [plain, "\r\n", more].concat();
    let base64 = with("Content-Transfer-Encoding: base64");
    assert_eq!(form(&base64, "JyBvciAx\r\nPTEtLQ=="), "' or 1=1--");
    let quoted = with("content-transfer-encoding: Quoted-Printable");
    assert_eq!(form(&quoted, "=3Cscript=\r\n=3e 100=% ="), "<script> 100=% =");
    assert_eq!(form(plain, "=3C"), "=3C");
    let json = with("Content-Type: application/json");
    assert_eq!(form(&json, r#"{"a":"\u003cb"}"#), "<b");
    assert_eq!(form(plain, r#"{"a":"\u003cb"}"#), "<b");
    assert_eq!(form(plain, "{{7*7}}"), "{{7*7}}");
    let inner = "--y\r\nContent-Disposition: file; filename=z\r\n\r\ninner\r\n--y--";
    assert_eq!(form(&with("Content-Type: multipart/mixed;\r\n boundary=y"), inner), "inner");
    assert_eq!(form(&with("Content-Type: text/plain; charset=ibm037"), "x"), "ibm037");
    for (word, text) in [
        ("=?utf-8?B?JyBvciAxPTEtLQ==?=", "' or 1=1--"),
        ("=?utf-8?Q?=27_or?= =?utf-8?b?IDE9MS0t?=", "' or 1=1--"),
    ] {
        let head =
            alloc::format!("--x\r\nContent-Disposition: form-data; name=\"{word}\"\r\n\r\nx");
        let texts = texts("multipart/form-data; boundary=x", &head);
        assert!(texts.iter().any(|one| one == text), "{word} {texts:?}");
    }
    let ended = ["x\r\n--x--\r\n--x\r\n", plain, "\r\n\r\nbehind the end"].concat();
    assert_eq!(form(plain, &ended), "behind the end");
}

#[test]
fn forms_within_forms_are_taken_apart_so_deep_and_no_deeper() {
    let mut content = String::from("x");
    for name in ["d", "c", "b", "a"] {
        content = alloc::format!(
            "--{name}\r\nContent-Type: multipart/mixed; boundary={}\r\n\r\n{content}\r\n--{name}--",
            char::from(name.as_bytes()[0] + 1)
        );
    }
    let texts = texts("multipart/form-data; boundary=a", &content);
    assert!(texts.iter().any(|text| text.starts_with("--d")), "{texts:?}");
}

#[test]
fn content_in_utf_16_is_taken_apart_like_any() {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let texts = |media, body: &[u8]| -> Vec<String> {
        let headers = [("content-type", media)].to_vec();
        let request = Request { headers, body, ..Request::default() };
        let parts = Parts::default();
        let all = parts.of(&request, Place::Body).iter();
        all.map(|part| String::from_utf8_lossy(part.shown()).into_owned()).collect()
    };
    assert_eq!(texts("application/json", &wide("{\"a\":\"O'Brien\"}")), ["O'Brien"]);
    // From which end it is to be read is not said.
    assert_eq!(texts("text/xml; charset=utf-16", &wide("<a b='c'/>"))[0], "c");
    let form = "application/x-www-form-urlencoded";
    assert_eq!(texts(form, b"a=%27%00%20%00o%00r%00"), ["' or"]);
}

#[test]
fn header_fields_are_structured_as_long_as_they_keep_to_their_syntax() {
    let kinds = |name: &str, value: &str| -> Vec<PartKind> {
        let request = Request { headers: [(name, value)].to_vec(), ..Request::default() };
        Parts::default().of(&request, Place::Headers).iter().map(|part| part.kind).collect()
    };
    for (name, value) in [
        ("accept", "text/html,application/xhtml+xml;q=0.9, */*;q=0.8"),
        ("accept", "application/json; profile=\"https://a.example/b\""),
        ("accept-language", "de-CH, de;q=0.9, *;q=0.5"),
        ("authorization", "Bearer eyJhbGciOi.eyJzdWIi-_.c2ln=="),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=A/2024/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=ab",
        ),
        ("cf-visitor", "{\"scheme\":\"https\"}"),
        ("content-type", "multipart/form-data; boundary=----WebKitFormBoundaryA"),
        ("forwarded", "for=\"[2001:db8::1]:80\";proto=https, for=192.0.2.1"),
        ("host", "a.example:8443"),
        ("if-modified-since", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("if-none-match", "W/\"a'(b)<c\", \"d\""),
        ("origin", "https://a.example:8443"),
        ("origin", "null"),
        ("priority", "u=1, i"),
        ("range", "bytes=0-499, -500"),
        ("sec-ch-ua", "\"Chromium\";v=\"126\", \"Not/A=Brand\";v=\"8\""),
        ("sec-fetch-mode", "navigate"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("via", "1.1 varnish (Varnish/6.0)"),
        ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678;Sampled=1"),
        ("x-forwarded-for", "192.0.2.1, 2001:db8::1, [2001:db8::2]:80, unknown"),
    ] {
        assert_eq!(kinds(name, value), [PartKind::Structured], "{name}: {value}");
    }
    for (name, value) in [
        ("accept", "<script>"),
        ("accept-language", "../../etc/passwd"),
        ("accept-language", "en or 1=1"),
        ("authorization", "' or 1=1--"),
        ("host", "a.example' or sleep(5)"),
        ("host", "../../etc/passwd"),
        ("origin", "https://a.example/\"><script>"),
        ("x-forwarded-for", "1 union select password from users"),
        ("x-forwarded-for", "192.0.2.1;id"),
        ("x-amz-meta-title", "O'Brien"),
    ] {
        assert_eq!(kinds(name, value), [PartKind::Plain], "{name}: {value}");
    }
    let digest = "Digest username=\"O'Brien\", realm=\"a b\"";
    assert_eq!(kinds("authorization", digest), [PartKind::Structured, PartKind::Plain]);
}
