//! Which requests are traced, where a stage has `tracingEnabled`.

use serde::{Deserialize, Serialize};

/// All traces, as [`Sampler::below`] has them.
const ALL: u64 = 1 << 63;

/// A sampler with OpenTelemetry's meaning (`OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampler {
    /// Whether a decision that came with the request holds (`parentbased_…`).
    pub is_parent_based: bool,
    /// Of the other traces those are recorded whose id ends in a number below this, out of 2^63:
    /// every process with the same share decides alike.
    pub below: u64,
}

impl Sampler {
    /// `always_on`, `always_off`, `traceidratio`, each also `parentbased_…`; the share is for
    /// `traceidratio` alone, 0.0 to 1.0.
    pub fn named(name: &str, share: f64) -> Option<Self> {
        let (is_parent_based, own) = match name.strip_prefix("parentbased_") {
            Some(own) => (true, own),
            None => (false, name),
        };
        let below = match own {
            "always_on" => ALL,
            "always_off" => 0,
            "traceidratio" if (0.0..=1.0).contains(&share) => (share * ALL as f64) as u64,
            _ => return None,
        };
        Some(Self { is_parent_based, below })
    }

    /// Whether a trace is recorded. `decided`: what came with the request.
    pub(crate) fn samples(self, trace_id: u128, decided: Option<bool>) -> bool {
        match decided.filter(|_| self.is_parent_based) {
            Some(decided) => decided,
            None => (trace_id as u64) >> 1 < self.below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_traces_is_recorded_and_a_decision_that_came_holds() {
        let sampler = |name| Sampler::named(name, 0.25).unwrap();
        let of = |sampler: Sampler| {
            let ids = (0..1000_u64).map(|n| u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            ids.filter(|id| sampler.samples(*id, None)).count()
        };
        assert_eq!(of(sampler("always_on")), 1000);
        assert_eq!(of(sampler("always_off")), 0);
        assert!((200..300).contains(&of(sampler("traceidratio"))));
        assert!(sampler("parentbased_always_off").samples(1, Some(true)));
        assert!(!sampler("parentbased_always_on").samples(1, Some(false)));
        assert!(!sampler("always_off").samples(1, Some(true)));
        for (name, share) in [("traceidratio", 1.5), ("traceidratio", f64::NAN), ("xray", 0.5)] {
            assert_eq!(Sampler::named(name, share), None, "{name} {share}");
        }
    }
}
