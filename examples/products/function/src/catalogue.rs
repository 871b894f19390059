//! The products on offer.

use std::collections::BTreeMap;

use lambda_http::Error;
use serde::{Deserialize, Serialize};

/// The catalogue that is built in; `function-python` reads the same file.
const BUILT_IN: &str = include_str!("../../catalogue.json");

/// All products, by id.
pub(crate) struct Catalogue(BTreeMap<String, Product>);

/// A product.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Product {
    pub(crate) product_id: String,
    name: String,
    description: String,
    pub(crate) price_cents: u64,
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    variants: Option<Vec<Variant>>,
}

/// One of the forms that a product is sold in.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    sku: String,
    name: String,
}

impl Catalogue {
    /// Reads the catalogue that is built in.
    pub(crate) fn built_in() -> Result<Self, Error> {
        let products: Vec<Product> = serde_json::from_str(BUILT_IN)?;
        Ok(Self(
            products.into_iter().map(|product| (product.product_id.clone(), product)).collect(),
        ))
    }

    /// The product with this id.
    pub(crate) fn find(&self, product_id: &str) -> Option<&Product> {
        self.0.get(product_id)
    }
}

impl Product {
    /// The short form: variants are sent to those who ask for them.
    pub(crate) fn without_variants(&self) -> Self {
        Self { variants: None, ..self.clone() }
    }
}
