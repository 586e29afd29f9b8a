"""The Prometheus and Alertmanager of the tables: simulated pages that a real one scrapes, alerts that reach a pager."""

import json
from dataclasses import replace
from pathlib import Path

from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.exposition import Family, text_page
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from tests.servers.http import Answer, HttpServer, Received


class Exporters(HttpServer):
    """The pages of the exporters, each at /<job>; `instead` replaces the value of a metric everywhere.

    A job in `gone` answers 404.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.instead: dict[str, float] = {}
        self.gone: set[str] = set()

    def answer(self, request: Received) -> Answer:
        job = request.path.strip("/")
        if job in self.gone or job not in EXPORTERS:
            return Answer(404)
        self.requests.clear()
        families = [
            family if family.name not in self.instead else _at(family, self.instead[family.name])
            for family in EXPORTERS[job](self.world, self.world.clock.now())
        ]
        return Answer(body=text_page(families), headers={"Content-Type": "text/plain; version=0.0.4"})


def _at(family: Family, value: float) -> Family:
    return replace(family, samples=tuple(sample._replace(value=value) for sample in family.samples))


class Pager(Alertmanager):
    """An Alertmanager whose critical alerts reach `receiver`, by default a webhook that takes them."""

    def __init__(self, folder: Path, hook: str, receiver: str = "on-call") -> None:
        config = {
            "route": {
                "receiver": "null",
                "group_wait": "0s",
                "group_interval": "1s",
                "routes": [{"matchers": ['severity=~"critical|warning"'], "receiver": receiver}],
            },
            "receivers": [{"name": "null"}, {"name": "on-call", "webhook_configs": [{"url": hook}]}],
        }
        # JSON is YAML.
        super().__init__(folder, config=json.dumps(config))
