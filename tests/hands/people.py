"""The seats of a run: processes with a pipe for what they shall do, and a log of what they saw."""

import json
import os
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmcockpit.core.state.session import Session
from tests.hands.fork_server import Child, ForkServer
from tests.hands.schedules import Act, Deed
from tests.hands.world import Machine
from tests.servers.links import Link


@dataclass
class SeatProcess:
    """A seat's process on its machine, behind a link of its own; it can be killed and started again."""

    name: str
    machine: Machine
    door: Link
    forks: ForkServer
    session: str
    via: str = "postgres"
    children: list[Child] = field(default_factory=list)

    def join(self) -> None:
        """Start its process."""
        if not self.pipe.exists():
            os.mkfifo(self.pipe)
        child = self.machine.start(self.forks, "tests.hands.seat", self.session, self.via, pipe=self.pipe)
        self.children.append(child)

    @property
    def pipe(self) -> Path:
        """Return the pipe that its processes read."""
        return self.machine.folder / f"orders-{self.name}"

    @property
    def child(self) -> Child:
        """Return its latest process."""
        return self.children[-1]

    @property
    def lives(self) -> bool:
        """Return whether its process runs."""
        return bool(self.children) and self.child.code is None

    def act(self, act: Act) -> None:
        """Let it do something; nothing where its process does not run."""
        if act.deed is Deed.AGAIN:
            self.order({"do": "again"})
        else:
            self.order({"do": "submit", "deed": act.deed, "detail": str(act.detail)})

    def order(self, order: dict[str, str]) -> None:
        """Write a line into its pipe."""
        if not self.lives:
            return
        try:
            pipe = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            # It has just started, and does not read yet, or it has just ended.
            return
        try:
            os.write(pipe, json.dumps(order).encode() + b"\n")
        finally:
            os.close(pipe)

    def ask_state(self) -> None:
        """Let it write its state into a file."""
        self.state_file.unlink(missing_ok=True)
        self.order({"do": "state", "file": os.fspath(self.state_file)})

    @property
    def state_file(self) -> Path:
        """Return the file into which it writes its state."""
        return self.machine.folder / f"state-{self.name}.pickle"

    @property
    def state(self) -> Session | None:
        """Return the state that it wrote; None before."""
        try:
            session = pickle.loads(self.state_file.read_bytes())
        except (FileNotFoundError, EOFError, pickle.UnpicklingError):
            return None
        assert isinstance(session, Session)
        return session

    @property
    def said(self) -> list[list[Any]]:
        """Return what all of its processes printed."""
        return [
            json.loads(line)
            for child in self.children
            for line in child.output.splitlines()
            if line.startswith("[") and line.endswith("]")
        ]

    @property
    def seen(self) -> list[tuple[int, str]]:
        """Return the number and the link of every line that it saw: what was acknowledged to it."""
        return [(one[1], one[2]) for one in self.said if one[0] == "saw"]

    @property
    def sent(self) -> set[str]:
        """Return the ids of what it submitted."""
        return {one[1] for one in self.said if one[0] == "sent"}
