"""Recent actions and changes in production, which a reason lists as having happened just before."""

from bisect import bisect_right

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChange, ProductionChangeKind
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.naming import Wording

JUST_BEFORE_S = 300.0
"""Maximum age of a change, in seconds, that is listed as having happened just before."""

_LIKELY = (
    ProductionChangeKind.APPEARED,
    ProductionChangeKind.OTHER,
    ProductionChangeKind.RESTART,
    ProductionChangeKind.DEPLOY,
)
"""Kinds of changes, the likeliest cause of a failure last: a deployment also changes pods, alerts and other signals."""


def just_before(session: Session, since: Stamp | None) -> str:
    """Return the last action and the likeliest change in production before `since`, the later one first."""
    if since is None:
        return ""
    change = change_before(session, since)
    seen = (change.stamp, change.text) if change is not None else None
    parts = [one for one in (_act(session, since), seen) if one is not None]
    parts.sort(key=lambda one: one[0].at, reverse=True)
    return "; ".join(f"{duration(since.at - stamp.at)} before: {text}" for stamp, text in parts)


def change_before(session: Session, since: Stamp | None) -> ProductionChange | None:
    """Return the change in production just before `since`; None if there was none.

    Of several changes it is the likeliest cause: a deployment, else a restart, else the last other one. What only
    appeared, such as an alert, counts where nothing else changed.
    """
    if since is None:
        return None
    recent = [one for one in session.changes if 0.0 <= since.at - one.stamp.at <= JUST_BEFORE_S]
    return max(recent, key=lambda one: (_LIKELY.index(one.kind), one.stamp.at), default=None)


def _act(session: Session, since: Stamp) -> tuple[Stamp, str] | None:
    place = bisect_right(session.acts, since.at, key=lambda event: event.stamp.at)
    if not place or since.at - session.acts[place - 1].stamp.at > JUST_BEFORE_S:
        return None
    last = session.acts[place - 1]
    return last.stamp, describe(last.body, Wording(SessionNames(session)))[1]
