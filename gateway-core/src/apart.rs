//! Code that stands in a function of its own, though one place alone calls it.
//!
//! A compiler puts such code where it is called, and a future into the one that waits for it: the pipeline becomes
//! a function of 50 kB. An engine that compiles a function whole when it is first called, as V8 does in a Worker, then has
//! the first request wait for every kind of integration and authorizer, of which it needs one. Elsewhere it costs a call.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// A future that is polled in a function of its own: `Apart(pin!(future)).await`, or one in a box.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Apart<F>(pub F);

impl<F: Future + Unpin> Future for Apart<F> {
    type Output = F::Output;

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// The same of what does not wait.
#[inline(never)]
pub fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}
