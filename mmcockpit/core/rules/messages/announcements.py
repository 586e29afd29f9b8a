"""Announcements: which facts channels tell people who do not see the cockpit."""

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.alarms import AlarmCause, AlarmKind
from mmcockpit.core.model.messages.channels import Announced
from mmcockpit.core.model.states import Advice, Mark
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.messages import announcements as words
from mmcockpit.core.words.naming import Wording

QUIET_S = 300.0
"""Seconds in which the same advice for the same causes is announced once, however often it comes and goes."""


_ANNOUNCED = frozenset(
    {
        *(facts.Advised, facts.PhaseChanged, facts.ItemMarked, facts.Held, facts.Closed),
        *(facts.ProcedureOpened, facts.ProcedureClosed),
    }
)


class Announcement(NamedTuple):
    """A text for the channels that announce one of these kinds, and the time of its fact."""

    kinds: tuple[Announced, ...]
    text: str
    at: Stamp


class Announcements:
    """Decides about the facts of a running session in their order; what happened before it is not announced."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._advice = session.advised.advice if session.advised else None
        self._causes = session.alarm.causes if session.alarm else ()
        self._before_t0: bool | None = None
        self._announced: dict[Hashable, float] = {}

    def of(self, event: Event) -> list[Announcement]:
        """Return what is announced about a fact, which the session already includes."""
        if isinstance(event.body, facts.T0Changed) and self._is_before_t0(event.stamp):
            # It may be reached before `at` is called again.
            self._before_t0 = True
        if type(event.body) not in _ANNOUNCED:
            return []
        return [self._with_head(kinds, text, event.stamp) for kinds, text in self._texts(event)]

    def at(self, now: Stamp) -> list[Announcement]:
        """Return what is announced because of the time: that T0 is reached."""
        before, self._before_t0 = self._before_t0, self._is_before_t0(now)
        reached = before is True and self._before_t0 is False and self._session.closed is None
        return [self._with_head((Announced.T0,), words.t0_text(), now)] if reached else []

    def _is_before_t0(self, at: Stamp) -> bool | None:
        count = self._session.count(at)
        return None if count is None else count < 0

    def _with_head(self, kinds: tuple[Announced, ...], text: str, at: Stamp) -> Announcement:
        cockpit = self._session.cockpit
        return Announcement(kinds, words.with_head(cockpit.target, cockpit.environment, text), at)

    def _texts(self, event: Event) -> Iterator[tuple[tuple[Announced, ...], str]]:
        match event.body:
            case facts.Advised():
                yield from self._advised(event.body, event.stamp)
            case facts.PhaseChanged(unmet=unmet, failing=failing, unfilled=unfilled):
                overridden = (Announced.OVERRIDE,) if unmet or failing or unfilled else ()
                yield (Announced.PHASE, *overridden), self._described(event.body)
            case facts.ItemMarked(mark=Mark.OVERRIDE):
                yield (Announced.OVERRIDE,), self._described(event.body)
            case facts.Held():
                yield (Announced.HOLD,), self._described(event.body)
            case facts.ProcedureOpened(procedure=name, by=by) if title := self._rollback(name):
                yield (Announced.ROLLBACK,), words.rollback_started_text(title, by)
            case facts.ProcedureClosed(procedure=name) if title := self._rollback(name):
                yield (Announced.ROLLBACK,), words.rollback_ended_text(title, event.body)
            case facts.Closed():
                yield (Announced.END,), words.session_ended_text(event.body)

    def _described(self, body: facts.AnyBody) -> str:
        return describe(body, Wording(SessionNames(self._session), full=False))[1]

    def _advised(self, body: facts.Advised, at: Stamp) -> Iterator[tuple[tuple[Announced, ...], str]]:
        alarm, names = self._session.alarm, SessionNames(self._session)
        causes = alarm.causes if alarm else ()
        new = tuple(cause for cause in causes if cause not in self._causes)
        turned = body.advice is not self._advice
        self._advice, self._causes = body.advice, causes
        regressed = tuple(cause for cause in new if cause.kind is AlarmKind.REGRESSION)
        kinds = (
            *((Announced.ROLLBACK,) if len(regressed) < len(new) else ()),
            *((Announced.REGRESSION,) if regressed else ()),
            *((Announced.NO_GO,) if turned and body.advice is Advice.NO_GO else ()),
        )
        if kinds and not self._repeated((kinds, frozenset(new)), at):
            yield kinds, _advice_text(names, regressed, body)

    def _repeated(self, key: Hashable, at: Stamp) -> bool:
        """Return whether the same was announced a short time ago; remembers it otherwise."""
        if at.at - self._announced.get(key, -QUIET_S) < QUIET_S:
            return True
        self._announced = {old: when for old, when in self._announced.items() if at.at - when < QUIET_S}
        self._announced[key] = at.at
        return False

    def _rollback(self, name: str) -> str:
        """Return the title of a procedure that abort rules call for; empty for others."""
        run = self._session.procedures.get(name)
        return run.procedure.title if run is not None and run.procedure.aborts else ""


def _advice_text(names: SessionNames, regressed: tuple[AlarmCause, ...], body: facts.Advised) -> str:
    return words.regression_text(names, regressed, body) if regressed else words.advice_text(body)
