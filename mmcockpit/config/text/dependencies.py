"""Which files and folders a load looked at, so that a remembered result knows when it is out of date."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_looked: ContextVar[set[Path] | None] = ContextVar("looked", default=None)


def looked_at(*paths: Path) -> None:
    """Note that the result depends on these files or folders, whether they exist or not."""
    noted = _looked.get()
    if noted is not None:
        noted.update(path.absolute() for path in paths)


@contextmanager
def looking() -> Iterator[set[Path]]:
    """Collect what is looked at meanwhile."""
    noted: set[Path] = set()
    token = _looked.set(noted)
    try:
        yield noted
    finally:
        _looked.reset(token)
