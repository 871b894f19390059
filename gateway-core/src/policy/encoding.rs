//! What of a policy the test of a snapshot's encoding has to be shown.

use serde::Deserialize;
use serde_reflection::{Samples, Tracer};

use super::condition::Quantifier;
use super::operator::{Comparison, Operand, Order};
use super::pattern::{Part, Pattern};
use super::principal::{Named, Principals};
use super::{Effect, Matching};

/// Has a tracer see every choice that a policy has.
pub(crate) fn trace_choices(tracer: &mut Tracer, samples: &Samples) {
    trace::<Effect>(tracer, samples);
    trace::<Matching>(tracer, samples);
    trace::<Named>(tracer, samples);
    trace::<Principals>(tracer, samples);
    trace::<Pattern>(tracer, samples);
    trace::<Comparison>(tracer, samples);
    trace::<Operand>(tracer, samples);
    trace::<Order>(tracer, samples);
    trace::<Part>(tracer, samples);
    trace::<Quantifier>(tracer, samples);
}

/// Has a tracer see every variant of one choice.
pub(crate) fn trace<'de, T: Deserialize<'de>>(tracer: &mut Tracer, samples: &'de Samples) {
    tracer.trace_type::<T>(samples).expect("every variant is traced");
}
