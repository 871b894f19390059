//! What goes on after a request is answered.

use std::pin::Pin;

use worker::{Context, State};

/// Boxed, so that the machinery around it is there once: it would be a kilobyte of code for each kind of future.
type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Goes on with it, also when the client has gone.
pub(crate) fn later(context: &Context, work: impl Future<Output = ()> + 'static) {
    context.wait_until::<Work>(Box::pin(work));
}

/// The same in an object.
pub(crate) fn later_in_object(state: &State, work: impl Future<Output = ()> + 'static) {
    state.wait_until::<Work>(Box::pin(work));
}
