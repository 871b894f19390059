use super::*;
use crate::json::read;
use crate::limits::VALIDATION_MESSAGES_MAX;
use alloc::{format, string::ToString, vec};

fn compile(models: &[(&str, &str)]) -> Result<Schemas, Vec<SchemaError>> {
    let schemas: Vec<Json> = models.iter().map(|(_, text)| read(text).unwrap()).collect();
    let models: Vec<(&str, &Json)> =
        models.iter().zip(&schemas).map(|((name, _), schema)| (*name, schema)).collect();
    Schemas::compile(&models)
}

fn told(schema: &str, value: &str) -> String {
    let schemas = compile(&[("Model", schema)]).unwrap_or_else(|e| panic!("{schema}: {e:?}"));
    match schemas.validate(0, &read(value).unwrap()) {
        Ok(()) => "valid".into(),
        Err(invalid) => invalid.to_string(),
    }
}

#[test]
fn each_keyword_tells_what_is_wrong_in_the_words_of_the_real_service() {
    for (schema, value, expected) in [
        (
            r#"{"required":["b","a","c"]}"#,
            r#"{"c":1}"#,
            r#"[object has missing required properties (["a","b"])]"#,
        ),
        (
            r#"{"type":"integer"}"#,
            r#""x""#,
            r#"[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]"#,
        ),
        (
            r#"{"type":["string","number"]}"#,
            "null",
            r#"[instance type (null) does not match any allowed primitive type (allowed: ["integer","number","string"])]"#,
        ),
        (
            r#"{"type":"integer"}"#,
            "1.0",
            r#"[instance type (number) does not match any allowed primitive type (allowed: ["integer"])]"#,
        ),
        (
            r#"{"enum":["a",1]}"#,
            r#""b""#,
            r#"[instance value ("b") not found in enum (possible values: ["a",1])]"#,
        ),
        (
            r#"{"minimum":5}"#,
            "3",
            "[numeric instance is lower than the required minimum (minimum: 5, found: 3)]",
        ),
        (
            r#"{"minimum":5,"exclusiveMinimum":true}"#,
            "5",
            "[numeric instance is not strictly greater than the required minimum 5]",
        ),
        (
            r#"{"maximum":5}"#,
            "5.5",
            "[numeric instance is greater than the required maximum (maximum: 5, found: 5.5)]",
        ),
        (
            r#"{"maximum":5,"exclusiveMaximum":true}"#,
            "5.0",
            "[numeric instance is not strictly lower than the required maximum 5]",
        ),
        (r#"{"multipleOf":2}"#, "3", "[remainder of division is not zero (3 / 2)]"),
        (
            r#"{"minLength":3}"#,
            r#""äb""#,
            r#"[string "äb" is too short (length: 2, required minimum: 3)]"#,
        ),
        (
            r#"{"maxLength":1}"#,
            r#""ab""#,
            r#"[string "ab" is too long (length: 2, maximum allowed: 1)]"#,
        ),
        (
            r#"{"pattern":"^a+$"}"#,
            r#""b""#,
            r#"[ECMA 262 regex "^a+$" does not match input string "b"]"#,
        ),
        (
            r#"{"minItems":2}"#,
            "[1]",
            "[array is too short: must have at least 2 elements but instance has 1 elements]",
        ),
        (
            r#"{"maxItems":1}"#,
            "[1,2]",
            "[array is too long: must have at most 1 elements but instance has 2 elements]",
        ),
        (r#"{"uniqueItems":true}"#, "[1,1.0]", "[array must not contain duplicate elements]"),
        (
            r#"{"items":[{}],"additionalItems":false}"#,
            "[1,2]",
            "[schema only allows 1 elements in array but instance has 2 elements]",
        ),
        (
            r#"{"properties":{"a":{}},"additionalProperties":false}"#,
            r#"{"c":1,"a":1,"b":1}"#,
            r#"[object instance has properties which are not allowed by the schema: ["b","c"]]"#,
        ),
        (
            r#"{"minProperties":1}"#,
            "{}",
            "[object has too few properties (found 0 but schema requires at least 1)]",
        ),
        (
            r#"{"maxProperties":0}"#,
            r#"{"a":1}"#,
            "[object has too many properties (found 1 but schema requires at most 0)]",
        ),
        (
            r#"{"dependencies":{"a":["c","b"]}}"#,
            r#"{"a":1}"#,
            r#"[property "a" of object has missing property dependencies (schema requires ["b","c"]; missing: ["b","c"])]"#,
        ),
        (
            r#"{"dependencies":{"a":{"required":["b"]}}}"#,
            r#"{"a":1}"#,
            r#"[object has missing required properties (["b"])]"#,
        ),
        (
            r#"{"allOf":[{"type":"string"},{}]}"#,
            "1",
            "[instance failed to match all required schemas (matched only 1 out of 2)]",
        ),
        (
            r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
            "1",
            "[instance failed to match at least one required schema among 2]",
        ),
        (
            r#"{"oneOf":[{},{}]}"#,
            "1",
            "[instance failed to match exactly one schema (matched 2 out of 2)]",
        ),
        (r#"{"not":{}}"#, "1", "[instance matched a schema which it should not have]"),
    ] {
        assert_eq!(told(schema, value), expected, "{schema}");
    }
}

#[test]
fn children_are_told_of_where_their_parents_are_right() {
    let schema = r#"{
        "type": "object", "required": ["id"],
        "properties": {"id": {"type": "integer"}, "tags": {"items": {"type": "string"}}, "age": {"minimum": 0}}
    }"#;
    assert_eq!(told(schema, r#"{"id":1,"tags":["a"],"age":0}"#), "valid");
    assert_eq!(
        told(schema, r#"{"tags":[1]}"#),
        r#"[object has missing required properties (["id"])]"#
    );
    let type_of = |found, allowed| {
        format!(
            "instance type ({found}) does not match any allowed primitive type (allowed: [\"{allowed}\"])"
        )
    };
    let expected = format!(
        "[numeric instance is lower than the required minimum (minimum: 0, found: -1), {}]",
        type_of("string", "integer")
    );
    assert_eq!(told(schema, r#"{"id":"x","tags":["a"],"age":-1}"#), expected);
    assert_eq!(
        told(schema, r#"{"id":1,"tags":[1,"a",2]}"#),
        format!("[{0}, {0}]", type_of("integer", "string"))
    );
}

#[test]
fn models_refer_to_each_other_and_to_themselves() {
    let models = [
        (
            "Pet",
            r##"{"required":["name"],"properties":{"owner":{"$ref":"#/components/schemas/Owner"}}}"##,
        ),
        (
            "Owner",
            r##"{"properties":{"pets":{"type":"array","items":{"$ref":"https://apigateway.amazonaws.com/restapis/abc123/models/Pet"}}}}"##,
        ),
        (
            "Tree",
            r##"{"properties":{"children":{"items":{"$ref":"#"}},"value":{"type":"integer"}}}"##,
        ),
        ("Name", r##"{"$ref":"#/definitions/Tree/properties/value"}"##),
        (
            "Own",
            r##"{"definitions":{"Tree":{"type":"null"}},"properties":{"t":{"$ref":"#/definitions/Tree"}}}"##,
        ),
        ("a/b~c", r##"{"$ref":"#/components/schemas/a~1b~0c%20d"}"##),
        ("a/b~c d", r##"{"type":"null"}"##),
    ];
    let schemas = compile(&models).unwrap();
    for (model, value, is_valid) in [
        (0, r#"{"name":1,"owner":{"pets":[{"name":2,"owner":{"pets":[]}}]}}"#, true),
        (0, r#"{"name":1,"owner":{"pets":[{"name":2,"owner":{"pets":[{}]}}]}}"#, false),
        (2, r#"{"children":[{"children":[{"value":1}]}]}"#, true),
        (2, r#"{"children":[{"children":[{"value":"x"}]}]}"#, false),
        (3, "1", true),
        (3, "null", false),
        (4, r#"{"t":null}"#, true),
        (4, r#"{"t":{}}"#, false),
        (5, "null", true),
        (5, "1", false),
    ] {
        let validated = schemas.validate(model, &read(value).unwrap());
        assert_eq!(validated.is_ok(), is_valid, "{model} {value}: {validated:?}");
    }
}

#[test]
fn what_is_no_schema_is_refused_with_its_place() {
    for (schema, pointer) in [
        ("[]", ""),
        ("true", ""),
        (r#"{"type":"text"}"#, "/type"),
        (r#"{"type":[]}"#, "/type"),
        (r#"{"type":1}"#, "/type"),
        (r#"{"required":true}"#, "/required"),
        (r#"{"required":[]}"#, "/required"),
        (r#"{"required":[1]}"#, "/required"),
        (r#"{"properties":[]}"#, "/properties"),
        (r#"{"properties":{"a/b":1}}"#, "/properties/a~1b"),
        (r#"{"patternProperties":{"(":{}}}"#, "/patternProperties/("),
        (r#"{"additionalProperties":1}"#, "/additionalProperties"),
        (r#"{"additionalItems":"x"}"#, "/additionalItems"),
        (r#"{"items":1}"#, "/items"),
        (r#"{"items":[{"type":"x"}]}"#, "/items/0/type"),
        (r#"{"definitions":{"a":{"type":"x"}}}"#, "/definitions/a/type"),
        (r#"{"allOf":[]}"#, "/allOf"),
        (r#"{"anyOf":{}}"#, "/anyOf"),
        (r#"{"oneOf":[1]}"#, "/oneOf/0"),
        (r#"{"not":[]}"#, "/not"),
        (r#"{"enum":[]}"#, "/enum"),
        (r#"{"dependencies":{"a":"b"}}"#, "/dependencies/a"),
        (r#"{"minLength":-1}"#, "/minLength"),
        (r#"{"maxItems":1.5}"#, "/maxItems"),
        (r#"{"minimum":"1"}"#, "/minimum"),
        (r#"{"minimum":1,"exclusiveMinimum":1}"#, "/exclusiveMinimum"),
        (r#"{"exclusiveMaximum":true}"#, "/exclusiveMaximum"),
        (r#"{"multipleOf":0}"#, "/multipleOf"),
        (r#"{"multipleOf":1234567890123456789}"#, "/multipleOf"),
        (r#"{"pattern":"(?=a)"}"#, "/pattern"),
        (r#"{"uniqueItems":1}"#, "/uniqueItems"),
        (r##"{"properties":{"a":{"$ref":"#/definitions/None"}}}"##, "/properties/a/$ref"),
        (r#"{"$ref":"https://example.com/schema.json"}"#, "/$ref"),
        (r#"{"$ref":"https://apigateway.amazonaws.com/restapis/a/models/None"}"#, "/$ref"),
        (r##"{"$ref":"#"}"##, ""),
        (r##"{"allOf":[{"$ref":"#"}]}"##, "/allOf/0"),
        (r##"{"not":{"anyOf":[{"type":"null"},{"$ref":"#"}]}}"##, "/not/anyOf/1"),
        (r##"{"dependencies":{"a":{"$ref":"#"}}}"##, "/dependencies/a"),
    ] {
        let errors = compile(&[("Model", schema)]).expect_err(schema);
        let pointers: Vec<&str> = errors.iter().map(|error| &*error.pointer).collect();
        assert_eq!(pointers, [pointer], "{schema}: {errors:?}");
    }
    let both = compile(&[("A", r#"{"type":1}"#), ("B", r#"{"enum":1}"#)]).unwrap_err();
    assert_eq!(both.iter().map(|error| error.model).collect::<Vec<_>>(), vec![0, 1]);
}

#[test]
fn a_validation_that_would_take_too_long_ends() {
    // Twice as many validations with each level.
    let twice = r##"{"anyOf":[{"properties":{"x":{"$ref":"#"},"y":{"not":{}}},"required":["y"]},{"properties":{"x":{"$ref":"#"}}}],"required":["x"]}"##;
    let deep = format!("{}{{}}{}", r#"{"x":"#.repeat(100), "}".repeat(100));
    assert!(told(twice, &deep).starts_with('['));
    let chain: Vec<(String, String)> = (0..2_000)
        .map(|i| {
            let next = (i + 1) % 2_000;
            let schema = match next {
                0 => "{}".to_string(),
                _ => format!(r##"{{"allOf":[{{"$ref":"#/definitions/M{next}"}}]}}"##),
            };
            (format!("M{i}"), schema)
        })
        .collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(n, s)| (n.as_str(), s.as_str())).collect();
    let schemas = compile(&chain).unwrap();
    assert!(schemas.validate(1_900, &Json::Null).is_ok());
    let told = schemas.validate(0, &Json::Null).unwrap_err().to_string();
    assert_eq!(told, "[the instance takes too many steps to validate]");
}

#[test]
fn items_that_are_sorted_and_numbers_that_are_read_take_steps() {
    let too_many = "[the instance takes too many steps to validate]";
    // In no order, so that sorting them is work.
    let items: Vec<String> = (0..40_000_u64).map(|i| format!("{}.5", i * 7_919 % 40_009)).collect();
    let items = format!("[{}]", items.join(","));
    let unique = r#"{"uniqueItems":true}"#;
    assert_eq!(told(unique, &items), "valid");
    let often = format!("{unique},").repeat(40);
    assert_eq!(told(&format!(r#"{{"allOf":[{often}{{}}]}}"#), &items), too_many);
    let digits = "1".repeat(1_000_000);
    for (keyword, times) in [(r#""minimum":1"#, 70), (r#""multipleOf":1"#, 5)] {
        let often = format!("{{{keyword}}},").repeat(times);
        assert_eq!(told(&format!(r#"{{"allOf":[{often}{{}}]}}"#), &digits), too_many, "{keyword}");
    }
    assert_eq!(told(r#"{"multipleOf":3}"#, "111111111111111111111"), "valid");
}

#[test]
fn an_enum_of_many_values_is_looked_up_for_each_of_many_items() {
    let values = |to: u32| (0..to).map(|i| format!("{i}.5")).collect::<Vec<_>>().join(",");
    let schema = format!(r#"{{"items":{{"enum":[{}]}}}}"#, values(10_000));
    assert_eq!(told(&schema, &format!("[{}]", values(10_000))), "valid");
    assert!(
        told(&schema, &format!("[{}]", values(10_001))).contains("(10000.5) not found in enum")
    );
}

#[test]
fn a_pattern_that_would_take_too_long_is_not_matched() {
    let too_many = "[the instance takes too many steps to validate]";
    let schema = r#"{"pattern":"^([a-z]|[a-z]{1,20})*!$"}"#;
    assert_eq!(told(schema, &format!("\"{}!\"", "a".repeat(10_000_000))), too_many);
    // One look at a large program for each of many short texts, and for each of many names.
    let texts = format!("[{}\"\"]", "\"\",".repeat(20_000));
    assert_eq!(told(r#"{"items":{"pattern":"^(a{0,999}b)?$"}}"#, &texts), too_many);
    let names: Vec<String> = (0..20_000).map(|i| format!("\"{i}\":1")).collect();
    let names = format!("{{{}}}", names.join(","));
    for additional in ["", r#","additionalProperties":false"#] {
        let schema = format!(r#"{{"patternProperties":{{"^(a{{0,999}}b)?$":{{}}}}{additional}}}"#);
        assert_eq!(told(&schema, &names), too_many, "{additional}");
    }
}

#[test]
fn ordinary_patterns_match_long_texts() {
    let long = |part: &str| part.repeat(100_000 / part.len());
    for (pattern, text) in [
        (r"^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$", long("a") + "@example.com"),
        (r"^[a-z0-9]+(-[a-z0-9]+)*$", long("ab-c") + "d"),
        (r"[0-9]{3}-[0-9]{4}$", long("1") + "-2345"),
        (r"((25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})\\.){3}", long("2") + ".1.2."),
        (r"^https?://[\\w.-]+(?:/[\\w./-]*)*$", "https://h/".to_string() + &long("a/b")),
        (r"^[A-Za-z0-9+/=]+$", long("a").repeat(10)),
    ] {
        let schema = format!(r#"{{"pattern":"{pattern}"}}"#);
        assert_eq!(told(&schema, &format!("\"{text}\"")), "valid", "{pattern}");
    }
    let email = r"^[a-zA-Z0-9._%+-]{1,64}@(?:[a-zA-Z0-9-]{1,63}\\.){1,8}[a-zA-Z]{2,63}$";
    let schema = format!(r#"{{"pattern":"{email}"}}"#);
    assert_eq!(told(&schema, r#""a@example.com""#), "valid");
    assert!(told(&schema, &format!("\"{}\"", long("a"))).contains("does not match"));
}

#[test]
fn what_is_told_is_bounded() {
    let schema = r#"{"items":{"maxLength":1}}"#;
    let value = format!("[{}\"\"]", format!("\"{}\",", "x".repeat(5_000)).repeat(200));
    let told = told(schema, &value);
    assert!(told.len() < VALIDATION_MESSAGES_MAX * 1_200, "{}", told.len());
}
