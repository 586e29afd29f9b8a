"""The parts of the first line about a shared session: who is here, and facts that the shared store does not have."""

from collections.abc import Sequence

from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.model.sharing import shared_behind
from mmcockpit.core.rules.seats.present import Present, present
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.header.parts import LinePart
from mmcockpit.ui.render.text import Line, Role, Span, plain

MOST_VIEWERS = 6
"""More viewers than this are only counted."""

END: Line = ((" ", "text"),)


def presence_part(session: Session, own: str, viewer: bool) -> LinePart:
    """Return the people who are here, in variants: `ana* bo carla(view)`, `ana* bo +1 view`, `ana* +2`, `ana*`.

    The star marks who has the controls, `own` is the person of this screen. The last variant is empty, but that this
    screen only looks (`viewer`) is in every one: `ana* bo +9 view carla(view)`, `ana* +11 carla(view)`, `(view)`.
    """
    here = present(session)
    acting = [one for one in here if one.acts]
    viewing = [one for one in here if not one.acts]
    names = [_name(one, own) for one in acting]
    free = _without_holder(session, here)
    if viewer:
        return _seen_by_viewer(names, viewing, free, own)
    counted = _more(len(viewing), " view")
    viewers = tuple((f" {plain(one.person, 20)}(view)", _role(one, own)) for one in viewing)
    everybody: Line = (*free, *_joined(names), *(viewers if len(viewing) <= MOST_VIEWERS else counted), *END)
    rest = len(here) - 1
    first: Line = (*free, *_joined(names[:1]), *_more(rest), *END)
    return LinePart(3, (everybody, (*free, *_joined(names), *counted, *END), first, (*_joined(names[:1]), *END), ()))


def _seen_by_viewer(names: list[Span], viewing: Sequence[Present], free: Line, own: str) -> LinePart:
    """Return the people in variants, each of which marks the person of this screen as a viewer."""
    others = [one for one in viewing if one.person != own]
    mark: Line = ((f" {plain(own, 20)}(view)", "strong"), *END)
    everybody: Line = (*free, *_joined(names), *((f" {plain(one.person, 20)}(view)", "text") for one in others), *mark)
    counted: Line = (*free, *_joined(names), *_more(len(others), " view"), *mark)
    first: Line = (*free, *_joined(names[:1]), *_more(len(names) + len(others) - 1), *mark)
    alone: Line = ((" ", "text"), *mark)
    named = (everybody,) if len(viewing) <= MOST_VIEWERS else ()
    return LinePart(3, (*named, counted, first, alone, (("  (view)", "strong"), *END)))


def _more(count: int, what: str = "") -> Line:
    return ((f" +{count}{what}", "accent"),) if count > 0 else ()


def behind_part(sharing: Sharing | None) -> LinePart:
    """Return how many facts the shared store has not acknowledged, and why; it gives way to nothing but the mode."""
    count = shared_behind(sharing)
    if sharing is None or not count:
        return LinePart(0, ((),))
    badge: Span = (" NOT SHARED " if sharing.refused else f" SHARED BEHIND {count} ", "warn-badge")
    gap: Span = ("  ", "text")
    because: Line = ((f" {plain(sharing.away, 60)}", "warn"),) if sharing.away else ()
    return LinePart(1, ((gap, badge, *because), (gap, badge)))


def _without_holder(session: Session, here: Sequence[Present]) -> Line:
    """Return that the controls are free, or that who has them has left; nothing if the holder is here."""
    if not session.controls:
        return (("  controls free", "warn"),)
    if any(one.controls for one in here):
        return ()
    return ((f"  controls: {plain(session.controls, 20)}, left", "warn"),)


def _joined(names: list[Span]) -> Line:
    return tuple(span for name in names for span in (("  " if name is names[0] else " ", "text"), name))


def _name(one: Present, own: str) -> Span:
    seats = f"x{len(one.seats)}" if len(one.seats) > 1 else ""
    return f"{plain(one.person, 20)}{'*' if one.controls else ''}{seats}", _role(one, own)


def _role(one: Present, own: str) -> Role:
    return "strong" if own and one.person == own else "text"
