"""Alertmanager's API v2, computed from the world's state if no real Alertmanager is available."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.api import HISTORY_S, rfc3339
from mmcockpit.simulator.prometheus.exposition import Labels
from mmcockpit.simulator.prometheus.rules import RULES, Alert, alerts
from mmcockpit.simulator.prometheus.series import ScrapeTarget
from mmcockpit.simulator.threads import computed

VERSION = "0.25.0"
RECEIVER = "on-call"
RESOLVE_TIMEOUT_S = 300.0
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*')
ALERT_LIVES_S = 300.0


def configuration(pager: str) -> str:
    """Return a configuration that notifies one receiver by a webhook, without waiting for more alerts."""
    return f"""\
route: {{receiver: {RECEIVER}, group_wait: 0s, group_interval: 1s}}
receivers:
- name: {RECEIVER}
  webhook_configs:
  - {{url: "{pager}", send_resolved: true}}
"""


class AlertmanagerApi:
    """The API of an Alertmanager that receives the world's firing alerts and has no silences."""

    def __init__(self, world: World, targets: Sequence[ScrapeTarget]) -> None:
        self.world, self.targets = world, targets
        self.sent: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def application(self) -> web.Application:
        """Return the API as an aiohttp application."""
        application = web.Application()
        application.router.add_get("/-/ready", self._ready)
        application.router.add_get("/-/healthy", self._ready)
        application.router.add_get("/api/v2/alerts", self._alerts)
        application.router.add_post("/api/v2/alerts", self._take)
        application.router.add_get("/api/v2/alerts/groups", self._groups)
        application.router.add_get("/api/v2/silences", self._silences)
        application.router.add_get("/api/v2/status", self._status)
        application.router.add_get("/api/v2/receivers", self._receivers)
        return application

    def firing(self, request: web.Request) -> list[Mapping[str, Any]]:
        """Return the alerts that fire now and match the request's filters."""
        if request.query.get("active") == "false":
            return []
        tests = [_matcher(text) for text in request.query.getall("filter", [])]
        now = self.world.clock.now()
        own = (alert for rule in RULES for alert in alerts(rule, self.world, self.targets, now) if alert.firing)
        sent = {mark: alert for mark, (at, alert) in self.sent.items() if now - at < RESOLVE_TIMEOUT_S}
        shown = sent | {alert["fingerprint"]: alert for alert in (self._shown(alert, now) for alert in own)}
        return [
            alert
            for alert in shown.values()
            if all(
                (pattern.fullmatch(alert["labels"].get(label, "")) is not None) is equal
                for label, equal, pattern in tests
            )
        ]

    def _shown(self, alert: Alert, now: float) -> Mapping[str, Any]:
        labels = {"alertname": alert.rule.name, **alert.labels, **alert.rule.labels}
        return self._row(labels, {"summary": alert.rule.summary}, alert.since + alert.rule.lasts, now)

    def _row(self, labels: Labels, annotations: Labels, began: float, now: float) -> Mapping[str, Any]:
        mark = hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]
        wall = self.world.clock.wall
        return {
            "annotations": annotations,
            "endsAt": rfc3339(wall(now) + ALERT_LIVES_S),
            "fingerprint": mark,
            "receivers": [{"name": RECEIVER}],
            "startsAt": rfc3339(wall(began)),
            "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
            "updatedAt": rfc3339(wall(now)),
            "generatorURL": "",
            "labels": labels,
        }

    async def _ready(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def _alerts(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await computed(self.firing, request))
        except re.error as error:
            return web.json_response(f"bad matcher format: {error}", status=400)

    async def _take(self, request: web.Request) -> web.Response:
        now = self.world.clock.now()
        for alert in await request.json():
            row = self._row(alert["labels"], alert.get("annotations", {}), now, now)
            mark, ends = row["fingerprint"], alert.get("endsAt")
            if ends and datetime.fromisoformat(ends).timestamp() <= self.world.clock.wall(now):
                self.sent.pop(mark, None)
            else:
                began = self.sent[mark][1]["startsAt"] if mark in self.sent else row["startsAt"]
                self.sent[mark] = (now, {**row, "startsAt": began})
        return web.Response()

    async def _groups(self, request: web.Request) -> web.Response:
        firing = await computed(self.firing, request)
        group = {"labels": {}, "receiver": {"name": RECEIVER}, "alerts": firing}
        return web.json_response([group] if firing else [])

    async def _silences(self, request: web.Request) -> web.Response:
        return web.json_response([])

    async def _receivers(self, request: web.Request) -> web.Response:
        return web.json_response([{"name": RECEIVER}])

    async def _status(self, request: web.Request) -> web.Response:
        build = {"branch": "", "buildDate": "", "buildUser": "", "goVersion": "", "revision": "", "version": VERSION}
        return web.json_response(
            {
                "cluster": {"name": "simulated", "peers": [], "status": "ready"},
                "config": {"original": configuration("http://pager.example/")},
                "uptime": rfc3339(self.world.clock.started - HISTORY_S),
                "versionInfo": build,
            }
        )


def _matcher(text: str) -> tuple[str, bool, re.Pattern[str]]:
    parts = _MATCHER.fullmatch(text)
    if parts is None:
        raise re.error(text)
    label, operator, value = parts.groups()
    return label, not operator.startswith("!"), re.compile(value if "~" in operator else re.escape(value))
