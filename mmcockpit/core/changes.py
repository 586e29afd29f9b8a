"""What somebody or the production did: what a reason names as having happened just before."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import msgspec

from mmcockpit.core import event as facts
from mmcockpit.core.clock import Stamp
from mmcockpit.core.describe import brief, describe
from mmcockpit.core.session import Session
from mmcockpit.core.text import plain

JUST_BEFORE_S = 300.0
"""How far back a change may lie to be named as what happened just before."""

TOLD = ("revision", "image", "digests", "desired", "restarts")
"""Parts of a reading whose change is something that the production did, whatever was asked."""

ACTS = frozenset(
    {
        *(facts.PhaseChanged, facts.ItemMarked, facts.Noted, facts.Resumed, facts.Held, facts.MarkExpired),
        *(facts.StepChanged, facts.ProcedureOpened, facts.IdentityAccepted),
    }
)
"""Facts that tell what somebody did."""


def change(before: Any, after: Any) -> str:
    """Return what became different between two values of a signal, as far as it tells of an act; empty where nothing.

    Of mappings the parts of TOLD (restarts only where they grow), of lists of named entries the names that are new:
    alerts that begin.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return "; ".join(_parts(before, after))
    if isinstance(before, list) and isinstance(after, list):
        known = {row.get("name") for row in before if isinstance(row, dict)}
        names = [str(row["name"]) for row in after if isinstance(row, dict) and row.get("name") not in {None, *known}]
        return plain(f"new: {', '.join(dict.fromkeys(names))}", 120) if names else ""
    return ""


def just_before(session: Session, since: Stamp | None) -> str:
    """Return the last thing that somebody did before `since`, and the last that the production did, the later first."""
    if since is None:
        return ""
    found = [one for one in (_act(session, since), _seen(session, since)) if one is not None]
    found.sort(key=lambda one: one[0].at, reverse=True)
    return "; ".join(f"{since.at - stamp.at:.0f} s before: {said}" for stamp, said in found)


def _parts(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in TOLD:
        was, now = before.get(name), after.get(name)
        if was == now or was in (None, "", []) or now in (None, "", []):
            continue
        if name == "restarts" and not (isinstance(was, int) and isinstance(now, int) and now > was):
            continue
        yield f"{name} changed" if isinstance(now, list | dict) else f"{name} {brief(was)} to {brief(now)}"


def _act(session: Session, since: Stamp) -> tuple[Stamp, str] | None:
    place = bisect_right(session.acts, since.at, key=lambda event: event.stamp.at)
    if not place or since.at - session.acts[place - 1].stamp.at > JUST_BEFORE_S:
        return None
    last = session.acts[place - 1]
    return last.stamp, " ".join(describe(_named(session, last.body)))


def _seen(session: Session, since: Stamp) -> tuple[Stamp, str] | None:
    last = next(((stamp, said) for stamp, said in reversed(session.changes) if stamp.at <= since.at), None)
    return last if last is not None and since.at - last[0].at <= JUST_BEFORE_S else None


def _named(session: Session, body: facts.AnyBody) -> facts.AnyBody:
    """The fact with its item by number and title, as people know it."""
    match body:
        case facts.ItemMarked() | facts.Noted() | facts.MarkExpired() if body.item in session.items:
            item = session.items[body.item].item
            return msgspec.structs.replace(body, item=f"{item.number} {item.title}")
    return body
