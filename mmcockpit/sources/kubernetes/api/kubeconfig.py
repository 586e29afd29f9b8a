"""A context of a kubeconfig, and the files that it refers to."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_FILE_KEYS = frozenset({"certificate-authority", "client-certificate", "client-key", "tokenFile"})


class SignInFiles(NamedTuple):
    """The files that a sign-in reads, and their state (mtime, size, inode); `state` changes with any of them."""

    paths: tuple[str, ...]
    state: tuple[object, ...]


def written(paths: tuple[str, ...]) -> SignInFiles:
    """Return the current state of files, without reading them."""
    return SignInFiles(paths, tuple(map(_state, paths)))


def _state(path: str) -> object:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def kubeconfigs(kubeconfig: str) -> str:
    """Return the kubeconfig files that a source reads, joined as in $KUBECONFIG."""
    return kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


class Chosen(NamedTuple):
    """The entries of a context of the kubeconfig: context, user and cluster."""

    context: Any
    user: Any
    cluster: Any

    @property
    def files(self) -> tuple[str, ...]:
        """The files that these entries refer to."""
        return tuple(
            str(Path(entry.path).parent / value)
            for entry, kind in ((self.user, "user"), (self.cluster, "cluster"))
            for key, value in (entry.value.get(kind) or {}).items()
            if key in _FILE_KEYS and isinstance(value, str)
        )

    @property
    def digest(self) -> str:
        """The digest of the entries and their files; it does not depend on the current context."""
        digest = hashlib.sha256(repr([entry.value for entry in self]).encode())
        for path in self.files:
            with suppress(OSError):
                digest.update(Path(path).read_bytes())
        return digest.hexdigest()


def choose(merged: Any, context: str) -> Chosen:
    """Return the entries of a context, by default of the current one."""
    named = merged.config["contexts"].get_with_name(context or merged.config["current-context"])
    user = merged.config["users"].get_with_name(named["context"]["user"])
    cluster = merged.config["clusters"].get_with_name(named["context"]["cluster"])
    return Chosen(named, user, cluster)
