"""A gateway in front of a Loki, as most have one: it lets in who sends the token, and sets the tenant."""

import http.client

from tests.servers.http import Answer, HttpServer, Received
from tests.servers.loki.server import Loki

TOKEN = "gateway-token-51d7"


class Gateway(HttpServer):
    """Forwards to a Loki what has the token; to all others it responds 401 in plain text."""

    def __init__(self, loki: Loki, tenant: str) -> None:
        super().__init__()
        self._loki, self._tenant = loki, tenant

    def answer(self, request: Received) -> Answer:
        sent = request.headers.get("Authorization", "")
        if sent != f"Bearer {TOKEN}":
            return Answer(401, f"access denied for {sent}\nask the platform team", {"Content-Type": "text/plain"})
        connection = http.client.HTTPConnection("127.0.0.1", self._loki.port, timeout=30)
        headers = {"X-Scope-OrgID": self._tenant, "Content-Type": request.headers.get("Content-Type", "")}
        connection.request(request.method, request.target, request.body, headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return Answer(response.status, body, {"Content-Type": response.headers["Content-Type"]})
