"""A real ssh-agent on a socket of its own, and keys for it."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

from tests.servers.needs import need
from tests.servers.wait import wait_until


def new_key(path: Path, passphrase: str = "") -> Path:
    """Make an Ed25519 key; return its public file."""
    program = need(shutil.which("ssh-keygen"), "no ssh-keygen: run `make servers`")
    subprocess.run([program, "-q", "-t", "ed25519", "-N", passphrase, "-C", path.name, "-f", path], check=True)
    return path.with_suffix(".pub")


def allowed_signers(path: Path, **people: Path) -> Path:
    """Write a list of signers, each with their public key; return it."""
    rows = [f'{name} namespaces="mmcockpit" {" ".join(key.read_text().split()[:2])}\n' for name, key in people.items()]
    path.write_text("".join(rows))
    return path


class SshAgent:
    """A running ssh-agent; a context manager that ends it. `socket` is its address."""

    def __init__(self, socket: Path) -> None:
        program = need(shutil.which("ssh-agent"), "no ssh-agent: run `make servers`")
        self.socket = socket
        self.process = subprocess.Popen([program, "-D", "-a", socket], stdout=subprocess.DEVNULL)
        wait_until(socket.exists, "the agent listens")

    def __enter__(self) -> "SshAgent":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()

    def add(self, key: Path) -> None:
        """Put the private key of a public file into the agent."""
        env = {**os.environ, "SSH_AUTH_SOCK": os.fspath(self.socket)}
        subprocess.run(["ssh-add", "-q", key.with_suffix("")], env=env, check=True, capture_output=True)
