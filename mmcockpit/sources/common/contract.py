"""The contract of a source kind: options, probes, and how they are polled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol, runtime_checkable

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import Probe
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.values import ByArguments, closed_fields, shape_of


class Options(BaseModel):
    """Options of a source of this kind in the cockpit file, beside kind, every, timeout and budget."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def mistake(message: str) -> PydanticCustomError:
    """Return a validation error with our own message, which follows the name of the value."""
    return PydanticCustomError("mistake", "{message}", {"message": message})


def _positive(text: str) -> str:
    if seconds(text) <= 0:
        raise ValueError("a duration must be longer than 0")
    return text


DurationText = Annotated[str, AfterValidator(_positive)]
"""A duration as text, such as 15s or 1h 30m."""


class Args(BaseModel):
    """The arguments of a probe; a bare string or number in the file is the argument `shorthand`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    shorthand: ClassVar[str] = ""

    @property
    def numeric(self) -> bool:
        """Whether the value is a number, which CEL then sees as a double."""
        return False

    @property
    def acts(self) -> str:
        """Why a poll may change something, or empty; a signal with a reason is always active."""
        return ""

    def doubts(self, fresh: str) -> list[tuple[str, int, int, str]]:
        """Return possible mistakes in text arguments, or in the signal's `fresh`.

        Each is the argument's name (or `fresh`), line and column (from 1), and the reason.
        """
        return []


class NoArgs(Args):
    """No arguments."""


class Question(msgspec.Struct, frozen=True):
    """What a probe is made from: its validated arguments and the limits of its signal (seconds).

    `may_be_absent` are metrics that need no series; `judged` is whether a rule judges the readings, and
    `empty_is_value` whether it also judges empty ones.
    """

    args: Any
    timeout: float
    stale_after: float
    fresh: str = ""
    refusable: bool = False
    """Whether the signal's rule passes only if our own credential is refused."""
    may_be_absent: tuple[str, ...] = ()
    judged: bool = True
    empty_is_value: bool = False


class Health(msgspec.Struct, frozen=True):
    """What `doctor` reports of a source: whether it responds, its version, its latency (ms), and what is missing.

    `findings` are further failures, one a line: what signals need and the source does not provide. `note` is optional.
    """

    reachable: bool
    authorised: bool
    version: str = ""
    ms: float = 0.0
    missing: tuple[str, ...] = ()
    message: str = ""
    identity: str = ""
    unverified: str = ""
    findings: tuple[str, ...] = ()
    note: str = ""


class Witness(Protocol):
    """Receives what a source reports beside readings; a repeated report is cheap."""

    def identified(self, identity: Identity) -> None:
        """Report which system responds, before its reading counts.

        Raises ProbeError(configuration) if it is not the known one.
        """
        ...

    def unverified(self, why: str) -> None:
        """Report why TLS certificates are not verified; empty if they are."""
        ...

    def failed_over(self, what: str, was: str, now: str) -> None:
        """Report that another member of the same system responds, or that its role changed."""
        ...


class NoWitness:
    """Ignores every report: nothing is compared or recorded, as for `doctor`."""

    def identified(self, identity: Identity) -> None:
        """Accept any system."""

    def unverified(self, why: str) -> None:
        """Record nothing."""

    def failed_over(self, what: str, was: str, now: str) -> None:
        """Record nothing."""


@runtime_checkable
class Reports(Protocol):
    """A source that reports to a witness, which is set before the first poll."""

    witness: Witness


class Source(Protocol):
    """An open connection to one system. Expected failures are ProbeError; anything else is a bug."""

    async def check(self) -> Health:
        """Poll once whether the system responds and accepts our credential; never raises ProbeError."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


@runtime_checkable
class Backfills(Protocol):
    """A probe with access to history, so that its chart starts filled."""

    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        """Return (Unix seconds, value) points in order; ProbeError if there is no valid result."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A probe that learns of changes between polls, so that they are shown before the next one."""

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed` after a change to what the last poll read; once is enough until the next poll."""
        ...


class LogTail(msgspec.Struct, frozen=True):
    """The end of a log: the last lines as they were written, oldest first, and the container that wrote them.

    `previous` is set if they are those of its run before the present one.
    """

    container: str
    lines: tuple[str, ...]
    previous: bool = False


@runtime_checkable
class HasLogs(Protocol):
    """A probe whose value has rows with a log, such as pods (`Shape.logged`)."""

    async def log(self, entry: str) -> LogTail:
        """Return the end of the log of a row by its name; ProbeError if it cannot be read."""
        ...


@runtime_checkable
class FollowsStart(Protocol):
    """A probe whose result depends on T0, the planned start of the session."""

    def follow(self, t0: Callable[[], float | None]) -> None:
        """Use this function to get T0 (Unix seconds; None if it is not set) at every poll."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """One kind of probe: its arguments, how it is made from an open source, and what it returns.

    `value` declares the value: a subclass of Value, a list of one, a plain type, or ByArguments. A probe without a
    declaration is shown with the names of its fields.
    """

    args: type[Args]
    make: Callable[[Any, Question], Probe]
    value: Any = None
    credential_values: tuple[Any, Any] | None = None
    """A value after our credential was refused, and one after it was accepted: a rule that passes only on the first
    tests a credential that must be refused."""
    default_rule: tuple[str, str] = ("", "")
    """The pass rule and the warn rule of a signal that has no pass rule."""
    statistical: bool = False
    """Whether its result is the outcome of a statistical test: never the only ground of a rollback."""

    def declared(self, args: Any) -> Any:
        """Return the declaration of its value for these arguments."""
        return self.value.choose(args) if isinstance(self.value, ByArguments) else self.value

    def shape(self, args: Any) -> Shape:
        """Return the shape of its value for these arguments."""
        return shape_of(self.declared(args))

    def fields(self, args: Any) -> frozenset[str]:
        """Return the names of all fields that its value has at most; empty if they are not known beforehand."""
        return closed_fields(self.declared(args))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: its options, how it opens (without connecting), its probes, and its target.

    `target` returns in one line what the options point to, without secrets; it is shown and recorded.
    """

    options: type[Options]
    open: Callable[[Any, Secrets], Source]
    probes: Mapping[str, ProbeKind]
    target: Callable[[Any], str]
    unverified: Callable[[Any], str | None] = lambda options: None
    """Options to why TLS certificates are not verified (empty: they are); None if only the first contact shows it."""
