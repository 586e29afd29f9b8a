"""Who drives: drivers without a screen, their faults, and the takeover by other machines once the lease has ended."""

import re
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from mmcockpit.journal.verify import Report, verify
from tests.hands.chain import read_chain
from tests.hands.database import Database
from tests.hands.fork_server import Child, ForkServer
from tests.hands.world import DRIVER, Machine, Store, cockpit_text
from tests.servers.links import Link
from tests.servers.wait import wait_until

TRY_AGAIN_S = 1.0
"""Seconds between two attempts of one machine to take over."""

MOST_ENDS = 3
"""How often the last driver is ended until the database has its last facts."""


@dataclass
class Lease:
    """Who has the lease, in which epoch, and for how many seconds more."""

    holder: str
    epoch: int
    left_s: float


@dataclass
class Attempt:
    """A driver's process, or one that tries to become it, behind its own link to the database."""

    person: str
    child: Child
    door: Link
    began: float = field(default_factory=time.monotonic)


class Driving:
    """The drivers of one session, the first on ana's machine."""

    def __init__(
        self,
        folder: Path,
        forks: ForkServer,
        store: Store,
        database: Database,
        successors: Sequence[str],
        cockpit: str = "",
    ) -> None:
        self._folder, self._forks, self._store, self._database = folder, forks, store, database
        self._successors = successors
        self._cockpit = cockpit or cockpit_text()
        self.attempts: list[Attempt] = []
        self.session = ""
        self.takeovers = self.refused = 0
        self.surprises: list[str] = []
        self.left_behind: dict[Path, list[bytes]] = {}
        """The lines of the journals of killed drivers, as they were before these returned."""
        self._absent = False
        self.epoch = 1
        self._trying: dict[str, Attempt] = {}

    def machine(self, person: str) -> tuple[Machine, Link]:
        """Return the machine of a person, with a link of its own to the database for one more process."""
        door = self._database.door()
        variables = {"MMCOCKPIT_SHARE": self._store.dsn(person, door)}
        return Machine(self._folder / person, person, variables).prepared(self._cockpit), door

    def begin(self) -> None:
        """Start the session, and wait until the database has it."""
        machine, door = self.machine(DRIVER)
        self.attempts.append(Attempt(DRIVER, machine.run(self._forks, "run", "--headless", "cockpit.yaml"), door))
        wait_until(lambda: self._begun(), f"the session begins: {self.attempts[0].child.output}")

    def resume(self, person: str = DRIVER) -> None:
        """Continue the session on a person's machine, after its driver has ended; returns once the engine runs."""
        machine, door = self.machine(person)
        child = machine.run(self._forks, "resume", "--headless", self.session)
        self.attempts.append(Attempt(person, child, door))
        wait_until(lambda: "driving" in child.output, f"the driver continues: {child.output}")

    def _begun(self) -> bool:
        driver = self.driver
        assert driver.child.code is None, f"the first driver ended: {driver.child.output}"
        with psycopg.connect(self._database.dsn) as connection:
            rows = connection.execute("select id from mmcockpit.session where last_seq > 0").fetchall()
        self.session = str(rows[0][0]) if rows else ""
        return bool(rows)

    @property
    def driver(self) -> Attempt:
        """Return the process that drives, or did at last."""
        return self.attempts[-1]

    @property
    def lease(self) -> Lease | None:
        """Return who has the lease by the database; None while it is away."""
        query = (
            "select holder, epoch, extract(epoch from until - clock_timestamp())::float8"
            " from mmcockpit.lease where session = %s"
        )
        try:
            with psycopg.connect(self._database.dsn, connect_timeout=2) as connection:
                row = connection.execute(query, (self.session,)).fetchone()
        except psycopg.OperationalError:
            return None
        return Lease(*row) if row else None

    def kill(self) -> None:
        """Kill the driver at once."""
        self.driver.child.kill()
        self._absent = True

    def stop(self, past_lease: bool) -> Callable[[], None]:
        """Stop the driver; return what lets it continue."""
        driver = self.driver
        driver.child.send(signal.SIGSTOP)
        self._absent |= past_lease
        return lambda: driver.child.send(signal.SIGCONT)

    def rival(self) -> None:
        """Let the successors try to take over although the driver is well."""
        self._absent = True

    def cut_off(self, past_lease: bool) -> Callable[[], None]:
        """Cut the driver off the database, or only lose its acknowledgements; return what mends it."""
        driver = self.driver
        driver.door.freeze(requests=past_lease)
        self._absent |= past_lease

        def mend() -> None:
            driver.door.cut()
            driver.door.mend()

        return mend

    def tick(self) -> None:
        """Let the successors try to take over while the driver is absent."""
        if self.driver.child.code is not None:
            self._absent = True
        lease = self.lease if self._absent or self._attempting else None
        if lease is None:
            return
        if lease.holder in self._trying and lease.epoch > self.epoch:
            self.attempts.append(self._trying.pop(lease.holder))
            self._absent, self.epoch = False, lease.epoch
            self.takeovers += 1
        elif self._absent and lease.left_s <= 0:
            self._try()

    @property
    def _attempting(self) -> bool:
        """Return whether a machine still tries: its person may have the controls, and so the driver's permission."""
        return any(attempt.child.code is None for attempt in self._trying.values())

    def _try(self) -> None:
        """Start the attempts of all successors that have none, or whose last one was refused a while ago."""
        for person in self._successors:
            attempt = self._trying.get(person)
            if attempt is not None and (attempt.child.code is None or time.monotonic() - attempt.began < TRY_AGAIN_S):
                continue
            machine, door = self.machine(person)
            child = machine.run(self._forks, "resume", "--headless", "--shared", self.session)
            self._trying[person] = Attempt(person, child, door)
            self.refused += attempt is not None

    def settle(self) -> None:
        """Wait until one driver has the lease and its process lives."""

        def settled() -> bool:
            self.tick()
            lease = self.lease
            lives = self.driver.child.code is None and not self._attempting
            return lives and lease is not None and lease.left_s > 0 and lease.epoch == self.epoch

        wait_until(settled, "one driver has the lease")
        self._absent = False

    def returned(self) -> None:
        """Let every earlier driver return to a session that another one drives, and wait until it has given up."""
        for attempt in self.attempts[:-1]:
            child = attempt.child
            if attempt.person == self.driver.person:
                # The same machine drives again: its journal is in use.
                continue
            if child.code == -signal.SIGKILL:
                machine, _ = self.machine(attempt.person)
                for journal in self._journals(attempt.person):
                    self.left_behind[journal] = journal.read_bytes().splitlines()
                child = machine.run(self._forks, "resume", "--headless", self.session)
            code = child.finished()
            if "taken over" not in child.output:
                self.surprises.append(
                    f"the earlier driver of {attempt.person} ended with {code}: {child.output[-600:]}"
                )

    def end(self) -> None:
        """End the driver as systemd does, and wait until its process has ended and the database has its last facts.

        A driver waits for the database only for a moment at its end; once it is resumed, it copies the rest.
        """
        for _ in range(MOST_ENDS):
            self.driver.child.send(signal.SIGTERM)
            self.driver.child.finished()
            if verify(self.last_journal).head == read_chain(self._database.dsn, self.session).head:
                return
            self.resume(self.driver.person)

    def end_processes(self) -> None:
        """Kill whatever still runs."""
        for attempt in [*self.attempts, *self._trying.values()]:
            attempt.child.send(signal.SIGKILL)

    def verified(self) -> dict[Path, Report]:
        """Return what `verify` finds of every local journal of the session."""
        return {path: verify(path) for path in self._journals("*")}

    def shared_head(self) -> str:
        """Return the head of the session in the database, as `verify --shared` prints it."""
        machine, _ = self.machine(self.driver.person)
        child = machine.run(self._forks, "verify", "--shared", self.session)
        child.finished()
        found = re.search(r"head:? ([\w-]{16})", child.output)
        return found[1] if found else child.output

    @property
    def last_journal(self) -> Path:
        """Return the journal of the last driver."""
        return self._journals(self.driver.person)[-1]

    def _journals(self, person: str) -> list[Path]:
        return sorted(self._folder.glob(f"{person}/state/mmcockpit/sessions/{self.session}/journal*.jsonl"))
