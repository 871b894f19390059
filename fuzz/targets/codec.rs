//! Bytes that claim to have crossed the Wasm boundary, or to be a snapshot.
#![no_main]

use gateway_core::codec::{decode, encode};
use gateway_core::definition::Snapshot;
use gateway_core::effect::Outcome;
use gateway_core::exchange::Turn;
use gateway_core::message::Arrival;
use libfuzzer_sys::fuzz_target;
use std::fmt::Debug;

fuzz_target!(|bytes: &[u8]| {
    round_trip::<Arrival>(bytes);
    round_trip::<Turn>(bytes);
    round_trip::<Outcome>(bytes);
    if let Ok(snapshot) = Snapshot::from_bytes(bytes) {
        let again = snapshot.to_bytes();
        assert_eq!(Snapshot::from_bytes(&again).as_ref(), Ok(&snapshot));
    }
});

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes) {
        assert_eq!(decode::<T>(&encode(&value)).as_ref(), Ok(&value));
    }
}
