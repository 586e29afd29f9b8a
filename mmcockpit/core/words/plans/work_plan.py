"""The work plan as text: what can start, who is late, and what an idle person waits for."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.work_plan import PersonWork, Work
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age, duration
from mmcockpit.core.words.values import joined_names

NAMED = 2
"""Names of items that one line mentions."""


def work_name(work: Work) -> str:
    """Return an item as `12 Switch DNS`."""
    return f"{work.number} {plain(work.title, 60)}"


def late_text(work: Work) -> str:
    """Return a late item with who is responsible: `12 Switch DNS: ana, 5m late`."""
    return f"{work_name(work)}: {_who(work)}, {age(work.late_s)} late"


def start_text(work: Work, now: Stamp) -> str:
    """Return who can start an item, and when it is due: `ana, due in 4m`, `ana, 5m late`, `unassigned, takes ~10m`."""
    if work.late_s:
        return f"{_who(work)}, {age(work.late_s)} late"
    if work.due is None:
        return _who(work)
    # What changes every second is painted every second.
    left = (work.due - now.at) // 10 * 10
    return f"{_who(work)}, due in {age(left)}" if left > 0 else f"{_who(work)}, due now"


def person_text(person: PersonWork) -> str:
    """Return what a person does: `12 Switch DNS, 1 more`, `idle: 13 Smoke test waits for 12 Switch DNS`, `done`."""
    if person.now:
        first = max(person.now, key=lambda work: work.late_s)
        late = f", {age(first.late_s)} late" if first.late_s else ""
        more = f", {len(person.now) - 1} more" if len(person.now) > 1 else ""
        return f"{work_name(first)}{late}{more}"
    if person.later:
        return f"idle: {work_name(person.later[0])} {waits_text(person.later[0])}"
    return f"done: {counted(person.done, 'item')}"


def waits_text(work: Work) -> str:
    """Return what an item waits for that cannot start: `waits for 9 Migrate data`, `waits for phase Deployment`."""
    if work.waits:
        return f"waits for {joined_names([plain(name, 60) for name in work.waits[:NAMED]], len(work.waits))}"
    return f"waits for phase {plain(work.phase, 40)}" if work.phase else "cannot start"


def planned_text(work: Work) -> str:
    """Return how long an item usually takes, and by how much it was late: `10m`, `10m + 2m to settle, 5m late`."""
    late = f", {age(work.late_s)} late" if work.late_s >= 1 else ""
    settles = f" + {duration(work.settle_s)} to settle" if work.settle_s else ""
    return f"{duration(work.estimate_s)}{settles}{late}" if work.estimate_s else ""


def _who(work: Work) -> str:
    return plain(work.assignee, 40) or "unassigned"
