//! The content of requests to services: forms of the query protocol, and JSON.

use alloc::{format, string::String, vec::Vec};

use super::Given;
use crate::gateway::service_proxy::Kind;
use crate::json::{self, Json, Number, Object};
use crate::{target, time};

type Bad = (&'static str, &'static str);

/// A form of the query protocol.
pub(super) fn form(action: &str, version: &str, given: &[Given]) -> Result<String, Bad> {
    let mut form = format!("Action={action}&Version={version}");
    let mut field = |name: &str, value: &str| {
        form.push('&');
        target::encode_query(name, &mut form);
        form.push('=');
        target::encode_query(value, &mut form);
    };
    for (name, kind, text) in given {
        // Members of lists have the name of one.
        let singular = name.strip_suffix('s').unwrap_or(name);
        match kind {
            Kind::Attributes => {
                let attributes = attributes(text).ok_or((*name, "it is no JSON object"))?;
                for (i, (attribute, value)) in attributes.iter().enumerate() {
                    let at = format!("{singular}.{}", i + 1);
                    field(&format!("{at}.Name"), attribute);
                    for (member, value) in value {
                        field(&format!("{at}.Value.{member}"), value);
                    }
                }
            }
            Kind::Texts => {
                for (i, text) in texts(text).iter().enumerate() {
                    field(&format!("{singular}.{}", i + 1), text);
                }
            }
            Kind::Text | Kind::QueueUrl | Kind::Time => field(name, text),
        }
    }
    Ok(form)
}

/// The JSON of an action of EventBridge, Kinesis or Step Functions.
pub(super) fn json(action: &str, given: &[Given]) -> Result<String, Bad> {
    let is_state_machine = action.ends_with("Execution");
    let member = |(name, kind, text): &Given| {
        let value = match kind {
            Kind::Texts => Json::Array(texts(text).into_iter().map(Json::String).collect()),
            Kind::Time => Json::Number(seconds(text).ok_or((*name, "it is no point in time"))?),
            Kind::Text | Kind::QueueUrl | Kind::Attributes => Json::String(text.clone()),
        };
        let mut name = String::from(*name);
        if is_state_machine {
            name[..1].make_ascii_lowercase();
        }
        Ok((name, value))
    };
    let members: Vec<(String, Json)> = given.iter().map(member).collect::<Result<_, Bad>>()?;
    let object = Json::Object(Object::new(members));
    let object = match action {
        "PutEvents" => {
            let entries = Json::Array(alloc::vec![object]);
            Json::Object(Object::new(alloc::vec![("Entries".into(), entries)]))
        }
        _ => object,
    };
    Ok(object.to_text())
}

/// A JSON array of strings, or one text.
fn texts(text: &str) -> Vec<String> {
    match json::read(text) {
        Ok(Json::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Json::String(text) => text,
                other => other.to_text(),
            })
            .collect(),
        _ => alloc::vec![text.into()],
    }
}

/// Members with texts, in their order.
type Texts = Vec<(String, String)>;

/// Name → members of the value, of message attributes.
fn attributes(text: &str) -> Option<Vec<(String, Texts)>> {
    let Ok(Json::Object(attributes)) = json::read(text) else { return None };
    attributes
        .into_members()
        .into_iter()
        .map(|(name, value)| {
            let Json::Object(members) = value else { return None };
            let members = members.into_members().into_iter().map(|(name, value)| match value {
                Json::String(text) => (name, text),
                other => (name, other.to_text()),
            });
            Some((name, members.collect()))
        })
        .collect()
}

/// Seconds since 1970, as a number or from ISO 8601.
fn seconds(text: &str) -> Option<Number> {
    let text = text.trim();
    match Number::from_text(text) {
        Some(number) => Some(number),
        None => Number::from_text(&format!("{}", time::from_iso8601(text)?.0 / 1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_form_numbers_attributes_and_items_from_one() {
        let given = vec![
            ("QueueUrl", Kind::QueueUrl, "https://q/1/a".into()),
            ("MessageBody", Kind::Text, "a b&c=ü".into()),
            (
                "MessageAttributes",
                Kind::Attributes,
                r#"{"x":{"DataType":"String","StringValue":"1"},"y":{"DataType":"Number","StringValue":2}}"#
                    .into(),
            ),
            ("AttributeNames", Kind::Texts, r#"["All","B"]"#.into()),
            ("MessageAttributeNames", Kind::Texts, "All".into()),
        ];
        assert_eq!(
            form("SendMessage", "2012-11-05", &given).unwrap(),
            "Action=SendMessage&Version=2012-11-05&QueueUrl=https%3A%2F%2Fq%2F1%2Fa&MessageBody=a%20b%26c%3D%C3%BC\
             &MessageAttribute.1.Name=x&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=1\
             &MessageAttribute.2.Name=y&MessageAttribute.2.Value.DataType=Number&MessageAttribute.2.Value.StringValue=2\
             &AttributeName.1=All&AttributeName.2=B&MessageAttributeName.1=All"
        );
        let bad = vec![("MessageAttributes", Kind::Attributes, "[1]".into())];
        assert!(form("SendMessage", "1", &bad).is_err());
    }

    #[test]
    fn json_has_the_names_and_the_types_of_the_service() {
        let events = vec![
            ("Detail", Kind::Text, "{\"a\":1}".into()),
            ("Time", Kind::Time, "2026-11-21T05:08:09Z".into()),
            ("Resources", Kind::Texts, "arn:x".into()),
        ];
        assert_eq!(
            json("PutEvents", &events).unwrap(),
            r#"{"Entries":[{"Detail":"{\"a\":1}","Time":1795237689,"Resources":["arn:x"]}]}"#
        );
        let input =
            vec![("StateMachineArn", Kind::Text, "arn".into()), ("Input", Kind::Text, "{}".into())];
        assert_eq!(
            json("StartExecution", &input).unwrap(),
            r#"{"stateMachineArn":"arn","input":"{}"}"#
        );
        let bad = vec![("Time", Kind::Time, "soon".into())];
        assert!(json("PutEvents", &bad).is_err());
    }
}
