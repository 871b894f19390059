//! What can go wrong with an effect.

use gateway_core::effect::{
    Effect, EffectError, FunctionAnswer, Outcome, RecalledResponse, RequestSignature, Taken,
};
use gateway_core::jwt::{Jwk, KeyMaterial};
use gateway_core::message::{Content, EndpointResponse, Field, Location};

use super::{REASON, Random};

/// One way for an effect to go wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The host could not carry it out.
    Error(EffectError),
    /// It was carried out, and the answer is of the unwelcome kind with this number.
    Unwelcome(usize),
    /// It was carried out, and the answer is anything at all, made from this seed.
    Anything(u64),
    /// It was carried out, and the answer has this status and these fields, where it has any, and these bytes.
    Given(u16, Vec<(String, String)>, Vec<u8>),
}

/// When effects go wrong.
#[derive(Debug, Clone)]
pub enum Faults {
    /// Never.
    None,
    /// The effect at this position (from 0) does, in this way.
    At(usize, Fault),
    /// Each does, so many times in a thousand.
    Random(Random, usize),
    /// The first ones do as is listed here.
    Listed(Vec<Option<Fault>>),
}

impl Fault {
    /// All faults but [`Fault::Anything`] and [`Fault::Given`]. Where an effect has fewer unwelcome answers, their numbers come around again.
    pub fn all() -> Vec<Self> {
        let errors = [
            EffectError::TimedOut,
            EffectError::Unavailable(REASON.into()),
            EffectError::Malformed(REASON.into()),
            EffectError::TooLarge,
            EffectError::Cancelled,
        ];
        errors.into_iter().map(Self::Error).chain((0..ANSWERS.len()).map(Self::Unwelcome)).collect()
    }

    /// What the effect is answered with.
    pub fn outcome(&self, effect: &Effect) -> Outcome {
        match self {
            Self::Error(error) => effect.failed(error.clone()),
            Self::Unwelcome(n) => unwelcome(effect, *n),
            Self::Anything(seed) => anything(effect, &mut Random::new(*seed)),
            Self::Given(status, fields, bytes) => given(effect, *status, fields, bytes),
        }
    }
}

impl Faults {
    pub(super) fn next(&mut self, position: usize) -> Option<Fault> {
        match self {
            Self::None => None,
            Self::At(at, fault) => (*at == position).then(|| fault.clone()),
            Self::Listed(faults) => faults.get(position).cloned().flatten(),
            Self::Random(random, per_mille) => {
                let all = Fault::all();
                random.per_mille(*per_mille).then(|| match random.per_mille(500) {
                    true => Fault::Anything(random.draw()),
                    false => random.pick(&all),
                })
            }
        }
    }
}

/// Answers of functions that are not what a proxy must answer, or try to leave their place.
const ANSWERS: [&[u8]; 14] = [
    b"",
    b"<html>",
    b"null",
    b"[]",
    b"\"text\"",
    b"\xff\xfe",
    br#"{"statusCode":101}"#,
    br#"{"statusCode":"abc","headers":7}"#,
    br#"{"statusCode":200,"headers":{"x":"a\r\nset-cookie: b=c"}}"#,
    br#"{"statusCode":200,"headers":{"x\r\ny":"a"}}"#,
    br#"{"statusCode":200,"headers":{"Content-Length":"5","Transfer-Encoding":"chunked"},"body":"x"}"#,
    br#"{"statusCode":200,"isBase64Encoded":true,"body":"%%%"}"#,
    br#"{"statusCode":200,"multiValueHeaders":{"a":"b"},"cookies":{"a":1}}"#,
    br#"{"statusCode":999,"unknown":{"deep":[[[[{}]]]]}}"#,
];

fn unwelcome(effect: &Effect, n: usize) -> Outcome {
    match effect {
        Effect::PeekContent(_) => Outcome::PeekContent(Ok(vec![b'<'; n % 9].into())),
        Effect::CountRequest(_) => Outcome::CountRequest(Ok(u32::MAX)),
        Effect::LocateAddress(_) => {
            let country = Some("\"\r\n".into());
            Outcome::LocateAddress(Ok(Location { country, ..Location::default() }))
        }
        Effect::ReadContent(_) => {
            let contents: [&[u8]; 3] = [b"", b"\xff\xfe\0", b"\"}],\r\n{"];
            Outcome::ReadContent(Ok(contents[n % 3].to_vec().into()))
        }
        Effect::SendRequest(_) => {
            let (status, fields): (u16, &[(&str, &str)]) = [
                (500, &[("Content-Type", "text/html")][..]),
                (204, &[][..]),
                (404, &[("Connection", "x-hop"), ("Content-Length", "9"), ("Date", "never")][..]),
                (200, &[("Transfer-Encoding", "chunked"), ("Server", ""), ("Upgrade", "h2c")][..]),
                (999, &[("x-amzn-requestid", "theirs"), ("apigw-requestid", "theirs")][..]),
                (302, &[("Location", "/"), ("Set-Cookie", "a"), ("Set-Cookie", "b")][..]),
            ][n % 6];
            let fields = fields.iter().map(|(name, value)| Field::new(*name, *value)).collect();
            Outcome::SendRequest(Ok(EndpointResponse { status, fields, content: Content::Empty }))
        }
        Effect::InvokeFunction(_) => {
            let mut answer = FunctionAnswer {
                status: 200,
                function_error: None,
                payload: ANSWERS[n % ANSWERS.len()].to_vec().into(),
                request_id: Some("f1".into()),
                trace: None,
                content: None,
            };
            // An empty payload comes with each way that an invocation itself can fail.
            match n % ANSWERS.len() {
                0 => answer.function_error = Some("Unhandled".into()),
                1 => answer.status = 403,
                2 => answer.status = 429,
                3 => answer.status = 500,
                _ => {}
            }
            Outcome::InvokeFunction(Ok(answer))
        }
        Effect::TakeTokens(take) => {
            let empty = (n % take.buckets.len().max(1)) as u32;
            Outcome::TakeTokens(Ok(Taken::None { empty, retry_after_ms: Some(n as u64) }))
        }
        Effect::FindKey(_) => Outcome::FindKey(Ok(None)),
        // Of another version, or damaged.
        Effect::VerifyRequestSignature(_) => {
            Outcome::VerifyRequestSignature(Ok(RequestSignature::Invalid))
        }
        Effect::RecallAuthorization(_) => {
            Outcome::RecallAuthorization(Ok(Some(ANSWERS[n % ANSWERS.len()].to_vec().into())))
        }
        Effect::VerifySignature(_) => Outcome::VerifySignature(Ok(false)),
        Effect::RecallResponse(_) => {
            Outcome::RecallResponse(Ok(Some(recalled([200, 204, 304, 503][n % 4]))))
        }
        // Nothing is left of the content.
        Effect::RememberResponse(_) => Outcome::RememberResponse(Ok(Content::Empty)),
    }
}

fn given(effect: &Effect, status: u16, fields: &[(String, String)], bytes: &[u8]) -> Outcome {
    match effect {
        Effect::ReadContent(_) => Outcome::ReadContent(Ok(bytes.to_vec().into())),
        Effect::PeekContent(_) => Outcome::PeekContent(Ok(bytes.to_vec().into())),
        Effect::SendRequest(_) => {
            let fields = fields.iter().map(|(name, value)| Field::new(name, value)).collect();
            let content = Content::Bytes(bytes.to_vec());
            Outcome::SendRequest(Ok(EndpointResponse { status, fields, content }))
        }
        Effect::InvokeFunction(_) => Outcome::InvokeFunction(Ok(FunctionAnswer {
            status,
            function_error: None,
            payload: bytes.to_vec().into(),
            request_id: None,
            trace: None,
            content: None,
        })),
        Effect::RecallAuthorization(_) => {
            Outcome::RecallAuthorization(Ok(Some(bytes.to_vec().into())))
        }
        Effect::RecallResponse(_) => Outcome::RecallResponse(Ok(Some(recalled(status)))),
        Effect::RememberResponse(_) => {
            Outcome::RememberResponse(Ok(Content::Bytes(bytes.to_vec())))
        }
        _ => unwelcome(effect, usize::from(status)),
    }
}

fn recalled(status: u16) -> RecalledResponse {
    RecalledResponse { status, content: Content::Empty, content_length: 0 }
}

/// An answer of the effect's kind with random parts: a header section that HTTP allows, any bytes
/// for content, a function's answer put together from pieces.
fn anything(effect: &Effect, random: &mut Random) -> Outcome {
    match effect {
        Effect::ReadContent(_) => Outcome::ReadContent(Ok(random.bytes(200).into())),
        Effect::PeekContent(_) => Outcome::PeekContent(Ok(random.bytes(200).into())),
        Effect::CountRequest(_) => Outcome::CountRequest(Ok(random.below(9) as u32)),
        Effect::LocateAddress(_) => Outcome::LocateAddress(Ok(Location::default())),
        Effect::SendRequest(_) => {
            const NAMES: [&str; 12] = [
                "content-length",
                "Content-Type",
                "Date",
                "Connection",
                "keep-alive",
                "Set-Cookie",
                "x-amzn-requestid",
                "Via",
                "Trailer",
                "Access-Control-Allow-Origin",
                "!#$%&'*+.^_`|~",
                "a",
            ];
            let value = |random: &mut Random| -> String {
                let bytes = random.bytes(12);
                bytes.iter().map(|b| char::from(*b)).filter(|c| !c.is_control()).collect()
            };
            let fields = (0..random.below(8))
                .map(|_| Field::new(random.pick(&NAMES), value(random)))
                .collect();
            let status = 200 + random.below(800) as u16;
            Outcome::SendRequest(Ok(EndpointResponse { status, fields, content: Content::Empty }))
        }
        Effect::InvokeFunction(_) => Outcome::InvokeFunction(Ok(FunctionAnswer {
            status: random.pick(&[200, 200, 200, 202, 0, 400, 413, 502, 65_535]),
            function_error: random.per_mille(50).then(|| "Handled".into()),
            payload: function_answer(random).into_bytes().into(),
            request_id: None,
            trace: None,
            content: None,
        })),
        Effect::TakeTokens(_) => {
            // Also an index that no bucket has: the host is not trusted either.
            Outcome::TakeTokens(Ok(match random.per_mille(300) {
                true => Taken::QuotaExceeded,
                false => Taken::None {
                    empty: random.draw() as u32,
                    retry_after_ms: random.per_mille(500).then(|| random.draw()),
                },
            }))
        }
        Effect::FindKey(_) => {
            let material = match random.below(3) {
                0 => KeyMaterial::Ed25519 { x: random.bytes(32) },
                1 => KeyMaterial::P256 { x: random.bytes(40), y: random.bytes(40) },
                _ => KeyMaterial::Rsa { n: random.bytes(300), e: random.bytes(4) },
            };
            Outcome::FindKey(Ok(Some(Jwk { kid: None, algorithm: None, material })))
        }
        Effect::VerifyRequestSignature(_) => {
            Outcome::VerifyRequestSignature(Ok(RequestSignature::Invalid))
        }
        Effect::RecallAuthorization(_) => {
            Outcome::RecallAuthorization(Ok(Some(random.bytes(200).into())))
        }
        Effect::VerifySignature(_) => Outcome::VerifySignature(Ok(false)),
        Effect::RecallResponse(_) => {
            let is_there = random.per_mille(700);
            let status = 200 + random.below(800) as u16;
            Outcome::RecallResponse(Ok(is_there.then(|| recalled(status))))
        }
        Effect::RememberResponse(_) => {
            Outcome::RememberResponse(Ok(Content::Bytes(random.bytes(20))))
        }
    }
}

fn function_answer(random: &mut Random) -> String {
    const NAMES: [&str; 7] = [
        "statusCode",
        "headers",
        "multiValueHeaders",
        "body",
        "cookies",
        "isBase64Encoded",
        "other",
    ];
    const VALUES: [&str; 17] = [
        "200",
        "\"302\"",
        "204",
        "null",
        "true",
        "false",
        "1e400",
        "-7",
        "\"aGk=\"",
        "\"\\ud800\"",
        "{\"a\":\"b\",\"A\":1}",
        "{\"a\":[\"b\",true]}",
        "{\"Connection\":\"x\",\"Date\":\"y\"}",
        "[\"c=d\",\"e=f\"]",
        "{\"x\":\"\\r\\n\"}",
        "{\"a b\":\"\"}",
        "[[[]]]",
    ];
    let members: Vec<String> = (0..random.below(6))
        .map(|_| format!("\"{}\":{}", random.pick(&NAMES), random.pick(&VALUES)))
        .collect();
    format!("{{{}}}", members.join(","))
}
