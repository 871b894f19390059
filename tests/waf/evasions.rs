//! Ways around a web ACL, by name: what is hidden is found where an application would find it, what is
//! too large is seen by its size, and nothing takes the gateway down.

mod content;
mod oversized;

use tests::target::Engine;
use tests::waf::{Case, Request, Verdict, judge};

use content::{json_within_values, other_media_types, other_spellings, places_of_forms};

fn request(method: &str, target: &str, fields: &[(&str, &str)], content: &[u8]) -> Request {
    Request {
        method: method.into(),
        target: target.into(),
        fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        content: content.to_vec(),
    }
}

fn get(target: &str) -> Request {
    request("GET", target, &[], b"")
}

fn post(media: &str, content: impl AsRef<[u8]>) -> Request {
    request("POST", "/", &[("Content-Type", media)], content.as_ref())
}

/// Attacks, and how they are hidden.
type Cases = Vec<(&'static str, Request)>;

async fn assert_stopped(engine: Engine, cases: Cases) {
    let all: Vec<Case> = cases
        .into_iter()
        .map(|(name, request)| Case {
            name: name.into(),
            requests: vec![request],
            ..Case::default()
        })
        .collect();
    let verdicts = judge(engine, &all).await.expect("a gateway that answers");
    let passed = all.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Passed);
    let passed: Vec<&str> = passed.map(|(case, _)| case.name.as_str()).collect();
    assert_eq!(passed, Vec::<&str>::new(), "{engine}: {verdicts:?}");
}

/// A test by name of each kind through the component and the native engine, and one of all of them through the Worker.
macro_rules! evasions {
    ($($claim:ident: $kind:ident,)*) => {
        $(#[tokio::test]
        async fn $claim() {
            for engine in [Engine::Native, Engine::Component] {
                assert_stopped(engine, $kind()).await;
            }
        })*

        #[tokio::test]
        async fn none_of_these_hides_anything_from_the_worker() {
            assert_stopped(Engine::Worker, [$($kind()),*].concat()).await;
        }
    };
}

evasions! {
    double_and_mixed_encodings_hide_nothing: double_and_mixed_encodings,
    invalid_utf_8_and_tricks_of_unicode_hide_nothing: invalid_utf_8_and_tricks_of_unicode,
    multipart_forms_hide_nothing: multipart_forms,
    encodings_of_parts_and_charsets_hide_nothing: encodings_of_parts_and_charsets,
    no_spelling_of_a_forms_heads_hides_anything: heads_of_forms,
    fields_with_a_syntax_of_their_own_hide_nothing_else: fields_with_a_syntax,
    no_place_of_a_document_of_xml_hides_anything: places_of_xml,
    a_wrong_media_type_hides_nothing: a_wrong_media_type,
    what_is_not_quite_json_hides_nothing: not_quite_json,
    an_equals_sign_hides_nothing: an_equals_sign,
    no_parameter_and_no_other_line_of_a_media_type_hides_anything: other_media_types,
    other_spellings_of_names_and_addresses_hide_nothing: other_spellings,
    no_place_of_a_multipart_form_hides_anything: places_of_forms,
    json_within_values_hides_nothing: json_within_values,
    floods_of_fields_and_arguments_hide_nothing: floods_of_fields_and_arguments,
}

fn double_and_mixed_encodings() -> Cases {
    vec![
        ("percent twice", get("/?a=%253Cscript%253Ealert(1)%253C/script%253E")),
        ("percent three times", get("/?a=%25253Cscript%25253Ealert(1)")),
        ("percent and references of HTML", get("/?a=%26lt%3Bscript%26gt%3Balert(1)")),
        ("percent and %u", get("/?a=%u0027%20or%20%u0031=1--")),
        ("half of it encoded", get("/?a=1%27%20o%72%201%3D1--")),
        ("escapes of JSON", post("application/json", br#"{"a":"\u003cscript\u003ealert(1)"}"#)),
        ("escapes of JSON in names", post("application/json", br#"{"\u0027 or 1=1--":1}"#)),
        ("percent within JSON", post("application/json", br#"{"a":"%3Cscript%3Ealert(1)"}"#)),
        ("CDATA", post("text/xml", "<a><![CDATA[<script>alert(1)</script>]]></a>")),
        ("numbers of XML", post("text/xml", "<a>&#60;script&#62;alert(1)</a>")),
        ("a dot and a slash", get("/?a=%2e%2e%2f%2e%2e%2fetc%2fpasswd")),
    ]
}

fn invalid_utf_8_and_tricks_of_unicode() -> Cases {
    vec![
        ("overlong slashes", get("/?a=..%c0%af..%c0%afetc/passwd")),
        ("a null byte", get("/?a=../../etc/passwd%00.png")),
        ("a null byte within a tag", get("/?a=%3Cscr%00ipt%3Ealert(1)%3C/script%3E")),
        ("full-width letters by %u", get("/?a=%uff1cscript%uff1ealert(1)")),
        ("quarters for angle brackets", get("/?a=%BCscript%BEalert(1)%BC/script%BE")),
        ("a byte that is no UTF-8 before", get("/?a=%ff%27%20or%20%271%27=%271")),
        (
            "one that is none within a form",
            post("application/x-www-form-urlencoded", b"a=%ff<script>alert(1)</script>"),
        ),
        (
            "raw bytes in JSON",
            post("application/json", b"{\"a\":\"\xff<script>alert(1)</script>\"}"),
        ),
        ("UTF-7", get("/?a=%2BADw-script%2BAD4-alert(1)")),
        ("blanks of Latin-1", get("/?a=1%a0union%a0select%a0null,password%a0from%a0users")),
    ]
}

fn multipart_forms() -> Cases {
    let form = |head: &str, content: &[u8]| {
        let begin = format!("--b\r\n{head}\r\n\r\n");
        [begin.as_bytes(), content, b"\r\n--b--\r\n"].concat()
    };
    let media = "multipart/form-data; boundary=b";
    let plain = "Content-Disposition: form-data; name=\"a\"";
    vec![
        ("a null byte before", post(media, form(plain, b"\0<script>alert(1)</script>"))),
        (
            "a quoted boundary",
            post("multipart/form-data; boundary=\"b\"", form(plain, b"' or 1=1--")),
        ),
        ("another case", post("Multipart/Form-Data; BOUNDARY=b", form(plain, b"' or 1=1--"))),
        ("no boundary", post("multipart/form-data", form(plain, b"<script>alert(1)</script>"))),
        (
            "another boundary",
            post("multipart/form-data; boundary=c", form(plain, b"<script>alert(1)</script>")),
        ),
        (
            "line feeds alone",
            post(media, "--b\nContent-Disposition: form-data; name=a\n\n' or 1=1--\n--b--\n"),
        ),
        (
            "in a field's name",
            post(
                media,
                form("Content-Disposition: form-data; name=\"<script>x()</script>\"", b"x"),
            ),
        ),
        (
            "in a file's name",
            post(
                media,
                form(
                    "Content-Disposition: form-data; name=\"a\"; filename=\"../../etc/passwd\"",
                    b"x",
                ),
            ),
        ),
        (
            "no last boundary",
            post(media, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n' or 1=1--"),
        ),
    ]
}

fn encodings_of_parts_and_charsets() -> Cases {
    let form = |head: &str, content: &[u8]| {
        let begin = format!("--b\r\nContent-Disposition: form-data; name=a\r\n{head}\r\n\r\n");
        post(
            "multipart/form-data; boundary=b",
            [begin.as_bytes(), content, b"\r\n--b--\r\n"].concat(),
        )
    };
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let json = wide(r#"{"a":"\u003cscript\u003ealert(1)"}"#);
    let urlencoded = "application/x-www-form-urlencoded";
    let get_as = |media: &str| request("GET", "/?a=%4c", &[("Content-Type", media)], b"");
    vec![
        ("Base64", form("Content-Transfer-Encoding: base64", b"PHNjcmlwdD5hbGVydCgxKQ==")),
        (
            "quoted-printable",
            form("Content-Transfer-Encoding: quoted-printable", b"=3Cscript=3Ealert=\r\n(1)"),
        ),
        (
            "JSON in a part",
            form("Content-Type: application/json", br#"{"a":"\u003cscript\u003ealert(1)"}"#),
        ),
        (
            "a form in a form",
            form(
                "Content-Type: multipart/mixed; boundary=c",
                b"--c\r\nContent-Transfer-Encoding: base64\r\n\r\nJyBvciAxPTEtLQ==\r\n--c--",
            ),
        ),
        (
            "UTF-16 in a part",
            form("Content-Type: text/plain; charset=utf-16le", &wide("' or 1=1--")),
        ),
        ("EBCDIC in a part", form("Content-Type: text/plain; charset=ibm037", b"\x4c")),
        ("JSON in UTF-16", post("application/json", &json)),
        ("a value in UTF-16", post(urlencoded, b"a=%27%00+%00o%00r%00+%001%00=%001%00-%00-%00")),
        ("a form in UTF-16", post("application/x-www-form-urlencoded; charset=utf-16", b"a=b")),
        ("EBCDIC", post("application/x-www-form-urlencoded; charset=ibm037", b"%81=%4c")),
        ("UTF-7", post("application/json; charset=\"utf-7\"", b"{}")),
        ("a query in EBCDIC", get_as("text/plain; charset=ibm037")),
        ("XML in UTF-7", post("text/xml", "<?xml version='1.0' encoding='utf-7'?><a/>")),
        ("XML in EBCDIC", post("text/xml", b"\x4c\x6f\xa7\x94\x93")),
    ]
}

fn heads_of_forms() -> Cases {
    let attack = b"MScgdW5pb24gc2VsZWN0IHBhc3N3b3JkIGZyb20gdXNlcnMtLSA=";
    let form = |head: &str, content: &[u8]| {
        let begin = format!("--b\r\nContent-Disposition: form-data; name=a\r\n{head}\r\n\r\n");
        [begin.as_bytes(), content, b"\r\n--b--\r\n"].concat()
    };
    let coded = |head: &str| post("multipart/form-data; boundary=b", form(head, attack));
    let media = |media: &str| post(media, form("Content-Transfer-Encoding: base64", attack));
    let preamble =
        [b"--c\r\n".to_vec(), form("Content-Transfer-Encoding: base64", attack)].concat();
    let named = b"--b\r\nContent-Disposition: form-data; name=\"=?utf-8?B?JyBvciAxPTEtLQ==?=\"\r\n\r\nx\r\n--b--";
    vec![
        ("blanks around the sign", media("multipart/form-data ; boundary = b")),
        ("a blank behind the sign", media("multipart/form-data; boundary= b")),
        (
            "a boundary in quotes before",
            media("multipart/form-data; x=\"; boundary=z\"; boundary=b"),
        ),
        ("an extended parameter", media("multipart/form-data; boundary*=utf-8''b")),
        ("two boundaries", media("multipart/form-data; boundary=z; boundary=b")),
        ("a comma", media("multipart/form-data; boundary=b, x")),
        ("no boundary but the form's own", media("multipart/form-data")),
        ("something before the form", post("multipart/form-data; boundary=b", preamble)),
        (
            "two encodings",
            coded("Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64"),
        ),
        ("an encoding with a parameter", coded("Content-Transfer-Encoding: base64; x=y")),
        ("an encoding on the next line", coded("Content-Transfer-Encoding:\r\n base64")),
        ("an encoded word", post("multipart/form-data; boundary=b", named)),
        (
            "a field that says it is XML",
            post(
                "multipart/form-data; boundary=b",
                form("Content-Type: text/xml", b"<script>alert(1)</script>"),
            ),
        ),
    ]
}

fn fields_with_a_syntax() -> Cases {
    let field = |name: &str, value: &str| request("GET", "/", &[(name, value)], b"");
    vec![
        ("X-Forwarded-For", field("X-Forwarded-For", "192.0.2.1' or sleep(5)-- ")),
        ("words alone", field("X-Forwarded-For", "1 union select password from users")),
        ("Accept-Language", field("Accept-Language", "../../../etc/passwd")),
        ("Origin", field("Origin", "https://a.example/<script>alert(1)</script>")),
        ("Authorization", field("Authorization", "Bearer ' or 1=1--")),
        ("in quotes", field("Authorization", "Digest username=\"' or 1=1--\", realm=\"a\"")),
        ("Accept", field("Accept", "<script>alert(1)</script>")),
    ]
}

fn places_of_xml() -> Cases {
    let xml = |content: &str| post("application/xml", content);
    vec![
        ("an attribute", xml("<a b=\"1' or '1'='1\"/>")),
        ("an attribute in apostrophes", xml("<a b='1 or 1=1--'/>")),
        ("a quotation mark within apostrophes", xml("<a b='\" or \"a\"=\"a'/>")),
        ("behind what ends no tag", xml("<a b='x > y' c='1 union select 1,2'/>")),
        ("a reference within an attribute", xml("<a b='1&apos; or &#x27;1&#x27;=&apos;1'/>")),
        ("a comment", xml("<a><!-- <script>alert(1)</script> --></a>")),
        ("an entity", xml("<!DOCTYPE a [<!ENTITY e '1 or 1=1--'>]><a>&e;</a>")),
        ("an entity of a file", xml("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>")),
        ("an attribute that does not end", xml("<a b='1 or 1=1--")),
        ("parted by CDATA", xml("<a>1' un<![CDATA[ion sel]]>ect password from users-- </a>")),
        (
            "parted by comments",
            xml("<a>1' un<!-- -->ion sel<!-- -->ect password from users-- </a>"),
        ),
        (
            "parted by instructions",
            xml("<a>1' un<?x y?>ion sel<?x y?>ect password from users-- </a>"),
        ),
        ("parted by elements", xml("<a>1' un<b/>ion sel<b></b>ect password from users-- </a>")),
        ("parted within a tag", xml("<a>&lt;scr<![CDATA[ipt>alert(1)</script>]]></a>")),
        (
            "in entities",
            xml(
                "<!DOCTYPE a [<!ENTITY u 'union'><!ENTITY v 'select'>]><a>1' &u; &v; password from users-- </a>",
            ),
        ),
        ("another media type", post("application/soap+xml", "<a b='1 or 1=1--'/>")),
    ]
}

fn a_wrong_media_type() -> Cases {
    let json = br#"{"a":"1' or '1'='1"}"#;
    vec![
        ("JSON as text", post("text/plain", json)),
        ("JSON as a picture", post("image/png", json)),
        (
            "JSON as a form",
            post("application/x-www-form-urlencoded", b"{\"a\":\"<script>alert(1)</script>\"}"),
        ),
        ("a form as JSON", post("application/json", b"a=1%27%20or%20%271%27=%271")),
        ("a form without a type", request("POST", "/", &[], b"a=1%27%20or%20%271%27=%271")),
        ("JSON that does not end", post("application/json", br#"{"a":"1' or '1'='1","b":"#)),
    ]
}

fn not_quite_json() -> Cases {
    let json = |content: &str| post("application/json", content);
    let long = "x".repeat(6_000);
    vec![
        ("a byte order mark", json("\u{feff}{\"a\":\"\\u003cscript\\u003ealert(1)\"}")),
        ("a constant", json(r#"{"b":NaN,"a":"\u003cscript\u003ealert(1)"}"#)),
        ("a tab", json("{\"a\":\"\t1\\u0027 or \\u00271\\u0027=\\u00271\"}")),
        ("single quotes", json(r"{'a':'\u003cscript\u003ealert(1)'}")),
        ("two documents", json(r#"{} {"a":"\u003cscript\u003ealert(1)"}"#)),
        ("a comment", json(r#"{/* " */"a":"1\u0027 or 1=1--"}"#)),
        ("escapes of JavaScript", json(r#"{"a":"\x3cscript\x3ealert(1)"}"#)),
        (
            "a string that goes on beyond what is inspected",
            json(&format!(r#"{{"a":"\u003cscript\u003ealert(1)//{long}{long}{long}"}}"#)),
        ),
    ]
}

fn an_equals_sign() -> Cases {
    let form = |content: &str| post("application/x-www-form-urlencoded", content);
    vec![
        ("in an argument's name", get("/?x'%20OR%201=1--%20")),
        ("without a name", get("/?'%20OR%20'1'='1")),
        ("a name alone", get("/?'%20OR%20true--%20")),
        ("in a field of a form", form("x'%20or%201=1--%20")),
        ("a tag with attributes", get("/?<img%20src=x%20onerror=alert(1)>")),
        ("in a name of a cookie", request("GET", "/", &[("Cookie", "a' or 1=1-- ")], b"")),
    ]
}

fn floods_of_fields_and_arguments() -> Cases {
    let mut fields: Vec<(String, String)> =
        (0..80).map(|index| (format!("X-{index}"), "a".into())).collect();
    fields.push(("Referer".into(), "https://a.example/?q=<script>alert(1)</script>".into()));
    let flood = Request { method: "GET".into(), target: "/".into(), fields, content: Vec::new() };
    let arguments: String = (0..1_500).map(|index| format!("a{index}=1&")).collect();
    let many: String = (0..3_500).map(|_| "a=1&").collect();
    vec![
        ("behind many fields", flood),
        (
            "behind many arguments",
            post("application/x-www-form-urlencoded", format!("{arguments}z=%27%20or%201=1--")),
        ),
        (
            "behind more than are taken apart",
            post("application/x-www-form-urlencoded", format!("{many}z=<script>alert(1)</script>")),
        ),
    ]
}
