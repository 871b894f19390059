//! What is stored, from where it is: memory, or the disk behind it.

use std::sync::Arc;

use http_cache::{ByteRange, CacheStatus, Content, Served, respond};

use super::Exchange;
use super::disk::Found;
use super::origin::time;
use super::response::Outcome;
use super::store::{Contents, Object, Objects, Tier};
use super::together::Key;
use crate::body::Body;
use crate::drive::now;
use crate::perform::stage_caches::Flight;
use distribution::CacheResult;

impl Exchange {
    /// What the disk has under a key, in memory from now on. With that the flight has landed; else it goes on.
    pub(super) async fn brought(
        &self,
        key: &Key<'_>,
        flight: &mut Flight<Objects>,
    ) -> Option<Arc<Objects>> {
        let disk = self.worker.shared.edge_cache.disk()?;
        let (turn, objects) = match disk.find(&key.digest, now())? {
            Found::Pending(turn, objects) => (turn, objects),
            Found::Filed(turn) => (turn, Arc::new(disk.read(&key.digest, turn).await?)),
        };
        let weight = objects.weight(&key.matched.policy(200));
        flight.bring(now(), objects, weight, || disk.is_current(&key.digest, turn))
    }

    /// Serves a stored response; `None` where its content is not there any more.
    pub(super) async fn serve(
        &self,
        key: &Key<'_>,
        (object, tier): (&Object, Tier),
        status: &CacheStatus,
    ) -> Option<Outcome> {
        let at = time();
        let served = respond(&object.stored, &key.request(), object.content.length, at);
        let (content, tier) = self.content(key, &object.content, &served, tier).await?;
        self.worker.shared.edge_cache.count(tier);
        let status = status.clone().stored(&object.stored, at);
        let result = CacheResult::of_stored(served.status);
        Some(Outcome::served(served, content, result).with_status(status))
    }

    /// The content that is to be sent, and where it was.
    pub(super) async fn content(
        &self,
        key: &Key<'_>,
        contents: &Contents,
        served: &Served,
        tier: Tier,
    ) -> Option<(Body, Tier)> {
        let range = match served.content {
            Content::None => return Some((Body::Empty, tier)),
            _ if contents.length == 0 => return Some((Body::Empty, tier)),
            Content::Whole => ByteRange { first: 0, last: contents.length - 1 },
            Content::Bytes(range) => range,
        };
        if let Some(bytes) = contents.memory() {
            let bytes = bytes.slice(range.first as usize..=range.last as usize);
            return Some((bytes.into(), tier));
        }
        let disk = self.worker.shared.edge_cache.disk()?;
        let opened = disk.open_content(&key.digest, contents, range).await?;
        Some((Body::from_edge(opened), Tier::Disk))
    }
}
