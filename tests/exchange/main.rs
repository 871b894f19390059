//! Whole exchanges against the simulated host: what each request asks for and gets, every fault at
//! every position, and the same bytes again from the same outcomes.

mod boundaries;
mod codec;
mod conformance;
mod determinism;
mod faults;
mod misuse;
mod order;
