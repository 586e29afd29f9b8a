"""One step of a procedure: its row, its heading, and the blocks with its text, command, effect and values."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from rich.cells import cell_len

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Danger, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, StepRun, capture_of, running
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.durations import duration, estimated, took
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.shell_quote import command_lines
from mmcockpit.ui.render.step_kinds import attempt_words, failure, group_words, kind_rows, kind_status, run_of
from mmcockpit.ui.render.text import Line, Role, age, fit, pad, plain, spread, width_of, wrap
from mmcockpit.ui.render.values import verdict_words

LABEL = 11
TITLE = 34
TIME = 16
"""Columns of a step's time beside its estimate: `5m 20s of ~10 min`."""
TIMED_FROM = 70
"""The least width of a row with times."""
LATE = 1.5
"""A step is late once it takes this many times its estimate."""
ALL_LINES = 10_000

STEP: dict[StepState, tuple[str, Role]] = {
    StepState.PENDING: (" ", "muted"),
    StepState.READY: ("*", "accent"),
    StepState.RUNNING: ("~", "accent"),
    StepState.WAITING: ("~", "accent"),
    StepState.RETRYING: ("~", "warn"),
    StepState.OK: ("+", "pass"),
    StepState.FAILED: ("!", "fail"),
    StepState.SKIPPED: ("-", "warn"),
    StepState.ABANDONED: ("/", "muted"),
    StepState.UNKNOWN: ("?", "unknown"),
}
"""The letter of a step in brackets, and its role."""

DANGER: dict[Danger, tuple[str, Role]] = {
    Danger.READS: ("only reads", "muted"),
    Danger.CHANGES: ("changes", "warn"),
    Danger.DANGEROUS: ("DANGEROUS", "fail-badge"),
}

WAYS: dict[StepState, str] = {
    StepState.FAILED: "{0} r retry, {0} s skip with a reason, {0} o fixed manually, {0} a abandon",
    StepState.UNKNOWN: "verify what it did, then {0} o it worked, {0} f it did not",
}
"""What an operator can do in these states, with the keys."""


class View(NamedTuple):
    """The view of a procedure: `step` is the one shown in full, `back` the number of output lines scrolled up.

    `left` is the first column of the output, `top` the first line where a step is shown alone.
    """

    session: Session
    now: Stamp
    lens: Lens
    step: str
    back: int
    keys: Mapping[str, str]
    """The labels of the keys `run_step`, `copy` and `emergency`; without `run_step` nothing can be recorded."""
    left: int = 0
    top: int = 0


def step_line(n: int, one: StepRun, view: View, width: int, joined: str = "") -> Line:
    """Return a step in one row: letter, number, title, status, and its time beside the estimate.

    `joined` is the mark of a row of a group. A long title takes the room that the status of its row leaves.
    """
    letter, role = STEP[one.state]
    time, time_role = _time(one, view.now) if width >= TIMED_FROM else ("", "muted")
    status, title = step_status(one, view), plain(one.step.title, 80)
    room = min(TITLE, max(12, width - (37 + TIME if width >= TIMED_FROM else 30)))
    room = room - len(joined) - 1 if joined else room
    before = width_of(((f" [{letter}] {n} {joined}{' ' if joined else ''}", ""),))
    spare = width - before - room - width_of(((status, ""), (time, ""))) - 5
    title_width = min(max(room, cell_len(title)), room + max(0, spare))
    strong = "strong" if one.state in (StepState.READY, StepState.RUNNING, StepState.FAILED) else "text"
    title_role = "muted" if one.state in (StepState.PENDING, StepState.ABANDONED) else strong
    line: Line = (
        (f" [{letter}] ", role),
        (f"{n} ", "muted"),
        (f"{joined} " if joined else "", "accent"),
        (pad(title, title_width) + "  ", title_role),
        (status, role if one.state is not StepState.OK else "muted"),
    )
    return spread(line, ((f" {time} ", time_role),), width) if time else line


def _time(one: StepRun, now: Stamp) -> tuple[str, Role]:
    """Return how long a step took so far beside its estimate: `4s of ~10s`."""
    spent, usual = _spent(one, now), one.step.estimate
    about = f"~{estimated(usual)}" if usual else ""
    if spent is None:
        return about, "muted"
    late = usual and spent > LATE * usual
    return duration(spent) + (f" of {about}" if about else ""), "warn" if late else "muted"


def _spent(one: StepRun, now: Stamp) -> float | None:
    if one.started is None:
        return None
    if one.state is StepState.RUNNING:
        return now.at - one.started.at
    settled = one.state in OVER or one.state is StepState.FAILED
    return max(one.since.at - one.started.at, one.ms / 1000) if one.since is not None and settled else None


def step_status(one: StepRun, view: View) -> str:
    """Return the status of a step in a few words."""
    now, because = view.now, plain(one.because, 200)
    ended = f"exit {one.exit} in {took(one.ms)}" if one.exit is not None else ""
    kind = kind_status(one, view.session, now)
    if one.state in (StepState.PENDING, StepState.READY):
        pending = one.state is StepState.PENDING
        danger = DANGER[one.step.danger][0] if pending and one.step.danger is Danger.DANGEROUS else ""
        turn = kind or ("" if pending else "next")
        group = group_words(run_of(view.session, one), one) if one.step.group else ""
        return ", ".join(filter(None, (danger, turn, group)))
    if kind:
        return kind
    match one.state:
        case StepState.RUNNING if one.working:
            return ", ".join(filter(None, (f"running {clock(one.started, now)}", attempt_words(one, now))))
        case StepState.RUNNING:
            return f"waits for its effect {clock(one.ended, now)}"
        case StepState.UNKNOWN:
            return "OUTCOME UNKNOWN: verify"
        case StepState.FAILED:
            return f"FAILED: {failure(one)}"
        case StepState.OK if one.step.ask is not None:
            run = run_of(view.session, one)
            return plain(run.values.get(one.step.ask.name, ""), 60) if run is not None else ""
        case StepState.OK:
            return ", ".join(filter(None, [ended, because]))
    who = f" by {plain(one.by, 20)}" if one.by else ""
    return f"{one.state}{who}: {because}" if because else str(one.state)


def effect(one: StepRun, session: Session, lens: Lens) -> tuple[str, Role] | None:
    """Return the state of the signal that the step should move, and how long it has passed of its settle time."""
    step = one.step
    if not step.signal:
        return None
    state = session.signals.get(step.signal)
    if state is None:
        return f"[?] unknown signal {plain(step.signal, 60)}", "unknown"
    level = lens.level(state)
    text = f"{lens.letter(state)} {plain(state.signal.title, 60)} {verdict_words(state, level)}"
    if step.hold and one.state is StepState.RUNNING and one.ended is not None:
        served = min(step.hold, state.passing.since(one.ended.at)) if level is Level.PASS else 0.0
        text += f"; settling {age(served)} of {age(step.hold)}"
    elif step.hold:
        text += f"; must pass for {age(step.hold)}"
    return text, str(level)


def effects(run: ProcedureRun, one: StepRun, session: Session, lens: Lens) -> list[tuple[str, Role]]:
    """Return the signals that the step should move: its own; of a dangerous one without a signal, those that the
    procedure checks next and that call for it."""
    own = effect(one, session, lens)
    if own is not None or one.step.danger is not Danger.DANGEROUS:
        return [own] if own is not None else []
    names = [step.id for step in run.procedure.steps]
    later = run.procedure.steps[names.index(one.step.id) + 1 :] if one.step.id in names else ()
    checked = [step.signal for step in later if step.signal][:1]
    signals = dict.fromkeys([*checked, *run.procedure.aborts[:1]])
    lines = (
        effect(StepRun(msgspec.structs.replace(one.step, signal=name, hold=0.0)), session, lens) for name in signals
    )
    return [words for words in lines if words is not None]


def place(step: Step, session: Session) -> str:
    """Return where a step's command acts: API server, context and environment."""
    name, environment = step.cluster, plain(session.cockpit.environment, 20).upper()
    if not name:
        return f"this machine, {environment}"
    cluster = session.cockpit.cluster_of(name)
    server = plain(cluster.server, 120) or "API server unknown"
    context = f", context {plain(cluster.context, 60)}" if cluster.context else ""
    return f"{cluster_source(name, session.cockpit)}{server}{context}, {environment}"


def cluster_source(name: str, cockpit: Cockpit) -> str:
    """Return the name of a cluster in front of its server, if the cockpit has several: `eu: `."""
    return f"{plain(name, 40)}: " if len(cockpit.clusters) > 1 else ""


def values(run: ProcedureRun) -> list[str]:
    """Return the captured values: for each name the chosen one and the others."""
    lines: list[str] = []
    for name, captured in run.found.items():
        taken = run.values.get(name, "")
        now = running(captured, capture_of(run, name))
        rest = ", ".join(captured[-8:]) if len(captured) > 1 or not taken else ""
        rest += f" ({now} runs now)" if now and rest and not taken else ""
        others = f" of {rest}" if rest else ""
        lines.append(f"{name} {taken}{others}" if taken else f"{name} to choose from {rest or 'nothing found'}")
    return lines


def labelled(label: str, text: str, width: int, role: Role = "text", most: int = 3) -> list[Line]:
    """Return a label and its text in at most `most` rows; a longer text ends in an ellipsis."""
    if not text:
        return []
    lines = wrap(text, max(10, width - LABEL - 1))
    lines = [*lines[: most - 1], pad(lines[most - 1] + " …", width - LABEL)] if len(lines) > most else lines
    return [((pad(f" {label}" if not n else "", LABEL), "muted"), (line, role)) for n, line in enumerate(lines)]


def blocks(run: ProcedureRun, one: StepRun, view: View, width: int, full: bool = False) -> list[list[Line]]:
    """Return four blocks: what failed and the ways on, the text, the command, its effect and values; `full` cuts
    nothing."""
    step, bad = one.step, one.state in (StepState.FAILED, StepState.UNKNOWN)
    few, some = (ALL_LINES, ALL_LINES) if full else (2, 3)
    wrong = labelled(
        "unknown" if one.state is StepState.UNKNOWN else "failed", failure(one), width, STEP[one.state][1], some
    )
    ways = (
        WAYS.get(one.state, "").format(view.keys["run_step"]) if "run_step" in view.keys and run.closed is None else ""
    )
    fails = labelled("otherwise", step.if_fails, width, "warn" if bad else "text", few)
    moved = effect(one, view.session, view.lens)
    moves = labelled("effect", moved[0], width, moved[1], few) if moved else []
    taken = [line for value in values(run) for line in labelled("value", value, width, "accent", few)]
    where = labelled("where", place(step, view.session), width, "text", few) if step.argv else []
    kinds = [
        line
        for name, text, role in kind_rows(run, one, view.session, view.now)
        for line in labelled(name, text, width, role, few)
    ]
    return [
        [*wrong, *labelled("now", ways, width, "strong", few), *fails, *moves] if bad else wrong,
        [((f" {line}", "text"),) for line in wrap(step.text, width - 2) if step.text],
        [*_command(run, step, view.session, width, full), *where, *kinds],
        [*([] if bad else moves), *taken, *([] if bad else fails)],
    ]


def _command(run: ProcedureRun, step: Step, session: Session, width: int, full: bool) -> list[Line]:
    if not step.argv:
        return []
    argv, missing = resolved(step, run.values, session.cockpit.cluster_of)
    lines = command_lines(argv, width - LABEL - 1)
    lines = [*lines[:3], "…"] if len(lines) > 4 and not full else lines
    shown: list[Line] = [
        ((pad(" command" if not n else "", LABEL), "muted"), (line, "strong")) for n, line in enumerate(lines)
    ]
    return shown + labelled("missing", ", ".join(missing), width, "warn", 2)


def heading(n: int, one: StepRun, view: View, width: int) -> Line:
    """Return the line above a step's details: its state, title, time and danger."""
    letter, role = STEP[one.state]
    danger, danger_role = DANGER[one.step.danger]
    parts: list[tuple[str, Role]] = [(f"── [{letter}] ", role), (f"{n} {plain(one.step.title, 80)} ", "strong")]
    time = _timer(one, view.now)
    right: list[tuple[str, Role]] = [(f" {time} ", "strong" if one.working else "muted")] if time else []
    if one.step.argv or one.step.danger is not Danger.READS:
        right.append((f" {danger} ", danger_role))
    if one.step.no_return:
        right.append((" NO ROLLBACK ", "fail-badge"))
    rule = "─" * max(0, width - width_of(parts) - width_of(right) - 1)
    return fit(spread((*parts, (rule, "border")), (*right, ("─", "border")), width), width)


def _timer(one: StepRun, now: Stamp) -> str:
    time = _time(one, now)[0]
    if one.state is StepState.RUNNING:
        return f"running {time}" if one.working else f"waiting {time}"
    if _spent(one, now) is not None:
        return f"took {time}"
    measured = one.step.rehearsed if time else 0.0
    return f"{time}, rehearsed {age(now.wall - measured)} ago" if measured else time


def clock(since: Stamp | None, now: Stamp) -> str:
    """Return how long ago `since` was, as a running clock; empty without a stamp."""
    return duration(now.at - since.at) if since else ""
