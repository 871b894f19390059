//! `CreateInvalidation`, `GetInvalidation` and `ListInvalidations` of CloudFront (API version 2020-05-31): XML both
//! ways, as `aws cloudfront` speaks it.

mod kept;

use std::fmt::Write;
use std::sync::Arc;

use distribution::{Invalidation, InvalidationError};
use gateway_core::target;
use http::StatusCode;

use super::State;
use super::answer::Answer;
use crate::drive::now;
pub use kept::Kept;
use kept::Made;

const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
/// Most that are listed at once, and as many unless fewer are asked for.
const ITEMS_MAX: usize = 100;

/// Forgets what a batch names. It is done when it is answered, on disk too.
pub(super) async fn create(state: &State, id: &str, content: &[u8]) -> Answer {
    if let Err(refused) = check_distribution(state, id) {
        return refused;
    }
    let batch = std::str::from_utf8(content).ok().and_then(Batch::read);
    let Some(batch) = batch else {
        return refused(StatusCode::BAD_REQUEST, "MalformedXML", "It is no InvalidationBatch.");
    };
    let invalidation = match batch.quantity == batch.paths.len() {
        true => Invalidation::new(batch.paths.iter().map(String::as_str)),
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
    // "If the rest of the request is the same, CloudFront doesn't create a new invalidation request."
    match state.invalidations.of_reference(id, &batch.reference) {
        Some(made) if made.batch == batch => return created(&made),
        Some(_) => {
            let message = "An invalidation with this caller reference and other paths exists.";
            return refused(StatusCode::BAD_REQUEST, "InvalidationBatchAlreadyExists", message);
        }
        None => {}
    }
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
    created(&state.invalidations.keep(id, now(), batch))
}

/// One of the last invalidations.
pub(super) fn get(state: &State, distribution: &str, id: &str) -> Answer {
    if let Err(refused) = check_distribution(state, distribution) {
        return refused;
    }
    match state.invalidations.of(distribution).iter().find(|made| made.id == id) {
        Some(made) => Answer::xml(StatusCode::OK, made.to_xml()),
        None => {
            let message = "The specified invalidation does not exist.";
            refused(StatusCode::NOT_FOUND, "NoSuchInvalidation", message)
        }
    }
}

/// The last invalidations, "in decreasing order from most recent to oldest": those after `Marker`, `MaxItems` of them.
pub(super) fn list(state: &State, distribution: &str, query: &str) -> Answer {
    if let Err(refused) = check_distribution(state, distribution) {
        return refused;
    }
    let given = |name: &str| {
        let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
        Some(target::decode(value).into_owned())
    };
    let marker = given("Marker").unwrap_or_default();
    let asked = given("MaxItems").map_or(Ok(ITEMS_MAX), |text| text.parse::<usize>());
    let Some(most) = asked.ok().filter(|most| (1..=ITEMS_MAX).contains(most)) else {
        let message = "MaxItems is a number from 1 to 100.";
        return refused(StatusCode::BAD_REQUEST, "InvalidArgument", message);
    };
    let all = state.invalidations.of(distribution);
    let after = match all.iter().position(|made| made.id == marker) {
        Some(at) => &all[at + 1..],
        None if marker.is_empty() => &all[..],
        None => &[],
    };
    let items = &after[..most.min(after.len())];
    let is_truncated = items.len() < after.len();
    let next = items.last().filter(|_| is_truncated);
    let next = next.map(|made| format!("<NextMarker>{}</NextMarker>", made.id)).unwrap_or_default();
    let summaries: String = items.iter().map(|made| made.to_summary()).collect();
    let (marker, quantity) = (escape(&marker), items.len());
    Answer::xml(
        StatusCode::OK,
        format!(
            "<?xml version=\"1.0\"?><InvalidationList xmlns=\"{NAMESPACE}\"><Marker>{marker}</Marker>{next}\
             <MaxItems>{most}</MaxItems><IsTruncated>{is_truncated}</IsTruncated><Quantity>{quantity}</Quantity>\
             <Items>{summaries}</Items></InvalidationList>"
        ),
    )
}

fn check_distribution(state: &State, id: &str) -> Result<(), Answer> {
    let current = state.current.borrow();
    match current.settings.distributions.iter().any(|edge| edge.id() == id) {
        true => Ok(()),
        false => {
            let message = "The specified distribution does not exist.";
            Err(refused(StatusCode::NOT_FOUND, "NoSuchDistribution", message))
        }
    }
}

fn created(made: &Made) -> Answer {
    let location =
        format!("/2020-05-31/distribution/{}/invalidation/{}", made.distribution, made.id);
    Answer::xml(StatusCode::CREATED, made.to_xml()).at(location)
}

impl Made {
    fn to_xml(&self) -> String {
        let Batch { paths, quantity, reference } = &self.batch;
        let mut items = String::new();
        for path in paths {
            write!(items, "<Path>{}</Path>", escape(path)).expect("a string takes all");
        }
        format!(
            "<?xml version=\"1.0\"?><Invalidation xmlns=\"{NAMESPACE}\">{}<InvalidationBatch><Paths>\
             <Quantity>{quantity}</Quantity><Items>{items}</Items></Paths>\
             <CallerReference>{}</CallerReference></InvalidationBatch></Invalidation>",
            self.to_members(),
            escape(reference),
        )
    }

    fn to_summary(&self) -> String {
        format!("<InvalidationSummary>{}</InvalidationSummary>", self.to_members())
    }

    fn to_members(&self) -> String {
        let (id, at) = (&self.id, gateway_core::time::iso8601(self.at));
        format!("<Id>{id}</Id><Status>Completed</Status><CreateTime>{at}</CreateTime>")
    }
}

/// What a caller wants forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
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
