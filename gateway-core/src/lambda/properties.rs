//! What holds for every request and every answer, tried with numbers from a small generator.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::{AnswerInput, EventInput, answer_v1, answer_v2, event_v1, event_v2};
use crate::context::example;
use crate::definition::Protocol;
use crate::effect::FunctionAnswer;
use crate::limits::FIELDS_BYTES_MAX;
use crate::message::{Content, Field, OutgoingFields, Request, Version};
use crate::target;

/// SplitMix64: the same seed, the same run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    /// Text with everything that JSON, HTTP or a log could trip over.
    fn text(&mut self) -> String {
        const ODD: &[char] = &[
            '"',
            '\\',
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{7f}',
            '\u{2028}',
            '\u{1f60a}',
            '\u{e9}',
            ',',
            ';',
            '=',
            '&',
            '%',
            '+',
            '{',
            '}',
            '[',
            ':',
            ' ',
            'a',
            'B',
            '0',
            '/',
        ];
        (0..self.below(12)).map(|_| ODD[self.below(ODD.len())]).collect()
    }
    fn name(&mut self) -> String {
        (0..1 + self.below(3)).map(|_| ['a', 'B', 'x', '-'][self.below(4)]).collect()
    }
    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(40)).map(|_| self.next() as u8).collect()
    }
}

#[test]
fn every_header_query_and_body_survives_both_formats() {
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let mut context = example();
        let query: Vec<(String, String)> =
            (0..random.below(5)).map(|_| (random.text(), random.text())).collect();
        for (name, value) in &query {
            let raw_query = context.raw_query.to_mut();
            if !raw_query.is_empty() {
                raw_query.push('&');
            }
            target::encode_query(name, raw_query);
            raw_query.push('=');
            target::encode_query(value, raw_query);
        }
        context.path_parameters =
            (0..random.below(3)).map(|_| (random.name().into(), random.text())).collect();
        let fields: Vec<Field> =
            (0..random.below(6)).map(|_| Field::new(random.name(), random.text())).collect();
        let is_text = random.below(2) == 0;
        let body = if is_text { random.text().into_bytes() } else { random.bytes() };
        let mut request = Request {
            method: "POST".into(),
            target: "/".into(),
            version: Version::Http11,
            fields: fields.iter().cloned().collect(),
            content: Content::Empty,
        };
        let media_type = if is_text { "text/plain" } else { "image/png" };
        request.fields.push("Content-Type", media_type);
        let stage_variables: BTreeMap<String, String> =
            (0..random.below(3)).map(|_| (random.name(), random.text())).collect();
        let binary_media_types = ["image/png".into()];
        for protocol in [Protocol::Rest, Protocol::Http] {
            let input = EventInput {
                protocol,
                context: &context,
                request: &request,
                body: &body,
                binary_media_types: &binary_media_types,
                stage_variables: &stage_variables,
            };
            let event: Value = serde_json::from_slice(&event_v1(&input)).unwrap();
            assert_body(&event, &body, is_text, seed);
            for (name, value) in &query {
                let values: Vec<&str> =
                    query.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
                let all = &event["multiValueQueryStringParameters"][name];
                assert_eq!(*all, Value::from(values), "seed {seed}, {name:?}={value:?}");
            }
            for field in &fields {
                let values: Vec<&str> = request.fields.all(&field.name).collect();
                let spelled =
                    &request.fields.iter().find(|f| f.name.eq_ignore_ascii_case(&field.name));
                let all = &event["multiValueHeaders"][&spelled.unwrap().name];
                assert_eq!(*all, Value::from(values.as_slice()), "seed {seed}");
                assert_eq!(event["headers"][&spelled.unwrap().name], *values.last().unwrap());
            }
            for (name, value) in &stage_variables {
                assert_eq!(event["stageVariables"][name], value.as_str(), "seed {seed}");
            }
        }
        let input = EventInput {
            protocol: Protocol::Http,
            context: &context,
            request: &request,
            body: &body,
            binary_media_types: &[],
            stage_variables: &stage_variables,
        };
        let event: Value = serde_json::from_slice(&event_v2(&input)).unwrap();
        assert_body(&event, &body, is_text, seed);
        for field in &fields {
            let values: Vec<&str> = request.fields.all(&field.name).collect();
            let joined = &event["headers"][field.name.to_ascii_lowercase()];
            assert_eq!(*joined, values.join(","), "seed {seed}");
        }
        for (name, _) in &query {
            let values: Vec<&str> =
                query.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
            assert_eq!(event["queryStringParameters"][name], values.join(","), "seed {seed}");
        }
    }
}

fn assert_body(event: &Value, body: &[u8], is_text: bool, seed: u64) {
    let got = match event["body"].as_str() {
        None => Vec::new(),
        Some(got) if event["isBase64Encoded"] == true => super::base64::decode(got).unwrap(),
        Some(got) => got.into(),
    };
    assert_eq!(got, body, "seed {seed}");
    assert_eq!(event["isBase64Encoded"], !is_text && !body.is_empty(), "seed {seed}");
}

#[test]
fn no_answer_makes_a_response_that_http_cannot_carry() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"statusCode\"",
        "\"headers\"",
        "\"multiValueHeaders\"",
        "\"body\"",
        "\"cookies\"",
        "\"isBase64Encoded\"",
        "200",
        "0",
        "-1",
        "1e999",
        "204.0",
        "\"201\"",
        "null",
        "true",
        "\"a\\r\\nb\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"x-y\"",
        "\"\"",
        "\"aGk=\"",
        " ",
        "\u{feff}",
        "{\"a\":\"b\"}",
        "{\"a\":[\"b\",1,false]}",
        "[\"c=d\"]",
    ];
    let member = |random: &mut Random, text: &mut String| {
        let names = [
            "statusCode",
            "headers",
            "multiValueHeaders",
            "body",
            "cookies",
            "isBase64Encoded",
            "z",
        ];
        let values = [
            "200",
            "\"302\"",
            "null",
            "true",
            "{\"a\":\"b\"}",
            "{\"a\":[\"b\",2]}",
            "{\"Date\":\"x\"}",
            "[\"c=d\",null]",
            "\"aGk=\"",
            "1.5",
            "{\"b\":{}}",
            "\"\\n\"",
            "{\"n\":\"\\n\"}",
            "[[]]",
        ];
        text.push_str(&alloc::format!(
            "\"{}\":{}",
            names[random.below(names.len())],
            values[random.below(values.len())]
        ));
    };
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let mut text = String::new();
        if seed % 2 == 0 {
            (0..random.below(14)).for_each(|_| text.push_str(pieces[random.below(pieces.len())]));
        } else {
            text.push('{');
            for n in 0..random.below(6) {
                if n > 0 {
                    text.push(',');
                }
                member(&mut random, &mut text);
            }
            text.push('}');
        }
        let answer = FunctionAnswer {
            status: 200,
            function_error: None,
            payload: text.clone().into_bytes().into(),
            request_id: None,
            trace: None,
            content: None,
        };
        for protocol in [Protocol::Rest, Protocol::Http] {
            let binary_media_types = &["*/*".into()];
            let input = AnswerInput { protocol, answer: &answer, accept: None, binary_media_types };
            for response in [answer_v1(&input), answer_v2(&input)].into_iter().flatten() {
                assert!((200..=599).contains(&response.status), "seed {seed}: {text}");
                let OutgoingFields::Complete(fields) = response.fields else { unreachable!() };
                assert!(fields.contains("content-type"), "seed {seed}: {text}");
                let size: usize = fields.iter().map(|f| f.name.len() + f.value.len()).sum();
                assert!(size <= 3 * FIELDS_BYTES_MAX, "seed {seed}");
                for field in &fields {
                    let is_clean = !field.value.chars().any(char::is_control);
                    assert!(is_clean && !field.name.is_empty(), "seed {seed}: {text}");
                }
            }
        }
    }
}

#[test]
fn a_deeply_nested_answer_is_refused_without_exhausting_the_stack() {
    let deep = [
        "{\"a\":".repeat(100_000),
        alloc::format!("{{\"statusCode\":200,\"z\":{}", "[".repeat(100_000)),
        alloc::format!("{{\"statusCode\":200,\"headers\":{}", "{\"a\":".repeat(100_000)),
    ];
    for payload in deep {
        let answer = FunctionAnswer {
            status: 200,
            function_error: None,
            payload: payload.into_bytes().into(),
            request_id: None,
            trace: None,
            content: None,
        };
        let protocol = Protocol::Rest;
        let input =
            AnswerInput { protocol, answer: &answer, accept: None, binary_media_types: &[] };
        assert_eq!(answer_v1(&input).unwrap_err().status, Some(502));
        assert!(answer_v2(&input).is_ok());
    }
}
