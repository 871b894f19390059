//! `CreateInvalidation` of CloudFront (API version 2020-05-31): XML both ways, as `aws cloudfront` speaks it.

use std::sync::Arc;

use distribution::{Invalidation, InvalidationError};
use http::StatusCode;

use super::State;
use super::answer::Answer;
use crate::drive::now;

const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

/// Forgets what a batch names. It is done when it is answered, on disk too.
pub(super) async fn create(state: &State, id: &str, content: &[u8]) -> Answer {
    let is_known = state.current.borrow().settings.distributions.iter().any(|edge| edge.id() == id);
    if !is_known {
        let message = "The specified distribution does not exist.";
        return refused(StatusCode::NOT_FOUND, "NoSuchDistribution", message);
    }
    let batch = std::str::from_utf8(content).ok().and_then(Batch::read);
    let Some(Batch { paths, quantity, reference }) = batch else {
        return refused(StatusCode::BAD_REQUEST, "MalformedXML", "It is no InvalidationBatch.");
    };
    let invalidation = match quantity == paths.len() {
        true => Invalidation::new(paths.iter().map(String::as_str)),
        false => Err(InvalidationError::InconsistentQuantities),
    };
    let invalidation = match invalidation {
        Ok(invalidation) => invalidation,
        Err(InvalidationError::InconsistentQuantities) => {
            let message = "The value of Quantity and the number of items do not match.";
            return refused(StatusCode::BAD_REQUEST, "InconsistentQuantities", message);
        }
        Err(InvalidationError::InvalidArgument) => {
            let message = "Your request contains one or more invalid invalidation paths.";
            return refused(StatusCode::BAD_REQUEST, "InvalidArgument", message);
        }
        Err(InvalidationError::TooMany) => {
            let message = "There are more paths than are invalidated at once.";
            return refused(StatusCode::BAD_REQUEST, "TooManyInvalidationsInProgress", message);
        }
    };
    let (shared, distribution) = (Arc::clone(&state.shared), id.to_owned());
    let invalidated = tokio::task::spawn_blocking(move || {
        let forgotten = shared.edge_cache.invalidate(&distribution, &invalidation);
        shared.edge_cache.settle();
        forgotten
    });
    let Ok(forgotten) = invalidated.await else {
        let message = "The invalidation did not come to its end.";
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message);
    };
    tracing::info!(distribution = id, forgotten, "cached responses are invalidated");
    let at = now();
    let paths: String = paths.iter().map(|path| format!("<Path>{}</Path>", escape(path))).collect();
    let created = gateway_core::time::iso8601(at);
    Answer::xml(
        StatusCode::CREATED,
        format!(
            "<?xml version=\"1.0\"?><Invalidation xmlns=\"{NAMESPACE}\"><Id>I{:X}</Id>\
             <Status>Completed</Status><CreateTime>{created}</CreateTime><InvalidationBatch><Paths>\
             <Quantity>{quantity}</Quantity><Items>{paths}</Items></Paths>\
             <CallerReference>{}</CallerReference></InvalidationBatch></Invalidation>",
            at.0,
            escape(&reference),
        ),
    )
}

struct Batch {
    paths: Vec<String>,
    quantity: usize,
    reference: String,
}

impl Batch {
    /// Of XML what this needs: elements without attributes that hold text.
    fn read(text: &str) -> Option<Self> {
        let batch = text.find("<InvalidationBatch").map(|at| &text[at..])?;
        let quantity = elements(batch, "Quantity")?.first()?.trim().parse().ok()?;
        let reference = elements(batch, "CallerReference")?.pop()?;
        Some(Self { paths: elements(batch, "Path")?, quantity, reference })
    }
}

fn elements(text: &str, name: &str) -> Option<Vec<String>> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let inner = |part: &str| part.split_once(&end).map(|(inner, _)| unescape(inner));
    text.split(&start).skip(1).map(inner).collect()
}

fn unescape(text: &str) -> String {
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    known.iter().fold(text.to_owned(), |text, (code, character)| text.replace(code, character))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn refused(status: StatusCode, code: &str, message: &str) -> Answer {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Answer::xml(
        status,
        format!(
            "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{NAMESPACE}\">{error}</ErrorResponse>"
        ),
    )
}
