//! Orders: what is asked, whether it is valid, and what is kept.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalogue::Catalogue;

/// Most lines of one order; the definition's model has no bound, memory has.
const ITEMS_MAX: usize = 100;

/// A valid order, not yet placed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OrderRequest {
    customer_id: String,
    items: Vec<Item>,
    coupon_code: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    product_id: String,
    quantity: u8,
}

/// An order that was placed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    customer_id: String,
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon_code: Option<String>,
    total_cents: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) placed_by: Option<String>,
    placed_at_epoch_ms: i64,
}

/// What is wrong with an order, and where (a JSON pointer).
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mistake {
    pointer: String,
    reason: &'static str,
}

/// Reads an order by the model `CreateOrderRequest` of the definition, and reports every mistake at once.
pub(crate) fn read(body: &[u8], catalogue: &Catalogue) -> Result<OrderRequest, Vec<Mistake>> {
    let mut mistakes = Mistakes(Vec::new());
    let order = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => read_members(&members, catalogue, &mut mistakes),
        Ok(_) => mistakes.add("", "must be an object"),
        Err(_) => mistakes.add("", "must be JSON"),
    };
    match order {
        Some(order) if mistakes.0.is_empty() => Ok(order),
        _ => Err(mistakes.0),
    }
}

impl Order {
    /// Places the order.
    pub(crate) fn new(
        order_id: String,
        asked: OrderRequest,
        placed_by: Option<String>,
        placed_at_epoch_ms: i64,
        catalogue: &Catalogue,
    ) -> Self {
        let total_cents = asked
            .items
            .iter()
            .filter_map(|item| {
                Some(catalogue.find(&item.product_id)?.price_cents * u64::from(item.quantity))
            })
            .sum();
        let OrderRequest { customer_id, items, coupon_code } = asked;
        Self {
            order_id,
            customer_id,
            items,
            coupon_code,
            total_cents,
            placed_by,
            placed_at_epoch_ms,
        }
    }
}

struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add<T>(&mut self, pointer: &str, reason: &'static str) -> Option<T> {
        self.0.push(Mistake { pointer: pointer.to_owned(), reason });
        None
    }
}

fn read_members(
    members: &Map<String, Value>,
    catalogue: &Catalogue,
    mistakes: &mut Mistakes,
) -> Option<OrderRequest> {
    // `additionalProperties: false`. The client's own names are not echoed: the reason says what is allowed.
    if members.keys().any(|name| !matches!(name.as_str(), "customerId" | "items" | "couponCode")) {
        let _: Option<()> = mistakes.add("", "may have only customerId, items and couponCode");
    }
    let customer_id = match members.get("customerId") {
        Some(Value::String(id)) if is_customer_id(id) => Some(id.clone()),
        Some(_) => mistakes.add("/customerId", "must be \"cust-\" and eight hexadecimal digits"),
        None => mistakes.add("/customerId", "is required"),
    };
    let items = match members.get("items") {
        Some(Value::Array(items)) if items.is_empty() => {
            mistakes.add("/items", "must have an item")
        }
        Some(Value::Array(items)) if items.len() > ITEMS_MAX => {
            mistakes.add("/items", "has more than 100 items")
        }
        Some(Value::Array(items)) => Some(
            items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| {
                    read_item(item, &format!("/items/{index}"), catalogue, mistakes)
                })
                .collect(),
        ),
        Some(_) => mistakes.add("/items", "must be an array"),
        None => mistakes.add("/items", "is required"),
    };
    let coupon_code = match members.get("couponCode") {
        None => None,
        Some(Value::String(code)) if code.chars().count() <= 20 => Some(code.clone()),
        Some(_) => mistakes.add("/couponCode", "must be a text of at most 20 characters"),
    };
    Some(OrderRequest { customer_id: customer_id?, items: items?, coupon_code })
}

fn read_item(
    item: &Value,
    pointer: &str,
    catalogue: &Catalogue,
    mistakes: &mut Mistakes,
) -> Option<Item> {
    let Value::Object(members) = item else {
        return mistakes.add(pointer, "must be an object");
    };
    let product_id = match members.get("productId") {
        Some(Value::String(id)) if catalogue.find(id).is_some() => Some(id.clone()),
        Some(Value::String(_)) => mistakes.add(&format!("{pointer}/productId"), "no such product"),
        Some(_) => mistakes.add(&format!("{pointer}/productId"), "must be a text"),
        None => mistakes.add(&format!("{pointer}/productId"), "is required"),
    };
    let quantity = match members.get("quantity").map(Value::as_u64) {
        Some(Some(quantity @ 1..=99)) => u8::try_from(quantity).ok(),
        Some(_) => {
            mistakes.add(&format!("{pointer}/quantity"), "must be a whole number from 1 to 99")
        }
        None => mistakes.add(&format!("{pointer}/quantity"), "is required"),
    };
    Some(Item { product_id: product_id?, quantity: quantity? })
}

/// `^cust-[a-f0-9]{8}$`
fn is_customer_id(text: &str) -> bool {
    text.strip_prefix("cust-").is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|digit| matches!(digit, b'a'..=b'f' | b'0'..=b'9'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(body: &str) -> Vec<String> {
        let catalogue = Catalogue::built_in().expect("the catalogue is JSON");
        match read(body.as_bytes(), &catalogue) {
            Ok(_) => Vec::new(),
            Err(mistakes) => {
                mistakes.into_iter().map(|m| format!("{}: {}", m.pointer, m.reason)).collect()
            }
        }
    }

    #[test]
    fn a_valid_order_has_no_mistakes() {
        let order = r#"{"customerId":"cust-0a1b2c3d","items":[{"productId":"prod-123","quantity":99}],"couponCode":"TWENTY-CHARACTERS-OK"}"#;
        assert_eq!(mistakes(order), [""; 0]);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let order = r#"{"customerId":"cust-0A1B2C3D","items":[{"productId":"prod-0","quantity":0},7,{}],"couponCode":"a text of 21 characte","x":1}"#;
        assert_eq!(
            mistakes(order),
            [
                ": may have only customerId, items and couponCode",
                "/customerId: must be \"cust-\" and eight hexadecimal digits",
                "/items/0/productId: no such product",
                "/items/0/quantity: must be a whole number from 1 to 99",
                "/items/1: must be an object",
                "/items/2/productId: is required",
                "/items/2/quantity: is required",
                "/couponCode: must be a text of at most 20 characters",
            ]
        );
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        assert_eq!(mistakes(""), [": must be JSON"]);
        assert_eq!(mistakes("[]"), [": must be an object"]);
        assert_eq!(mistakes("{}"), ["/customerId: is required", "/items: is required"]);
    }

    #[test]
    fn quantities_and_items_have_bounds() {
        let with =
            |items: &str| mistakes(&format!(r#"{{"customerId":"cust-00000000","items":{items}}}"#));
        assert_eq!(with("[]"), ["/items: must have an item"]);
        for quantity in ["0", "100", "1.5", "-1", "\"1\"", "null", "18446744073709551616"] {
            let item = format!(r#"[{{"productId":"prod-200","quantity":{quantity}}}]"#);
            assert_eq!(
                with(&item),
                ["/items/0/quantity: must be a whole number from 1 to 99"],
                "{quantity}"
            );
        }
        let many = vec![r#"{"productId":"prod-200","quantity":1}"#; ITEMS_MAX + 1].join(",");
        assert_eq!(with(&format!("[{many}]")), ["/items: has more than 100 items"]);
    }
}
