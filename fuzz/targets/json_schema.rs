//! Any JSON as a model's schema, on any JSON: a verdict in bounded time, and the same one each time.
#![no_main]

use gateway_core::json;
use gateway_core::json_schema::Schemas;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (schema, content) = input;
    let (Ok(schema), Ok(content)) = (json::read(schema), json::read(content)) else { return };
    match Schemas::compile(&[("Model", &schema)]) {
        Ok(schemas) => {
            let verdict = schemas.validate(0, &content);
            assert_eq!(verdict, schemas.validate(0, &content));
            if let Err(wrong) = verdict {
                assert!(!wrong.messages.is_empty());
            }
        }
        Err(errors) => assert!(!errors.is_empty()),
    }
});
