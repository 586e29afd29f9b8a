"""The work plan as rows: what is late, what can start now, who is idle; and what each person does."""

from collections.abc import Hashable, Iterator, Sequence

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.work_plan import WaveProgress, WaveTarget, WorkPlan
from mmcockpit.core.rules.plans.waves import wave_targets
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.plans.waves import target_texts
from mmcockpit.core.words.plans.work_plan import person_text, start_text, work_name
from mmcockpit.ui.render.text import Line, Role, middle_cut, pad, plain, width_of, wrap

MOST = 8
"""Items that can start of which each has a row."""

SHORTEST = 12
"""Cells that a title keeps."""

Keyed = tuple[Hashable, Line]

_SIGN: dict[WaveProgress, tuple[str, Role]] = {
    WaveProgress.REGRESSED: ("[R]", "fail"),
    WaveProgress.FAILING: ("[!]", "fail"),
    WaveProgress.NO_DATA: ("[?]", "unknown"),
    WaveProgress.OPEN: ("[~]", "strong"),
    WaveProgress.BETWEEN: ("[ ]", "text"),
    WaveProgress.NOT_REACHED: ("[ ]", "muted"),
    WaveProgress.FINISHED: ("[+]", "pass"),
}
"""The sign and the colour of each target of a wave."""


def work_rows(plan: WorkPlan, now: Stamp, width: int) -> Iterator[Keyed]:
    """Yield the late items, then those that can start, then the idle people; nothing without a plan."""
    late = plan.late
    named = {work.item for work in late}
    works = [*late, *(work for work in plan.can_start if work.item not in named)]
    if works or plan.idle:
        yield ("head", "work"), ((" Can start now", "accent"), (f"  {len(works)}", "muted"))
    for work in works[:MOST]:
        text = f"  {start_text(work, now)}"
        name = work_name(work)
        room = max(SHORTEST, width - 5 - width_of(((text, "text"),)))
        yield (
            ("item", work.item),
            ((" [ ] ", "muted"), (pad(name, room), "text"), (text, "warn" if work.late_s else "muted")),
        )
    if len(works) > MOST:
        yield ("work", "more"), ((f"     {len(works) - MOST} more", "muted"),)
    for person in plan.idle:
        yield from _wrapped(("idle", person.person), f"{plain(person.person, 20)} is {person_text(person)}", width)


def people_rows(plan: WorkPlan, width: int) -> Iterator[Keyed]:
    """Yield what each assignee does: the item that is late longest, or why the person is idle."""
    if plan.people:
        yield ("head", "work"), ((" Work", "accent"),)
    for person in plan.people:
        role: Role = "warn" if person.late_s else "muted" if not person.now else "text"
        yield from _wrapped(("work", person.person), f"{plain(person.person, 20)}: {person_text(person)}", width, role)


def _wrapped(key: tuple[str, str], text: str, width: int, role: Role = "muted") -> Iterator[Keyed]:
    for n, line in enumerate(wrap(text, max(10, width - 2))):
        yield (*key, n), ((f" {line}", role),)


def target_rows(session: Session, width: int) -> Iterator[Keyed]:
    """Yield a heading and a row for each target; a row with failing items is about the first of them."""
    rows = wave_targets(session)
    if rows:
        yield "targets", ((" Targets", "strong"),)
    for row in rows:
        about: tuple[Hashable, ...] = ("target", row.target)
        if row.failing or row.signals:
            about = (("item", row.failing[0]) if row.failing else ("signal", row.signals[0])) + about
        yield about, ((" ", "text"), *target_line(row, rows, width - 1))


def target_line(row: WaveTarget, rows: Sequence[WaveTarget], width: int) -> Line:
    """Return the row of one of the targets: its sign, its name, and the longest text that fits."""
    sign, role = _SIGN[row.progress]
    texts = target_texts(row)
    names = min(max(len(one.target) for one in rows), 40, max(4, width - 7 - len(texts[-1])))
    name = pad(middle_cut(plain(row.target, 40), names), names)
    room = width - 7 - names
    text = next((one for one in texts if len(one) <= room), texts[-1])
    return ((f" {sign} ", role), (name, "strong" if row.opened else "text"), (f"  {text}", role))
