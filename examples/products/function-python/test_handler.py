"""Run with: python3 -m unittest (in this folder; needs nothing but Python)."""

import json
import unittest
from pathlib import Path
from types import SimpleNamespace

import handler

EVENTS = Path(__file__).parent.parent / "function" / "src" / "handler" / "events"
CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-4000-8000-000000000001")


def answer(name, change=lambda event: None):
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    change(event)
    response = handler.handler(event, CONTEXT)
    return response["statusCode"], json.loads(response["body"]), response["headers"]


class Products(unittest.TestCase):
    def test_both_event_versions_read_the_same_product(self):
        status, product, headers = answer("rest_get_product")
        self.assertEqual((status, product["productId"], len(product["variants"])), (200, "prod-123", 3))
        self.assertEqual(headers["Cache-Control"], "max-age=60, private")
        self.assertEqual(headers["X-Request-Id"], CONTEXT.aws_request_id)
        self.assertEqual(answer("http_get_product"), (status, product, headers))

    def test_variants_are_left_out_unless_asked_for(self):
        def without_query(event):
            event["queryStringParameters"] = None

        self.assertNotIn("variants", answer("rest_get_product", without_query)[1])

    def test_an_unknown_product_is_a_404_with_a_code(self):
        def unknown(event):
            event["pathParameters"]["productId"] = "prod-999"

        for name in ("rest_get_product", "http_get_product"):
            status, body, _ = answer(name, unknown)
            self.assertEqual((status, body), (404, {"error": "Product not found", "code": "PRODUCT_404"}))

    def test_health_answers_and_other_routes_do_not_exist(self):
        self.assertEqual(answer("http_health")[:2], (200, {"status": "ok"}))
        self.assertEqual(answer("rest_create_order")[0], 404)


if __name__ == "__main__":
    unittest.main()
