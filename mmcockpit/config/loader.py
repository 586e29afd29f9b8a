"""The loader: owns the documents of one load, their variables, and the mistakes found in them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mmcockpit.config import library
from mmcockpit.config.catalog import Catalog, KeymapMistakes, any_keymap
from mmcockpit.config.library import FileKind, UnknownFile
from mmcockpit.config.text.document import Document, Mistake, Place
from mmcockpit.config.text.error import FileError, FileWarning, Mistakes, throw
from mmcockpit.config.text.password import find_passwords
from mmcockpit.config.text.secret_commands import find_secret_commands
from mmcockpit.config.text.variables import TooMuchText, expanded, read_vars
from mmcockpit.config.text.yaml import read

if TYPE_CHECKING:
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")
Value = TypeVar("Value")


class Loader:
    """Loads one file with the files that it names; every function that reads a part of them reports to it.

    `variables` replace those of the files. `main` is the cockpit file (or the file with other rules for a recorded
    session); None for a file on its own.
    """

    def __init__(
        self,
        catalog: Catalog | None = None,
        variables: Mapping[str, str] | None = None,
        keymap_mistakes: KeymapMistakes = any_keymap,
    ) -> None:
        self.catalog = catalog
        self.keymap_mistakes = keymap_mistakes
        self.variables: dict[str, str] = dict(variables or {})
        self.main: Part | None = None
        self.texts: dict[str, str] = {}
        """File name to source text of the documents, for display only."""
        self.errors = Mistakes()
        self.warnings: list[FileWarning] = []

    def open(self, path: Path, *, main: bool = False) -> "Part":
        """Return the whole of a YAML file; FileError if it cannot be read or is not YAML."""
        part = Part(self, read(path))
        if main:
            self.main = part
        return part

    def find(self, kind: FileKind, name: str) -> Path | None:
        """Return the path of a file that the main file names under the key `kind`; None, reported, if it is missing."""
        assert self.main is not None
        try:
            return library.find(kind, name, self.main.folder)
        except UnknownFile as error:
            self.main.at(kind).error(str(error))
            return None

    def define(self, parts: Iterable["Part"]) -> None:
        """Add the variables that files define; the last file wins, but not over variables that exist already."""
        defined: dict[str, str] = {}
        for part in parts:
            defined.update(read_vars(part.document, part.report))
        self.variables = {**defined, **self.variables}

    @property
    def complete(self) -> bool:
        """Whether there is a main file: then a name that is missing is defined nowhere."""
        return self.main is not None

    def throw(self) -> None:
        """Raise FileError with every mistake found so far, if there are any."""
        throw(self.errors)


@dataclass(frozen=True, slots=True)
class Part:
    """A place in a document of a loader; mistakes and warnings reported here get its position."""

    loader: Loader
    document: Document
    place: Place = ()

    @property
    def is_main(self) -> bool:
        """Whether this is a part of the main file."""
        return self.loader.main is not None and self.document is self.loader.main.document

    @property
    def folder(self) -> Path:
        """The folder of the file, from which its relative paths start."""
        return Path(self.document.file).parent

    def at(self, *place: str | int) -> "Part":
        """Return a place below this one; it need not exist."""
        return Part(self.loader, self.document, (*self.place, *place))

    def placed(self, error: FileError) -> FileError:
        """Return a mistake at this value, at the place where it is reported."""
        return error

    def error(self, message: str, *, key: bool = False) -> None:
        """Report a mistake at this value, or at its key."""
        self.loader.errors.append(self.placed(self.document.error(self.place, message, key=key)))

    def error_inside(self, line: int, column: int, message: str) -> None:
        """Report a mistake at a line and column (from 1) within the text of this value."""
        self.loader.errors.append(self.placed(self.document.error_inside(self.place, line, column, message)))

    def warn(self, message: str, *, key: bool = False) -> None:
        """Report a possible mistake at this value, or at its key."""
        self.loader.warnings.append(FileWarning(self.placed(self.document.error(self.place, message, key=key))))

    def warn_inside(self, line: int, column: int, message: str) -> None:
        """Report a possible mistake at a line and column (from 1) within the text of this value."""
        error = self.document.error_inside(self.place, line, column, message)
        self.loader.warnings.append(FileWarning(self.placed(error)))

    def report(self, mistake: Mistake) -> None:
        """Report a mistake at a place below this one."""
        part = self.at(*mistake.place)
        if mistake.inside is not None:
            part.error_inside(*mistake.inside, mistake.message)
        else:
            part.error(mistake.message, key=mistake.key)

    def validate(
        self, model: type[Model], value: Any, *, label: Place | None = None, also: Iterable[str] = ()
    ) -> Model | None:
        """Return the validated model of a value that was read here; None if it has mistakes, which are reported.

        `label` is the name of the value in messages, its place unless given; `also` are further keys that are allowed.
        """
        # Imported here: a Markdown checklist has no models, and no need of pydantic.
        from mmcockpit.config.text.validation import validated

        return validated(model, value, self.report, label=self.place if label is None else label, also=also)

    def expand(self) -> None:
        """Replace the variables in the whole document; undefined ones are reported."""
        try:
            self.document.value = expanded(self.document.value, self.loader.variables, self.report)
        except TooMuchText:
            self.loader.throw()

    def refuse_passwords(self) -> None:
        """Raise FileError if the document contains a password."""
        throw(find_passwords(self.document))

    def refuse_secret_commands(self) -> None:
        """Raise FileError if the document, which is not a cockpit file, contains a secret by command."""
        throw(find_secret_commands(self.document))


def if_valid(load: Callable[[], Value], default: Value, problems: list[str] | None) -> Value:
    """Return what a file of the user's holds; the default if it has mistakes, the first of which is a problem."""
    try:
        return load()
    except FileError as error:
        if problems is None:
            raise
        problems.append(f"not used: {str(error).splitlines()[0]}")
        return default
