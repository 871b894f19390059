//! Text that claims to be a template.
#![no_main]

use libfuzzer_sys::fuzz_target;
use velocity::{Bounds, Dialect, List, Map, Notation, Scope, Template, Value};

const BOUNDS: Bounds = Bounds {
    output_bytes_max: 64 * 1024,
    memory_bytes_max: 1024 * 1024,
    steps_max: 100_000,
    iterations_max: 1_000,
    depth_max: 16,
};

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Velocity17, Dialect::ApiGateway] {
        match Template::parse(text, dialect) {
            Err(error) => {
                let lines = text.split('\n').count();
                assert!((1..=lines).contains(&(error.position.line as usize)), "{error}");
            }
            Ok(template) => {
                let rendered = template.render(&scope(), &BOUNDS);
                if let Ok(output) = &rendered {
                    assert!(output.len() <= BOUNDS.output_bytes_max);
                }
                assert_eq!(template.render(&scope(), &BOUNDS), rendered);
            }
        }
    }
});

fn scope() -> Scope {
    let map = Map::new();
    map.put("k", "v");
    map.put("n", 7);
    let list = vec![1.into(), "two".into(), Value::Null, 2.5.into(), map.clone().into()];
    let mut scope = Scope::new();
    scope.set("s", "Hello, World");
    scope.set("i", 5);
    scope.set("l", 5_i64);
    scope.set("map", map);
    scope.set("list", Value::list(list.clone()));
    scope.set("json", List::new(list, Notation::Json));
    scope
}
