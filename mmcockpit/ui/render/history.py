"""Parts of the detail panel: the facts about an item, its marks, and the recent results of a signal."""

from collections.abc import Iterator

from mmcockpit.core.facts.event import Event, Evidence, ItemMarked
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.item_status import item_text
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.facts.items import mark_words, reason_of
from mmcockpit.core.words.keys import press
from mmcockpit.core.words.plans.work_plan import planned_text
from mmcockpit.core.words.seats import origin_words
from mmcockpit.core.words.verdicts import fault_text
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.plot import GHOST, PlotLine, buckets, plot, scale
from mmcockpit.ui.render.readings import SPARK_OVER_S
from mmcockpit.ui.render.text import STATE_ROLE, WORD, Line, Role, age, pad, plain
from mmcockpit.ui.render.values import cell_text, limits

CHART_ROWS = 4

MODE = {
    Mode.MANUAL: "by a person",
    Mode.SENSED: "by its signal",
    Mode.ATTESTED: "by its signal, then by a person",
}


def item_facts(session: Session, state: ItemState, now: Stamp, lens: Lens) -> Iterator[tuple[str, str, Role]]:
    """Yield labels, texts and roles: an item's state, who decides it, its texts, its marks with their evidence."""
    item = state.item
    since = f" since {lens.time(state.since.wall)}, {age(now.at - state.since.at)} ago" if state.since else ""
    yield (
        "state",
        item_text(session, state, now, lens.seated(session)) + since if since or item.signal else "",
        STATE_ROLE[state.state],
    )
    yield "decided", MODE[item.mode] + ("" if item.required else ", not required"), "text"
    yield "role", item.role, "text"
    yield "assignee", item.assignee, "text"
    yield from _planned(session, state, now)
    yield "claimed", f"by {state.claimed_by}" if state.claimed_by else "", "text"
    agreed = f", agreed: {', '.join(_agreed(session, state))}" if state.approved else ""
    yield "people", f"needs {item.approvals}{agreed}" if item.approvals > 1 else "", "text"
    yield "text", item.text, "text"
    yield "caveat", item.caveat, "warn"
    yield from _work(session, item, lens)
    for link in item.links:
        yield "link", link, "accent"
    for event, body in _marks(session).get(item.id, ()):
        yield from _mark(session, event, body, now, lens)
    for stamp, note in state.notes:
        yield "note", f"{lens.time(stamp.wall)} {note.by}: {note.text}", "text"
    yield "id", item.id, "muted"


@per_change
def _marks(session: Session) -> dict[str, list[tuple[Event, ItemMarked]]]:
    """Return the marks of each item in the log; every fact but a reading is a change."""
    marks: dict[str, list[tuple[Event, ItemMarked]]] = {}
    for event in session.log:
        if isinstance(event.body, ItemMarked):
            marks.setdefault(event.body.item, []).append((event, event.body))
    return marks


def _work(session: Session, item: Item, lens: Lens) -> Iterator[tuple[str, str, Role]]:
    """Yield the procedure that does the work of an item, and its steps with the commands to copy."""
    known = next((one for one in session.cockpit.checklist.procedures if one.id == item.procedure), None)
    if known is not None:
        run = session.procedures.get(known.id)
        ended = "abandoned" if run is not None and run.abandoned else "done"
        state = "not started" if run is None else "in progress" if run.closed is None else ended
        yield "done by", f"{known.title}: {state}; {press(lens.keys, 'run_step')} to open it", "accent"
    for n, step in enumerate(item.steps, 1):
        yield f"step {n}", step.text, "text"
        yield "" if step.text else f"step {n}", f"$ {step.command}" if step.command else "", "strong"
    if any(step.command for step in item.steps):
        yield "", f"{press(lens.keys, 'copy')} to copy the command; the cockpit does not run it", "muted"


def _planned(session: Session, state: ItemState, now: Stamp) -> Iterator[tuple[str, str, Role]]:
    """Yield what an item needs, with the state of each, and its estimate with whether it is or was late."""
    known = [session.items[need] for need in state.item.needs if need in session.items]
    for need in known:
        done = satisfied(session, need)
        yield "needs", f"[{need.state}] {need.item.number} {need.item.title}", "text" if done else "warn"
    work = next((one for one in work_plan(session, now).works if one.item == state.item.id), None)
    if work is not None:
        yield "estimate", planned_text(work), "warn" if work.late_s >= 1 else "text"


def _agreed(session: Session, state: ItemState) -> Iterator[str]:
    """Yield who agreed; in a shared session with the proof: `bo (authenticated)`, `cy (witnessed)`."""
    proven = state.authenticated
    for name in state.approved:
        proof = "authenticated" if name in proven else "witnessed"
        yield f"{name} ({proof})" if session.cockpit.share is not None else name


def _mark(session: Session, event: Event, body: ItemMarked, now: Stamp, lens: Lens) -> Iterator[tuple[str, str, Role]]:
    stamp = event.stamp
    witnessed = " (witnessed, same terminal)" if body.witnessed else ""
    if event.identity and not body.witnessed:
        witnessed = f" ({origin_words(event.identity, session.seat_of(event.identity))})"
    left = body.expires - now.at
    ends = f", {age(left)} left" if left > 0 else ", expired" if body.expires else ""
    why = f": {reason}" if (reason := reason_of(body)) else ""
    role: Role = "warn" if body.mark in (Mark.OVERRIDE, Mark.BLOCK) else "text"
    yield "mark", f"{lens.time(stamp.wall)} {body.by} {mark_words(body)}{witnessed}{ends}{why}", role
    if body.evidence is not None:
        yield "evidence", _evidence(session, body.evidence, lens), "muted"


def _evidence(session: Session, evidence: Evidence, lens: Lens) -> str:
    signal = session.signals.get(evidence.signal)
    sampled = f", sampled {lens.time(evidence.sampled)}" if evidence.sampled is not None else ""
    return f"{signal.signal.title if signal else evidence.signal} {evidence.level}: {evidence.value}{sampled}"


def results(state: SignalState, lens: Lens) -> Iterator[Line]:
    """Yield the last results, the latest first; equal ones in a row are one line."""
    run: list[tuple[Stamp, str, str]] = []
    for stamp, answer, verdict in reversed(state.recent):
        entry = (stamp, str(verdict.raw), _result(state, answer))
        if run and run[0][1:] != entry[1:]:
            yield _run(state, run, lens)
            run = []
        run.append(entry)
    if run:
        yield _run(state, run, lens)


def _run(state: SignalState, run: list[tuple[Stamp, str, str]], lens: Lens) -> Line:
    (latest, raw, text), oldest = run[0], run[-1][0]
    judged = state.signal.judged or state.fault is not None
    word = next((word for level, word in WORD.items() if level == raw), raw) if judged else ""
    same = f"  same for {counted(len(run), 'result')} since {lens.time(oldest.wall)}" if len(run) > 1 else ""
    head: Line = ((f" {lens.time(latest.wall)}  ", "muted"), (pad(word, 8), raw if judged else "text"))
    return (*head, (text, "text"), (same, "muted"))


def _result(state: SignalState, answer: Reading | Fault) -> str:
    if isinstance(answer, Fault):
        return plain(fault_text(answer))
    notes = [plain(answer.defect)] if answer.defect else []
    notes += [f"remark: {plain(answer.remark)}"] if answer.remark else []
    return cell_text(answer.value, state.signal) + "".join(f" ({note})" for note in notes)


def curves(state: SignalState, ghost: float | None, now: Stamp, cells: int) -> list[Line]:
    """Return a signal's recent values as a chart with its limits and baseline; empty if there are no numbers."""
    values = buckets(state.points, now.wall, SPARK_OVER_S, cells * 2)
    seen = [value for value in values if value is not None]
    if cells < 8 or not seen:
        return []
    bounds = limits(state.signal)
    lines = [PlotLine(limit.value, str(limit.beyond)) for limit in reversed(bounds)]
    ghosts = [] if ghost is None else [ghost]
    ends = scale([*seen, *ghosts], [limit.value for limit in bounds])

    def role(value: float) -> Role:
        return next((str(limit.beyond) for limit in bounds if limit.broken(value)), "accent")

    return plot(values, CHART_ROWS, ends, role, [*(PlotLine(one, GHOST) for one in ghosts), *lines])
