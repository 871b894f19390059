//! Which request is answered how.

use std::sync::Mutex;

use lambda_http::{
    Error, Request, RequestExt,
    http::{StatusCode, header},
    request::RequestContext,
};

use crate::{
    caller::{Caller, caller},
    catalogue::Catalogue,
    order::{self, Order},
    order_book::OrderBook,
    reply::{Reply, json, problem},
};

/// The API's state: what one process of the function knows.
pub(crate) struct ProductsApi {
    catalogue: Catalogue,
    orders: Mutex<OrderBook>,
}

impl ProductsApi {
    /// Loads the catalogue.
    ///
    /// # Errors
    /// When the catalogue that is built in cannot be read.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self { catalogue: Catalogue::built_in()?, orders: Mutex::new(OrderBook::default()) })
    }

    /// Answers one request. What fails inside is logged and answered with 500: the client gets the
    /// API's own words, not the gateway's 502.
    pub(crate) fn answer(&self, event: &Request) -> Result<Reply, Error> {
        let request_id =
            event.lambda_context_ref().map_or("", |context| context.request_id.as_str());
        self.dispatch(event, request_id).or_else(|failure| {
            eprintln!("{request_id} unhandled error: {failure}");
            let body =
                serde_json::json!({ "error": "Internal server error", "requestId": request_id });
            json(StatusCode::INTERNAL_SERVER_ERROR, &body, request_id)
        })
    }

    /// A route is known by its template, so the stage and the escapes of the path do not matter here.
    fn dispatch(&self, event: &Request, request_id: &str) -> Result<Reply, Error> {
        let Some(route) = route(event) else {
            return problem(
                StatusCode::NOT_FOUND,
                "Not an API Gateway event",
                "ROUTE_404",
                request_id,
            );
        };
        match route.as_str() {
            "GET /health" => {
                json(StatusCode::OK, &serde_json::json!({ "status": "ok" }), request_id)
            }
            "GET /products/{productId}" => self.get_product(event, request_id),
            "POST /orders" => self.create_order(event, request_id),
            "GET /orders/{orderId}" => self.get_order(event, request_id),
            _ => problem(StatusCode::NOT_FOUND, "No such route", "ROUTE_404", request_id),
        }
    }

    fn get_product(&self, event: &Request, request_id: &str) -> Result<Reply, Error> {
        let path_parameters = event.path_parameters();
        let product = path_parameters.first("productId").and_then(|id| self.catalogue.find(id));
        let Some(product) = product else {
            return problem(StatusCode::NOT_FOUND, "Product not found", "PRODUCT_404", request_id);
        };
        let with_variants =
            event.query_string_parameters().first("includeVariants") == Some("true");
        let mut reply = if with_variants {
            json(StatusCode::OK, product, request_id)?
        } else {
            json(StatusCode::OK, &product.without_variants(), request_id)?
        };
        reply
            .headers_mut()
            .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("max-age=60, private"));
        Ok(reply)
    }

    fn create_order(&self, event: &Request, request_id: &str) -> Result<Reply, Error> {
        let asked = match order::read(event.body(), &self.catalogue) {
            Ok(asked) => asked,
            Err(mistakes) => {
                let body = serde_json::json!({
                    "error": "Invalid order", "code": "ORDER_400", "details": mistakes,
                });
                return json(StatusCode::BAD_REQUEST, &body, request_id);
            }
        };
        let Caller { subject, received_epoch_ms } = caller(event);
        // The id of the invocation is unique over all processes of the function, a counter is not.
        let order = Order::new(
            format!("ord-{request_id}"),
            asked,
            subject,
            received_epoch_ms,
            &self.catalogue,
        );
        let mut reply = json(StatusCode::CREATED, &order, request_id)?;
        // Relative to the request's own URL (RFC 9110 section 10.2.2): right under every stage and host.
        let location = header::HeaderValue::from_str(&format!("orders/{}", order.order_id))?;
        reply.headers_mut().insert(header::LOCATION, location);
        self.orders.lock().map_err(|_| "the order book is poisoned")?.put(order);
        Ok(reply)
    }

    fn get_order(&self, event: &Request, request_id: &str) -> Result<Reply, Error> {
        let orders = self.orders.lock().map_err(|_| "the order book is poisoned")?;
        let path_parameters = event.path_parameters();
        // Somebody else's order is answered like one that does not exist.
        let order = path_parameters
            .first("orderId")
            .and_then(|id| orders.get(id))
            .filter(|order| order.placed_by == caller(event).subject);
        match order {
            Some(order) => json(StatusCode::OK, order, request_id),
            None => problem(StatusCode::NOT_FOUND, "Order not found", "ORDER_404", request_id),
        }
    }
}

/// `VERB /resource/template`: the route key of an HTTP API, and its likeness for a REST API.
fn route(event: &Request) -> Option<String> {
    match event.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => {
            Some(format!("{} {}", context.http_method, context.resource_path.as_deref()?))
        }
        RequestContext::ApiGatewayV2(context) => context.route_key.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
