//! Any bytes are a policy or are refused; a policy survives its encoding.
#![no_main]

use gateway_core::codec::{decode, encode};
use gateway_core::message::Timestamp;
use gateway_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = Policy::parse(bytes) {
        // What is denied to one resource and what is not cannot differ between two readings.
        let again: Policy = decode(&encode(&policy)).expect("a policy is its own encoding");
        assert_eq!(again, policy);
        let resource = String::from_utf8_lossy(bytes);
        let of = |policy: &Policy| policy.verdict("execute-api:Invoke", &resource, Timestamp(0));
        assert_eq!(of(&policy), of(&again));
    }
});
