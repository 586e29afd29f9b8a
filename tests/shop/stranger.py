"""A new user of the shop's team: an empty folder, a kubeconfig, addresses, and secrets in the environment."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.pty_session import MMCOCKPIT, Place
from tests.programs.forked import run_program
from tests.servers.relay import Relay
from tests.shop.world import NAMESPACE, World

LONGEST_S = 150.0
"""How long a command may take on a busy machine: no measure, only the end of a test that would hang."""


class Stranger(Place):
    """A place whose environment has what the shop's team has; `options` name every system of the shop."""

    def __init__(self, folder: Path, shop: World) -> None:
        super().__init__(folder)
        self.shop = shop
        self.printed: list[str] = []
        self.env |= {
            "KUBECONFIG": os.fspath(shop.kubeconfig),
            "REDIS_URL": shop.cache.url,
            "PG_DSN": shop.reader_dsn,
        }

    @property
    def cluster(self) -> list[str]:
        """The options of `init --discover` for Kubernetes."""
        return ["--context", "admin", "--namespace", NAMESPACE]

    @property
    def options(self) -> list[str]:
        """The options of `init --discover` for all systems."""
        monitoring = ["--prometheus", self.shop.prometheus.url, "--alertmanager", self.shop.alertmanager.url]
        databases = ["--redis", "env:REDIS_URL", "--postgres", "env:PG_DSN"]
        return [*self.cluster, *monitoring, *databases, "--http", self.shop.site.url]

    def call(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of mmcockpit in the folder, to its end; its output is kept in `printed`."""
        merged = {**os.environ, **self.env, **(env or {})}
        done = run_program([*MMCOCKPIT, *words], env=merged, cwd=self.folder, timeout=LONGEST_S)
        self.printed += [done.stdout, done.stderr]
        return done

    def written(self) -> str:
        """Return everything that was printed or written below the folder."""
        # A session that is just closing removes its lock.
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".lock")]
        return "\n".join([*self.printed, *(path.read_text(encoding="utf-8", errors="replace") for path in files)])


class Counted:
    """Relays in front of every system of the shop, which count the requests of its user."""

    def __init__(self, stranger: Stranger) -> None:
        self._stranger, self._stack = stranger, ExitStack()
        shop = stranger.shop
        self.relays = {
            "kubernetes": Relay(urlsplit(shop.cluster.url).port or 0),
            "prometheus": Relay(shop.prometheus.port),
            "alertmanager": Relay(shop.alertmanager.port),
            "redis": Relay(shop.cache.port),
            "postgres": Relay(shop.database.port),
            "http": Relay(shop.site.port),
        }
        self._queries = shop.queries()

    @property
    def requests(self) -> dict[str, int]:
        """Requests by system: of PostgreSQL the queries it logged, of others without the handshake of a connection."""
        turns = {name: relay.turns for name, relay in self.relays.items()}
        queries = self._stranger.shop.queries() - self._queries
        shaken = {name: turns[name] - self.relays[name].connections for name in ("kubernetes", "redis")}
        return {**turns, **shaken, "postgres": queries}

    @property
    def options(self) -> Sequence[str]:
        """The options of `init --discover` with the addresses of the relays."""
        return [self._moved(word) for word in self._stranger.options]

    @property
    def env(self) -> dict[str, str]:
        """The secrets and the kubeconfig, with the addresses of the relays."""
        moved = {name: self._moved(self._stranger.env[name]) for name in ("REDIS_URL", "PG_DSN")}
        config = json.loads(Path(self._stranger.env["KUBECONFIG"]).read_text(encoding="utf-8"))
        for cluster in config["clusters"]:
            cluster["cluster"]["server"] = self._moved(cluster["cluster"]["server"])
        # Beside the folder, which must not contain a token anywhere.
        path = self._stranger.folder.with_name("relayed.kubeconfig")
        path.write_text(json.dumps(config), encoding="utf-8")
        path.chmod(0o600)
        return {**moved, "KUBECONFIG": os.fspath(path)}

    def _moved(self, text: str) -> str:
        for relay in self.relays.values():
            text = text.replace(f":{relay.target}", f":{relay.port}")
        return text

    def __enter__(self) -> Self:
        for relay in self.relays.values():
            self._stack.enter_context(relay)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
