//! Effects and their outcomes in words.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::bucket::BucketTake;
use crate::effect::{Effect, EffectError, EffectKind, Outcome, RequestSignature, Taken};

pub(super) fn what_is_asked(effect: &Effect) -> String {
    match effect {
        Effect::ReadContent(read) => {
            let whose = if read.content.0 == 0 { "the request's" } else { "the endpoint's" };
            alloc::format!("{whose} content")
        }
        Effect::TakeTokens(take) => {
            let buckets: Vec<String> = take.buckets.iter().map(bucket).collect();
            alloc::format!("a token of each: {}", buckets.join(", "))
        }
        Effect::FindKey(find) => {
            let kid = find.kid.as_deref().unwrap_or("any");
            alloc::format!("key {kid} of {}", find.source)
        }
        Effect::VerifySignature(verify) => alloc::format!("{:?}", verify.algorithm),
        Effect::VerifyRequestSignature(verify) => {
            alloc::format!("access key {} for {}", verify.access_key_id, verify.region)
        }
        Effect::PeekContent(_) => "how the request's content begins".into(),
        Effect::CountRequest(_) => "how many requests there were like this one".into(),
        Effect::LocateAddress(locate) => alloc::format!("where {} is", locate.address),
        Effect::RecallAuthorization(_) => "what the authorizer said of this caller before".into(),
        Effect::RecallResponse(recall) if recall.replaces => {
            "to replace the cached response".into()
        }
        Effect::RecallResponse(_) => "the cached response".into(),
        Effect::RememberResponse(_) => "to cache the response".into(),
        Effect::SendRequest(_) | Effect::InvokeFunction(_) => String::new(),
    }
}

fn bucket(bucket: &BucketTake) -> String {
    let BucketTake { key, limit, .. } = bucket;
    let rate = limit.rate_microtokens_per_ms as f64 / 1_000.0;
    alloc::format!("{key} ({rate} a second, burst {})", limit.burst)
}

pub(super) fn what_is_answered(outcome: &Outcome) -> String {
    fn told<T>(answer: &Result<T, EffectError>, what: impl Fn(&T) -> String) -> String {
        match answer {
            Ok(answer) => what(answer),
            Err(error) => error.to_string(),
        }
    }
    match outcome {
        Outcome::ReadContent(read) => told(read, |bytes| alloc::format!("{} bytes", bytes.0.len())),
        Outcome::PeekContent(read) => told(read, |bytes| alloc::format!("{} bytes", bytes.0.len())),
        Outcome::CountRequest(counted) => told(counted, |requests| alloc::format!("{requests}")),
        Outcome::LocateAddress(located) => {
            told(located, |found| found.country.clone().unwrap_or_else(|| "nobody knows".into()))
        }
        Outcome::SendRequest(sent) => told(sent, |_| String::new()),
        Outcome::InvokeFunction(invoked) => told(invoked, |_| String::new()),
        Outcome::TakeTokens(taken) => told(taken, |taken| match taken {
            Taken::All => "taken".into(),
            Taken::QuotaExceeded => "the quota is used up".into(),
            Taken::None { empty, .. } => alloc::format!("bucket {} is empty", empty + 1),
        }),
        Outcome::FindKey(found) => {
            told(found, |key| if key.is_some() { "found" } else { "there is none" }.into())
        }
        Outcome::VerifySignature(verified) => {
            told(verified, |right| if *right { "right" } else { "wrong" }.to_string())
        }
        Outcome::VerifyRequestSignature(verified) => told(verified, |found| match found {
            RequestSignature::Valid => "right".into(),
            RequestSignature::Invalid => "wrong".into(),
            RequestSignature::UnknownToken => {
                "the access key or its session token is unknown".into()
            }
        }),
        Outcome::RecallAuthorization(recalled) => told(recalled, |grant| {
            if grant.is_some() { "remembered" } else { "nothing is remembered" }.into()
        }),
        Outcome::RecallResponse(recalled) => told(recalled, |stored| {
            if stored.is_some() { "it is there" } else { "nothing is there" }.into()
        }),
        Outcome::RememberResponse(remembered) => told(remembered, |_| "done".into()),
    }
}

impl EffectKind {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadContent => "read content",
            Self::PeekContent => "peek content",
            Self::CountRequest => "count request",
            Self::LocateAddress => "locate address",
            Self::SendRequest => "send request",
            Self::InvokeFunction => "invoke function",
            Self::TakeTokens => "take tokens",
            Self::FindKey => "find key",
            Self::VerifySignature => "verify signature",
            Self::RecallAuthorization => "recall authorization",
            Self::VerifyRequestSignature => "verify request signature",
            Self::RecallResponse => "recall response",
            Self::RememberResponse => "remember response",
        }
    }
}
