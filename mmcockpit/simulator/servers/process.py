"""The base class of the launchers: one server as a child process on a loopback port.

Errors: `ServerMissing` if no binary is found, `ServerFailed` if it exits or is not ready in time; both are
`ServerError`.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from mmcockpit.simulator.ports import HOST as HOST
from mmcockpit.simulator.ports import free_port as free_port
from mmcockpit.simulator.servers.frozen import end_without_parent, family, freeze, thaw

LAUNCH = Path(__file__).with_name("launch.py")

# The kernel's "parent died" signal goes out when the *thread* that forked ends, so one thread that lives as long as the
# interpreter forks all servers.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="servers")


class ServerError(RuntimeError):
    """A server is not available."""


class ServerMissing(ServerError):
    """No binary of this server is on this machine."""


class ServerFailed(ServerError):
    """The server exited early, or was not ready in time."""


def cache_folder() -> Path:
    """Return the folder where .ci/servers and .ci/kubernetes put binaries; it may not exist."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mmcockpit"


def find_binary(names: Iterable[str]) -> Path | None:
    """Return the first of these programs on PATH, then in the cache's copy of Debian packages."""
    debian = os.fspath(cache_folder() / "debian/usr/bin")
    wanted = tuple(names)
    for path in (None, debian):
        for name in wanted:
            if program := shutil.which(name, path=path):
                return Path(program)
    return None


class ServerProcess:
    """One server in its own folder: start, stop, start again with the same port and data.

    A subclass implements `command()`, `prepare()` for files that must exist, `ready()` for the readiness check.
    """

    name: ClassVar[str] = "server"
    start_within_s: ClassVar[float] = 60.0
    stop_within_s: ClassVar[float] = 10.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    death_signal: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Return the file that gets the server's output."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Return the server's process id while it runs."""
        return self._child.pid if self._child and self._child.poll() is None else None

    @property
    def running(self) -> bool:
        return self.pid is not None

    def command(self) -> list[str]:
        """Return the program's absolute path and its arguments."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Write the files that the server needs; called before every start, in an existing folder."""

    def ready(self) -> bool:
        """Return whether the server responds; called until it does."""
        return accepts(self.port)

    def account(self) -> str | None:
        """Return the user to run as, None for the current one."""
        return None

    def working_folder(self) -> Path:
        """Return the working folder of the server; its own files are given as absolute paths."""
        return Path("/")

    def environment(self) -> Mapping[str, str]:
        """Return the server's whole environment."""
        return os.environ

    def start(self) -> Self:
        """Start the server and wait until it is ready; starting a running one does nothing."""
        if self.running:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        self._child = self._spawn()
        deadline = time.monotonic() + self.start_within_s
        while not self.ready():
            code = self._child.poll()
            if code is not None or time.monotonic() > deadline:
                self.kill()
                what = f"exited with {code}" if code is not None else f"not ready in {self.start_within_s:g} s"
                raise ServerFailed(f"{self.name}: {what}; its log {self.log} ends:\n{self._log_end()}")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stop the server cleanly, or kill it if that takes too long; keeps its port and data."""
        if self._child and self.running:
            self._child.send_signal(self.stop_signal)
            # A frozen process takes no other signal.
            self.thaw()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(self.stop_within_s)
        self.kill()

    def kill(self) -> None:
        """Kill the server at once, like a crash; return once the processes that it started have ended, too."""
        if self._child:
            _, *children = family(self._child.pid)
            self._child.kill()
            self._child.wait()
            self._child = None
            # A PostgreSQL refuses to start beside the processes of the one before.
            end_without_parent(children, self.stop_within_s)

    def freeze(self) -> None:
        """Suspend the server with its children: the kernel accepts connections, but nothing responds."""
        if self._child:
            freeze(self._child.pid)
            deadline = time.monotonic() + self.stop_within_s
            # Until all of its threads have stopped, one of them may still respond.
            while os.waitpid(self._child.pid, os.WUNTRACED | os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
                time.sleep(0.001)

    def thaw(self) -> None:
        """Resume a frozen server."""
        if self._child:
            thaw(self._child.pid)

    def close(self) -> None:
        """Stop for good; release the port and whatever was created outside the folder."""
        self.stop()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(self.death_signal))]
        with self.log.open("ab") as output:
            return _spawner.submit(
                subprocess.Popen[bytes],
                [*launch, self.account() or "-", *self.command()],
                cwd=self.working_folder(),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl+C in the terminal is for this process, not for its servers.
                start_new_session=True,
            ).result()

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def accepts(port: int) -> bool:
    """Return whether something listens on this loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
