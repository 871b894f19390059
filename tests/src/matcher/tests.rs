use super::*;
use crate::wire::Fields;

fn differences(want: &str, got: &str, members: Members) -> Vec<String> {
    value(&Json::parse(want).unwrap(), Some(&Json::parse(got).unwrap()), "$", members)
}

#[test]
fn equal_values_have_no_differences() {
    for text in [r#"{"a": [1, {"b": null}], "c": "x"}"#, "[]", "1.5", "true", "null"] {
        assert_eq!(differences(text, text, Members::Exact), [""; 0]);
    }
    assert_eq!(differences("1", "1.0", Members::Exact), [""; 0]);
    assert_eq!(differences(r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, Members::Exact), [""; 0]);
}

#[test]
fn each_difference_names_its_place() {
    let out = differences(
        r#"{"a": [1, 2], "b": "x", "c": 1, "t": true}"#,
        r#"{"a": [1, 3], "b": 1, "d": null, "t": 1}"#,
        Members::Exact,
    );
    assert_eq!(
        out,
        [
            "$.a[1]: want 2, got 3",
            r#"$.b: want "x", got 1"#,
            "$.c: want 1, got nothing",
            "$.t: want true, got 1",
            "$.d: unexpected, is null"
        ]
    );
    assert_eq!(differences("[1]", "[1, 2]", Members::Subset), ["$: want [1], got [1, 2]"]);
}

#[test]
fn a_subset_allows_further_members_at_every_depth() {
    assert_eq!(
        differences(r#"{"a": {"b": 1}}"#, r#"{"a": {"b": 1, "c": 2}, "d": 3}"#, Members::Subset),
        [""; 0]
    );
}

#[test]
fn operators_match_or_say_why_not() {
    let got = r#"{"any": 0, "regex": "a\nb-12", "number": 1234, "json": "{\"x\": [1, 2]}"}"#;
    let want = r#"{"any": {"$any": true}, "none": {"$absent": true}, "regex": {"$regex": "^a.b-\\d+$"},
        "number": {"$regex": "^12"}, "json": {"$json": {"x": [1, {"$any": true}]}}}"#;
    assert_eq!(differences(want, got, Members::Exact), [""; 0]);
    let out = differences(
        r#"{"any": {"$absent": true}, "x": {"$any": true}, "regex": {"$regex": "^z"}, "number": {"$json": 1}}"#,
        got,
        Members::Subset,
    );
    assert_eq!(out.len(), 4, "{out:?}");
}

#[test]
fn lookahead_is_understood() {
    assert_eq!(found("(?i)^(?=.*GET)(?=.*post)", "POST, GET"), Ok(true));
}

fn answered(expect: &str, status: u16, fields: &[(&str, &str)], content: &str) -> Vec<String> {
    let fields =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let got = Response { status, fields: Fields(fields), content: content.into() };
    response(&serde_json::from_str(expect).unwrap(), &got)
}

#[test]
fn a_response_is_compared_in_status_fields_and_content() {
    let fields = [
        ("Content-Type", "Application/JSON; charset=UTF-8"),
        ("Set-Cookie", "a"),
        ("set-cookie", "b"),
    ];
    let good = r#"{"status": 200, "headers": {"content-type": "application/json;charset=utf-8", "set-cookie": ["a", "b"], "SET-COOKIE": "a, b"},
        "absentHeaders": ["x"], "json": {"a": {"b": 1}}, "absentJsonKeys": ["a.c", ["a", "d"]], "body": "{\"a\": {\"b\": 1}}", "bodyRegex": "b.: 1"}"#;
    assert_eq!(answered(good, 200, &fields, r#"{"a": {"b": 1}}"#), [""; 0]);
    let bad = r#"{"statusIn": [404, 500], "headers": {"content-type": "text/plain", "x": "1"}, "absentHeaders": ["SET-cookie"],
        "jsonSubset": {"a": 2}, "absentJsonKeys": ["a.b"], "body": "", "bodyBase64": "", "bodyRegex": "z"}"#;
    assert_eq!(answered(bad, 200, &fields, r#"{"a": {"b": 1}}"#).len(), 9);
}

fn request(target: &str, content: &str, function: Option<&str>, sequence: u64) -> Received {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Received {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        fields: Fields(vec![("X-A".to_owned(), "1".to_owned())]),
        content: content.into(),
        function: function.map(str::to_owned),
        qualifier: None,
        sequence,
    }
}

#[test]
fn a_backend_request_is_compared_in_all_its_parts() {
    let got = [request("/p/q?a=1&b=x+y&a=2", r#"{"k": 1, "l": 2}"#, None, 0)];
    let good = r#"{"calls": 1, "method": "POST", "path": "/p/q", "pathRegex": "^/p", "query": {"a": ["1", "2"], "b": "x y"},
        "headersSubset": {"x-a": "1"}, "headersAbsent": ["x-b"], "jsonSubset": {"k": 1}}"#;
    assert_eq!(backend(&Json::parse(good).unwrap(), &got, false), [""; 0]);
    let bad = r#"{"method": "GET", "path": "/", "pathRegex": "z", "query": "", "headersSubset": {"x-a": "2"}, "headersAbsent": ["X-a"],
        "json": {"k": 1}, "body": "", "bodyBase64": ""}"#;
    assert_eq!(backend(&Json::parse(bad).unwrap(), &got, false).len(), 9);
}

#[test]
fn the_last_request_to_the_function_named_is_compared() {
    let got = [
        request("/1", "1", Some("f"), 1),
        request("/3", "3", Some("f"), 3),
        request("/4", "4", Some("authorizer"), 4),
    ];
    assert_eq!(
        backend(&Json::parse(r#"{"function": "f", "body": "3"}"#).unwrap(), &got, false),
        [""; 0]
    );
    assert_eq!(
        backend(&Json::parse(r#"{"calls": 2}"#).unwrap(), &got, false),
        ["backend: want 2 calls, got 3"]
    );
}

#[test]
fn silence_is_an_expectation() {
    assert_eq!(backend(&Json::Null, &[], false), [""; 0]);
    assert_eq!(backend(&Json::Null, &[request("/", "", None, 0)], false).len(), 1);
    assert_eq!(
        backend(&Json::parse(r#"{"path": "/"}"#).unwrap(), &[], false),
        ["backend: was not called"]
    );
}
