use super::*;
use crate::message::{Content, Fields, Version};
use alloc::string::ToString;

fn rendered(template: &str, content: &str) -> String {
    let context = crate::context::example();
    let request = Request {
        method: "POST".into(),
        target: "/".into(),
        version: Version::Http11,
        fields: Fields::new(),
        content: Content::Empty,
    };
    let inputs = Inputs {
        content,
        request: &request,
        context: &context,
        stage_variables: &BTreeMap::new(),
        now: Timestamp(0),
    };
    let template = MappingTemplate::parse(template).unwrap();
    match template.render(&inputs, &Overrides::default()) {
        Ok(text) => text,
        Err(error) => error.to_string(),
    }
}

#[test]
fn objects_print_as_java_maps_and_lists_within_as_json() {
    let content = r#"{"json": {"foo": [{"nested": "b/r"}], "n": 1.0}}"#;
    assert_eq!(rendered("$input.path('$.json')", content), r#"{foo=[{"nested":"b\/r"}], n=1.0}"#);
}
