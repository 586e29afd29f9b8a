"""Records the files and folders that a load depends on, so that a cached result can be invalidated."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_looked: ContextVar[set[Path] | None] = ContextVar("looked", default=None)


def depends_on(*paths: Path) -> None:
    """Record that the result depends on these files or folders, whether they exist or not."""
    noted = _looked.get()
    if noted is not None:
        noted.update(path.absolute() for path in paths)


@contextmanager
def collect_dependencies() -> Iterator[set[Path]]:
    """Collect the files and folders that are read within this context."""
    noted: set[Path] = set()
    token = _looked.set(noted)
    try:
        yield noted
    finally:
        _looked.reset(token)
