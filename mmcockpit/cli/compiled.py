"""Caches resolved files as long as none of their source files changed: loading takes 0.1 s, the cache 0.01 s.

Which cluster a kubeconfig names is kept with a digest of all that decides it: what has the same bytes has the same
cluster, whatever the times of its files.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from mmcockpit import __version__
from mmcockpit.config.results import Appearance, Loaded
from mmcockpit.config.text.dependencies import collect_dependencies
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.journal.atomic import replacing

Value = TypeVar("Value", Loaded, Appearance)
Kept = TypeVar("Kept", "Remembered", "RememberedCluster")
Mark = tuple[int, int, int]


class Remembered(msgspec.Struct, frozen=True):
    """A resolved value with every path it came from; a mark is (modified ns, changed ns, size), None for no file."""

    paths: dict[str, Mark | None]
    value: msgspec.Raw


class RememberedCluster(msgspec.Struct, frozen=True):
    """The cluster that kubeconfig files with this digest name."""

    digest: bytes
    cluster: Cluster


def compiled_cockpit(path: Path) -> Loaded:
    """Return a resolved cockpit file; FileError for one with mistakes."""
    return _compiled(f"cockpit {path.absolute()}", Loaded, lambda: _load_cockpit(path))


def compiled_appearance(theme: str) -> Appearance:
    """Return all themes, the keymap and the attention settings; FileError for a file with mistakes."""
    return _compiled(f"appearance {theme}", Appearance, lambda: _load_appearance(theme))


def compiled_clusters(sources: Sequence[SourceSpec]) -> dict[str, Cluster]:
    """Return the cluster of each kubernetes source, by the present content of its kubeconfig files."""
    return {spec.name: _cluster(spec) for spec in sources if spec.kind == "kubernetes"}


def other_layouts(cockpit: Cockpit) -> Callable[[], tuple[Layout, ...]]:
    """Return the function that loads the user's and the shipped layouts, with a session's signals, when it is needed.

    What it loads is kept for the life of the process.
    """

    @cache
    def load() -> tuple[Layout, ...]:
        # Imported here: the models of files are slow to import, and a session needs them only for another layout.
        from mmcockpit.config.load import layouts

        return layouts(cockpit.signals)

    return load


def _load_cockpit(path: Path) -> Loaded:
    from mmcockpit import sources
    from mmcockpit.config.load import load_cockpit

    return load_cockpit(path, sources, keymap_mistakes=keymap_mistakes)


def _load_appearance(theme: str) -> Appearance:
    from mmcockpit.config.load import load_appearance

    return load_appearance(theme, keymap_mistakes)


def keymap_mistakes(keymap: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Return the mistakes of a keymap (action id to keys): the id of an action in it, and the message."""
    # Imported here: few users have a keymap.
    from mmcockpit.ui.actions.keymap import keymap_mistakes as mistakes

    return mistakes(keymap)


def _cluster(spec: SourceSpec) -> Cluster:
    # Imported here: a replay reads no kubeconfig.
    from mmcockpit.sources.kubernetes.api.identity import cluster_in, kubeconfigs_of

    read = kubeconfigs_of(spec)
    names = [name for name, _ in read.files]
    path = _path(f"cluster {names} {read.context!r}")
    digest = hashlib.blake2b(f"{__version__} ".encode() + msgspec.msgpack.encode(read), digest_size=32).digest()
    remembered = _recall(path, RememberedCluster)
    if remembered is not None and remembered.digest == digest:
        return remembered.cluster
    cluster = cluster_in(read)
    with suppress(OSError):
        _remember(path, RememberedCluster(digest, cluster))
    return cluster


def _compiled(question: str, kind: type[Value], load: Callable[[], Value]) -> Value:
    path = _path(question)
    remembered = _recall(path, Remembered)
    if remembered is not None and all(_mark(name) == mark for name, mark in remembered.paths.items()):
        with suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(remembered.value, type=kind)
    with collect_dependencies() as paths:
        value = load()
    marks = {str(name): _mark(str(name)) for name in paths}
    with suppress(OSError):
        _remember(path, Remembered(marks, msgspec.Raw(msgspec.msgpack.encode(value))))
    return value


def _path(question: str) -> Path:
    """Return the file of a cached value."""
    key = hashlib.blake2b(f"{__version__} {question}".encode(), digest_size=16).hexdigest()
    folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mmcockpit" / "compiled"
    return folder / f"{key}.msgpack"


def _mark(name: str) -> Mark | None:
    try:
        status = os.stat(name)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _recall(path: Path, kind: type[Kept]) -> Kept | None:
    """Return the cached value, if the file belongs to this user."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_uid != os.geteuid():
                return None
            return msgspec.msgpack.decode(file.read(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def _remember(path: Path, remembered: Remembered | RememberedCluster) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(msgspec.msgpack.encode(remembered))
