"""A site to poll, and one browser for all tests of a module."""

from collections.abc import Iterator

import pytest

from tests.servers.browsers.browser import Browser
from tests.servers.http import Answer, HttpServer


@pytest.fixture
def site() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.answers["/"] = Answer(200, "up")
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser
