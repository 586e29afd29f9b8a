"""What a poll over HTTP costs besides its request."""

import sys

import pytest

from tests.servers.http import Answer, HttpServer
from tests.sources.polling import opened, probe, value

pytestmark = pytest.mark.anyio


class Searches:
    """Records which modules are searched for, and finds none of them."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        self.names.append(name)


async def test_a_poll_after_the_first_searches_for_no_module(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    http_server.answers = {"/health": Answer(body="{}")}
    async with opened("http", url=http_server.url) as source:
        getting = probe("http", source, "get", {"path": "/health"})
        await value(getting)
        searches = Searches()
        monkeypatch.setattr(sys, "meta_path", [searches, *sys.meta_path])
        await value(getting)
    assert searches.names == []
