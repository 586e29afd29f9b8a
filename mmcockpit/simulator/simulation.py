"""The whole simulated production: its servers, and the tasks that run and stop them together."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mmcockpit.simulator.caches import Caches
from mmcockpit.simulator.database import SimulatedDatabase
from mmcockpit.simulator.keys import API_KEY, TEST_KEYS
from mmcockpit.simulator.listening import HOST, Site
from mmcockpit.simulator.production import POD_START_S, SLOTS, World
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.series import ScrapeTarget
from mmcockpit.simulator.scenarios import OLD_VERSION, VERSION, ChangeKind, ScenarioChange
from mmcockpit.simulator.servers.process import ServerError
from mmcockpit.simulator.services import SERVICES, SimulatedService
from mmcockpit.simulator.tools.surroundings import Surroundings

if TYPE_CHECKING:
    from aiohttp import web

    from mmcockpit.simulator.cluster import SimulatedCluster
    from mmcockpit.simulator.monitoring import ComputedMonitoring, RealMonitoring

SLACK_S = 10.0
"""Changes of the scenario within this time before the cluster starts still happen."""
Part = Callable[[], Awaitable[None]]


class _Ended(Exception):
    """Raised inside the task group to cancel all tasks."""


class Simulation:
    """One production; its ports are reserved at once, its servers are started by `run`."""

    def __init__(
        self,
        folder: Path,
        world: World,
        service: SimulatedService = SERVICES["modelmuxer"],
    ) -> None:
        """Reserve the ports; `folder` exists and belongs to this process."""
        self.folder, self.world, self._service = folder, world, service
        self._prometheus, self._alertmanager, self._api = Site(), Site(), Site(early=True)
        self._api_tls = Site("https", "localhost", early=True)
        self._closed = Site()
        self._kubernetes = Site("https")
        self._pods = tuple(Site() for _ in range(SLOTS))
        self._exporters = Site()
        self._ca = folder / "ca.pem"
        self._surroundings = Surroundings(
            folder, service.namespace, {"api_tls": self._api_tls.url, "ca": str(self._ca)}
        )
        self._caches = Caches(folder, world)
        self._database = SimulatedDatabase(folder, world)
        self._cluster: SimulatedCluster | None = None
        self._monitored = asyncio.Event()
        self._monitoring: RealMonitoring | ComputedMonitoring | None = None

    @property
    def kubeconfig(self) -> Path:
        """Return the path of the kubeconfig."""
        return self.folder / "kubernetes" / "kubeconfig"

    def addresses(self) -> dict[str, str | float]:
        """Return the addresses of all servers, which may not be up yet."""
        return {
            "prometheus": self._prometheus.url,
            "alertmanager": self._alertmanager.url,
            "api": self._api.url,
            "api_tls": self._api_tls.url,
            "ca": str(self._ca),
            "closed_port": str(self._closed.port),
            **self._surroundings.addresses(),
            "kubernetes": self._kubernetes.url,
            "kubeconfig": str(self.kubeconfig),
            "namespace": self._service.namespace,
            "redis": self._caches.primary.url,
            "redis_replica": self._caches.replica.url,
            "postgres": self._database.dsn,
            "api_key": API_KEY,
            "test_key": TEST_KEYS[0],
            "old_version": OLD_VERSION,
            "version": VERSION,
            "started": self.world.clock.started,
        }

    @property
    def targets(self) -> tuple[ScrapeTarget, ...]:
        """Return the targets that Prometheus scrapes."""
        pods = (
            ScrapeTarget(self._service.name, f"{HOST}:{site.port}", self._service.metrics_path, slot)
            for slot, site in enumerate(self._pods)
        )
        exporters = (ScrapeTarget(job, f"{HOST}:{self._exporters.port}", f"/{job}") for job in EXPORTERS)
        return (*pods, *exporters)

    async def run(self, ended: asyncio.Event) -> None:
        """Start everything and keep it running until `ended` is set; everything is stopped on return."""
        parts: Iterable[Part] = (
            self._run_pages,
            self._run_caches,
            self._run_database,
            self._run_monitoring,
            self._run_cluster,
        )
        try:
            # First what is polled seldom: a query that fails would be repeated only after minutes.
            await self._surroundings.start()
            await self._start_service()
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(_reported(part))
                await ended.wait()
                raise _Ended
        except* _Ended:
            pass
        finally:
            await self._stop()

    async def _stop(self) -> None:
        stops: list[Awaitable[None]] = [self._caches.stop(), self._database.stop(), self._surroundings.stop()]
        stops += [site.stop() for site in (self._api, self._api_tls, *self._pods, self._exporters, self._closed)]
        stops += [part.stop() for part in (self._monitoring, self._cluster) if part is not None]
        await asyncio.gather(*stops)

    async def _run_caches(self) -> None:
        await self._caches.start()
        await self._caches.load()

    async def _run_database(self) -> None:
        await self._database.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._database.load())
            # Copying the data for the standbys would slow down the start of the others.
            await self._monitored.wait()
            group.create_task(self._database.start_standbys())

    async def _run_pages(self) -> None:
        from mmcockpit.simulator.modelmuxer import exporter_pages

        await self._exporters.start(exporter_pages(self.world))
        for slot, site in enumerate(self._pods):
            await site.start(self._application(slot))

    async def _start_service(self) -> None:
        from mmcockpit.simulator.certificates import server_context

        await self._api.start(self._application())
        await self._api_tls.start(self._application(), server_context(self._ca))

    def _application(self, slot: int | None = None) -> "web.Application":
        """Return one pod of the service, or what is in front of all of them."""
        from mmcockpit.simulator.modelmuxer import ModelMuxer
        from mmcockpit.simulator.shop.site import ShopSite

        make = ShopSite if self._service.name == "shop" else ModelMuxer
        return make(self.world, slot).application()

    async def _run_monitoring(self) -> None:
        from mmcockpit.simulator.modelmuxer import PAGER
        from mmcockpit.simulator.monitoring import ComputedMonitoring, RealMonitoring, prometheus_found

        world, sites = self.world, (self._prometheus, self._alertmanager)
        if world.clock.speed == 1.0 and prometheus_found():
            pager = f"http://{HOST}:{self._exporters.port}/{PAGER}"
            self._monitoring = RealMonitoring(self.folder, world, self.targets, *sites, pager)
        else:
            self._monitoring = ComputedMonitoring(world, self.targets, *sites)
        try:
            await self._monitoring.start()
        finally:
            self._monitored.set()
        for change in self._coming(ChangeKind.BLIND):
            await self._until(change.at)
            await self._monitoring.interrupt()
            await self._until(change.at + change.lasts)
            await self._monitoring.resume()

    async def _run_cluster(self) -> None:
        from mmcockpit.simulator.cluster import SimulatedCluster

        pod_start_s = POD_START_S / self.world.clock.speed
        self._cluster = SimulatedCluster(
            *(self.kubeconfig.parent, self._kubernetes.release(), pod_start_s, self.world.seed, self._service),
            canary=self.world.scenario == "canary",
        )
        self._cluster.measure(self._measured, self.world.clock.speed)
        await self._cluster.start()
        if self.world.scenario == "canary":
            await self._cluster.follow_canary(self._split)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._cluster.follow(self._rolled))
            began = self.world.clock.now()
            if (running := self.world.pod(0, began).version) != OLD_VERSION:
                # A world that continues: its rollout was before.
                await self._cluster.roll_out(running)
            for change in self._coming(ChangeKind.ROLLOUT, ChangeKind.RESTART):
                if change.at < began - SLACK_S:
                    continue
                await self._until(change.at)
                if change.kind is ChangeKind.ROLLOUT:
                    await self._cluster.roll_out(change.version)
                else:
                    await self._cluster.restart(change.slot)

    def _measured(self, query: str) -> float | None:
        """Return the result of a query at this moment; None without one."""
        from mmcockpit.simulator.prometheus.queries import answered, ask

        now = self.world.clock.now()
        found = ask(self.world, self.targets, query, now) if answered(query) and not self.world.blind(now) else []
        return found[0][1] if found else None

    def _rolled(self, slot: int, version: str) -> None:
        self.world.rolled(slot, version, self.world.clock.now())

    def _split(self, version: str, part: float) -> None:
        self.world.split(version, part, self.world.clock.now())

    def _coming(self, *kinds: ChangeKind) -> list[ScenarioChange]:
        return [change for change in self.world.changes if change.kind in kinds]

    async def _until(self, at: float) -> None:
        """Sleep until a world time."""
        clock = self.world.clock
        await asyncio.sleep(max(0.0, (at - clock.now()) / clock.speed))


async def _reported(part: Part) -> None:
    """Run a part; an unavailable server affects only this part and is reported on stderr."""
    try:
        await part()
    except ServerError as error:
        print(f"simulator: {error}", file=sys.stderr, flush=True)
