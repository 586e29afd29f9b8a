"""The numeric history of a signal, in 16 bytes per point."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Self

POINTS_KEPT = 1_440

_SLACK = 2 * (POINTS_KEPT + 240)
"""Length of the array (two numbers per point) at which the oldest points are removed from memory."""


class Points:
    """The last POINTS_KEPT points (Unix seconds, value), oldest first."""

    __slots__ = ("_dropped", "_flat")

    def __init__(self, points: Iterable[tuple[float, float]] = ()) -> None:
        self._flat = array("d")
        self._dropped = 0
        if points:
            self._flat.extend(number for point in points for number in point)
            del self._flat[: -2 * POINTS_KEPT]

    @classmethod
    def of_flat(cls, flat: "array[float]") -> Self:
        """Return points that take over an array of alternating times and values."""
        points = cls.__new__(cls)
        points._flat, points._dropped = flat, 0
        return points

    def copy(self) -> "Points":
        """Return the same points, to which others can be added."""
        points = Points.of_flat(self._flat[:])
        points._dropped = self._dropped
        return points

    @property
    def added(self) -> int:
        """Number of points ever added, including those that were dropped."""
        return self._dropped + len(self._flat) // 2

    def append(self, wall: float, value: float) -> None:
        """Add a point; the oldest may be dropped."""
        flat = self._flat
        flat.append(wall)
        flat.append(value)
        if len(flat) >= _SLACK:
            self._dropped += (len(flat) - 2 * POINTS_KEPT) // 2
            del flat[: -2 * POINTS_KEPT]

    def last(self, count: int) -> "array[float]":
        """Return a copy of the last points, at most POINTS_KEPT, as alternating times and values."""
        return self._flat[-2 * min(count, POINTS_KEPT) :] if count > 0 else array("d")

    def __len__(self) -> int:
        """Return the number of points."""
        return min(len(self._flat) // 2, POINTS_KEPT)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        """Yield the points, oldest first."""
        numbers = islice(self._flat, max(len(self._flat) - 2 * POINTS_KEPT, 0), None)
        return zip(numbers, numbers, strict=True)

    def __reversed__(self) -> Iterator[tuple[float, float]]:
        """Yield the points, latest first."""
        numbers = islice(reversed(self._flat), 2 * POINTS_KEPT)
        return ((wall, value) for value, wall in zip(numbers, numbers, strict=True))

    def __eq__(self, other: object) -> bool:
        """Return whether both hold the same points."""
        return isinstance(other, Points) and self.last(POINTS_KEPT) == other.last(POINTS_KEPT)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the points as a list."""
        return f"Points({list(self)})"
