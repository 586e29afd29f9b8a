"""The machines of a shared session: one folder, HOME and database user for each, all on this machine."""

import asyncio
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from mmcockpit.share.postgres.installation import install
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from tests.e2e.cockpits import checklist
from tests.hands.database import SETTINGS
from tests.hands.fork_server import Child, ForkServer, Start
from tests.hands.schedules import OPERATORS, VIEWERS
from tests.servers.links import Link
from tests.servers.together import Together

REPOSITORY = Path(__file__).parents[2]
DRIVER = "ana"
PEOPLE = {DRIVER: "network", "bo": "database", "carla": "cache", "dan": "application"}
RIGHTS = {DRIVER: "driver", **dict.fromkeys(OPERATORS, "driver"), **dict.fromkeys(VIEWERS, "viewer")}
SIGNALS = 3


def cockpit_text(every: str = "500ms", signals: int = SIGNALS) -> str:
    """Return a cockpit of twenty manual items, a poll of four roles, and signals of a file."""
    return json.dumps(
        {
            "name": "Hands",
            "environment": "test",
            "checklist": "list.md",
            "people": [{"name": name, "role": PEOPLE.get(name, ""), "db_user": name} for name in RIGHTS],
            "poll": list(PEOPLE.values()),
            "share": {"postgres": {"env": "MMCOCKPIT_SHARE"}},
            "sources": {"files": {"kind": "file", "every": every, "budget": 100}},
            "signals": {
                f"file_{number}": {"title": f"file {number}", "files.stat": "list.md", "pass": "value.exists"}
                for number in range(signals)
            },
        },
        indent=1,
    )


class Store(Together):
    """A stopped PostgreSQL with the schema and the people of a shared session: what each run begins with; a context."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.server = Postgres(folder / "template", settings=SETTINGS)
        self.password = secrets.token_hex(8)

    def _start(self) -> None:
        self._open.enter_context(self.server)
        asyncio.run(install(lambda: self.server.dsn, str))
        with psycopg.connect(self.server.dsn, autocommit=True) as connection:
            for name, right in RIGHTS.items():
                connection.execute(self._create(name, right))
        self.server.stop()

    def _create(self, name: str, right: str) -> sql.Composed:
        return sql.SQL("create role {} login password {} in role {}").format(
            sql.Identifier(name), sql.Literal(self.password), sql.Identifier(f"mmcockpit_{right}")
        )

    def dsn(self, user: str, door: Link) -> str:
        """Return the address of the database for a user, through a link."""
        return f"postgresql://{user}:{self.password}@{HOST}:{door.port}/postgres"


@dataclass(frozen=True)
class Machine:
    """A machine of one person: files, HOME and state of its own."""

    folder: Path
    person: str
    variables: Mapping[str, str]

    def prepared(self, cockpit: str) -> "Machine":
        """Write its cockpit file and checklist; return it."""
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        (self.folder / "cockpit.yaml").write_text(cockpit, encoding="utf-8")
        (self.folder / "list.md").write_text(checklist(), encoding="utf-8")
        return self

    @property
    def env(self) -> Mapping[str, str]:
        """Return the environment of its processes."""
        return {
            "HOME": os.fspath(self.folder / "home"),
            "XDG_STATE_HOME": os.fspath(self.folder / "state"),
            "XDG_CONFIG_HOME": os.fspath(self.folder / "config"),
            "XDG_CACHE_HOME": os.fspath(self.folder / "cache"),
            "XDG_RUNTIME_DIR": os.fspath(self.folder / "runtime"),
            "MMCOCKPIT_OPERATOR": self.person,
            "PYTHONPATH": os.fspath(REPOSITORY),
            **self.variables,
        }

    def run(self, forks: ForkServer, *words: str) -> Child:
        """Start a command of mmcockpit on this machine."""
        return self.start(forks, "mmcockpit.cli", *words)

    def start(self, forks: ForkServer, module: str, *words: str, pipe: Path | None = None) -> Child:
        """Start a module with a `main(argv)`; what it prints goes to a log of its own."""
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{words[0] if words else module}-{secrets.token_hex(3)}.log"
        source = os.fspath(pipe) if pipe else os.devnull
        start = Start(module, words, os.fspath(self.folder), os.fspath(log), self.env, stdin=source)
        return forks.start(start)

    @property
    def journals(self) -> list[Path]:
        """Return the journals of its sessions."""
        return sorted(self.folder.glob("state/mmcockpit/sessions/*/journal*.jsonl*"))

    def remove(self) -> None:
        """Remove its files."""
        shutil.rmtree(self.folder, ignore_errors=True)
