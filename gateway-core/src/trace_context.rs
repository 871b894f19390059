//! Trace context: what came with a request, as W3C's `traceparent` or X-Ray's `X-Amzn-Trace-Id`,
//! and what is passed on of it where a stage has `tracingEnabled`.
//!
//! "Trace Context" (W3C) §3; AWS: "Tracing header" of X-Ray. An X-Ray id `1-{8 hex}-{24 hex}` and
//! a W3C id of 32 hex digits are one number written in two ways. `traceparent` comes first: a load
//! balancer adds an `X-Amzn-Trace-Id` of its own to whatever the caller sent.

use alloc::{boxed::Box, format, string::String};

use crate::context::{Context, Trace};
use crate::definition::Sampler;
use crate::ids;
use crate::message::{Fields, Seed};
use crate::spans::Tracer;

/// A trace that a request is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Received {
    trace_id: u128,
    /// The span that called.
    parent_id: Option<u64>,
    /// Whether it is recorded, if that is decided.
    is_sampled: Option<bool>,
    /// Whether `traceparent` said so.
    is_w3c: bool,
}

/// Takes part in the trace that a request belongs to, or begins one. What is passed on from here is
/// the gateway's: its call of the endpoint is the parent of what happens there. Gives what writes
/// the spans down, if this trace is recorded.
pub(crate) fn continue_trace(
    sampler: Sampler,
    fields: &Fields,
    seed: Seed,
    context: &mut Context<'_>,
) -> Option<Box<Tracer>> {
    let received = received(fields, context, seed);
    let is_sampled = sampler.samples(received.trace_id, received.is_sampled);
    context.trace.root = to_root(received.trace_id).into();
    context.trace.sampled = if is_sampled { "1" } else { "0" }.into();
    if !is_sampled {
        return None;
    }
    context.is_traced = true;
    context.ends_trace_state = !received.is_w3c;
    context.trace.parent = ids::trace_parent(seed).into();
    Some(Box::new(Tracer::new(received.trace_id, received.parent_id, seed)))
}

fn received(fields: &Fields, context: &Context<'_>, seed: Seed) -> Received {
    let mut lines = fields.all("traceparent");
    // Two of them are none.
    if let (Some(line), None) = (lines.next(), lines.next())
        && let Some(received) = traceparent(line)
    {
        return received;
    }
    let new = || {
        let root = ids::trace_root(seed, context.request_time);
        from_root(&root).expect("it is of this shape")
    };
    let Some(trace_id) = from_root(&context.trace.root) else {
        return Received { trace_id: new(), parent_id: None, is_sampled: None, is_w3c: false };
    };
    let has_root = Trace::given(fields, "Root").is_some();
    let parent = Trace::given(fields, "Parent").filter(|id| has_root && id.len() == 16);
    let parent_id = parent.and_then(hex);
    let is_sampled = match Trace::given(fields, "Sampled") {
        Some("1") => Some(true),
        Some("0") => Some(false),
        _ => None,
    };
    Received { trace_id, parent_id, is_sampled, is_w3c: false }
}

/// `00-{trace id}-{parent id}-{flags}`; of later versions what is known of this one.
fn traceparent(line: &str) -> Option<Received> {
    let line = line.trim_matches([' ', '\t']);
    let mut parts = line.splitn(5, '-');
    let mut part = |len: usize| parts.next().filter(|part| part.len() == len);
    let (version, trace_id, parent_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let version: u8 = hex(version)?;
    if version == 0xff || version == 0 && parts.next().is_some() {
        return None;
    }
    let (trace_id, parent_id): (u128, u64) = (hex(trace_id)?, hex(parent_id)?);
    let flags: u8 = hex(flags)?;
    let is_valid = trace_id != 0 && parent_id != 0;
    let is_sampled = Some(flags & 1 == 1);
    let parent_id = Some(parent_id);
    is_valid.then_some(Received { trace_id, parent_id, is_sampled, is_w3c: true })
}

/// Digits in lower case alone are hexadecimal here.
fn hex<N: TryFrom<u128>>(text: &str) -> Option<N> {
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let number = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
    N::try_from(number).ok()
}

fn from_root(root: &str) -> Option<u128> {
    let (time, random) = root.strip_prefix("1-")?.split_once('-')?;
    if (time.len(), random.len()) != (8, 24) {
        return None;
    }
    let (time, random): (u128, u128) = (hex(time)?, hex(random)?);
    Some(time << 96 | random).filter(|id| *id != 0)
}

fn to_root(trace_id: u128) -> String {
    format!("1-{:08x}-{:024x}", (trace_id >> 96) as u32, trace_id & (u128::MAX >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_as_w3c_has_it() {
        let received = Received {
            trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
            parent_id: Some(0x00f0_67aa_0ba9_02b7),
            is_sampled: Some(true),
            is_w3c: true,
        };
        assert_eq!(traceparent(W3C), Some(received));
        assert_eq!(traceparent(&format!(" {W3C}\t")), Some(received));
        let later = W3C.replacen("00", "cc", 1) + "-what-will-be";
        assert_eq!(traceparent(&later), Some(received));
        let unsampled = Received { is_sampled: Some(false), ..received };
        assert_eq!(traceparent(&W3C.replace("-01", "-02")), Some(unsampled));
        for odd in [
            "",
            "00",
            &W3C.to_uppercase(),
            &format!("{W3C}-more"),
            &format!("{W3C}0"),
            &W3C.replacen("00", "ff", 1),
            &W3C.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &W3C.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &W3C.replace("4736", "473+"),
        ] {
            assert_eq!(traceparent(odd), None, "{odd}");
        }
    }

    #[test]
    fn one_id_has_two_spellings() {
        let root = "1-4bf92f35-77b34da6a3ce929d0e0e4736";
        assert_eq!(from_root(root), Some(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
        assert_eq!(to_root(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736), root);
        assert_eq!(to_root(1), "1-00000000-000000000000000000000001");
        for odd in ["", "1-4bf92f35", "2-4bf92f35-77b34da6a3ce929d0e0e4736", "1-0-0"] {
            assert_eq!(from_root(odd), None, "{odd}");
        }
    }
}
