extern crate std;

use alloc::format;
use alloc::string::String;
use std::{env, fs};

use serde_reflection::{Samples, Tracer, TracerConfig};

use super::*;
use crate::definition::*;
use crate::gateway_error::ResponseType;
use crate::policy;
use crate::policy::encoding::trace;

/// What the bytes of a snapshot mean: every type in it, member by member, in their order.
fn encoding() -> String {
    let (mut tracer, samples) = (Tracer::new(TracerConfig::default()), Samples::new());
    trace_choices(&mut tracer, &samples);
    policy::encoding::trace_choices(&mut tracer, &samples);
    tracer.trace_type::<Snapshot>(&samples).expect("every type is traced");
    // What it says of missing variants is of a new type, which belongs into a list of choices.
    let registry = tracer.registry().expect("every variant is traced");
    let types: Vec<String> = registry.iter().map(|(name, of)| format!("{name} {of:?}\n")).collect();
    format!("version {SNAPSHOT_VERSION}\n{}", types.concat())
}

fn trace_choices(tracer: &mut Tracer, samples: &Samples) {
    trace::<ApiKeySource>(tracer, samples);
    trace::<Authorization>(tracer, samples);
    trace::<AuthorizerKind>(tracer, samples);
    trace::<ConnectionType>(tracer, samples);
    trace::<ContentHandling>(tracer, samples);
    trace::<EndpointType>(tracer, samples);
    trace::<IntegrationType>(tracer, samples);
    trace::<LambdaAuthorizerType>(tracer, samples);
    trace::<LoggingLevel>(tracer, samples);
    trace::<PassthroughBehavior>(tracer, samples);
    trace::<PayloadFormat>(tracer, samples);
    trace::<Protocol>(tracer, samples);
    trace::<QuotaPeriod>(tracer, samples);
    trace::<ResponseTransferMode>(tracer, samples);
    trace::<ResponseType>(tracer, samples);
    trace::<UnauthorizedCacheControlStrategy>(tracer, samples);
    trace::<WhenAway>(tracer, samples);
}

#[test]
fn an_encoding_that_changed_has_a_version_of_its_own() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/definition/snapshot/encoding.txt");
    let (is, was) = (encoding(), include_str!("encoding.txt"));
    let version_of = |text: &str| text.lines().next().map(String::from);
    if env::var_os("UPDATE_ENCODING").is_some() && version_of(&is) != version_of(was) {
        fs::write(file, &is).expect("the sources can be written");
        return;
    }
    assert!(
        is == was,
        "the encoding of snapshots is not what encoding.txt says: raise SNAPSHOT_VERSION, then run this test with UPDATE_ENCODING=1"
    );
}
