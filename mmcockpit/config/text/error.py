"""Mistakes in files that people write: where, what is wrong, and what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from mmcockpit.core.text import plain

MOST_MISTAKES = 50
"""Maximum number of mistakes shown at once; reading stops at a file with more."""

LONGEST_MESSAGE = 600
LONGEST_NAME = 64
MOST_LISTED = 32
"""Maximum number of known names that a message about an unknown one lists."""
MOST_NAMES = 500
"""Longest name, and maximum number of names, for which the nearest known name is suggested: the search is slow."""

_NAME = re.compile(rf"[\w.-]{{1,{LONGEST_NAME}}}")


class FileError(Exception):
    """One mistake at a place of a file (line and column count from 1); its text is `file:line:column: message`."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.message = plain(message, LONGEST_MESSAGE)
        super().__init__(f"{plain(file)}:{line}:{column}: {self.message}")

    @property
    def errors(self) -> tuple["FileError", ...]:
        """All mistakes that this error reports, in the order of the file."""
        return (self,)


class FileErrors(FileError):
    """Several mistakes at once, one per line of its text; its own place is that of the first."""

    def __init__(self, errors: Iterable[FileError]) -> None:
        self._errors = tuple(errors)
        first = self._errors[0]
        super().__init__(first.file, first.line, first.column, first.message)
        self.args = ("\n".join(str(error) for error in self._errors),)

    @property
    def errors(self) -> tuple[FileError, ...]:
        """All mistakes that this error reports."""
        return self._errors


class FileWarning:
    """A possible mistake at a place of a file that does not stop anything: `file:line:column: warning: message`."""

    def __init__(self, at: FileError) -> None:
        self.file = at.file
        self.line = at.line
        self.column = at.column
        self.message = at.message

    def __str__(self) -> str:
        """Return the warning as one line."""
        return f"{plain(self.file)}:{self.line}:{self.column}: warning: {self.message}"


class Mistakes(list[FileError]):
    """The mistakes found so far; raises FileErrors once there are more than MOST_MISTAKES."""

    def append(self, error: FileError) -> None:
        """Add a mistake."""
        super().append(error)
        if len(self) > MOST_MISTAKES:
            throw(self)

    def extend(self, errors: Iterable[FileError]) -> None:
        """Add mistakes one by one, so that an iterator stops at the maximum."""
        for error in errors:
            self.append(error)


def throw(errors: Iterable[FileError]) -> None:
    """Raise the mistakes, if any: one as itself, several as FileErrors sorted by place, at most MOST_MISTAKES."""
    distinct = {(error.file, error.line, error.column, error.message): error for error in errors}
    if len(distinct) == 1:
        raise next(iter(distinct.values()))
    if distinct:
        placed = sorted(distinct.values(), key=lambda error: (error.file, error.line, error.column))
        shown = placed[:MOST_MISTAKES]
        if len(placed) > MOST_MISTAKES:
            last = shown[-1]
            shown.append(FileError(last.file, last.line, last.column, "too many mistakes to show all; fix these first"))
        raise FileErrors(shown)


def quoted(name: str) -> str:
    """Return a name from a file in quotes, after a space; empty for text that cannot be a name.

    A mistyped path may point to an unrelated file: its lines must not be printed.
    """
    return f" '{name}'" if _NAME.fullmatch(name) else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that an unknown one is probably a misspelling of; empty if none is similar."""
    names = sorted(set(islice(known, MOST_NAMES)))
    near = [] if len(name) > LONGEST_NAME else get_close_matches(name, names, n=1, cutoff=0.6)
    return near[0] if near else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known one, else all of them (if few)."""
    names = sorted(set(islice(known, MOST_NAMES)))
    near = nearest(name, names)
    if near:
        return f"; did you mean '{near}'?"
    if names and len(names) <= MOST_LISTED:
        return f"; known: {', '.join(names)}"
    return ""
