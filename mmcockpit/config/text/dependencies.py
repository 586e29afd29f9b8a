"""Records the files and folders that a load depends on, so that a cached result can be invalidated."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_dependencies: ContextVar[set[Path] | None] = ContextVar("dependencies", default=None)


def depends_on(*paths: Path) -> None:
    """Record that the result depends on these files or folders, whether they exist or not."""
    collected = _dependencies.get()
    if collected is not None:
        collected.update(path.absolute() for path in paths)


@contextmanager
def collect_dependencies() -> Iterator[set[Path]]:
    """Collect the files and folders that are read within this context."""
    collected: set[Path] = set()
    token = _dependencies.set(collected)
    try:
        yield collected
    finally:
        _dependencies.reset(token)
