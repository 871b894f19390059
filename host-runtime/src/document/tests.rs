use super::*;
use gateway_core::definition::document::At;

/// Writes a node as JSON, numbers as they are written.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => text.clone(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, node)| format!("{name:?}:{}", show(node)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

fn check(yaml: &str, json: &str) {
    match read(yaml) {
        Ok(node) => assert_eq!(show(&node), json, "{yaml}"),
        Err(error) => panic!("{yaml}: {error}"),
    }
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    check(
        "[1, -1.5, +2, .5, 1., 1e3, 0x1F, 0o17, 012, 1.2.3, 2026-11-21, on, yes, ~, null, True, '1', \"true\", 1_0, e3, .]",
        r#"[1,-1.5,+2,.5,1.,1e3,0x1F,0o17,012,"1.2.3","2026-11-21","on","yes",null,null,true,"1","true","1_0","e3","."]"#,
    );
    check("a:\nb: ''", r#"{"a":null,"b":""}"#);
}

#[test]
fn names_are_strings_whatever_they_look_like() {
    check(
        "200: {}\ntrue: 1\n4\\d{2}: x\n'<<': y\n",
        r#"{"200":{},"true":1,"4\\d{2}":"x","<<":"y"}"#,
    );
}

#[test]
fn anchors_aliases_and_merge_keys_are_expanded() {
    check("a: &x {b: 1}\nc: *x", r#"{"a":{"b":1},"c":{"b":1}}"#);
    check(
        "a: &x {p: 1, q: 2}\nc: {r: 0, <<: *x, q: 3}",
        r#"{"a":{"p":1,"q":2},"c":{"r":0,"p":1,"q":3}}"#,
    );
    check(
        "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc:\n  <<: [*x, *y]\n",
        r#"{"a":{"p":1},"b":{"p":2,"q":2},"c":{"p":1,"q":2}}"#,
    );
}

#[test]
fn block_scalars_and_tags_give_strings() {
    check("a: |\n  x\n  y\nb: !!str 200\nc: !!int 5", r#"{"a":"x\ny\n","b":"200","c":5}"#);
}

#[test]
fn lines_and_columns_are_those_of_the_text() {
    let node = read("a: 1\nb:\n  - x\n  - {c: 2}\n").unwrap();
    let Value::Object(members) = &node.value else { panic!("{node:?}") };
    let Value::Array(items) = &members[1].1.value else { panic!("{node:?}") };
    assert_eq!((items[0].line, items[0].column), (3, 5));
    assert_eq!((items[1].line, items[1].column), (4, 5));
}

#[test]
fn text_that_begins_with_a_brace_is_json() {
    check("\u{feff}\n {\"a\": [1]}", r#"{"a":[1]}"#);
    assert!(read("{a: 1}").unwrap_err().message.contains("double quotes"));
}

#[test]
fn a_block_is_where_its_name_is() {
    let node = read("a:\n  b:\n\n    c: 1\n  d:\n  - e: |\n      text\n    f: [1]\n").unwrap();
    let root = At::root(&node);
    let line = |pointer: &str| root.find(pointer).unwrap().source().line;
    let pointers = ["/a", "/a/b", "/a/b/c", "/a/d", "/a/d/0", "/a/d/0/e", "/a/d/0/f"];
    assert_eq!(pointers.map(line), [1, 2, 4, 5, 6, 6, 8]);
    // What an alias stands for is where that is written.
    let node = read("a: &x\n  b: 1\nc: *x\n").unwrap();
    assert_eq!(At::root(&node).find("/c/b").unwrap().source().line, 2);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line() {
    for (text, line, message) in [
        ("", 1, "empty"),
        ("# nothing\n", 2, "empty"),
        ("a: 1\na: 2\n", 2, "the name \"a\" stands twice"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: [1\nb: 2\n", 2, "not valid YAML"),
        ("a: *b\n", 1, "not valid YAML"),
        ("a: &x\n  b: *x\n", 2, "within the value"),
        ("? [a]\n: 1\n", 1, "a name must be a string"),
        ("a: 1\nuri: !Substitute 'x'\n", 2, "`!Substitute` has no meaning"),
        ("a: !!int x\n", 1, "not what its tag says"),
        ("a:\n  <<: 1\n", 2, "merges a mapping"),
        ("a:\n\tb: 1\n", 2, "not valid YAML"),
        ("a: 1\nb: {c: 1", 2, "not valid YAML"),
        ("a: 1\r\nb: {c: 1", 2, "not valid YAML"),
        ("a: 1\rb: {c: 1", 2, "not valid YAML"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.message.contains(message), "{text:?}: {error}");
        assert_eq!(error.source.line, line, "{text:?}: {error}");
    }
}

#[test]
fn aliases_of_aliases_are_bounded() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..20 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    assert!(read(&bomb).unwrap_err().message.contains("once aliases are expanded"));
    let mut deep = String::from("a0: &a0 [x]\n");
    for i in 1..200 {
        deep.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
    }
    assert!(read(&deep).unwrap_err().message.contains("in each other"));
}

#[test]
fn depth_is_bounded_in_both_notations() {
    assert!(read(&"[".repeat(100_000)).is_err());
    assert!(read(&"- ".repeat(100_000)).is_err());
    assert!(read(&format!("a: {}", "{\"a\": ".repeat(10_000))).is_err());
}

/// Every prefix and every one-byte change of a document ends in a node or an error.
#[test]
fn damaged_documents_never_panic() {
    let text = "openapi: \"3.0.1\"\npaths:\n  /a: &x\n    get: {responses: {200: [1, 'b', ~]}}\n  <<: *x\n  b: |\n    t\n  c: >-\n    é\n? k\n: !!str v\n";
    for at in 0..=text.len() {
        let Some(prefix) = text.get(..at) else { continue };
        let _ = read(prefix);
        for change in [
            "", "{", "}", "[", ":", "\n", "\t", "&", "*", "!", "%", "\"", "\u{0}", "\u{85}", "-",
            "?", "---\n", "|",
        ] {
            let rest = text.get(at + 1..).unwrap_or_default();
            let _ = read(&format!("{prefix}{change}{rest}"));
        }
    }
}

#[test]
fn tags_of_cloudformation_are_its_functions() {
    check(
        "a: !Sub 'x${y}'\nb: !Ref 1\nc: !GetAtt A.B\nd: !Join ['', [a, !Ref B]]\ne: !Transform {Name: x}\n",
        r#"{"a":{"Fn::Sub":"x${y}"},"b":{"Ref":"1"},"c":{"Fn::GetAtt":"A.B"},"d":{"Fn::Join":["",["a",{"Ref":"B"}]]},"e":{"Fn::Transform":{"Name":"x"}}}"#,
    );
}
