//! Streamed answers: metadata, then content as it comes.
//!
//! "Set up a Lambda proxy integration with payload response streaming in API Gateway".

use super::answer::{self, Answer, Format, Scalar};
use super::answer_v1::rest_fields;
use super::failed;
use crate::definition::Protocol;
use crate::effect::FunctionAnswer;
use crate::gateway_error::GatewayError;
use crate::message::{Fields, OutgoingFields, Response};

/// The response that a streamed answer begins.
///
/// # Errors
/// 500 if the metadata is not of this form, or no delimiter ends it, which AWS documents; what a
/// function that failed before is answered with in a buffered answer.
pub(crate) fn answer_stream(answer: &FunctionAnswer) -> Result<Response, GatewayError> {
    let metadata = failed::payload(answer, Protocol::Rest)?;
    let content = answer.content.clone();
    let content = content.ok_or_else(|| malformed("no delimiter of 8 null bytes in 16 KB"))?;
    let metadata = Format::Stream
        .read(metadata)
        .ok_or_else(|| malformed("metadata that is no JSON object"))?;
    if let Some(mistake) = metadata.mistake {
        return Err(malformed(mistake));
    }
    if let Some(unknown) = &metadata.unknown {
        return Err(malformed(&alloc::format!("unknown member `{unknown}` of the metadata")));
    }
    let status = match &metadata.status_code {
        Some(code) => answer::status(code).map_err(malformed)?,
        None => 200,
    };
    let fields = fields(metadata).map_err(malformed)?;
    Ok(Response { status, fields: OutgoingFields::Complete(fields), content })
}

/// As a buffered answer's, with cookies. How long the content is, a function may say.
fn fields(mut metadata: Answer<'_>) -> Result<Fields, &'static str> {
    let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
    let lengths = metadata.headers.extract_if(.., |(name, _)| is_length(name)).map(|(_, v)| v);
    let length = lengths.last();
    let lengths = metadata.multi_value_headers.extract_if(.., |(name, _)| is_length(name));
    let length = lengths.flat_map(|(_, values)| values).last().or(length);
    let mut fields = rest_fields(&metadata)?;
    for cookie in &metadata.cookies {
        answer::push_field(&mut fields, "Set-Cookie", cookie.as_str(), Protocol::Rest)?;
    }
    if let Some(length) = &length {
        fields.push("Content-Length", content_length(length)?);
    }
    if !fields.contains("content-type") {
        fields.push("Content-Type", "application/json");
    }
    Ok(fields)
}

fn content_length<'a>(length: &'a Scalar<'_>) -> Result<&'a str, &'static str> {
    let text = length.as_str().trim();
    let is_length = text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_ok();
    if is_length { Ok(text) } else { Err("Content-Length is no length") }
}

fn malformed(what: &str) -> GatewayError {
    let reason = alloc::format!("Malformed streaming response of the function: {what}");
    failed::refused(Protocol::Rest, 500, &reason)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::message::{Content, ContentId};

    fn answered(metadata: &str) -> FunctionAnswer {
        FunctionAnswer {
            status: 200,
            function_error: None,
            payload: metadata.as_bytes().to_vec().into(),
            request_id: None,
            trace: None,
            content: Some(Content::Held(ContentId(1))),
        }
    }

    fn lines(response: &Response) -> Vec<(&str, &str)> {
        let OutgoingFields::Complete(fields) = &response.fields else { panic!() };
        fields.iter().map(|field| (field.name, field.value)).collect()
    }

    #[test]
    fn metadata_says_status_and_fields_and_the_content_follows() {
        let answer = answered(
            r#"{"statusCode":201,"headers":{"X-A":"1","x-both":"s","Transfer-Encoding":"chunked","Content-Length":12},
                "multiValueHeaders":{"X-Both":["m","s"]},"cookies":["a=1; Path=/","b=2"]}"#,
        );
        let response = answer_stream(&answer).unwrap();
        assert_eq!((response.status, &response.content), (201, &Content::Held(ContentId(1))));
        let expected = [
            ("X-Both", "m"),
            ("X-Both", "s"),
            ("X-A", "1"),
            ("Set-Cookie", "a=1; Path=/"),
            ("Set-Cookie", "b=2"),
            ("Content-Length", "12"),
            ("Content-Type", "application/json"),
        ];
        assert_eq!(lines(&response), expected);
    }

    #[test]
    fn nothing_need_be_said() {
        let response = answer_stream(&answered("{}")).unwrap();
        assert_eq!((response.status, lines(&response).len()), (200, 1));
    }

    #[test]
    fn what_is_not_of_the_format_is_answered_500() {
        let no_delimiter = FunctionAnswer { content: None, ..answered("{}") };
        let malformed = [
            "",
            "[]",
            "hello",
            r#"{"body":""}"#,
            r#"{"isBase64Encoded":false}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":600}"#,
            r#"{"headers":{"a b":"1"}}"#,
            r#"{"headers":{"Content-Length":"-1"}}"#,
            r#"{"cookies":"a=1"}"#,
        ];
        let answers = malformed.iter().map(|metadata| answered(metadata));
        for answer in answers.chain([no_delimiter]) {
            let error = answer_stream(&answer).unwrap_err();
            assert_eq!(error.status, Some(500), "{answer:?}");
        }
    }

    #[test]
    fn a_function_that_failed_is_answered_as_one_that_is_not_streamed() {
        let failed = FunctionAnswer { function_error: Some("Unhandled".into()), ..answered("{}") };
        assert_eq!(answer_stream(&failed).unwrap_err().status, Some(502));
        let refused = FunctionAnswer { status: 404, content: None, ..answered("{}") };
        assert_eq!(answer_stream(&refused).unwrap_err().status, Some(500));
    }
}
