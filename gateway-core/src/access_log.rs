//! Access log formats: text with `$context.…` variables, one line a request.
//!
//! "Set up logging for REST APIs in API Gateway", "Customize HTTP API access logs". Values come
//! from clients: they are escaped as in a JSON string, so that none of them can end a quoted part
//! of the line or begin a new line.

use alloc::format;
use alloc::{string::String, vec::Vec};
use core::fmt::Write;

use crate::bytes::position;
use crate::context::{Context, NAMES, Variable};
use crate::effect::Late;
use crate::message::Timestamp;

/// A stage's `accessLogSettings.format`, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Variable),
}

impl Format {
    /// Compiles a format. The error says all that is wrong with it and what was probably meant.
    pub(crate) fn compile(format: &str) -> Result<Self, String> {
        // A YAML block scalar brings a line break at its end; AWS allows that one.
        let format = format.trim_end_matches(['\r', '\n']);
        if format.chars().any(breaks_line) {
            return Err("the access log format must be a single line".into());
        }
        let (mut parts, mut mistakes) = (Vec::new(), Vec::new());
        let mut rest = format;
        while let Some(start) = rest.find("$context.") {
            let (text, reference) = rest.split_at(start);
            push_text(&mut parts, text);
            let after = &reference["$context.".len()..];
            let (name, variable) = reference_at(after);
            match variable {
                Some(variable) => parts.push(Part::Variable(variable)),
                // Each is compared with every name that there is: a few at a time are enough.
                None if mistakes.len() == MISTAKES_MAX => break,
                None => mistakes.push(unknown(name)),
            }
            rest = &after[name.len()..];
        }
        push_text(&mut parts, rest);
        if mistakes.is_empty() { Ok(Self(parts)) } else { Err(mistakes.join("; ")) }
    }

    /// The line of a request that ended at `now`, without a line break, and what of it is known later.
    /// What is not known is `-`.
    pub(crate) fn render(&self, context: &Context, now: Timestamp) -> (String, Vec<Late>) {
        let (mut line, mut lates) = (String::with_capacity(256), Vec::new());
        for part in &self.0 {
            let start = line.len();
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Variable(variable) => match variable.value(context, now) {
                    Some(value) if variable.is_json() => push_single_line(&mut line, &value),
                    Some(value) if variable.is_secret() => push_masked(&mut line, &value),
                    Some(value) => push_escaped(&mut line, &value),
                    // Quoted, as its values are: a JSON format stays JSON.
                    None if variable.is_json() => line.push_str("\"-\""),
                    None => line.push('-'),
                },
            }
            if let Part::Variable(variable) = part
                && let Some(value) = variable.late(context)
            {
                lates.push(Late { start: start as u32, end: line.len() as u32, value });
            }
        }
        (line, lates)
    }
}

/// As the real service's logs show API keys: their last six characters.
fn push_masked(line: &mut String, value: &str) {
    let hidden = value.chars().count().saturating_sub(6);
    line.extend(core::iter::repeat_n('*', hidden));
    let last: String = value.chars().skip(hidden).collect();
    push_escaped(line, &last);
}

/// Most unknown variables of one format that are told.
const MISTAKES_MAX: usize = 20;

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.into()));
    }
}

/// The name that a text after `$context.` begins with, and its variable.
fn reference_at(text: &str) -> (&str, Option<Variable>) {
    bracketed_claim(text).unwrap_or_else(|| {
        let name = variable_name(text);
        (name, Variable::parse(name))
    })
}

/// A claim as templates name it: `authorizer.claims['cognito:groups']`. Formats in use have that too.
fn bracketed_claim(text: &str) -> Option<(&str, Option<Variable>)> {
    const OPENING: &str = "authorizer.claims['";
    let (claim, rest) = text.strip_prefix(OPENING)?.split_once("']")?;
    let name = &text[..text.len() - rest.len()];
    (!claim.is_empty()).then(|| (name, Some(Variable::Claim(claim.into()))))
}

/// The name that a text after `$context.` begins with. A full stop after it ends a sentence. Only
/// the names of claims and of an authorizer's own values may hold `-`, and `:` as in
/// `cognito:groups`; anywhere else these separate two values.
fn variable_name(text: &str) -> &str {
    let open = ["authorizer.", "requestOverride.", "responseOverride."];
    let is_open = open.iter().any(|family| text.starts_with(family));
    let bytes = text.as_bytes();
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let joins = match byte {
            b'.' => true,
            b'-' => is_open,
            b':' => is_open && [".cognito", ".custom"].iter().any(|p| text[..end].ends_with(p)),
            _ => false,
        };
        if !(is_word(byte) || joins && bytes.get(end + 1).is_some_and(is_word)) {
            break;
        }
        end += 1;
    }
    &text[..end]
}

fn unknown(name: &str) -> String {
    let nearest = NAMES.iter().map(|known| (distance(name, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 1 + name.len() / 3 => {
            format!(
                "$context.{name} is not a variable of access logs; did you mean $context.{known}?"
            )
        }
        _ => format!("$context.{name} is not a variable of access logs"),
    }
}

/// Edit distance, without regard to case. Names in formats are short; a longer one is cut.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (&a.as_bytes()[..a.len().min(64)], b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// What some reader of a log takes for the end of a line, or a terminal for a command.
fn breaks_line(c: char) -> bool {
    c.is_control() || c == '\u{2028}' || c == '\u{2029}'
}

fn push_escaped(line: &mut String, value: &str) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    let mut rest = value;
    // Nearly all values are plain: they are copied whole.
    while let Some(plain) = position(rest, |byte| !is_plain(byte)) {
        line.push_str(&rest[..plain]);
        let mut chars = rest[plain..].chars();
        match chars.next() {
            Some('"') => line.push_str("\\\""),
            Some('\\') => line.push_str("\\\\"),
            Some(c) => push_char(line, c),
            None => {}
        }
        rest = chars.as_str();
    }
    line.push_str(rest);
}

/// JSON text, which may still hold what JSON allows and a line does not.
fn push_single_line(line: &mut String, json: &str) {
    json.chars().for_each(|c| push_char(line, c));
}

/// A text with what would end its line escaped.
pub(crate) fn single_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    push_single_line(&mut line, text);
    line
}

fn push_char(line: &mut String, c: char) {
    match c {
        '\n' => line.push_str("\\n"),
        '\r' => line.push_str("\\r"),
        '\t' => line.push_str("\\t"),
        c if breaks_line(c) => {
            // All of them lie below U+10000.
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        }
        c => line.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{AuthorizerContext, ErrorContext, example};
    use crate::gateway_error::ResponseType;
    use alloc::{boxed::Box, vec};

    fn render(format: &str, context: &Context) -> String {
        let now = Timestamp(context.request_time.0 + 34);
        Format::compile(format).unwrap().render(context, now).0
    }

    #[test]
    fn the_formats_of_the_developer_guide_are_rendered() {
        let mut context = example();
        context.status = 200;
        context.response_length = Some(5);
        assert_eq!(
            render(
                r#"$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId"#,
                &context
            ),
            r#"205.255.255.176 - - [12/Mar/2020:19:03:58 +0000] "GET /hello HTTP/1.1" 200 5 JKJaXmPLvHcESHA= JKJaXmPLvHcESHA="#
        );
        assert_eq!(
            render(r#"{"id":"$context.requestId","ms":$context.responseLatency}"#, &context),
            r#"{"id":"JKJaXmPLvHcESHA=","ms":34}"#
        );
        assert_eq!(
            render("$context.requestId-$context.status:$context.stage.", &context),
            "JKJaXmPLvHcESHA=-200:test."
        );
    }

    /// The four formats that AWS's console offers ("Set up CloudWatch logging for REST APIs").
    #[test]
    fn the_formats_of_the_console_are_rendered() {
        let mut context = example();
        context.status = 200;
        context.response_length = Some(5);
        let names = [
            ("requestId", "requestId"),
            ("ip", "identity.sourceIp"),
            ("caller", "identity.caller"),
            ("user", "identity.user"),
            ("requestTime", "requestTime"),
            ("httpMethod", "httpMethod"),
            ("resourcePath", "resourcePath"),
            ("status", "status"),
            ("protocol", "protocol"),
            ("responseLength", "responseLength"),
        ];
        let values = [
            "JKJaXmPLvHcESHA=",
            "205.255.255.176",
            "-",
            "-",
            "12/Mar/2020:19:03:58 +0000",
            "GET",
            "/hello",
            "200",
            "HTTP/1.1",
            "5",
        ];
        let clf = r#"$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime]"$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId"#;
        assert_eq!(
            render(clf, &context),
            r#"205.255.255.176 - - [12/Mar/2020:19:03:58 +0000]"GET /hello HTTP/1.1" 200 5 JKJaXmPLvHcESHA= JKJaXmPLvHcESHA="#
        );
        let json = names.map(|(name, variable)| format!(r#""{name}":"$context.{variable}""#));
        let json = render(&format!("{{ {} }}", json.join(", ")), &context);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        for ((name, _), value) in names.iter().zip(values) {
            assert_eq!(read[*name], value, "{name}");
        }
        let xml = names[1..].iter().map(|(name, v)| format!("<{name}>$context.{v}</{name}>"));
        let xml = xml.collect::<Vec<_>>().join(" ");
        let xml =
            render(&format!(r#"<request id="$context.requestId"> {xml} </request>"#), &context);
        assert!(
            xml.starts_with(r#"<request id="JKJaXmPLvHcESHA="> <ip>205.255.255.176</ip> "#),
            "{xml}"
        );
        assert!(xml.ends_with("<responseLength>5</responseLength> </request>"), "{xml}");
        let csv = names.map(|(_, variable)| format!("$context.{variable}")).join(",");
        assert_eq!(render(&csv, &context), values.join(","));
    }

    /// Every variable of "Access logging variable reference" (REST) and "Logging variables for HTTP
    /// APIs" may be named.
    #[test]
    fn every_documented_variable_is_known() {
        for name in DOCUMENTED.split_whitespace() {
            let format = format!("$context.{name}");
            assert!(Format::compile(&format).is_ok(), "{name}");
        }
    }

    const DOCUMENTED: &str = "
        accountId apiId authenticate.error authenticate.latency authenticate.status authorize.error
        authorize.latency authorize.status authorizer.claims.sub authorizer.error
        authorizer.integrationLatency authorizer.integrationStatus authorizer.latency
        authorizer.principalId authorizer.property authorizer.requestId authorizer.status
        awsEndpointRequestId awsEndpointRequestId2 customDomain.basePathMatched
        customDomain.routingRuleIdMatched dataProcessed
        deploymentId domainName domainPrefix endpointType error.message error.messageString
        error.responseType error.validationErrorString extendedRequestId httpMethod identity.accessKey
        identity.accountId identity.apiKey identity.apiKeyId identity.caller
        identity.clientCert.clientCertPem identity.clientCert.subjectDN
        identity.clientCert.issuerDN identity.clientCert.serialNumber
        identity.clientCert.validity.notBefore identity.clientCert.validity.notAfter
        identity.cognitoAuthenticationProvider identity.cognitoAuthenticationType
        identity.cognitoIdentityId identity.cognitoIdentityPoolId identity.principalOrgId
        identity.sourceIp identity.user identity.userAgent identity.userArn identity.vpcId
        identity.vpceId integration.error integration.integrationStatus integration.latency
        integration.requestId integration.status integrationErrorMessage integrationLatency
        integrationStatus isCanaryRequest path protocol requestId requestOverride.header.name
        requestOverride.path.name requestOverride.querystring.name requestTime requestTimeEpoch
        resourceId resourcePath responseLatency responseLength responseOverride.header.name
        responseOverride.status routeKey stage status tlsVersion cipherSuite waf.error waf.latency
        waf.status wafResponseCode webaclArn xrayTraceId";

    #[test]
    fn a_client_can_neither_leave_its_quotes_nor_its_line() {
        let mut context = example();
        context.user_agent = Some("a\"},\\\n{\"b\":\u{2028}\u{1b}[2J\u{85}\0".into());
        let line = render(r#"{"agent":"$context.identity.userAgent"}"#, &context);
        assert!(!line.chars().any(breaks_line), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["agent"], *context.user_agent.unwrap());
    }

    #[test]
    fn an_error_message_brings_its_own_quotes() {
        let mut context = example();
        let format = r#"{"error":$context.error.messageString}"#;
        assert_eq!(render(format, &context), r#"{"error":"-"}"#);
        context.error = Some(Box::new(ErrorContext {
            response_type: ResponseType::Unauthorized,
            message: Some("say \"who\"\u{2028}".into()),
            validation_error: None,
            reason: String::new(),
        }));
        let line = render(format, &context);
        assert_eq!(line, r#"{"error":"say \"who\"\u2028"}"#);
    }

    #[test]
    fn claims_are_named_as_tokens_name_them() {
        let mut context = example();
        let claims = vec![
            ("sub".into(), "u1".into()),
            ("cognito:groups".into(), "[a b]".into()),
            ("custom:tenant-id".into(), "t".into()),
        ];
        context.authorizer = AuthorizerContext::Cognito { claims };
        assert_eq!(
            render(
                "$context.authorizer.claims.sub:$context.authorizer.claims.cognito:groups,$context.authorizer.claims.custom:tenant-id,$context.authorizer.claims.email",
                &context
            ),
            "u1:[a b],t,-"
        );
        let bracketed =
            "$context.authorizer.claims['cognito:groups']:$context.authorizer.claims['none'].";
        assert_eq!(render(bracketed, &context), "[a b]:-.");
    }

    #[test]
    fn an_unknown_variable_is_an_error_that_names_the_nearest() {
        for (format, meant) in [
            ("$context.requestid", Some("$context.requestId?")),
            ("$context.identity.sourceIP", Some("$context.identity.sourceIp?")),
            ("$context.integration.latancy", Some("$context.integration.latency?")),
            ("$context.qqqqqqqqqqqq", None),
            ("$context.", None),
        ] {
            let error = Format::compile(format).unwrap_err();
            match meant {
                Some(meant) => assert!(error.ends_with(meant), "{error}"),
                None => assert!(!error.contains("did you mean"), "{error}"),
            }
        }
        let both = Format::compile("$context.nope $context.requestId $context.stagE").unwrap_err();
        assert!(both.contains("$context.nope is not") && both.contains("$context.stagE is not"));
        let many = Format::compile(&"$context.nope ".repeat(1_000)).unwrap_err();
        assert_eq!(many.matches("$context.nope is not").count(), MISTAKES_MAX);
        assert!(Format::compile("a\nb").is_err());
        assert_eq!(Format::compile("a\n"), Format::compile("a"));
    }
}
