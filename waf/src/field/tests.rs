use super::*;
use alloc::string::ToString;

fn request() -> Request<'static> {
    Request {
        method: "POST",
        path: "/prod/a%20b",
        query: "q=1&X=two&q=3&flag",
        headers: [("Host", "h"), ("X-A", "1"), ("x-a", "2"), ("Cookie", "a=b; c=d=e;f")].to_vec(),
        body: br#"{"a":{"b":"deep"},"list":["x",7],"k":true}"#,
        ja3: Some("0123"),
        ..Request::default()
    }
}

fn texts(field: &Field, request: &Request<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let decided = field.any(request, &mut |text| {
        all.push(String::from_utf8_lossy(text).into_owned());
        false
    });
    if decided {
        all.push("(match)".to_string());
    }
    all
}

fn json(paths: &[&str], scope: Scope, invalid: Option<Invalid>) -> Field {
    let paths = (!paths.is_empty()).then(|| paths.iter().map(ToString::to_string).collect());
    Field::JsonBody { paths, scope, invalid, oversize: Oversize::Continue }
}

#[test]
fn every_component_gives_its_texts() {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let go_on = Oversize::Continue;
    let headers = |names, scope| Field::Headers { names, scope, oversize: go_on };
    let cookies = |names, scope| Field::Cookies { names, scope, oversize: go_on };
    let cases: [(Field, &[&str]); 18] = [
        (Field::SingleHeader("x-A".into()), &["1,2"]),
        (Field::SingleHeader("none".into()), &[]),
        (Field::SingleQueryArgument("x".into()), &["two"]),
        (Field::SingleQueryArgument("q".into()), &["1", "3"]),
        (Field::AllQueryArguments, &["1", "two", "3", ""]),
        (Field::UriPath, &["/prod/a%20b"]),
        (Field::QueryString, &["q=1&X=two&q=3&flag"]),
        (Field::Method, &["POST"]),
        (headers(Names::Included(names(&["x-a"])), Scope::All), &["X-A", "1", "x-a", "2"]),
        (headers(Names::Excluded(names(&["X-a", "cookie"])), Scope::Value), &["h"]),
        (cookies(Names::All, Scope::Key), &["a", "c", "f"]),
        (cookies(Names::Included(names(&["c"])), Scope::Value), &["d=e"]),
        (cookies(Names::Included(names(&["A", "c"])), Scope::Key), &["c"]),
        (cookies(Names::Excluded(names(&["A", "c"])), Scope::Key), &["a", "f"]),
        (Field::HeaderOrder(go_on), &["host:x-a:x-a:cookie"]),
        (Field::Ja3(Fallback::Match), &["0123"]),
        (Field::Ja4(Fallback::Match), &["(match)"]),
        (Field::UriFragment(Fallback::NoMatch), &[]),
    ];
    for (field, expected) in cases {
        assert_eq!(texts(&field, &request()), expected, "{field:?}");
    }
}

#[test]
fn json_bodies_are_inspected_by_path_and_scope() {
    let cases: [(Field, &[&str]); 4] = [
        (json(&[], Scope::Value, None), &["deep", "x", "7", "true"]),
        (json(&[], Scope::Key, None), &["a", "b", "list", "k"]),
        (json(&["/a", "/list/0"], Scope::Value, None), &["deep", "x"]),
        (json(&["/lis"], Scope::All, None), &[]),
    ];
    for (field, expected) in cases {
        assert_eq!(texts(&field, &request()), expected, "{field:?}");
    }
}

#[test]
fn names_on_the_way_to_what_is_included_are_not_inspected() {
    // AWS's own example ("How AWS WAF handles JSON body inspection").
    let body = br#"{"a":{"c":"d","b":{"e":{"f":"g"}}}}"#;
    let request = Request { body, ..Request::default() };
    let of = |scope| texts(&json(&["/a/b"], scope, None), &request);
    assert_eq!(of(Scope::All), ["e", "f", "g"]);
    assert_eq!(
        (of(Scope::Key), of(Scope::Value)),
        (["e", "f"].map(String::from).to_vec(), ["g".into()].to_vec())
    );
}

#[test]
fn a_name_that_is_there_twice_ends_the_json() {
    let body = br#"{"a":1,"a":"<b>"}"#;
    let request = Request { body, ..Request::default() };
    let of = |invalid| texts(&json(&[], Scope::Value, invalid), &request);
    assert_eq!(of(None), ["1"]);
    assert_eq!(of(Some(Invalid::Match)), ["1", "(match)"]);
    assert_eq!(of(Some(Invalid::EvaluateAsString)), ["1", r#"{"a":1,"a":"<b>"}"#]);
}

#[test]
fn a_body_that_is_not_json_is_thought_of_as_the_rule_says() {
    let mut request = request();
    request.body = br#"{"a":1,"#;
    let cases: [(Option<Invalid>, &[&str]); 4] = [
        (None, &["1"]),
        (Some(Invalid::NoMatch), &["1"]),
        (Some(Invalid::Match), &["1", "(match)"]),
        (Some(Invalid::EvaluateAsString), &["1", "{\"a\":1,"]),
    ];
    // A body that is cut is none either.
    for is_cut in [false, true] {
        request.body_is_cut = is_cut;
        for (invalid, expected) in &cases {
            assert_eq!(
                texts(&json(&[], Scope::Value, *invalid), &request),
                *expected,
                "{invalid:?}"
            );
        }
    }
    request.body = br#"{"a":{"b":"deep"},"c":"cut o"#;
    assert_eq!(texts(&json(&["/a"], Scope::Value, None), &request), ["deep"]);
    assert_eq!(texts(&json(&["/a"], Scope::Key, None), &request), ["b"]);
    request.body = b"\"text\"";
    assert_eq!(texts(&json(&[], Scope::All, Some(Invalid::Match)), &request), ["(match)"]);
}

#[test]
fn a_body_that_is_not_there_is_no_invalid_json() {
    let request = |body: &'static [u8]| Request { body, ..Request::default() };
    for invalid in
        [None, Some(Invalid::Match), Some(Invalid::NoMatch), Some(Invalid::EvaluateAsString)]
    {
        assert!(texts(&json(&[], Scope::All, invalid), &request(b"")).is_empty(), "{invalid:?}");
    }
    let match_ = json(&[], Scope::All, Some(Invalid::Match));
    assert_eq!(texts(&match_, &request(b" ")), ["(match)"]);
    let cut = Request { body_is_cut: true, ..request(b"") };
    let oversize = Field::JsonBody {
        paths: None,
        scope: Scope::All,
        invalid: None,
        oversize: Oversize::Match,
    };
    assert_eq!(texts(&oversize, &cut), ["(match)"]);
}

#[test]
fn escapes_hide_nothing_in_what_is_not_quite_json_or_breaks_off() {
    let inspected = |body: &str, is_cut: bool, invalid| {
        let request = Request { body: body.as_bytes(), body_is_cut: is_cut, ..request() };
        texts(&json(&[], Scope::Value, invalid), &request)
    };
    let marked = "\u{feff}{\"a\":\"\\u0027\"}";
    assert_eq!(inspected(marked, false, Some(Invalid::Match)), ["'"], "a byte order mark");
    for body in ["{'a':'\\u003cb>'}", "{\"a\":\"\t\\u003cb>\"}", "1{\"a\":\"\\u003cb>\"}"] {
        let told = inspected(body, false, Some(Invalid::EvaluateAsString));
        assert!(told.iter().any(|text| text.trim() == "<b>"), "{body}: {told:?}");
        assert!(told.iter().any(|text| text == body), "{body}: {told:?}");
    }
    let told = inspected("{\"a\":\"\\u003cb> and more", true, Some(Invalid::EvaluateAsString));
    assert!(told.iter().any(|text| text == "<b> and more"), "{told:?}");
}

#[test]
fn more_than_is_inspected_is_thought_of_as_the_rule_says() {
    let mut request = request();
    request.body_is_cut = true;
    let body = |oversize| texts(&Field::Body(oversize), &request).len();
    assert_eq!(texts(&Field::Body(Oversize::Match), &request), ["(match)"]);
    assert_eq!((body(Oversize::NoMatch), body(Oversize::Continue)), (0, 1));
    let mut many = Request { headers: [("a", "b")].repeat(200), ..Request::default() };
    let field = |oversize| Field::Headers { names: Names::All, scope: Scope::Key, oversize };
    assert_eq!(texts(&field(Oversize::Match), &many).len(), 200);
    many.headers.push(("a", "b"));
    assert_eq!(texts(&field(Oversize::Match), &many), ["(match)"]);
    assert_eq!(texts(&field(Oversize::Continue), &many).len(), 200);
    assert!(texts(&field(Oversize::NoMatch), &many).is_empty());
    let long = "v".repeat(8 * 1024);
    many.headers = [("a", long.as_str())].to_vec();
    assert_eq!(texts(&field(Oversize::Match), &many), ["(match)"]);
}
