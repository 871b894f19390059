//! Invalidations that were made, for those who ask again.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gateway_core::message::Timestamp;

use super::Batch;

/// Most that are kept: as many as CloudFront lists at a time. Each may be as large as a call.
const KEPT_MAX: usize = 100;

/// An invalidation that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) id: String,
    pub(super) distribution: String,
    pub(super) at: Timestamp,
    pub(super) batch: Batch,
}

/// The last invalidations of this process, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Kept(Rc<RefCell<VecDeque<Rc<Made>>>>);

impl Kept {
    /// Keeps an invalidation in the place of the oldest one, under an id of its own.
    pub(super) fn keep(&self, distribution: &str, at: Timestamp, batch: Batch) -> Rc<Made> {
        let mut kept = self.0.borrow_mut();
        let id = |number: u64| format!("I{number:X}");
        let free = (at.0..).map(id).find(|id| kept.iter().all(|made| made.id != *id));
        let id = free.expect("numbers outnumber those that are kept");
        let made = Rc::new(Made { id, distribution: distribution.into(), at, batch });
        kept.truncate(KEPT_MAX - 1);
        kept.push_front(Rc::clone(&made));
        made
    }

    /// The one that this distribution's caller made by this reference.
    pub(super) fn of_reference(&self, distribution: &str, reference: &str) -> Option<Rc<Made>> {
        self.of(distribution).into_iter().find(|made| made.batch.reference == reference)
    }

    /// Those of a distribution, the newest first.
    pub(super) fn of(&self, distribution: &str) -> Vec<Rc<Made>> {
        let kept = self.0.borrow();
        kept.iter().filter(|made| made.distribution == distribution).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_kept_each_under_an_id_of_its_own() {
        let kept = Kept::default();
        let batch = |reference: usize| Batch {
            paths: vec!["/a".into()],
            quantity: 1,
            reference: reference.to_string(),
        };
        for reference in 0..KEPT_MAX + 2 {
            kept.keep(if reference == 5 { "other" } else { "d" }, Timestamp(1), batch(reference));
        }
        let of = kept.of("d");
        let ids: std::collections::BTreeSet<_> = of.iter().map(|made| made.id.clone()).collect();
        assert_eq!((of.len(), ids.len()), (KEPT_MAX - 1, KEPT_MAX - 1));
        assert_eq!((&*of[0].batch.reference, &*of[KEPT_MAX - 2].batch.reference), ("101", "2"));
        assert!(kept.of_reference("d", "1").is_none() && kept.of_reference("d", "5").is_none());
        assert_eq!(kept.of_reference("other", "5").unwrap().distribution, "other");
    }
}
