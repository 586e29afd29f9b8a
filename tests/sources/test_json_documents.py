"""JSON as servers and files have it: with a byte order mark, and with names that contain dots."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.sources.common.json_path import value_at
from tests.servers.http import Answer, HttpServer
from tests.sources.polling import fault, opened, probe, value

pytestmark = pytest.mark.anyio
MARK = b"\xef\xbb\xbf"
DOCUMENT = {"status": "ok", "metrics": {"http.server.requests": [{"count": 7}], "a": {"b": None}, "a.b": 5}}
NESTED: dict[str, Any] = {"a": {"b": 1, "b.c": [10, {"d.e": 2}]}, "a.b": {"c": 3}, "x.y.z": {"": 4}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *(("a.b", 1), ("a.b.c[0]", 10), ("a.b.c[1].d.e", 2), ("x.y.z", {"": 4}), ("a.b.c", [10, {"d.e": 2}])),
        *(("x.y", None), ("x.y.z.w", None), ("a.b.c[2]", None), ("a[0]", None), ("[0]", None), ("a.b.c.d", None)),
    ],
)
def test_a_path_finds_names_with_dots_after_nested_ones(path: str, expected: Any) -> None:
    assert value_at(NESTED, path) == expected


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        ({"a": {"b": 1}}, "$.a.b", 1),
        ([{"n": 2}], "$[0].n", 2),
        ({"$": {"a": 3}, "a": 4}, "$.a", 3),
        ({"a": {"$": 5}}, "a.$", 5),
        ({"a": 6}, "$.b", None),
    ],
)
def test_a_path_may_begin_with_the_root_of_jsonpath(document: Any, path: str, expected: Any) -> None:
    assert value_at(document, path) == expected


async def test_a_response_with_a_byte_order_mark_is_read(http_server: HttpServer) -> None:
    http_server.answers["/health"] = Answer(body=MARK + json.dumps(DOCUMENT).encode())
    http_server.answers["/twice"] = Answer(body=MARK + MARK + b"{}")
    paths = {"status": "status", "count": "metrics.http.server.requests[0].count", "both": "metrics.a.b"}
    async with opened("http", url=http_server.url) as source:
        found = await value(probe("http", source, "get", {"path": "/health", "json": paths}))
        assert found["json"] == {"status": "ok", "count": 7, "both": 5}
        assert (
            await fault(probe("http", source, "get", {"path": "/twice", "json": paths}))
        ).kind is FaultKind.MALFORMED


async def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    written = tmp_path / "build.json"
    written.write_bytes(MARK + json.dumps(DOCUMENT).encode())
    async with opened("file", root=str(tmp_path)) as source:
        assert await value(probe("file", source, "json", {"path": "build.json"})) == DOCUMENT
