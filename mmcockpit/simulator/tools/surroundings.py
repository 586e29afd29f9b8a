"""What is around the service in the simulated production: sites, DNS, and commands; light until it starts."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mmcockpit.simulator.listening import Site
from mmcockpit.simulator.ports import HOST, bound_datagrams
from mmcockpit.simulator.release import REPOSITORY, digest_of
from mmcockpit.simulator.scenarios import OLD_VERSION, VERSION
from mmcockpit.simulator.tools.commands import write_commands, write_files

if TYPE_CHECKING:
    from mmcockpit.simulator.tools.names import NameServer

SITES = ("grafana", "logging", "tracing", "status", "runbooks", "registry", "github")
PINNED = {"image": REPOSITORY, "digest": digest_of(VERSION)}


class Surroundings:
    """Grafana, log store, tracer, status page, runbooks, registry, GitHub, DNS, and the commands that query them.

    Ports are taken and files written at once; what is sent to a port waits until `start`.
    """

    def __init__(self, folder: Path, namespace: str, api: Mapping[str, str]) -> None:
        """Take ports, and write the commands and files below `folder`; `api` is the address of the API, and its CA."""
        self._sites = {name: Site(early=True) for name in SITES}
        self._datagrams: socket.socket | None = bound_datagrams()
        self._dns = f"{HOST}:{self._datagrams.getsockname()[1]}"
        self.commands, self.files = folder / "commands", folder / "files"
        self._zone = folder / "zone.txt"
        write_files(self.files, namespace)
        sites = {name: self._sites[name].url for name in ("registry", "github")}
        write_commands(self.commands, {**PINNED, **sites, **api})
        self._names: NameServer | None = None

    def addresses(self) -> dict[str, str]:
        """Return the addresses of the sites and of DNS, and the folders."""
        return {
            **{name: site.url for name, site in self._sites.items()},
            "dns": self._dns,
            "zone": str(self._zone),
            "commands": str(self.commands),
            "files": str(self.files),
        }

    async def start(self) -> None:
        """Serve everything."""
        from mmcockpit.simulator.tools.names import NameServer
        from mmcockpit.simulator.tools.sites import sites

        digests = {version: digest_of(version) for version in (OLD_VERSION, VERSION)}
        applications = sites(REPOSITORY.partition("/")[2], digests)
        for name, site in self._sites.items():
            await site.start(applications[name])
        self._names, taken, self._datagrams = NameServer(self._zone), self._datagrams, None
        assert taken is not None, "started once"
        await self._names.start(taken)

    async def stop(self) -> None:
        """Stop everything."""
        for site in self._sites.values():
            await site.stop()
        if self._names is not None:
            self._names.stop()
        if self._datagrams is not None:
            self._datagrams.close()
