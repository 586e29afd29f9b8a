"""What is wrong with a file that somebody wrote: where, what, and the way out."""

from collections.abc import Iterable
from difflib import get_close_matches

from mmcockpit.core.text import plain


class FileError(Exception):
    """One mistake at a place of a file (line and column count from 1); its text is `file:line:column: message`."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.message = plain(message)
        super().__init__(f"{plain(file)}:{line}:{column}: {self.message}")

    @property
    def errors(self) -> tuple["FileError", ...]:
        """Every mistake that this error reports, in the order of the file."""
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
        """Every mistake that this error reports."""
        return self._errors


class FileWarning:
    """Something at a place of a file that may be a mistake and stops nothing: `file:line:column: warning: message`."""

    def __init__(self, at: FileError) -> None:
        self.file = at.file
        self.line = at.line
        self.column = at.column
        self.message = at.message

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{plain(self.file)}:{self.line}:{self.column}: warning: {self.message}"


def throw(errors: Iterable[FileError]) -> None:
    """Raise the mistakes if there are any: one as itself, several as FileErrors sorted by place."""
    found = {(error.file, error.line, error.column, error.message): error for error in errors}
    if len(found) == 1:
        raise next(iter(found.values()))
    if found:
        raise FileErrors(sorted(found.values(), key=lambda error: (error.file, error.line, error.column)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known one, else all of them (if few)."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    if names and len(names) <= 20:
        return f"; known are {', '.join(names)}"
    return ""
