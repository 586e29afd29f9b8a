"""What every source kind offers: options, probes, and a way to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec
from pydantic import BaseModel, ConfigDict

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import Probe
from mmcockpit.sources.common.secrets import Secrets


class Options(BaseModel):
    """What a cockpit file may say of a source of this kind, beside kind, every, timeout and budget."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Args(BaseModel):
    """The arguments of a probe; a bare string or number in the file stands for the argument `shorthand`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shorthand: ClassVar[str] = ""

    @property
    def numeric(self) -> bool:
        """Whether the value is a number, which CEL then sees as a double."""
        return False

    @property
    def acts(self) -> str:
        """Why asking may change something, or an empty text: such a signal is active, whatever its file says."""
        return ""

    def doubts(self, fresh: str) -> list[tuple[str, int, int, str]]:
        """Return what may be a mistake in a text of theirs, or in the signal's `fresh`.

        Each is the argument's name (`fresh` for that), line and column (from 1), and why.
        """
        return []


class Question(msgspec.Struct, frozen=True):
    """What a probe is made for: its checked arguments and the limits of its signal (seconds).

    `may_be_absent` are metrics that need no series; `judged` is whether a rule decides on the readings, and
    `empty_is_value` whether it decides on empty ones, too.
    """

    args: Any
    timeout: float
    stale_after: float
    fresh: str = ""
    refusable: bool = False
    """Whether the signal's rule passes where our own credential is refused, and only there."""
    may_be_absent: tuple[str, ...] = ()
    judged: bool = True
    empty_is_value: bool = False


class Health(msgspec.Struct, frozen=True):
    """What `doctor` learns of a source: does it answer, as what version, how fast (ms), and what is missing.

    `findings` are further failures, a line each: what signals need and the source does not give.
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


class Witness(Protocol):
    """Whom a source reports to what is no reading; a report that says nothing new is cheap."""

    def identified(self, identity: Identity) -> None:
        """Say which system answers, before its reading counts; ProbeError(configuration) if it is not the known one."""
        ...

    def unverified(self, why: str) -> None:
        """Say why TLS certificates are not verified; empty where they are."""
        ...

    def failed_over(self, what: str, was: str, now: str) -> None:
        """Say that another member of the same system answers, or that its role changed."""
        ...


class NoWitness:
    """Takes every report: nothing is compared or recorded, as for `doctor`."""

    def identified(self, identity: Identity) -> None:
        """Accept any system."""

    def unverified(self, why: str) -> None:
        """Record nothing."""

    def failed_over(self, what: str, was: str, now: str) -> None:
        """Record nothing."""


@runtime_checkable
class Reports(Protocol):
    """A source that reports to a witness, which is set before the first question."""

    witness: Witness


class Source(Protocol):
    """An open connection to one system. Expected failures are ProbeError; anything else is a bug."""

    async def check(self) -> Health:
        """Ask once whether the system is there and lets us in; never raises ProbeError."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


@runtime_checkable
class Backfills(Protocol):
    """A probe that can tell the past, so that its chart starts filled."""

    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        """Return (Unix seconds, value) points in order; ProbeError where no valid answer came."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """One kind of question: its arguments, and how a probe is made from an open source."""

    args: type[Args]
    make: Callable[[Any, Question], Probe]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: its options, how it opens (connecting nothing yet), its probes, and where it points.

    `target` says in one line where options point, without secrets; it is shown and recorded.
    """

    options: type[Options]
    open: Callable[[Any, Secrets], Source]
    probes: Mapping[str, ProbeKind]
    target: Callable[[Any], str]
    unverified: Callable[[Any], str | None] = lambda options: None
    """Options to why TLS certificates are not verified (empty: they are); None where only the first contact tells."""
