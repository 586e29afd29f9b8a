"""The shape of a probe's value: its fields as labelled columns, and how it is summarised."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

ENTRY = ("entry", "entries")
"""What is in a list or a mapping whose probe declares no noun."""
_UNIT_ENDINGS = (("_bytes", "bytes"), ("_ms", "ms"), ("_seconds", "s"), ("_s", "s"))
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def default_unit(key: str) -> str:
    """Return the unit that a field's name ends with: `max_lag_s` is in seconds."""
    return next((unit for ending, unit in _UNIT_ENDINGS if key.endswith(ending)), "")


def default_title(key: str) -> str:
    """Return a field's name as words, without its unit: `max_lag_s` is `max lag`; capitals stay (`DATABASE_URL`)."""
    if key.isupper():
        return key
    ending = next((ending for ending, _ in _UNIT_ENDINGS if key.endswith(ending)), "")
    words = _CAMEL.sub(" ", key.removesuffix(ending)).replace("_", " ").split()
    return " ".join(word[:1].lower() + word[1:] for word in words)


def at(value: Any, path: str) -> Any:
    """Return the part of a value at a path such as `metadata.name`; None if it does not exist."""
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


def each_at(value: Any, path: str) -> list[Any]:
    """Return the parts of a value at a path, of every entry where a part of the path is a list."""
    parts = [value]
    for key in path.split("."):
        parts = [part[key] for part in parts if isinstance(part, dict) and key in part]
        parts = [entry for part in parts for entry in (part if isinstance(part, list) else [part])]
    return parts


class ValueColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of a value, and how it is drawn; without `title` or `unit`, its name determines them."""

    key: str
    title: str = ""
    unit: str = ""
    """`s`, `ms`, `bytes`, `ratio`, `age` (seconds), `since` (RFC 3339), `digest`, or a text that follows the number."""
    align: Literal["left", "right"] = "left"
    rank: int = 0
    """Its place in a narrow table: the column with the highest rank is left out first."""
    keep: Literal["head", "tail"] = "head"
    """Which end of a long text is kept."""
    shown: bool = True
    """Whether a summary lists it."""
    of: str = ""
    """The field with the total of which this one is a part: drawn as a bar, `2/3`."""
    tracked: Literal["", "changed", "increased"] = ""
    """When a different value is a change in production, which the advice mentions."""
    normal: tuple[str, ...] = ()
    """Texts that say that all is well: they are not shown as a cause."""
    levels: dict[str, str] = {}
    """Texts to a level (`fail`, `warn`, `muted`), the most severe first."""
    alarm: bool | None = None
    """The value of a yes-or-no field that is shown as a warning, with `alarm_text`."""
    alarm_text: str = ""
    role: Literal["", "image", "revision", "labels", "why", "progress"] = ""
    """What the field is: the running image, the number of the running revision, the labels of an alert, why a
    rollout is not done, or how far it is."""
    alone: bool = False
    """Whether its alarm means that the other fields are empty, as those of an object that does not exist."""
    generic: bool = False
    """Whether its name means nothing on its own, so that a reason names the field around it instead."""
    rows: "Shape | None" = None
    """The shape of the entries of a list, or of the values of a mapping."""

    @property
    def label(self) -> str:
        """The title, else the field's name as words."""
        return self.title or default_title(self.key)

    @property
    def measured_in(self) -> str:
        """The unit, else the one that the field's name ends with."""
        return self.unit or default_unit(self.key)


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to summarise a value: a text with `{field}`, used if all of these have a value and `when` is true.

    `{field:count}` is the number of entries (`a+b` of both), `{field:first}` the first entry and how many more, of a
    mapping its first keys.
    """

    text: str
    when: str = ""


class Shape(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a probe returns: one value with these fields or, if `listed`, a list of rows with them.

    Fields are paths such as `metadata.name`. A shape without columns is a plain value, or one whose fields are not
    known beforehand.
    """

    columns: tuple[ValueColumn, ...] = ()
    inner: tuple[ValueColumn, ...] = ()
    """Fields deeper in a value that is not described as a whole, such as an object of Kubernetes."""
    table: tuple[ValueColumn, ...] = ()
    """Columns of a table of such values, by paths: `metadata.name`; of one value, what is shown of it first."""
    listed: bool = False
    cells: tuple[Cell, ...] = ()
    """Summaries in one cell; the first one that fits is used."""
    named_by: tuple[str, ...] = ("{name}",)
    """Names of the entries of a list, such as `{name}`; the first one whose fields have a value is used."""
    causes: tuple[str, ...] = ()
    """Fields that explain its state: shown first, and as the reason."""
    explains: str = ""
    """A field that explains in a sentence what is wrong, more precisely than the broken rule."""
    noun: tuple[str, str] = ENTRY
    """What a row is, and several of them: `alert`, `alerts`."""
    counted: str = ""
    """What rows do that are not muted, as the title of a panel counts them: `firing`; empty: not counted."""
    number: str = ""
    """Of rows: the number of which the largest is shown, with the signal's unit."""
    good: str = ""
    """A yes-or-no field: where it is no, the value or the row is failing."""
    tracks_rows: bool = False
    """Whether a row with another name is a change in production."""
    settles: tuple[str, ...] = ()
    """Paths to the seconds that it must be ready at least (minReadySeconds)."""
    restart_count: str = ""
    """Path to the restarts, within the value or the entries of `restart_rows`."""
    logged: str = ""
    """Of rows: the field that names what has a log, such as a pod."""
    restart_rows: str = ""
    """The field with the list whose entries restart; empty: the value itself, or its rows."""

    def column(self, key: str) -> ValueColumn:
        """Return the column of a field, wherever it is declared; a default one for an undeclared field."""
        return next((one for one in self.declared() if one.key == key), None) or ValueColumn(key)

    def key_of(self, role: str) -> str:
        """Return the field with a role; empty if none has it."""
        return next((column.key for column in self.columns if column.role == role), "")

    def declared(self) -> Iterator[ValueColumn]:
        """Yield every column, then those of the lists in it."""
        yield from self.columns
        yield from self.inner
        for column in self.columns:
            if column.rows is not None:
                yield from column.rows.declared()

    def entry_names(self) -> tuple[str, ...]:
        """Return the texts that name an entry of any list in it."""
        nested = (name for column in self.columns if column.rows is not None for name in column.rows.entry_names())
        return tuple(dict.fromkeys((*self.named_by, *nested)))


UNDECLARED = Shape()
"""The shape of a value whose probe declares none, such as in an earlier journal."""


def logged_rows(value: Any, shape: Shape) -> dict[str, tuple[dict[str, Any], Shape]]:
    """Return the rows of a value that have a log, with the shape of a row, by their names."""
    found = dict[str, tuple[dict[str, Any], Shape]]()
    lists: list[tuple[Any, Shape]] = [(value, shape)] if isinstance(value, list) else []
    if isinstance(value, dict):
        lists = [(value.get(column.key), column.rows) for column in shape.columns if column.rows is not None]
    for rows, of in lists:
        if of.logged and isinstance(rows, list):
            found |= {str(row[of.logged]): (row, of) for row in rows if isinstance(row, dict) and of.logged in row}
    return found


def logged_entries(value: Any, shape: Shape) -> frozenset[str]:
    """Return the names of the rows of a value that have a log."""
    return frozenset(logged_rows(value, shape))
