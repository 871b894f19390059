//! The exchanges under way in this instance, under small numbers that are used again.

use gateway_core::exchange::Exchange;

/// A slab of exchanges. A number belongs to one exchange from `insert` to `free`.
pub(crate) struct Exchanges {
    slots: Vec<Option<Exchange>>,
    vacant: Vec<u32>,
}

impl Exchanges {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), vacant: Vec::new() }
    }

    /// Keeps an exchange and names it.
    pub(crate) fn insert(&mut self, exchange: Exchange) -> u32 {
        if let Some(name) = self.vacant.pop() {
            self.slots[name as usize] = Some(exchange);
            return name;
        }
        self.slots.push(Some(exchange));
        u32::try_from(self.slots.len() - 1).expect("2³² exchanges do not fit into the memory")
    }

    /// Lends an exchange out; its name stays taken until `free`.
    pub(crate) fn take(&mut self, name: u32) -> Option<Exchange> {
        self.slots.get_mut(name as usize)?.take()
    }

    /// Gives back what `take` lent.
    pub(crate) fn put_back(&mut self, name: u32, exchange: Exchange) {
        self.slots[name as usize] = Some(exchange);
    }

    /// Lets the name of a taken exchange be used again.
    pub(crate) fn free(&mut self, name: u32) {
        self.vacant.push(name);
    }
}
