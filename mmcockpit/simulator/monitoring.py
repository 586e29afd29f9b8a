"""Prometheus and Alertmanager for the simulated production: each real if it is installed, computed otherwise."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from mmcockpit.simulator.alertmanager import AlertmanagerApi, configuration
from mmcockpit.simulator.listening import Site
from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.api import PrometheusApi
from mmcockpit.simulator.prometheus.history import openmetrics
from mmcockpit.simulator.prometheus.metrics import SCRAPE_EVERY_S
from mmcockpit.simulator.prometheus.rules import rule_file
from mmcockpit.simulator.prometheus.series import ScrapeTarget
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.threads import to_the_end


def prometheus_found() -> bool:
    """Return whether this machine has a Prometheus that can load history."""
    return Prometheus.binary() is not None and Prometheus.promtool() is not None


def scrape_jobs(targets: Sequence[ScrapeTarget]) -> list[ScrapeJob]:
    """Return one scrape job per name, with the targets that have the same path."""
    jobs: dict[tuple[str, str], list[str]] = {}
    for target in targets:
        jobs.setdefault((target.job, target.path), []).append(target.instance)
    every = f"{SCRAPE_EVERY_S:g}s"
    return [ScrapeJob(name, tuple(instances), path, every) for (name, path), instances in jobs.items()]


class RealMonitoring:
    """A Prometheus that scrapes the targets, with two hours of history, and the Alertmanager that gets its alerts.

    Without an Alertmanager on this machine, a computed one gets them.
    """

    def __init__(
        self, folder: Path, world: World, targets: Sequence[ScrapeTarget], prometheus: Site, alerts: Site, pager: str
    ) -> None:
        """`pager` is the URL that is notified of alerts."""
        self._world, self._targets = world, targets
        self._alerts = alerts
        self._alertmanager: Alertmanager | None = None
        if Alertmanager.binary() is not None:
            self._alertmanager = Alertmanager(
                folder / "alertmanager", port=alerts.release(), config=configuration(pager)
            )
        self._prometheus = Prometheus(
            folder / "prometheus",
            port=prometheus.release(),
            scrape=scrape_jobs(targets),
            rules=rule_file(),
            alertmanagers=(alerts.url,),
        )

    async def start(self) -> None:
        """Load the history and start both."""
        if self._alertmanager is not None:
            await to_the_end(self._alertmanager.start)
        else:
            await self._alerts.start(AlertmanagerApi(self._world, self._targets).application())
        await to_the_end(self._load)
        await self.resume()

    def _load(self) -> None:
        self._prometheus.folder.mkdir(parents=True, exist_ok=True)
        # A world that continues has a past since its start.
        self._prometheus.backfill(openmetrics(self._world, self._targets, self._world.clock.now()))

    async def resume(self) -> None:
        """Make Prometheus available (again)."""
        await to_the_end(self._prometheus.start)

    async def interrupt(self) -> None:
        """Make Prometheus refuse connections."""
        await to_the_end(self._prometheus.stop)

    async def stop(self) -> None:
        """Stop both."""
        servers = [server for server in (self._prometheus, self._alertmanager) if server is not None]
        await asyncio.gather(self._alerts.stop(), *(asyncio.to_thread(server.close) for server in servers))


class ComputedMonitoring:
    """The APIs of both, computed from the world at any speed."""

    def __init__(self, world: World, targets: Sequence[ScrapeTarget], prometheus: Site, alerts: Site) -> None:
        self._sites = (prometheus, alerts)
        self._prometheus = PrometheusApi(world, targets, alerts.url)
        self._alertmanager = AlertmanagerApi(world, targets)

    async def start(self) -> None:
        """Serve both."""
        await self._sites[1].start(self._alertmanager.application())
        await self.resume()

    async def resume(self) -> None:
        """Make Prometheus available (again)."""
        await self._sites[0].start(self._prometheus.application())

    async def interrupt(self) -> None:
        """Make Prometheus refuse connections."""
        await self._sites[0].stop()

    async def stop(self) -> None:
        """Stop both."""
        await asyncio.gather(*(site.stop() for site in self._sites))
