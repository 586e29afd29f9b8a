"""The scriptable HTTP server follows its script."""

import time

import httpx
import pytest

from tests.servers.http import Answer, HttpServer
from tests.servers.wait import PATIENCE_S


def test_it_responds_as_configured_and_keeps_every_request(http_server: HttpServer) -> None:
    http_server.answers["/health"] = Answer(503, '{"status": "sick"}', {"Retry-After": "7", "X-Up": "no"})
    with httpx.Client(base_url=http_server.url) as client:
        answer = client.get("/health?deep=1")
        client.post("/health", content=b"body")
        unknown = client.get("/elsewhere")
    assert (answer.status_code, answer.json(), answer.headers["x-up"]) == (503, {"status": "sick"}, "no")
    assert unknown.status_code == 404
    assert http_server.count("/health") == 2
    assert [request.target for request in http_server.requests] == ["/health?deep=1", "/health", "/elsewhere"]
    assert (http_server.requests[1].method, http_server.requests[1].body) == ("POST", b"body")


def test_a_truncated_answer_ends_before_its_length(http_server: HttpServer) -> None:
    http_server.answers["/cut"] = Answer(body="x" * 100, truncated_to=10)
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
        httpx.get(f"{http_server.url}/cut")


def test_an_endless_response_continues_until_the_client_leaves(http_server: HttpServer) -> None:
    http_server.answers["/endless"] = Answer(endless=True)
    taken = 0
    with httpx.stream("GET", f"{http_server.url}/endless") as answer:
        for chunk in answer.iter_raw():
            taken += len(chunk)
            if taken > 1_000_000:
                break
    assert taken > 1_000_000
    assert httpx.get(f"{http_server.url}/other").status_code == 404


def test_a_delayed_response_delays_neither_others_nor_the_end(http_server: HttpServer) -> None:
    http_server.answers["/slow"] = Answer(delay_s=60)
    http_server.answers["/quick"] = Answer(body="ok")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{http_server.url}/slow", timeout=httpx.Timeout(PATIENCE_S, read=0.2))
    assert httpx.get(f"{http_server.url}/quick").text == "ok"
    began = time.monotonic()
    http_server.stop()
    assert time.monotonic() - began < 30, "it waits for the delayed response"


def test_it_refuses_when_stopped_and_returns_on_its_port(http_server: HttpServer) -> None:
    http_server.answers["/"] = Answer(body="ok")
    http_server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(http_server.url)
    http_server.start()
    assert httpx.get(http_server.url).text == "ok"
