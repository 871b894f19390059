//! Tasks that stay on their thread.

use crate::activity::Activity;

/// Lets hyper run its HTTP/2 tasks on the thread of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalExecutor;

impl<F> hyper::rt::Executor<F> for LocalExecutor
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// The same for a connection that ends those of its requests whose clients let their responses lie.
#[derive(Debug, Clone)]
pub(crate) struct StreamExecutor(pub(crate) Activity);

impl<F> hyper::rt::Executor<F> for StreamExecutor
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, future: F) {
        self.0.served_by(tokio::task::spawn_local(future).abort_handle());
    }
}
