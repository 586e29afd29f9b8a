"""Session source: the baseline, the window, and combinations of other signals; it polls no other system."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import Field

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Probe, ProbeError, Reading
from mmcockpit.core.rules.baseline import without_baseline
from mmcockpit.core.rules.combination import combine
from mmcockpit.core.state.session import Session
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Health, Kind, Options, ProbeKind, Question
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.values import Value
from mmcockpit.sources.session.values import BaselineValue, MembersValue, WindowValue

NAME = "session"
"""The source that every cockpit has without declaring it."""


class SessionOptions(Options):
    """No options: the source is this session."""


class Nothing(Args):
    """No arguments."""


class SignalNames(Args):
    """Other signals by name."""

    shorthand: ClassVar[str] = "signals"
    signals: Annotated[tuple[str, ...], Field(min_length=1, description="Names of other signals.")]


class SessionSource(Connectionless):
    """The session as a source; `look` returns it with the current Unix time, once the engine has set it."""

    def __init__(self) -> None:
        self.look: Callable[[], tuple[Session, float]] | None = None

    async def check(self) -> Health:
        """Return that it is always available."""
        return Health(reachable=True, authorised=True)

    def seen(self) -> tuple[Session, float]:
        """Return the session and the time; ProbeError if no session runs, as in `doctor`."""
        if self.look is None:
            raise ProbeError(FaultKind.CONFIGURATION, "no running session")
        return self.look()


Answering = Callable[[Session, float, Any], Any]


class SessionProbe(Connectionless):
    """A probe of the session, with a function for its value."""

    def __init__(self, source: SessionSource, question: Question, answer: Answering) -> None:
        self._source = source
        self._args = question.args
        self._answer = answer

    async def read(self) -> Reading:
        """Return the value; ProbeError(no data) if it depends on signals that are unknown."""
        session, wall = self._source.seen()
        return Reading(self._answer(session, wall, self._args))


def _baseline(session: Session, wall: float, args: Nothing) -> dict[str, Any]:
    recorded, missing = session.baseline, without_baseline(session)
    known = sorted(recorded.values) if recorded else []
    return {"recorded": recorded is not None and not missing, "signals": known, "missing": list(missing)}


def _window(session: Session, wall: float, args: Nothing) -> dict[str, Any]:
    window = session.cockpit.window
    inside = window is not None and window.start <= wall <= window.end
    return {"configured": window is not None, "inside": inside}


def _all_of(session: Session, wall: float, args: SignalNames) -> Any:
    return _read(combine(session, args.signals, every=True))


def _any_of(session: Session, wall: float, args: SignalNames) -> Any:
    return _read(combine(session, args.signals, every=False))


def _read(answer: Answer) -> Any:
    if isinstance(answer, Fault):
        raise ProbeError(answer.kind, answer.message)
    return answer.value


def _kind(args: type[Args], answer: Answering, value: type[Value]) -> ProbeKind:
    def make(source: SessionSource, question: Question) -> Probe:
        return SessionProbe(source, question, answer)

    return ProbeKind(args, make, value)


def _open(options: SessionOptions, secrets: Secrets) -> SessionSource:
    return SessionSource()


PROBES = {
    "baseline": _kind(Nothing, _baseline, BaselineValue),
    "window": _kind(Nothing, _window, WindowValue),
    "all_of": _kind(SignalNames, _all_of, MembersValue),
    "any_of": _kind(SignalNames, _any_of, MembersValue),
}

KIND = Kind(options=SessionOptions, open=_open, probes=PROBES, target=lambda options: "this session")
