"""Recent actions and changes in production, which a reason lists as having happened just before."""

from bisect import bisect_right

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChangeKind
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.naming import Wording

JUST_BEFORE_S = 300.0
"""Maximum age of a change, in seconds, that is listed as having happened just before."""


def just_before(session: Session, since: Stamp | None) -> str:
    """Return the last action and the last change in production before `since`, the later one first."""
    if since is None:
        return ""
    parts = [one for one in (_act(session, since), _seen(session, since)) if one is not None]
    parts.sort(key=lambda one: one[0].at, reverse=True)
    return "; ".join(f"{duration(since.at - stamp.at)} before: {text}" for stamp, text in parts)


def change_before(session: Session, since: Stamp | None) -> tuple[float, str] | None:
    """Return how many seconds before `since` production changed last, and how; None if it did not just before."""
    change = _seen(session, since) if since is not None else None
    if since is None or change is None:
        return None
    return since.at - change[0].at, change[1]


def _act(session: Session, since: Stamp) -> tuple[Stamp, str] | None:
    place = bisect_right(session.acts, since.at, key=lambda event: event.stamp.at)
    if not place or since.at - session.acts[place - 1].stamp.at > JUST_BEFORE_S:
        return None
    last = session.acts[place - 1]
    return last.stamp, describe(last.body, Wording(SessionNames(session)))[1]


def _seen(session: Session, since: Stamp) -> tuple[Stamp, str] | None:
    """Return the last change just before; what only appeared, such as an alert, counts where nothing else changed."""
    recent = [one for one in session.changes if 0 <= since.at - one.stamp.at <= JUST_BEFORE_S]
    changed = [one for one in recent if one.kind is not ProductionChangeKind.APPEARED]
    last = (changed or recent)[-1:]
    return (last[0].stamp, last[0].text) if last else None
