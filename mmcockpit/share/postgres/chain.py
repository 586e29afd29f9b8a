"""The lines of a session in the store, by number."""

from mmcockpit.share.lines import Lines, lines_of
from mmcockpit.share.postgres.records import Chunk, StoreRefused
from mmcockpit.share.postgres.store import SharedStore

PIECE = 1024 * 1024
"""Bytes of lines that are read at once; more only for one larger commit."""


class StoredChain:
    """Reads a session's lines from the store; what it returns never crosses two files of the session."""

    def __init__(self, store: SharedStore, id: str) -> None:
        self._store, self._id = store, id
        self._ahead: list[Lines] = []

    async def end(self) -> tuple[int, str]:
        """Return the number and the link of the last line. StoreRefused for an unknown session."""
        stored = await self._store.session(self._id)
        if stored is None:
            raise StoreRefused(f"the store has no session {self._id}")
        return stored.last_seq, stored.head

    async def after(self, number: int) -> Lines | None:
        """Return lines from the first one with a higher number on; None at the end."""
        self._ahead = [lines for lines in self._ahead if lines.first > number]
        if not self._ahead or self._ahead[0].first != number + 1:
            chunks = await self._store.chunks(self._id, number, PIECE)
            self._ahead = _joined([_cut(chunk, number) for chunk in chunks])
        return self._ahead.pop(0) if self._ahead else None


def _cut(chunk: Chunk, number: int) -> Lines:
    """Return a chunk's lines with a higher number."""
    lines = _lines(chunk.lines)
    place = 0
    while lines.first <= number:
        place = chunk.lines.index(b"\n", place) + 1
        lines = _lines(chunk.lines[place:])
    return lines


def _lines(data: bytes) -> Lines:
    try:
        return lines_of(data)
    except ValueError as error:
        raise StoreRefused(f"the store contains a chunk that is damaged: {error}") from error


def _joined(parts: list[Lines]) -> list[Lines]:
    """Join consecutive lines of the same file."""
    runs: list[list[Lines]] = []
    for part in parts:
        if runs and not part.opens:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [
        Lines(run[0].first, run[-1].last, run[0].prev, run[-1].head, b"".join(part.data for part in run))
        for run in runs
    ]
