//! `wasi:keyvalue`: what instances share, where the component was written with it.
//!
//! The code calls both drafts that hosts have; of a component's imports are those of one of them, or none. The others
//! are stubs (`xtask/component/src/keyvalue.rs`) that nothing calls: the bundle tells which draft there is.

mod bindings;

use std::cell::OnceCell;
use std::rc::Rc;

use edge_common::bundled::Draft;
use edge_common::shared::{Away, Store, Swap};

use bindings::wasi::keyvalue0_2_0_draft as draft;
use bindings::wasi::keyvalue0_2_0_draft2 as draft2;

use crate::{environment, log, snapshot};

/// The store's name for the host.
const NAME: &str = "EDGEWAY_KEYVALUE_STORE";

/// The store that the host has opened.
#[derive(Debug, Clone)]
pub(crate) enum Opened {
    /// It adds, and does not compare.
    Draft(Rc<First>),
    /// It adds, compares and swaps.
    Draft2(Rc<Second>),
    /// The host did not open it.
    Away(Away),
}

impl Opened {
    /// What every store does.
    pub(crate) fn store(&self) -> &dyn Store {
        match self {
            Self::Draft(store) => &**store,
            Self::Draft2(store) => &**store,
            Self::Away(away) => away,
        }
    }
}

thread_local! {
    static DRAFT: OnceCell<Option<Draft>> = const { OnceCell::new() };
    /// For as long as the instance lives.
    static OPENED: OnceCell<Opened> = const { OnceCell::new() };
}

/// The store; `None` where the component has none.
pub(crate) fn opened() -> Option<Opened> {
    let draft = DRAFT.with(|draft| *draft.get_or_init(snapshot::keyvalue))?;
    if let Some(opened) = OPENED.with(|opened| opened.get().cloned()) {
        return Some(opened);
    }
    let name = environment::text(NAME).unwrap_or_default();
    let opened = match draft {
        Draft::Draft => First::open(&name).map(|store| Opened::Draft(Rc::new(store))),
        Draft::Draft2 => Second::open(&name).map(|store| Opened::Draft2(Rc::new(store))),
    };
    let opened = opened.map(|opened| OPENED.with(|cell| cell.get_or_init(|| opened).clone()));
    Some(opened.unwrap_or_else(|away| {
        log::error(&format!("the store {name:?} cannot be opened: {}", away.0));
        Opened::Away(away)
    }))
}

/// Says in the log that the store did not do it.
pub(crate) fn or_logged<T>(result: Result<T, Away>) -> Option<T> {
    result
        .inspect_err(|Away(words)| log::error(&format!("the store does not answer: {words}")))
        .ok()
}

/// One draft's store: the calls have the same names in both, and types of their own.
macro_rules! store {
    ($name:ident, $draft:ident, $number:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name($draft::store::Bucket);

        impl $name {
            fn open(name: &str) -> Result<Self, Away> {
                Ok(Self($draft::store::open(name)?))
            }
        }

        impl Store for $name {
            fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Away> {
                Ok(self.0.get(key)?)
            }
            fn set(&self, key: &str, value: &[u8]) -> Result<(), Away> {
                Ok(self.0.set(key, value)?)
            }
            fn delete(&self, key: &str) -> Result<(), Away> {
                Ok(self.0.delete(key)?)
            }
            fn add(&self, key: &str, more: u32) -> Result<u64, Away> {
                let sum = $draft::atomics::increment(&self.0, key, <$number>::from(more))?;
                // What is below nothing was written by somebody else.
                Ok(u64::try_from(sum).unwrap_or_default())
            }
        }

        impl From<$draft::store::Error> for Away {
            fn from(error: $draft::store::Error) -> Self {
                Self(format!("{error:?}"))
            }
        }
    };
}

store!(First, draft, u64);
store!(Second, draft2, i64);

impl Swap for Second {
    type Seen = draft2::atomics::Cas;

    fn see(&self, key: &str) -> Result<(Self::Seen, Option<Vec<u8>>), Away> {
        let seen = draft2::atomics::Cas::new(&self.0, key)?;
        let value = seen.current()?;
        Ok((seen, value))
    }

    fn swap(&self, seen: Self::Seen, value: &[u8]) -> Result<bool, Away> {
        match draft2::atomics::swap(seen, value) {
            Ok(()) => Ok(true),
            Err(draft2::atomics::CasError::CasFailed(_)) => Ok(false),
            Err(draft2::atomics::CasError::StoreError(error)) => Err(error.into()),
        }
    }
}
