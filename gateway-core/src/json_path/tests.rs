use super::*;
use crate::json::read;
use crate::limits::JSON_PATH_DEPTH_MAX;
use alloc::{format, string::ToString};

const STORE: &str = r#"{
  "store": {
    "book": [
      {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
      {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99, "tags": ["a", "b"]},
      {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553", "price": 8.99},
      {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord", "isbn": "0-395", "price": 22.99, "tags": []}
    ],
    "bicycle": {"color": "red", "price": 19.95}
  },
  "expensive": 10,
  "a b": {"c.d": 1, "it's": 2},
  "numbers": [1, 2, 3, 4],
  "matrix": [[1, 2], [3, [4, 5]]],
  "nothing": null
}"#;

fn found(path: &str) -> String {
    let content = read(STORE).unwrap();
    let path = JsonPath::parse(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    path.evaluate(&content).into_json().map_or("missing".into(), |json| json.to_text())
}

fn check(cases: &[(&str, &str)]) {
    for (path, expected) in cases {
        assert_eq!(found(path), *expected, "{path}");
    }
}

#[test]
fn definite_paths_find_one_value_or_none() {
    check(&[
        ("$.expensive", "10"),
        ("expensive", "10"),
        (" $.expensive ", "10"),
        ("$['expensive']", "10"),
        ("$[\"expensive\"]", "10"),
        ("$.store.book[0].title", "\"Sayings\""),
        ("$.store.book[-1].title", "\"The Lord\""),
        ("$.store['bicycle'].color", "\"red\""),
        ("$.store.book[9]", "missing"),
        ("$.store.book[-9]", "missing"),
        ("$.store.book.title", "missing"),
        ("$.expensive.x", "missing"),
        ("$.expensive[0]", "missing"),
        ("$.none", "missing"),
        ("$.none.none", "missing"),
        ("$.nothing", "null"),
        ("$.nothing.x", "missing"),
        ("$['a b']['c.d']", "1"),
        ("$['a b']['it\\'s']", "2"),
        ("$.matrix[1][1][0]", "4"),
        ("$.store.bicycle['color','none','price']", r#"{"color":"red","price":19.95}"#),
        ("$.store.bicycle['x','y']", "{}"),
    ]);
    assert_eq!(found("$").len(), read(STORE).unwrap().to_text().len());
}

#[test]
fn indefinite_paths_find_lists() {
    check(&[
        ("$.numbers[*]", "[1,2,3,4]"),
        ("$.numbers.*", "[1,2,3,4]"),
        ("$.store.bicycle.*", "[\"red\",19.95]"),
        ("$.expensive.*", "[]"),
        ("$.store.book[*].isbn", "[\"0-553\",\"0-395\"]"),
        ("$.store.book[*].tags[0]", "[\"a\"]"),
        ("$.store.book[0,2].price", "[8.95,8.99]"),
        ("$.numbers[0, 9, -1]", "[1,4]"),
        ("$.numbers[1:]", "[2,3,4]"),
        ("$.numbers[:2]", "[1,2]"),
        ("$.numbers[1:3]", "[2,3]"),
        ("$.numbers[-2:]", "[3,4]"),
        ("$.numbers[:-1]", "[1,2,3]"),
        ("$.numbers[-9:]", "[1,2,3,4]"),
        ("$.numbers[9:]", "[]"),
        ("$.numbers[-3:-1]", "[2,3]"),
        ("$.store['book','bicycle'].price", "[19.95]"),
        ("$.none[*]", "missing"),
        ("$.expensive[:2]", "missing"),
        ("$[?(@.price)]", "[]"),
        ("$.expensive[?(@.x)]", "missing"),
    ]);
}

#[test]
fn scans_find_outer_values_before_inner_ones() {
    check(&[
        ("$..price", "[8.95,12.99,8.99,22.99,19.95]"),
        ("$..book[0].title", "[\"Sayings\"]"),
        ("$..book[*].isbn", "[\"0-553\",\"0-395\"]"),
        ("$..none", "[]"),
        ("$..bicycle..price", "[19.95]"),
        ("$.matrix..[0]", "[[1,2],1,3,4]"),
        ("$..['color','price']", r#"[{"color":"red","price":19.95}]"#),
        ("$.matrix..*", "[[1,2],[3,[4,5]],1,2,3,[4,5],4,5]"),
        ("$..[?(@.color == 'red')].price", "[19.95]"),
        ("$..[?(@.isbn)].title", "[\"Moby Dick\",\"The Lord\"]"),
        // Not only in the item that the index names.
        ("$.store..[0].title", r#"["Sayings","Sword","Moby Dick","The Lord"]"#),
    ]);
}

#[test]
fn filters_choose_by_comparison() {
    let titles = |filter: &str| found(&format!("$.store.book[?({filter})].title"));
    for (filter, expected) in [
        ("@.price < 10", r#"["Sayings","Moby Dick"]"#),
        ("@.price <= 8.95", r#"["Sayings"]"#),
        ("@.price > $.expensive", r#"["Sword","The Lord"]"#),
        ("@['price'] >= 22.99", r#"["The Lord"]"#),
        ("@.category == 'fiction' && @.price > 10", r#"["Sword","The Lord"]"#),
        ("@.category=='reference'||@.price>20", r#"["Sayings","The Lord"]"#),
        (
            "@.category == \"fiction\" && (@.price < 9 || @.price > 20)",
            r#"["Moby Dick","The Lord"]"#,
        ),
        ("!(@.category == 'fiction')", r#"["Sayings"]"#),
        ("@.isbn", r#"["Moby Dick","The Lord"]"#),
        ("!@.isbn", r#"["Sayings","Sword"]"#),
        ("@.isbn && @.price < 10", r#"["Moby Dick"]"#),
        ("@.isbn != '0-553'", r#"["Sayings","Sword","The Lord"]"#),
        ("@.isbn == null", "[]"),
        ("@.author =~ /.*m.*/", r#"["Moby Dick"]"#),
        ("@.author =~ /.*TOLKIEN/i", r#"["The Lord"]"#),
        ("@.author =~ /Nigel/", "[]"),
        ("@.category in ['reference', 'x']", r#"["Sayings"]"#),
        ("@.category nin ['reference']", r#"["Sword","Moby Dick","The Lord"]"#),
        ("@.category IN ['reference']", r#"["Sayings"]"#),
        ("'fiction' == @.category && @.tags contains 'a'", r#"["Sword"]"#),
        ("@.author contains 'Waugh'", r#"["Sword"]"#),
        ("@.tags all ['a','b']", r#"["Sword"]"#),
        ("@.tags size 2", r#"["Sword"]"#),
        ("@.title size 5", r#"["Sword"]"#),
        ("@.tags empty true", r#"["The Lord"]"#),
        ("@.tags empty false", r#"["Sword"]"#),
        ("@.tags subsetof ['a','b','c']", r#"["Sword","The Lord"]"#),
        ("@.tags anyof ['b','c']", r#"["Sword"]"#),
        ("@.tags noneof ['b','c']", r#"["The Lord"]"#),
        ("@.price == '8.95'", r#"["Sayings"]"#),
        ("@.price === '8.95'", "[]"),
        ("@.price !== '8.95'", r#"["Sayings","Sword","Moby Dick","The Lord"]"#),
        ("@.tags == [\"a\",\"b\"]", r#"["Sword"]"#),
        ("@.title.length() == 5", "[]"),
        ("@.tags.length() == 2", r#"["Sword"]"#),
        ("@.price == 8.950", r#"["Sayings"]"#),
        ("true == true", r#"["Sayings","Sword","Moby Dick","The Lord"]"#),
        ("@.price in 3", "[]"),
    ] {
        assert_eq!(titles(filter), expected, "{filter}");
    }
    check(&[
        ("$.numbers[?(@ > 2)]", "[3,4]"),
        ("$.numbers[?(@ in $.matrix[0])]", "[1,2]"),
        ("$.store.bicycle[?(@.price > 1)].color", "[\"red\"]"),
        ("$.store.book[?(@.price > 9)][?(@.isbn)].title", "[\"The Lord\"]"),
        ("$.store.book[?(@.tags[?(@ == 'b')] size 1)].title", "[\"Sword\"]"),
    ]);
}

#[test]
fn functions_make_values() {
    check(&[
        ("$.numbers.length()", "4"),
        ("$.numbers.size()", "4"),
        ("$.store.bicycle.length()", "2"),
        ("$.expensive.length()", "null"),
        ("$.none.length()", "missing"),
        ("$.store.book[*].tags.length()", "[2,0]"),
        ("$.store.book.*.length()", "[4,5,5,6]"),
        ("$.store.bicycle.keys()", "[\"color\",\"price\"]"),
        ("$.numbers.keys()", "null"),
        ("$.numbers.sum()", "10.0"),
        ("$.numbers.avg()", "2.5"),
        ("$.numbers.min()", "1.0"),
        ("$.numbers.max()", "4.0"),
        ("$.numbers.stddev()", "1.118033988749895"),
        ("$.sum($.numbers[*], 10)", "20.0"),
        ("$..price.max()", "22.99"),
        ("$..book.length()", "4"),
        ("$.store.book.sum()", "missing"),
        ("$.concat(\"x\", $.store.bicycle.color, $.expensive)", "\"xred10\""),
        ("$.store.book[1].tags.concat()", "\"ab\""),
        ("$.numbers.append(5).length()", "5"),
        ("$.numbers.first()", "1"),
        ("$.numbers.last()", "4"),
        ("$.numbers.index(-2)", "3"),
        ("$.store.bicycle.keys()[1]", "\"price\""),
    ]);
}

#[test]
fn what_is_no_path_is_refused() {
    for path in [
        "",
        "$.",
        "$..",
        "$...a",
        "$.a.",
        "$a",
        "$[",
        "$[]",
        "$['a'",
        "$['a]",
        "$['a',]",
        "$[a]",
        "$[1",
        "$[:]",
        "$[1:2:3]",
        "$[1,]",
        "$[99999999999]",
        "$.a b",
        "$[?]",
        "$[?(]",
        "$[?()]",
        "$[?(@.a ==)]",
        "$[?(@.a = 1)]",
        "$[?(@.a == 1]",
        "$[?(1)]",
        "$[?(@.a ~ 1)]",
        "$[?(@.a =~ /(/)]",
        "$[?(@.a =~ /a)]",
        "$[?(@.a =~ /a/q)]",
        "$[?(@.a == 'x)]",
        "$[?(@.a in [1,)]",
        "$.none()",
        "$.length(",
        "$.sum(x)",
        "$[?(@.a && )]",
        "$.a[*",
    ] {
        assert!(JsonPath::parse(path).is_err(), "{path}");
    }
    let error = JsonPath::parse("$.a[?(@.b ~ 1)]").unwrap_err();
    assert_eq!(error.to_string(), "expected an operator (character 11)");
}

#[test]
fn depth_and_length_of_paths_are_bounded() {
    let nested = |depth: usize| format!("$[?({}@.a{})]", "(".repeat(depth), ")".repeat(depth));
    assert!(JsonPath::parse(&nested(4)).is_ok());
    assert!(JsonPath::parse(&nested(JSON_PATH_DEPTH_MAX + 1)).is_err());
    assert!(JsonPath::parse(&nested(2_000)).is_err());
    assert!(JsonPath::parse(&"[?(@.a".repeat(1_000)).is_err());
    assert!(JsonPath::parse(&format!("$.{}", "a".repeat(10_000))).is_err());
}

#[test]
fn evaluations_are_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let deep = read(&nested(400)).unwrap();
    let evaluate = |path: &str, json| JsonPath::parse(path).unwrap().evaluate(json);
    assert!(matches!(evaluate("$..*..*..*..*", &deep), Found::TooMuch));
    // 400 values that contain each other and a text of a megabyte.
    let text = format!("{}\"{}\"{}", "[".repeat(300), "x".repeat(1_000_000), "]".repeat(300));
    let text = read(&text).unwrap();
    assert!(matches!(evaluate("$..*", &text), Found::TooMuch));
    let wide = read(&format!("[{}0]", "0,".repeat(3_000))).unwrap();
    assert!(matches!(evaluate("$[?(@ in $)]", &wide), Found::List(_)));
    assert!(matches!(evaluate("$[?(@ == 1 || 1 in $)]", &wide), Found::TooMuch));
    let text = read(&format!("[\"{}\"]", "a".repeat(1_000_000))).unwrap();
    assert!(matches!(evaluate("$[?(@ =~ /([a-z]|[a-z]{1,20})*!/)]", &text), Found::TooMuch));
}

#[test]
fn a_path_knows_whether_it_is_definite() {
    for (path, is_definite) in [
        ("$", true),
        ("$.a['b'][0]", true),
        ("$.a['b','c']", true),
        ("$['b','c'].a", false),
        ("$.a.length()", true),
        ("$.a[0,1]", false),
        ("$.a[0:1]", false),
        ("$.*", false),
        ("$..a", false),
        ("$..a.sum()", true),
        ("$[?(@.a)]", false),
    ] {
        assert_eq!(JsonPath::parse(path).unwrap().is_definite(), is_definite, "{path}");
    }
}
