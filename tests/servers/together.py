"""Servers that start and end together, as one context: where one of them does not start, the others end."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self


class Together:
    """`_start` puts every server on the stack `_open`; leaving the context ends them, the latest first."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def _start(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
