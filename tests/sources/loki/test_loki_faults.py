"""What a Loki answers that is no proof, and what leaves the cockpit: recorded bytes of Loki and of gateways."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.sources.common.redaction import strike_tokens
from mmcockpit.sources.loki.logql import stream_selectors, unbalanced
from tests.servers.http import Answer, HttpServer, Received
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = pytest.mark.anyio

QUERY, RANGE = "/loki/api/v1/query", "/loki/api/v1/query_range"
SELECTOR = '{app="shop"}'
FAILED_LINE = r"""pipeline error: 'LabelFilterErr' for series: '{__error__="LabelFilterErr", __error_details__="strconv.ParseFloat: parsing \"abc\": invalid syntax", app="lf", detected_level="info", service_name="lf", x="abc"}'.
Use a label filter to intentionally skip this error. (e.g | __error__!="LabelFilterErr").
"""  # noqa: E501


def vector(*numbers: float, **envelope: Any) -> Answer:
    """Return the series of an instant query, as Loki writes them."""
    result = [{"metric": {"n": str(n)}, "value": [time.time(), str(number)]} for n, number in enumerate(numbers)]
    data = {"resultType": "vector", "result": result, "stats": {"summary": {"execTime": 0.001}}}
    return Answer(body=json.dumps({"status": "success", **envelope, "data": data}))


def streams(lines: dict[float, str], **envelope: Any) -> Answer:
    """Return a stream with these lines, by their age in seconds."""
    values = [[str(int((time.time() - age) * 1e9)), line] for age, line in lines.items()]
    data = {"resultType": "streams", "result": [{"stream": {"app": "shop"}, "values": values}], "stats": {}}
    return Answer(body=json.dumps({"status": "success", **envelope, "data": data}))


@pytest.fixture
def loki(http_server: HttpServer) -> HttpServer:
    http_server.answers[RANGE] = streams({1.0: "ready"})
    return http_server


async def test_lines_are_the_last_ones_redacted_and_counted_in_whole(loki: HttpServer) -> None:
    loki.answers[RANGE] = streams({9.0: "first", 5.0: "password=hunter2 \x1b[2J", 2.0: "x" * 900})
    loki.answers[QUERY] = vector(120)
    async with opened("loki", url=loki.url, tenant="shop|web") as source:
        read = await value(probe("loki", source, "lines", {"query": SELECTOR, "over": "5m", "limit": 2}))
        few = await value(probe("loki", source, "lines", {"query": SELECTOR, "limit": 5}))
    assert (read["count"], read["truncated"]) == (120, True)
    assert read["lines"][0]["line"] == "password=••• ␛[2J"
    assert (len(read["lines"][1]["line"]), read["newest_age_s"] < 10) == (400, True)
    assert (few["count"], few["truncated"], len(few["lines"])) == (3, False, 3)
    counted = next(one for one in loki.requests if one.path == QUERY)
    assert parse_qs(urlsplit(counted.target).query)["query"] == [f"sum(count_over_time({SELECTOR}\n[300s]))"]
    assert {one.headers["X-Scope-OrgID"] for one in loki.requests} == {"shop|web"}


async def test_a_partial_result_is_a_fault_and_a_note_is_not(loki: HttpServer) -> None:
    limited = "maximum number of series (500) reached for a single query; returning partial results"
    note = "Query was executed using the new experimental query engine and dataobj storage."
    async with opened("loki", url=loki.url) as source:
        polls = probe("loki", source, "query", {"query": f"sum(rate({SELECTOR}[5m]))"})
        loki.answers[QUERY] = vector(0.5, warnings=[note])
        assert await value(polls) == 0.5
        loki.answers[QUERY] = vector(0.5, warnings=[note, limited])
        partial = await fault(polls)
        assert (partial.kind, "maximum number of series (500)" in partial.message) == (FaultKind.PARTIAL, True)
        loki.answers[QUERY] = vector(0.5, 0.7)
        assert "gives 2 series" in (await fault(polls)).message


async def test_no_line_in_a_window_of_streams_that_exist_is_a_count_of_0() -> None:
    class Quiet(HttpServer):
        """Has lines, but none in the last minutes."""

        def answer(self, request: Received) -> Answer:
            window = parse_qs(urlsplit(request.target).query)["since"]
            return streams({}) if window == ["300s"] else streams({9000.0: "ready"})

    with Quiet() as quiet:
        async with opened("loki", url=quiet.url) as source:
            read = await value(probe("loki", source, "lines", {"query": SELECTOR, "over": "5m"}))
    assert read == {"count": 0, "truncated": False, "lines": []}


async def test_a_result_of_the_other_kind_names_the_probe_for_it(loki: HttpServer) -> None:
    loki.answers[QUERY], loki.answers[RANGE] = streams({1.0: "x"}), vector(1)
    async with opened("loki", url=loki.url) as source:
        lines = await fault(probe("loki", source, "query", {"query": SELECTOR}))
        numbers = await fault(probe("loki", source, "lines", {"query": f"rate({SELECTOR}[5m])"}))
    assert (lines.kind, "use a metric query" in lines.message) == (FaultKind.QUERY, True)
    assert (numbers.kind, "use a log query" in numbers.message) == (FaultKind.QUERY, True)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, "parse error at line 1, col 12: syntax error: unexpected IDENTIFIER", FaultKind.CONFIGURATION, "col 12"),
        (
            400,
            "the query time range exceeds the limit (query length: 721h, limit: 720h)",
            FaultKind.QUERY,
            "limit: 720h",
        ),
        (
            400,
            "log queries are not supported as an instant query type, please change your query to a range query type",
            FaultKind.QUERY,
            "the query selects log lines; use a metric query",
        ),
        (
            400,
            "maximum number of series (500) reached for a single query; consider reducing query cardinality by adding "
            "more specific stream selectors, reducing the time range, or aggregating results with functions",
            FaultKind.QUERY,
            "maximum number of series (500)",
        ),
        (400, FAILED_LINE, FaultKind.QUERY, 'invalid syntax; leave such lines out with | __error__=""'),
        (500, "multiple org IDs present", FaultKind.CONFIGURATION, "multi_tenant_queries_enabled"),
        (401, "no org id\n", FaultKind.UNAUTHORISED, "no org id"),
        (429, "too many outstanding requests", FaultKind.RATE_LIMITED, "too many outstanding"),
        (401, '{"code": 401, "status": "error", "message": "invalid token"}', FaultKind.UNAUTHORISED, "invalid token"),
        (502, "<html>Bad Gateway</html>", FaultKind.SERVER_ERROR, "502 Bad Gateway"),
    ],
)
async def test_a_refusal_is_a_fault_with_the_words_of_loki(
    loki: HttpServer, status: int, body: str, kind: FaultKind, words: str
) -> None:
    loki.answers[QUERY] = Answer(status, body)
    async with opened("loki", url=loki.url) as source:
        found = await fault(probe("loki", source, "query", {"query": f"sum(rate({SELECTOR}[5m]))"}))
        health = await source.check()
    assert (found.kind, words in found.message, "<html>" in found.message) == (kind, True, False)
    assert "query" in health.missing


async def test_doctor_shows_the_version_the_tenant_and_what_is_missing(loki: HttpServer) -> None:
    loki.answers["/loki/api/v1/status/buildinfo"] = Answer(body='{"version": "3.7.8", "revision": "09e6ce2f"}')
    loki.answers[QUERY] = vector(1)
    async with opened("loki", url=loki.url, tenant="shop") as source:
        health = await source.check()
        assert (health.version, health.identity, health.missing) == ("Loki 3.7.8", "tenant shop", ())
        loki.answers[QUERY] = Answer(401, "no org id\n")
        refused = await source.check()
    assert (refused.reachable, refused.authorised, refused.missing) == (True, False, ("query",))
    assert "no org id" in refused.message


async def test_the_past_of_a_query_fills_its_chart(loki: HttpServer) -> None:
    values = [[1_700_000_000 + 60 * n, text] for n, text in enumerate(("0.5", "NaN", "0.7"))]
    data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
    loki.answers[RANGE] = Answer(body=json.dumps({"status": "success", "data": data}))
    async with opened("loki", url=loki.url) as source:
        polls = probe("loki", source, "query", {"query": f"sum(rate({SELECTOR}[5m]))"})
        points = await polls.history(1_700_000_000, 1_700_000_120, 60)  # type: ignore[attr-defined]
    assert points == [(1_700_000_000.0, 0.5), (1_700_000_120.0, 0.7)]
    fields = parse_qs(urlsplit(loki.requests[-1].target).query)
    assert (fields["start"], fields["step"]) == (["1700000000000000000"], ["60s"])


async def test_streams_that_do_not_exist_prove_nothing(loki: HttpServer) -> None:
    loki.answers[QUERY], loki.answers[RANGE] = vector(0), streams({})
    query = {"query": 'sum(rate({app="shpo"} |= "{x}" [5m])) or vector(0)'}
    async with opened("loki", url=loki.url) as source:
        for name, args in (("query", query), ("lines", {"query": '{app="shpo"}'})):
            missing = await fault(probe("loki", source, name, args))
            assert (missing.kind, 'last 24h for {app="shpo"}' in missing.message) == (FaultKind.NO_DATA, True)
        assert await value(probe("loki", source, "query", {"query": "vector(0)"})) == 0.0
    # A gateway without this path proves nothing either way: the value counts, with a remark.
    loki.answers[RANGE] = Answer(404, "no route")
    async with opened("loki", url=loki.url) as source:
        read = await answer(probe("loki", source, "query", query))
        assert isinstance(read, Reading)
        assert (read.value, "streams not verified" in read.remark) == (0.0, True)
        loki.answers[RANGE] = Answer(500, "no")
        assert (await fault(probe("loki", source, "query", query))).kind is FaultKind.SERVER_ERROR


async def test_the_last_line_of_fresh_is_the_age_of_a_reading(loki: HttpServer) -> None:
    loki.answers[QUERY], loki.answers[RANGE] = vector(0), streams({20.0: "x"})
    query = {"query": f"sum(rate({SELECTOR}[5m]))"}
    async with opened("loki", url=loki.url) as source:
        read = await answer(probe("loki", source, "query", query, fresh=SELECTOR))
        assert isinstance(read, Reading)
        assert read.sampled == pytest.approx(time.time() - 20, abs=5)
        loki.answers[RANGE] = streams({200.0: "x"})
        stale = await fault(probe("loki", source, "query", query, fresh=SELECTOR))
        assert (stale.kind, "the last line of" in stale.message) == (FaultKind.STALE, True)


async def test_a_long_query_is_sent_as_a_form(loki: HttpServer) -> None:
    loki.answers[QUERY] = vector(1)
    long = f'sum(rate({SELECTOR} |~ "{"a|" * 1500}b" [5m]))'
    async with opened("loki", url=loki.url) as source:
        assert await value(probe("loki", source, "query", {"query": long})) == 1.0
    sent = next(one for one in loki.requests if one.path == QUERY)
    assert (sent.method, parse_qs(sent.body.decode())["query"]) == ("POST", [long])


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        (
            'sum(rate({app="a", env=~"p.*"} |= "}{" [5m])) / sum(rate({app="b"}[5m]))',
            ('{app="a", env=~"p.*"}', '{app="b"}'),
        ),
        ("{app=`x}y`} | line_format `{{.msg}}` # {no}", ("{app=`x}y`}",)),
        ("vector(1)", ()),
    ],
)
def test_selectors_are_found_outside_of_texts_and_comments(query: str, selectors: tuple[str, ...]) -> None:
    assert stream_selectors(query) == selectors
    assert unbalanced(query) is None


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('sum(rate({app="a"}[5m])', ("( is not closed", 1, 4)),
        ('{app="a}', ('the quote " is not closed', 1, 6)),
        ('rate({app="a"}\n[5m)', (") closes nothing that is open", 2, 4)),
    ],
)
def test_a_query_that_does_not_close_is_a_mistake_at_its_place(query: str, why: tuple[str, int, int]) -> None:
    assert unbalanced(query) == why


@pytest.mark.parametrize(
    ("line", "struck"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer •••"),
        ('{"password": "hun\\"ter", "user": "ana"}', '{"password": "•••", "user": "ana"}'),
        ("POST https://ana:hunter2@db/x?token=abc&y=1", "POST https://ana:•••@db/x?token=•••&y=1"),
        ("key AKIAABCDEFGHIJKLMNOP and ghp_abcdefghijklmnopqrstuv", "key ••• and •••"),
        ("jwt eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl.", "jwt •••."),
        ("-----BEGIN RSA PRIVATE KEY----- MIIE", "•••"),
        ("token: expired, api_key: 8f3a9c21", "token: expired, api_key: •••"),
        ("took 12 ms for /token of 3 users", "took 12 ms for /token of 3 users"),
    ],
)
def test_what_has_the_form_of_a_credential_is_struck_out(line: str, struck: str) -> None:
    assert strike_tokens(line) == struck
