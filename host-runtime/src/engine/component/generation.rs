//! A snapshot with the instance that serves it, and what replaces that instance.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use super::Bounds;
use super::desk::EngineNumber;
use super::instance::{Failure, Instance};
use super::transcript::Transcript;
use crate::engine::EngineError;

/// A snapshot with the instance that serves it. It lives as long as an exchange began with it.
pub(super) struct Generation {
    snapshot: Arc<[u8]>,
    pub(super) bounds: Bounds,
    engine: EngineNumber,
    instance: RefCell<Rc<Instance>>,
    /// What loads elsewhere to take the place of an instance that is worn out.
    successor: RefCell<Option<Receiver<Result<Instance, EngineError>>>>,
}

/// A snapshot that an instance has loaded, and that is not served yet: no thread's.
pub struct PreparedComponent {
    snapshot: Arc<[u8]>,
    bounds: Bounds,
    instance: Box<Instance>,
}

impl PreparedComponent {
    /// Has an instance load a snapshot, which takes seconds for ten thousands of routes.
    ///
    /// # Errors
    /// When this program was built without the component, or the snapshot is refused.
    pub fn load(snapshot: Arc<[u8]>) -> Result<Self, EngineError> {
        Self::load_within(snapshot, Bounds::default())
    }

    pub(super) fn load_within(snapshot: Arc<[u8]>, bounds: Bounds) -> Result<Self, EngineError> {
        let instance = Box::new(Instance::start(&snapshot, bounds)?);
        Ok(Self { snapshot, bounds, instance })
    }

    pub(super) fn into_generation(self, engine: EngineNumber) -> Rc<Generation> {
        let Self { snapshot, bounds, instance } = self;
        instance.belong_to(engine);
        let instance = RefCell::new(Rc::from(instance));
        Rc::new(Generation { snapshot, bounds, engine, instance, successor: RefCell::default() })
    }
}

impl Generation {
    /// The instance that begins exchanges, a new one if the last trapped or is worn out.
    pub(super) fn instance(&self) -> Result<Rc<Instance>, Failure> {
        let mut instance = self.instance.borrow_mut();
        if !instance.is_fit()
            && let Some(fresh) = self.replacement(instance.is_alive())?
        {
            fresh.belong_to(self.engine);
            *instance = Rc::new(fresh);
        }
        Ok(Rc::clone(&instance))
    }

    /// Replaces an instance that is worn out, where nobody has anything under way in it.
    pub(super) fn tend(&self) {
        let is_idle = |instance: &Rc<Instance>| Rc::strong_count(instance) == 1;
        let is_due = {
            let instance = self.instance.borrow();
            is_idle(&instance) && !instance.is_fit()
        };
        // What fails now fails, and is told, when an exchange begins.
        if is_due {
            self.instance().ok();
        }
    }

    /// A new instance, or none yet where the last one can go on until it is there.
    fn replacement(&self, can_wait: bool) -> Result<Option<Instance>, Failure> {
        if can_wait && self.snapshot.len() > self.bounds.load_here_bytes_max {
            return Ok(self.loaded_elsewhere());
        }
        let loaded = Instance::start(&self.snapshot, self.bounds);
        loaded.map(Some).map_err(Failure::NoInstance)
    }

    /// What a thread of its own has loaded since this was first asked.
    fn loaded_elsewhere(&self) -> Option<Instance> {
        let mut successor = self.successor.borrow_mut();
        let Some(loading) = successor.as_ref() else {
            *successor = Some(self.load_elsewhere());
            return None;
        };
        let loaded = match loading.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(EngineError("no thread to load it on".into())),
            Ok(loaded) => loaded,
        };
        *successor = None;
        let warn = |error: &EngineError| tracing::warn!(%error, "a worn-out instance of the component serves on");
        loaded.inspect_err(warn).ok()
    }

    fn load_elsewhere(&self) -> Receiver<Result<Instance, EngineError>> {
        let (sender, receiver) = sync_channel(1);
        let (snapshot, bounds) = (Arc::clone(&self.snapshot), self.bounds);
        // Nobody may want it any more when it is there.
        let load = move || drop(sender.send(Instance::start(&snapshot, bounds)));
        // Where there is no thread, nobody sends: that is told where it is received.
        let _ = std::thread::Builder::new().name("edgeway-load".into()).spawn(load);
        receiver
    }

    /// Whether an instance loads elsewhere. If so, it is there when this returns.
    #[cfg(test)]
    pub(super) fn wait_for_successor(&self) -> bool {
        let Some(loading) = self.successor.take() else { return false };
        let (sender, receiver) = sync_channel(1);
        sender.send(loading.recv().unwrap()).unwrap();
        self.successor.replace(Some(receiver));
        true
    }

    pub(super) fn begin(&self, transcript: &mut Transcript) -> Result<(Seat, Vec<u8>), Failure> {
        let instance = self.instance()?;
        let begun = instance.begin(transcript.arrival());
        transcript.extend(instance.take_answered());
        let (number, turn) = begun?;
        Ok((Seat { instance, number }, turn))
    }

    /// Runs everything again in an instance that is alive. The turns before the last are known.
    pub(super) fn replay(&self, transcript: &mut Transcript) -> Result<(Seat, Vec<u8>), Failure> {
        let told = transcript.read().ok_or(Failure::NoTranscript)?.to_vec();
        let instance = self.instance()?;
        let replayed = instance.replay(transcript.arrival(), told);
        transcript.extend(instance.take_answered());
        let (number, turn) = replayed?;
        Ok((Seat { instance, number }, turn))
    }
}

/// Where an exchange is: in an instance, under a number.
pub(super) struct Seat {
    pub(super) instance: Rc<Instance>,
    pub(super) number: u32,
}
