//! Generated schemas and instances: the same verdict as the crate `jsonschema`.

use gateway_core::json;
use gateway_core::json_schema::Schemas;
use serde_json::{Value, json};

#[test]
fn generated_schemas_are_judged_as_another_validator_judges_them() {
    let (mut valid, mut invalid) = (0, 0);
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let schema = random.schema(3);
        let text = schema.to_string();
        let oracle = jsonschema::draft4::new(&schema).unwrap_or_else(|e| panic!("{text}: {e}"));
        let own = json::read(&text).unwrap();
        let schemas =
            Schemas::compile(&[("Model", &own)]).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        for _ in 0..10 {
            let instance = random.instance(3);
            let expected = oracle.is_valid(&instance);
            let validated = schemas.validate(0, &json::read(&instance.to_string()).unwrap());
            assert_eq!(
                validated.is_ok(),
                expected,
                "seed {seed}: {text}\n{instance}\n{validated:?}"
            );
            if let Err(wrong) = validated {
                assert!(!wrong.messages.is_empty(), "{text}\n{instance}");
                invalid += 1;
            } else {
                valid += 1;
            }
        }
    }
    assert!(valid > 5_000 && invalid > 5_000, "{valid} valid, {invalid} invalid");
}

/// xorshift64*, so that a failure's seed says all.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.next(of.len() as u64);
        of[usize::try_from(at).unwrap()].clone()
    }
    fn name(&mut self) -> &'static str {
        self.pick(&["a", "b", "ab", "x1", "$ref2", "é"])
    }

    fn schema(&mut self, depth: u64) -> Value {
        let mut schema = serde_json::Map::new();
        for _ in 0..1 + self.next(3) {
            let count = 1 + self.next(3);
            let (keyword, value) = match self.next(if depth == 0 { 12 } else { 22 }) {
                0 => (
                    "type",
                    json!(self.pick(&[
                        "object", "array", "string", "integer", "number", "null", "boolean"
                    ])),
                ),
                1 => ("type", json!(["object", self.pick(&["array", "string", "integer"])])),
                2 => ("enum", Value::Array((0..count).map(|_| self.instance(1)).collect())),
                3 => ("required", json!([self.name()])),
                4 => ("minLength", json!(self.next(3))),
                5 => ("maxItems", json!(self.next(3))),
                6 => ("minProperties", json!(self.next(3))),
                7 => {
                    ("pattern", json!(self.pick(&["^a", "b$", "^[a-c]+$", "\\d", "^.{2}$", "é|x"])))
                }
                8 => ("uniqueItems", json!(true)),
                9 => {
                    schema.insert("exclusiveMinimum".into(), json!(self.next(2) == 0));
                    ("minimum", json!(self.pick(&[0, 1, -2])))
                }
                10 => ("multipleOf", self.pick(&[json!(2), json!(0.5), json!(3)])),
                11 => ("maxProperties", json!(self.next(3))),
                12 | 13 => ("properties", self.schemas(count, depth)),
                14 => ("patternProperties", json!({ "^a": self.schema(depth - 1) })),
                15 => ("additionalProperties", self.schema_or_boolean(depth)),
                16 => ("items", self.schema(depth - 1)),
                17 => {
                    schema.insert("additionalItems".into(), self.schema_or_boolean(depth));
                    ("items", json!([self.schema(depth - 1), self.schema(depth - 1)]))
                }
                18 => (
                    self.pick(&["allOf", "anyOf", "oneOf"]),
                    json!([self.schema(depth - 1), self.schema(depth - 1)]),
                ),
                19 => ("not", self.schema(depth - 1)),
                20 => (
                    "dependencies",
                    json!({ self.name(): [self.name()], "b": self.schema(depth - 1) }),
                ),
                _ => (
                    "properties",
                    json!({ self.name(): { "$ref": "#" }, "b": self.schema(depth - 1) }),
                ),
            };
            schema.insert(keyword.into(), value);
        }
        Value::Object(schema)
    }
    fn schema_or_boolean(&mut self, depth: u64) -> Value {
        match self.next(3) {
            0 => json!(false),
            1 => json!(true),
            _ => self.schema(depth - 1),
        }
    }
    fn schemas(&mut self, count: u64, depth: u64) -> Value {
        let schemas = (0..count).map(|_| (self.name().to_owned(), self.schema(depth - 1)));
        Value::Object(schemas.collect::<Vec<_>>().into_iter().collect())
    }

    fn instance(&mut self, depth: u64) -> Value {
        match self.next(if depth == 0 { 8 } else { 12 }) {
            0 => Value::Null,
            1 => json!(self.next(2) == 0),
            2 => json!(self.next(4)),
            3 => json!(-2),
            4 => json!(self.pick(&[0.5, 1.5, 2.25])),
            5..=7 => json!(self.pick(&["", "a", "ab", "b1", "é", "abc"])),
            8 | 9 => {
                let count = self.next(4);
                Value::Array((0..count).map(|_| self.instance(depth - 1)).collect())
            }
            _ => {
                let count = self.next(4);
                let members =
                    (0..count).map(|_| (self.name().to_owned(), self.instance(depth - 1)));
                Value::Object(members.collect::<Vec<_>>().into_iter().collect())
            }
        }
    }
}
