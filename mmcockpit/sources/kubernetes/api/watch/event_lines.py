"""The events of a watch as lines, from a response that arrives in parts of any size."""

from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES
from mmcockpit.sources.kubernetes.api.watch.cache import NotAWatch

GATHERED_S = 0.02
"""Seconds in which further events are gathered: 1,000 a second that are read together take a sixth less CPU."""
FULL_PART = 65_536
"""Bytes of a part after which the next one is read at once, because events come faster than they are read."""


class EventLines:
    """Puts lines together; `rest` is the beginning of a line that has not ended."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def rest(self) -> bytes:
        """What came after the last whole line."""
        return b"".join(self._parts)

    def add(self, part: bytes) -> list[bytes]:
        """Return the lines that end in this part; NotAWatch for one of more than MAX_PAGE_BYTES."""
        first, *others = part.split(b"\n")
        self._parts.append(first)
        self._size += len(first)
        if self._size > MAX_PAGE_BYTES:
            raise NotAWatch(f"an object of more than {MAX_PAGE_BYTES >> 20} MiB")
        if not others:
            return []
        lines = [self.rest, *others[:-1]]
        self._parts, self._size = [others[-1]], len(others[-1])
        return lines
