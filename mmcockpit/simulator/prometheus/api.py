"""The HTTP API of Prometheus, computed from the world's state if no real Prometheus is available."""

import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.exposition import Labels
from mmcockpit.simulator.prometheus.metrics import SCRAPE_EVERY_S
from mmcockpit.simulator.prometheus.promql import canonical, seconds
from mmcockpit.simulator.prometheus.queries import answered, ask, is_scalar
from mmcockpit.simulator.prometheus.rules import EVERY_S, GROUP, RULES, Alert, AlertRule, alerts
from mmcockpit.simulator.prometheus.series import ScrapeTarget, Vector, instant, names
from mmcockpit.simulator.threads import computed

VERSION = "2.42.0"
MAX_POINTS = 11000
HISTORY_S = 7200.0
"""How far back samples exist."""
_DURATION = "smhd"
_PRESENCE = re.compile(r'count\(\{__name__="([^"]+)"\}\)\[(\d+)s:(\d+)s\]')
"""The query for the times at which a metric had series."""
_RESULTS = re.compile(r'label_replace\(count\((.*?)\n\), "n", "(\d+)", "", ""\)(?: or |$)', re.DOTALL)
"""The query for which of several expressions have a result."""
Json = Mapping[str, Any]


class BadQuestion(Exception):
    """A request that Prometheus rejects: HTTP status, errorType, error."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(text)
        self.status, self.kind, self.text = status, kind, text


def rfc3339(wall: float) -> str:
    """Return an epoch time as Prometheus and Alertmanager write it."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def number(value: float) -> str:
    """Return a sample's value as JSON text."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise BadQuestion(400, "bad_data", f'cannot parse "{text}" to a valid timestamp') from None


def _step(text: str) -> float:
    try:
        step = seconds(text) if text[-1:] in _DURATION else float(text)
    except (ValueError, IndexError):
        raise BadQuestion(400, "bad_data", f'cannot parse "{text}" to a valid duration') from None
    if step <= 0:
        raise BadQuestion(400, "bad_data", "zero or negative query resolution step widths are not accepted")
    return step


class PrometheusApi:
    """The API of one Prometheus that scrapes the targets of a world."""

    def __init__(self, world: World, targets: Sequence[ScrapeTarget], alertmanager: str = "") -> None:
        """`alertmanager` is the URL of the one that gets the alerts."""
        self.world, self.targets, self.alertmanager = world, targets, alertmanager

    def application(self) -> web.Application:
        """Return the API as an aiohttp application."""
        application = web.Application(middlewares=[_refusals])
        application.router.add_get("/", _text("<title>Prometheus</title>"))
        application.router.add_get("/-/ready", _text("Prometheus Server is Ready.\n"))
        application.router.add_get("/-/healthy", _text("Prometheus Server is Healthy.\n"))
        for path, answer in (
            ("query", self._query),
            ("query_range", self._query_range),
            ("series", self._series),
            ("targets", self._targets),
            ("rules", self._rules),
            ("alerts", self._alerts),
            ("alertmanagers", self._alertmanagers),
            ("status/buildinfo", self._build),
            ("label/__name__/values", self._names),
        ):
            for method in ("GET", "POST"):
                application.router.add_route(method, f"/api/v1/{path}", _answering(answer))
        return application

    def instant(self, query: str, wall: float) -> Vector:
        """Return the result of a query at an epoch time; empty without samples."""
        if not query.strip():
            raise BadQuestion(
                400, "bad_data", 'invalid parameter "query": unknown position: parse error: no expression'
            )
        if not answered(query):
            raise BadQuestion(
                422, "execution", f"the simulated Prometheus does not know this query: {canonical(query)}"
            )
        at, now = self.world.clock.at(wall), self.world.clock.now()
        if at < -HISTORY_S or at > now + 300.0 or self.world.blind(at):
            return []
        return ask(self.world, self.targets, query, min(at, now))

    def _query(self, given: Mapping[str, str]) -> Json:
        presence = _PRESENCE.fullmatch(given.get("query", ""))
        if presence:
            return self._present(presence[1], float(presence[2]), float(presence[3]))
        if _RESULTS.match(given.get("query", "")):
            return self._with_result(given["query"])
        wall = _time(given["time"]) if given.get("time") else self.world.clock.wall(self.world.clock.now())
        vector = self.instant(given.get("query", ""), wall)
        if vector and is_scalar(given["query"]):
            return {"resultType": "scalar", "result": [round(wall, 3), number(vector[0][1])]}
        result = [{"metric": labels, "value": [round(wall, 3), number(value)]} for labels, value in vector]
        return {"resultType": "vector", "result": result}

    def _with_result(self, query: str) -> Json:
        """Return which of several expressions have a result: those of the rules, with or without their comparison."""
        now = self.world.clock.now()
        wall = round(self.world.clock.wall(now), 3)
        rules = {canonical(rule.expression): rule.query for rule in RULES}
        result = []
        for expression, number_ in _RESULTS.findall(query):
            text = canonical(expression.replace(" bool ", " "))
            vector = self.instant(rules.get(text, text), wall)
            result += [{"metric": {"n": number_}, "value": [wall, number(float(len(vector)))]}] if vector else []
        return {"resultType": "vector", "result": result}

    def _present(self, name: str, window: float, step: float) -> Json:
        """Return when a metric had series: always if it exists, except while Prometheus is unavailable."""
        clock = self.world.clock
        now = clock.now()
        wall = clock.wall(now)
        there = name == "up" or name in names(self.world, self.targets, now)
        times = [(wall - n * step) // step * step for n in range(int(window / step))] if there else []
        values = [[at, "1"] for at in sorted(set(times)) if not self.world.blind(clock.at(at))]
        return {"resultType": "matrix", "result": [{"metric": {}, "values": values}] if values else []}

    def _query_range(self, given: Mapping[str, str]) -> Json:
        start, end = _time(given.get("start", "")), _time(given.get("end", ""))
        step = _step(given.get("step", ""))
        if end < start:
            raise BadQuestion(400, "bad_data", "end timestamp must not be before start time")
        if (end - start) / step > MAX_POINTS:
            raise BadQuestion(400, "bad_data", "exceeded maximum resolution of 11,000 points per timeseries")
        rows: dict[tuple[tuple[str, str], ...], list[list[float | str]]] = {}
        last = min(end, self.world.clock.wall(self.world.clock.now()))
        for index in range(math.floor((last - start) / step) + 1):
            wall = start + index * step
            for labels, value in self.instant(given.get("query", ""), wall):
                rows.setdefault(tuple(labels.items()), []).append([round(wall, 3), number(value)])
        result = [{"metric": dict(labels), "values": values} for labels, values in rows.items()]
        return {"resultType": "matrix", "result": result}

    def _series(self, given: Mapping[str, str]) -> Any:
        at = self.world.clock.now()
        return [labels for labels, _ in instant(self.world, self.targets, canonical(given.get("match[]", "")), at)]

    def _names(self, given: Mapping[str, str]) -> Any:
        return names(self.world, self.targets, self.world.clock.now())

    def _targets(self, given: Mapping[str, str]) -> Json:
        now = self.world.clock.now()
        scraped = self.world.clock.wall(now) // SCRAPE_EVERY_S * SCRAPE_EVERY_S
        return {
            "activeTargets": [_target(target, target.up(self.world, now), scraped) for target in self.targets],
            "droppedTargets": [],
        }

    def _rules(self, given: Mapping[str, str]) -> Json:
        now = self.world.clock.now()
        evaluated = rfc3339(self.world.clock.wall(now) // EVERY_S * EVERY_S)
        rules = [_rule(rule, self._judged(rule, now), evaluated) for rule in RULES]
        group = {"name": GROUP, "file": "modelmuxer.rules", "rules": rules, "interval": EVERY_S, "limit": 0}
        return {"groups": [{**group, "evaluationTime": 0.002, "lastEvaluation": evaluated}]}

    def _alerts(self, given: Mapping[str, str]) -> Json:
        now = self.world.clock.now()
        return {"alerts": [alert for rule in RULES for alert in self._judged(rule, now)]}

    def _judged(self, rule: AlertRule, at: float) -> list[Json]:
        active = alerts(rule, self.world, self.targets, at)
        return [_alert(alert, self.world.clock.wall(alert.since)) for alert in active]

    def _alertmanagers(self, given: Mapping[str, str]) -> Json:
        active = [{"url": f"{self.alertmanager}/api/v2/alerts"}] if self.alertmanager else []
        return {"activeAlertmanagers": active, "droppedAlertmanagers": []}

    def _build(self, given: Mapping[str, str]) -> Json:
        build = {"revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": ""}
        return {"version": VERSION, **build}


def _target(target: ScrapeTarget, up: bool, scraped: float) -> Json:
    url = f"http://{target.instance}{target.path}"
    return {
        "discoveredLabels": {"__address__": target.instance, "__metrics_path__": target.path, "job": target.job},
        "labels": {"instance": target.instance, "job": target.job},
        "scrapePool": target.job,
        "scrapeUrl": url,
        "globalUrl": url,
        "lastError": "" if up else "server returned HTTP status 503 Service Unavailable",
        "lastScrape": rfc3339(scraped),
        "lastScrapeDuration": 0.002,
        "health": "up" if up else "down",
        "scrapeInterval": f"{SCRAPE_EVERY_S:g}s",
        "scrapeTimeout": f"{SCRAPE_EVERY_S:g}s",
    }


def _alert(alert: Alert, since: float) -> Json:
    return {
        "labels": {"alertname": alert.rule.name, **alert.labels, **alert.rule.labels},
        "annotations": {"summary": alert.rule.summary},
        "state": "firing" if alert.firing else "pending",
        "activeAt": rfc3339(since),
        "value": number(alert.value),
    }


def _rule(rule: AlertRule, active: Sequence[Json], evaluated: str) -> Json:
    states: set[str] = {alert["state"] for alert in active}
    labels: Labels = rule.labels
    return {
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "name": rule.name,
        "query": rule.expression,
        "duration": rule.lasts,
        "labels": labels,
        "annotations": {"summary": rule.summary},
        "alerts": active,
        "health": "ok",
        "evaluationTime": 0.0002,
        "lastEvaluation": evaluated,
        "type": "alerting",
    }


Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _text(text: str) -> Respond:
    async def respond(request: web.Request) -> web.Response:
        return web.Response(text=text)

    return respond


def _answering(answer: Callable[[Mapping[str, str]], Any]) -> Respond:
    """Return an endpoint; its parameters are in the URL and in a form.

    The result is computed in a thread, so that no other server of the process waits for it.
    """

    async def respond(request: web.Request) -> web.Response:
        given = dict(request.query)
        if request.method == "POST":
            form = await request.post()
            given |= {name: value for name, value in form.items() if isinstance(value, str)}
        return web.json_response({"status": "success", "data": await computed(answer, given)})

    return respond


@web.middleware
async def _refusals(request: web.Request, handler: Respond) -> web.StreamResponse:
    try:
        return await handler(request)
    except BadQuestion as refusal:
        body = {"status": "error", "errorType": refusal.kind, "error": refusal.text}
        return web.Response(status=refusal.status, text=json.dumps(body), content_type="application/json")
