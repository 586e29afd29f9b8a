"""The headings of the checklist in the order of the document: phases with their gates, and sections."""

from collections.abc import Iterator

from mmcockpit.core.model.checklist import Item, Phase, Section
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.checklist.gate_status import gate_words, unmet_in
from mmcockpit.ui.render.text import Line, pad, plain, short_title


def phase_row(phase: Phase, number: int, session: Session, opened: bool, width: int) -> Line:
    """Return the heading of a phase: its progress, and what keeps its gate closed."""
    current = number <= session.phase
    done, count = _progress(phase.items, session)
    right = f" {done}/{count} {_gate(number, session)} "
    rule = max(0, width - len(right) - 22)
    title = short_title(plain(phase.title, 60), phase.target, width - len(right) - rule - 2)
    left = f"{'▾' if opened else '▸'} {title.upper()}"
    return (
        (pad(left, width - len(right) - rule), "accent" if current else "muted"),
        (" " * rule, "border"),
        (right, "text" if current else "muted"),
    )


def section_row(section: Section, phase: int, session: Session, opened: bool, width: int) -> Line:
    """Return the heading of a section, with its progress."""
    done, count = _progress(iter(section.items), session)
    order = " in order" if section.ordered else ""
    right = f" {done}/{count} "
    role = "strong" if phase <= session.phase else "muted"
    left = f" {'▾' if opened else '▸'} {plain(section.title, 80)}{order}"
    return (pad(left, width - len(right)), role), (right, "muted")


def _gate(number: int, session: Session) -> str:
    if number > session.phase:
        return "not open"
    if number == session.phase:
        return gate_words(session)[0]
    unmet = unmet_in(session, number)
    return f"passed, {unmet} left" if unmet else "passed"


def _progress(items: Iterator[Item], session: Session) -> tuple[int, int]:
    states = [session.items[item.id].state in SATISFIED for item in items]
    return sum(states), len(states)
