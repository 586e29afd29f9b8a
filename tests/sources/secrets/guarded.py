"""A server that lets in only who sends the token of the moment, and what each kind of source asks it."""

import json
from collections.abc import Mapping
from typing import Any

from tests.servers.http import Answer, HttpServer, Received

OLD = "old-token-8d1f22"
VECTOR = {"status": "success", "data": {"resultType": "scalar", "result": [1_796_522_400.0, "1"]}}
ANSWERS: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "http": ("get", {"path": "/api"}, "{}"),
    "alertmanager": ("alerts", {}, "[]"),
    "prometheus": ("query", {"query": "1"}, json.dumps(VECTOR)),
}
"""Kind of source to a probe, its arguments, and what the server answers to whom it lets in."""


class Guarded(HttpServer):
    """Answers only those that send the token of the moment."""

    token = OLD
    body = "{}"

    def answer(self, request: Received) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(401, f"who is {request.headers.get('Authorization')}?")
        return Answer(body=self.body, headers={"Date": "Sun, 06 Dec 2026 02:00:00 GMT"})
