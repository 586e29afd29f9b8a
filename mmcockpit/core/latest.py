"""What a thread keeps of the object that it used last, such as its session: the screen and the engine have one each."""

from collections.abc import Callable
from threading import local
from typing import Generic, TypeVar

Subject = TypeVar("Subject")
Kept = TypeVar("Kept")


class Latest(local, Generic[Subject, Kept]):
    """Keeps one value for each thread: what `make` returned for the subject that it was needed for last."""

    def __init__(self, make: Callable[[Subject], Kept]) -> None:
        self._make = make
        self._known: tuple[Subject, Kept] | None = None

    def of(self, subject: Subject) -> Kept:
        """Return the value of a subject, which is the same object until another subject comes."""
        known = self._known
        if known is None or known[0] is not subject:
            known = self._known = subject, self._make(subject)
        return known[1]
