//! The story of a request.

mod authorize;

use alloc::rc::Rc;

use crate::exchange::Io;
use crate::gateway::Gateway;
use crate::message::{Arrival, Content, Fields, OutgoingFields, Response};

pub(crate) async fn run(_gateway: Rc<Gateway>, _arrival: Arrival, _io: Io) -> Response {
    Response {
        status: 404,
        fields: OutgoingFields::Complete(Fields::new()),
        content: Content::Empty,
    }
}
