"""The base model of written files and the types of their fields."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mmcockpit.core.words import durations

_DAY_S = 86_400.0
_YEAR_S = 366 * _DAY_S


class FileModel(BaseModel):
    """A part of a file that people write; unknown keys are errors.

    The docstring below a field is its documentation. Only the schema command reads it, because letting pydantic read
    the source files doubles the time that every start needs for the models.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False, coerce_numbers_to_str=True
    )


def mistake(message: str) -> PydanticCustomError:
    """Return a validation error with our own message."""
    return PydanticCustomError("mistake", "{message}", {"message": message})


def _duration(value: Any) -> float:
    if not isinstance(value, str) or not durations.is_duration(value):
        hint = "" if isinstance(value, bool) else durations.hint(str(value))
        raise mistake(f"must be a duration: numbers with a unit, such as {durations.FORMS}{hint}")
    seconds = durations.seconds(value)
    if seconds <= 0:
        raise mistake("must be > 0s")
    if seconds > _YEAR_S:
        raise mistake("must be at most 366d")
    return seconds


def _time(value: Any) -> float:
    text = value.strip() if isinstance(value, str) else ""
    try:
        time = datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", text) else None
        if time is not None and time.tzinfo is not None:
            return time.timestamp()
    except (ValueError, OverflowError) as error:
        raise mistake(f"is not a valid time ({error}); write RFC 3339, such as 2026-12-06T02:00:00Z") from error
    raise mistake("must be a time with a time zone in RFC 3339, such as 2026-12-06T02:00:00Z")


_DAY_TIME = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)\s*(?:(Z|UTC)|([+-])(0\d|1[0-4]):([0-5]\d))?$", re.IGNORECASE)


def _day_time(value: Any) -> float:
    match = _DAY_TIME.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise mistake("must be a time of day: 08:00 (UTC), 20:00Z, or with an offset, such as 08:00+02:00")
    hours, minutes, _, sign, ahead_h, ahead_m = match.groups()
    ahead = (int(ahead_h) * 60 + int(ahead_m)) * (-1 if sign == "-" else 1) if sign else 0
    return (int(hours) * 60 + int(minutes) - ahead) * 60 % _DAY_S


Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": rf"{durations.PATTERN}|\$\{{", "examples": ["5s"]}),
]
"""Seconds, written as 500ms, 5s, 2m, 1h 30m or 1d."""

Time = Annotated[float, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]
"""Unix seconds, written as RFC 3339."""

DayTime = Annotated[
    float,
    BeforeValidator(_day_time),
    WithJsonSchema({"type": "string", "pattern": _DAY_TIME.pattern, "examples": ["08:00", "20:00+02:00"]}),
]
"""A time of day in seconds since midnight UTC, written as 08:00, 20:00Z or 08:00+02:00."""


def _distinct(times: tuple[float, ...]) -> tuple[float, ...]:
    if len(set(times)) < len(times):
        raise mistake("must have each time once; two of them are the same time in UTC")
    return times


DayTimes = Annotated[tuple[DayTime, ...], AfterValidator(_distinct)]
"""Different times of day."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]
"""The name of a source, a signal, a panel."""

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
"""A tag: a slug such as `headline`."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=400)]
"""A title: not empty, one line."""

Text = Annotated[str, Field(max_length=20_000)]
"""Prose, may have several lines."""


def _scalars(value: Any) -> Any:
    """Convert numbers and booleans to strings; `read_vars` keeps their spelling from the file."""
    if not isinstance(value, dict):
        return value
    return {name: str(part) if isinstance(part, int | float) else part for name, part in value.items()}


Vars = Annotated[dict[Name, str], BeforeValidator(_scalars, json_schema_input_type=dict[str, str | int | float | bool])]
"""Variables by name; numbers and booleans keep their spelling."""

SecretWords = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")], ...],
    Field(min_length=1, max_length=100),
]
"""A program and its arguments, word by word."""


class SecretReference(FileModel):
    """Where a secret comes from; never the secret itself."""

    env: Line | None = None
    """The environment variable that holds it."""
    file: Line | None = None
    """The file that holds it."""
    command: SecretWords | None = None
    """The program that prints it, word by word: [vault, kv, get, …]. No shell runs it; it has 5 s; the last line feed
    is dropped. Only a cockpit file can name one."""

    @model_validator(mode="after")
    def _one(self) -> "SecretReference":
        if sum(way is not None for way in (self.env, self.file, self.command)) != 1:
            raise mistake("must be one of {env: NAME}, {file: PATH} and {command: [PROGRAM, …]}")
        return self
