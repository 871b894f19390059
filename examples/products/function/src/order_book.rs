//! The orders of this process: in memory, the newest ones.

use std::collections::{BTreeMap, VecDeque};

use crate::order::Order;

/// Most orders that are kept; the oldest goes first.
const ORDERS_MAX: usize = 1_000;

/// Orders by id.
#[derive(Default)]
pub(crate) struct OrderBook {
    orders: BTreeMap<String, Order>,
    oldest_first: VecDeque<String>,
}

impl OrderBook {
    /// Keeps an order.
    pub(crate) fn put(&mut self, order: Order) {
        let order_id = order.order_id.clone();
        if self.orders.insert(order_id.clone(), order).is_none() {
            self.oldest_first.push_back(order_id);
        }
        if self.oldest_first.len() > ORDERS_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.orders.remove(&oldest);
        }
    }

    /// The order with this id.
    pub(crate) fn get(&self, order_id: &str) -> Option<&Order> {
        self.orders.get(order_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::Catalogue, order};

    #[test]
    fn the_oldest_order_makes_room_for_the_newest() {
        let catalogue = Catalogue::built_in().expect("the catalogue is JSON");
        let body =
            br#"{"customerId":"cust-00000000","items":[{"productId":"prod-200","quantity":1}]}"#;
        let mut book = OrderBook::default();
        for number in 0..=ORDERS_MAX {
            let asked = order::read(body, &catalogue).expect("the order is valid");
            book.put(Order::new(format!("ord-{number}"), asked, None, 0, &catalogue));
        }
        assert!(book.get("ord-0").is_none());
        assert!(book.get("ord-1").is_some());
        assert!(book.get(&format!("ord-{ORDERS_MAX}")).is_some());
    }
}
