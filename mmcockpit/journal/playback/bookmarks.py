"""Landmarks: facts of a journal that a viewer can jump to."""

from typing import NamedTuple

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.states import Advice, Mark
from mmcockpit.core.model.verdict import Level

LANDMARKS_KEPT = 2_000
VERDICTS_KEPT = 500
"""Number of landmarks beyond which changes of verdicts are dropped, so that flapping signals do not hide decisions."""

_BAD = {Advice.GO: 0, Advice.HOLD: 1, Advice.NO_GO: 2, Advice.FIX_FORWARD: 3, Advice.ROLLBACK: 4}
_ALARMING = _BAD[Advice.NO_GO]
_DECISIONS = (
    *(facts.PhaseChanged, facts.Decided, facts.PollClosed, facts.Held),
    *(facts.ProcedureOpened, facts.DriverChanged, facts.Closed),
)
_GRAVE = frozenset({Mark.OVERRIDE, Mark.BLOCK})


class Bookmark(NamedTuple):
    """A fact to jump to: its number, its time (session seconds, Unix seconds) and its kind.

    Kinds: `decision`, `alarm` (the advice became NO-GO or worse, or a judged signal failed while it was), `verdict`
    (any other change of a judged signal), `marker` and `gap` (time without polling, or lost facts).
    """

    seq: int
    at: float
    wall: float
    kind: str


def landmark_kind(body: AnyBody, advice: Advice) -> str:
    """Return the kind of landmark of a fact, empty if it is not one; `advice` is the advice before it."""
    match body:
        case facts.Advised(advice=new):
            return "alarm" if _BAD[new] >= _ALARMING and _BAD[new] > _BAD[advice] else ""
        case facts.SignalChanged(now=level):
            # If it makes the advice worse, that fact is the alarm.
            return "alarm" if level is Level.FAIL and _BAD[advice] >= _ALARMING else "verdict"
        case facts.ItemMarked(mark=mark):
            return "decision" if mark in _GRAVE else ""
        case facts.Noted(marker=True):
            return "marker"
        case facts.Gap() | facts.Resumed():
            return "gap"
    return "decision" if isinstance(body, _DECISIONS) else ""
