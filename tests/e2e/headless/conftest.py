"""What a driver without a screen polls."""

from collections.abc import Iterator

import pytest

from tests.servers.http import Answer, HttpServer


@pytest.fixture
def site() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.answers["/"] = Answer(200, "up")
        yield server
