"""Real PgBouncer, from Debian's package, in front of a PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg

from mmcockpit.simulator.servers.postgres import SUPERUSER, UNPRIVILEGED, Postgres
from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess, cache_folder, find_binary


class PgBouncer(ServerProcess):
    """A pooler for the superuser of a server; `settings` are of pgbouncer.ini. As root it runs as `nobody`.

    Its files, and a copy of the program, are in a folder that this user can access, removed by `close()`.
    """

    name = "pgbouncer"

    def __init__(
        self,
        folder: Path,
        server: Postgres,
        *,
        pool_mode: str = "transaction",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder)
        self.server = server
        self.settings = {"pool_mode": pool_mode, **(settings or {})}
        self._own_folder: Path | None = None

    @staticmethod
    def binary() -> Path | None:
        """Return the program on PATH, else of Debian's package in the cache."""
        return find_binary(["pgbouncer"])

    @property
    def dsn(self) -> str:
        """Return the superuser's DSN through the pooler, password included."""
        return self.server.dsn.replace(f":{self.server.port}/", f":{self.port}/")

    def account(self) -> str | None:
        return UNPRIVILEGED if os.geteuid() == 0 else None

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "LD_LIBRARY_PATH": f"{self._own_folder}/lib"}

    def prepare(self) -> None:
        if self._own_folder is None:
            self._own_folder = self._made_folder()
        lines = {
            "listen_addr": HOST,
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": f"{self._own_folder}/users.txt",
            "admin_users": SUPERUSER,
            "server_login_retry": "1",
            **self.settings,
        }
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        databases = f"[databases]\n* = host={HOST} port={self.server.port}\n"
        self._write("pgbouncer.ini", f"{databases}[pgbouncer]\n{text}")
        self._write("users.txt", f'"{SUPERUSER}" "{self.server.password}"\n')

    def command(self) -> list[str]:
        return [f"{self._own_folder}/pgbouncer", f"{self._own_folder}/pgbouncer.ini"]

    def admin(self, command: str) -> None:
        """Run a command of its console, such as PAUSE and RESUME."""
        console = f"{self.dsn.removesuffix(SUPERUSER)}pgbouncer"
        with psycopg.connect(console, autocommit=True, prepare_threshold=None) as connection:
            connection.execute(command.encode())

    def close(self) -> None:
        self.stop()
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)
            self._own_folder = None

    def _made_folder(self) -> Path:
        program = self.binary()
        if program is None:
            raise ServerMissing("pgbouncer: not found: run `make servers`")
        folder = Path(tempfile.mkdtemp(prefix="mmcockpit-pgbouncer-", dir="/tmp"))
        folder.chmod(0o711)
        shutil.copy(program, folder / "pgbouncer")
        libraries = cache_folder() / "debian/usr/lib"
        if libraries.is_dir():
            shutil.copytree(libraries, folder / "lib")
        return folder

    def _write(self, name: str, text: str) -> None:
        assert self._own_folder is not None
        path = self._own_folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        if account := self.account():
            shutil.chown(path, account)
