"""The product look-up of the Products API, as a Lambda function in Python.

It answers REST events (payload format 1.0) and HTTP API events (2.0) alike, with the same bodies
as the function in Rust beside it. Run it with AWS's own runtime interface client:

    python3 -m awslambdaric handler.handler
"""

import json
import os
from pathlib import Path

CATALOGUE_FILE = os.environ.get("CATALOGUE_FILE") or Path(__file__).parent.parent / "catalogue.json"


def _load_catalogue():
    with open(CATALOGUE_FILE, encoding="utf-8") as file:
        return {product["productId"]: product for product in json.load(file)}


CATALOGUE = _load_catalogue()


def handler(event, context):
    """Answers one request; a route is known by its template."""
    request_id = context.aws_request_id
    route = _route(event)
    if route == "GET /health":
        return _json(200, {"status": "ok"}, request_id)
    if route == "GET /products/{productId}":
        return _get_product(event, request_id)
    return _json(404, {"error": "No such route", "code": "ROUTE_404"}, request_id)


def _route(event):
    """`VERB /resource/template`: the route key of an HTTP API, and its likeness for a REST API."""
    if event.get("version") == "2.0":
        return event["routeKey"]
    return f"{event['httpMethod']} {event['resource']}"


def _get_product(event, request_id):
    product = CATALOGUE.get((event.get("pathParameters") or {}).get("productId"))
    if product is None:
        return _json(404, {"error": "Product not found", "code": "PRODUCT_404"}, request_id)
    if (event.get("queryStringParameters") or {}).get("includeVariants") != "true":
        product = {name: value for name, value in product.items() if name != "variants"}
    response = _json(200, product, request_id)
    response["headers"]["Cache-Control"] = "max-age=60, private"
    return response


def _json(status_code, body, request_id):
    return {
        "statusCode": status_code,
        "headers": {"Content-Type": "application/json", "X-Request-Id": request_id},
        "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
        "isBase64Encoded": False,
    }
