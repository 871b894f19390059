//! Any text as a path, on any JSON: an answer in bounded time, and the same one each time.
#![no_main]

use gateway_core::json;
use gateway_core::json_path::JsonPath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (path, content) = input;
    let Ok(path) = JsonPath::parse(path) else { return };
    let Ok(content) = json::read(content) else { return };
    let found = path.evaluate(&content);
    assert_eq!(found, path.evaluate(&content));
});
