//! OpenTelemetry's protocol in JSON (`ExportTraceServiceRequest`): ids are hexadecimal, numbers of 64
//! bits are texts.

use gateway_core::spans::{Attribute, AttributeValue, Moment, Span, SpanKind, TraceRecord};
use serde_json::{Value, json};

/// The spans of a request, each as a text.
pub(super) fn spans(record: &TraceRecord, at: impl Fn(Moment) -> u128) -> Vec<String> {
    let trace_id = format!("{:032x}", record.trace_id);
    record.spans.iter().map(|each| span(each, &trace_id, &at).to_string()).collect()
}

/// What is posted.
pub(super) fn request(resource: &[(String, String)], spans: &[String]) -> String {
    let text =
        |(name, value): &(String, String)| json!({"key": name, "value": {"stringValue": value}});
    let resource: Vec<Value> = resource.iter().map(text).collect();
    let resource = json!({"attributes": resource});
    let scope = json!({"name": "edgeway", "version": env!("CARGO_PKG_VERSION")});
    let spans = spans.join(",");
    format!(
        r#"{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"scope":{scope},"spans":[{spans}]}}]}}]}}"#
    )
}

fn span(span: &Span, trace_id: &str, at: impl Fn(Moment) -> u128) -> Value {
    // Numbers of the protocol's enumerations.
    let kind = match span.kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
    };
    let mut written = json!({
        "traceId": trace_id,
        "spanId": format!("{:016x}", span.span_id),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": at(span.begun).to_string(),
        "endTimeUnixNano": at(span.ended).to_string(),
        "attributes": span.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "flags": 1,
    });
    if let Some(parent_id) = span.parent_id {
        written["parentSpanId"] = format!("{parent_id:016x}").into();
    }
    if let Some(error) = &span.error {
        written["status"] = json!({"code": 2, "message": error});
    }
    written
}

fn attribute((name, value): &Attribute) -> Value {
    let value = match value {
        AttributeValue::Text(text) => json!({"stringValue": text}),
        AttributeValue::Whole(number) => json!({"intValue": number.to_string()}),
        AttributeValue::Truth(truth) => json!({"boolValue": truth}),
        AttributeValue::Texts(texts) => {
            let texts: Vec<Value> = texts.iter().map(|t| json!({"stringValue": t})).collect();
            json!({"arrayValue": {"values": texts}})
        }
    };
    json!({"key": name, "value": value})
}
