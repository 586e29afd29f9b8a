"""What a kubeconfig says of a context, and the files that it is said in."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_FILE_KEYS = frozenset({"certificate-authority", "client-certificate", "client-key", "tokenFile"})


class Written(NamedTuple):
    """The files that a sign-in reads, as they are now; `state` changes with any of them."""

    paths: tuple[str, ...]
    state: tuple[object, ...]


def written(paths: tuple[str, ...]) -> Written:
    """Look at files without reading them."""
    return Written(paths, tuple(map(_state, paths)))


def _state(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def kubeconfigs(kubeconfig: str) -> str:
    """Return the kubeconfig files that a source reads, joined as in $KUBECONFIG."""
    return kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


class Chosen(NamedTuple):
    """What a context of the kubeconfig names: its entry, its user and its cluster."""

    context: Any
    user: Any
    cluster: Any

    @property
    def files(self) -> tuple[str, ...]:
        """The files that these entries name."""
        return tuple(
            str(Path(entry.path).parent / value)
            for entry, kind in ((self.user, "user"), (self.cluster, "cluster"))
            for key, value in (entry.value.get(kind) or {}).items()
            if key in _FILE_KEYS and isinstance(value, str)
        )

    @property
    def digest(self) -> str:
        """The digest of the entries and of the files they name: another current context changes nothing in it."""
        told = hashlib.sha256(repr([entry.value for entry in self]).encode())
        for path in self.files:
            with suppress(OSError):
                told.update(Path(path).read_bytes())
        return told.hexdigest()


def choose(merged: Any, context: str) -> Chosen:
    """Return what a context names, the current one where none is given."""
    named = merged.config["contexts"].get_with_name(context or merged.config["current-context"])
    user = merged.config["users"].get_with_name(named["context"]["user"])
    cluster = merged.config["clusters"].get_with_name(named["context"]["cluster"])
    return Chosen(named, user, cluster)
