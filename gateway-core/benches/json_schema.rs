//! What a request validator costs beyond reading JSON: 2 KB of content, a model of ten properties.
//! Verdicts are checked.
#![allow(missing_docs)] // criterion's macros make public items

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gateway_core::json;
use gateway_core::json_path::{Found, JsonPath};
use gateway_core::json_schema::Schemas;

const SCHEMA: &str = r##"{
  "type": "object", "additionalProperties": false,
  "required": ["id", "name", "kind", "price", "address", "tags", "lines"],
  "definitions": {"line": {
    "type": "object", "required": ["sku", "count"],
    "properties": {
      "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
      "count": {"type": "integer", "minimum": 1},
      "note": {"type": "string", "maxLength": 200}}}},
  "properties": {
    "id": {"type": "integer", "minimum": 1},
    "name": {"type": "string", "minLength": 1, "maxLength": 64},
    "kind": {"enum": ["order", "offer", "return"]},
    "price": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
    "active": {"type": "boolean"},
    "address": {"type": "object", "required": ["street", "city"],
      "properties": {"street": {"type": "string"}, "city": {"type": "string"}, "zip": {"type": "string"}}},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20, "uniqueItems": true},
    "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}, "minItems": 1},
    "comment": {"type": ["string", "null"]},
    "total": {"type": "number", "multipleOf": 0.01}}
}"##;

/// About two kilobytes.
fn content() -> String {
    let note = "x".repeat(190);
    let lines: Vec<String> = (0..8)
        .map(|i| format!("{{\"sku\": \"ABC-{i}\", \"count\": {}, \"note\": \"{note}\"}}", i + 1))
        .collect();
    format!(
        "{{\"id\": 42, \"name\": \"Ada\", \"kind\": \"order\", \"price\": 12.5, \"active\": true, \
         \"address\": {{\"street\": \"1 Main St\", \"city\": \"Town\", \"zip\": \"12345\"}}, \
         \"tags\": [\"a\", \"b\", \"c\"], \"lines\": [{}], \"comment\": null, \"total\": 99.95}}",
        lines.join(", ")
    )
}

fn validation(c: &mut Criterion) {
    let schema = json::read(SCHEMA).unwrap();
    let schemas = Schemas::compile(&[("Order", &schema)]).unwrap();
    let text = content();
    assert!((1_900..2_200).contains(&text.len()), "{}", text.len());
    let value = json::read(&text).unwrap();
    assert_eq!(schemas.validate(0, &value), Ok(()));
    let wrong = json::read(&text.replace("\"count\": 8", "\"count\": 0")).unwrap();
    let told = schemas.validate(0, &wrong).unwrap_err().to_string();
    assert_eq!(
        told,
        "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]"
    );

    let mut group = c.benchmark_group("json_schema");
    group.bench_function("validate 2 KB", |b| {
        b.iter(|| schemas.validate(0, black_box(&value)));
    });
    group.bench_function("read and validate 2 KB", |b| {
        b.iter(|| schemas.validate(0, &json::read(black_box(&text)).unwrap()));
    });
    group.finish();

    let path = JsonPath::parse("$.lines[?(@.count > 4)].sku").unwrap();
    let Found::List(found) = path.evaluate(&value) else { panic!("a filter finds a list") };
    assert_eq!(found.len(), 4);
    c.bench_function("json_path filter", |b| b.iter(|| path.evaluate(black_box(&value))));
}

criterion_group!(benches, validation);
criterion_main!(benches);
