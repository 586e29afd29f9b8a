"""The followed procedure: its steps, and the chosen one in full, fitted to the rows of the panel."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mmcockpit.core.decide.procedures import clustered, resolved
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Danger, Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun, capture_of, running
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import duration, took
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.shell_quote import command_lines
from mmcockpit.ui.render.step_output import output, output_head
from mmcockpit.ui.render.text import Line, Role, Span, age, fit, pad, plain, spread, width_of, wrap
from mmcockpit.ui.render.values import verdict_words

Keyed = tuple[Hashable, Line]

LABEL = 11
TITLE = 34
FEWEST_STEPS, MOST_OUTPUT = 3, 200

STEP: dict[StepState, tuple[str, Role]] = {
    StepState.PENDING: (" ", "muted"),
    StepState.READY: ("*", "accent"),
    StepState.RUNNING: ("~", "accent"),
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


GOES_ON: dict[StepState, str] = {
    StepState.RUNNING: "end it, or record how it ended",
    StepState.FAILED: "retry, skip, abandon",
    StepState.UNKNOWN: "record how it ended",
}
"""What the `run_step` key does in these states; a ready step is run, in the other states there is nothing to do."""


class View(NamedTuple):
    """The view of a procedure: `step` is the one shown in full, `back` the number of output lines scrolled up."""

    session: Session
    now: Stamp
    lens: Lens
    step: str
    back: int
    keys: Mapping[str, str]
    """The labels of the keys `run_step`, `copy` and `emergency`; without `run_step` nothing can be recorded."""


def preview(procedure: Procedure, now: Stamp) -> ProcedureRun:
    """Return a run of a procedure that was not begun, for viewing."""
    return ProcedureRun(procedure, now, "", 0, {step.id: StepRun(step) for step in procedure.steps})


def followed(run: ProcedureRun, view: View, width: int, height: int) -> list[Keyed]:
    """Return at most `height` rows: the steps, then the chosen one in full."""
    one = run.steps.get(view.step) or run.current
    if one is None:
        return [(("none", ""), ((" this procedure has no steps", "muted"),))]
    steps = [step_line(n + 1, each, view, width) for n, each in enumerate(run.steps.values())]
    names = list(run.steps)
    blocks = [block for block in _blocks(run, one, view, width) if block]
    written = output(one, width, min(len(one.output), MOST_OUTPUT), view.back)
    fixed = 2 + sum(map(len, blocks)) + (1 if one.output else 0)
    room = height - fixed - min(len(written), 4)
    kept = _around(names.index(one.step.id), len(steps), max(FEWEST_STEPS, room))
    spare = height - fixed - len(kept)
    shown = written[max(0, len(written) - max(1, spare)) :]
    gaps = iter(range(max(0, spare - len(shown))))
    rows: list[Keyed] = [(("step", names[n]), steps[n]) for n in kept]
    rows += _blank("steps", gaps)
    rows.append((("head", ""), _heading(names.index(one.step.id) + 1, one, view, width)))
    for n, block in enumerate(blocks):
        rows += [((n, m), line) for m, line in enumerate(block)] + _blank(n, gaps)
    if shown:
        rows += [(("out", ""), output_head(one, len(written) - len(shown), width))]
        rows += [(("out", n), line) for n, line in enumerate(shown)]
    rows += [(("gap", n), ((" ", "text"),)) for n in range(max(0, height - len(rows) - 1))]
    return [*rows[: max(1, height - 1)], (("hint", ""), hint(run, one, view.keys))]


def hint(run: ProcedureRun, one: StepRun, keys: Mapping[str, str]) -> Line:
    """Return the hints on what the keys do with the step that is shown."""
    does = "begin" if run.closed or not run.number else GOES_ON.get(one.state, "")
    if one.state is StepState.READY and run.number:
        does = "run" if one.step.argv else "record how it ended"
    words = (("run_step", does), ("copy", "copy" if one.step.argv else ""), ("emergency", "list"))
    line = [part for name, word in words if word and name in keys for part in _key(keys[name], word)]
    return (*line, (" j k steps  PgUp output", "muted"))


def _key(key: str, word: str) -> tuple[Span, Span]:
    return (f" {key}", "accent"), (f" {word} ", "muted")


def step_line(n: int, one: StepRun, view: View, width: int) -> Line:
    """Return a step in one row: letter, number, title, and status."""
    letter, role = STEP[one.state]
    title_width = min(TITLE, max(12, width - 30))
    strong = "strong" if one.state in (StepState.READY, StepState.RUNNING, StepState.FAILED) else "text"
    title_role = "muted" if one.state in (StepState.PENDING, StepState.ABANDONED) else strong
    said = standing(one, view)
    return (
        (f" [{letter}] ", role),
        (f"{n} ", "muted"),
        (pad(plain(one.step.title, 80), title_width) + "  ", title_role),
        (said, role if one.state is not StepState.OK else "muted"),
    )


def standing(one: StepRun, view: View) -> str:
    """Return the status of a step in a few words."""
    now, because = view.now, plain(one.because, 200)
    ended = f"exit {one.exit} in {took(one.ms)}" if one.exit is not None else ""
    match one.state:
        case StepState.PENDING:
            return DANGER[one.step.danger][0] if one.step.danger is Danger.DANGEROUS else ""
        case StepState.READY:
            return "next"
        case StepState.RUNNING if one.working:
            return f"running {clock(one.started, now)}"
        case StepState.RUNNING:
            return f"waits for its effect {clock(one.ended, now)}"
        case StepState.UNKNOWN:
            return "OUTCOME UNKNOWN: verify"
        case StepState.FAILED:
            return "FAILED: " + (", ".join(filter(None, [ended, because])) or "set manually")
        case StepState.OK:
            return ", ".join(filter(None, [ended, because]))
    return f"{one.state} {plain(one.by, 20)}: {because}" if because else str(one.state)


def left_behind(one: StepRun) -> str:
    """Return the state of the process that a step had when its cockpit died, as the beginning of a sentence."""
    if one.process is None:
        return ""
    known = {None: f"ran on {plain(one.process.host, 40)}", True: "still runs", False: "has ended"}
    return f"process {one.process.pid} {known[one.process.runs]}; "


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
        text += f"; held {age(served)} of {age(step.hold)}"
    elif step.hold:
        text += f"; must pass for {age(step.hold)}"
    return text, str(level)


def place(step: Step, session: Session) -> str:
    """Return where a step's command acts: API server, context and environment."""
    cluster, environment = session.cockpit.cluster, plain(session.cockpit.environment, 20).upper()
    if not clustered(step):
        return f"this machine, {environment}"
    server = plain(cluster.server, 120) or "API server unknown"
    context = f", context {plain(cluster.context, 60)}" if cluster.context else ""
    return f"{server}{context}, {environment}"


def values(run: ProcedureRun) -> list[str]:
    """Return the captured values: for each name the chosen one and the others."""
    lines: list[str] = []
    for name, found in run.found.items():
        taken = run.values.get(name, "")
        now = running(found, capture_of(run, name))
        rest = ", ".join(found[-8:]) if len(found) > 1 or not taken else ""
        rest += f" ({now} runs now)" if now and rest and not taken else ""
        others = f" of {rest}" if rest else ""
        lines.append(f"{name} {taken}{others}" if taken else f"{name} to choose from {rest or 'nothing found'}")
    return lines


def labelled(label: str, text: str, width: int, role: Role = "text", most: int = 3) -> list[Line]:
    """Return a label and its text in at most `most` rows."""
    if not text:
        return []
    lines = wrap(text, max(10, width - LABEL - 1))
    lines = [*lines[: most - 1], pad(lines[most - 1] + " …", width - LABEL)] if len(lines) > most else lines
    return [((pad(f" {label}" if not n else "", LABEL), "muted"), (line, role)) for n, line in enumerate(lines)]


def _blocks(run: ProcedureRun, one: StepRun, view: View, width: int) -> list[list[Line]]:
    """Return the blocks of a step's details: first what failed, then the text, then the command and its effect."""
    step, bad = one.step, one.state in (StepState.FAILED, StepState.UNKNOWN)
    wrong = labelled("unknown" if one.state is StepState.UNKNOWN else "failed", _wrong(one), width, STEP[one.state][1])
    fails = labelled("otherwise", step.if_fails, width, "warn" if bad else "text", 2)
    found = effect(one, view.session, view.lens)
    moves = labelled("effect", found[0], width, found[1], 2) if found else []
    taken = [line for said in values(run) for line in labelled("value", said, width, "accent", 2)]
    where = labelled("where", place(step, view.session), width, "text", 2) if step.argv else []
    return [
        [*wrong, *fails, *moves] if bad else [],
        [((f" {line}", "text"),) for line in wrap(step.text, width - 2)[:4] if step.text],
        [*_command(run, step, view.session, width), *where],
        [*([] if bad else moves), *taken, *([] if bad else fails)],
    ]


def _wrong(one: StepRun) -> str:
    if one.state is StepState.UNKNOWN:
        because = plain(one.because, 200) or "outcome unknown: verify what it did"
        return f"{left_behind(one)}{because}"
    if one.state is StepState.FAILED:
        ended = f"exit {one.exit} in {took(one.ms)}" if one.exit is not None else ""
        return ", ".join(filter(None, [ended, plain(one.because, 200)])) or "set manually"
    return ""


def _command(run: ProcedureRun, step: Step, session: Session, width: int) -> list[Line]:
    if not step.argv:
        return []
    argv, missing = resolved(step, run.values, session.cockpit.cluster)
    lines = command_lines(argv, width - LABEL - 1)
    lines = [*lines[:3], "…"] if len(lines) > 4 else lines
    shown: list[Line] = [
        ((pad(" command" if not n else "", LABEL), "muted"), (line, "strong")) for n, line in enumerate(lines)
    ]
    return shown + labelled("missing", ", ".join(missing), width, "warn", 2)


def _heading(n: int, one: StepRun, view: View, width: int) -> Line:
    letter, role = STEP[one.state]
    danger, danger_role = DANGER[one.step.danger]
    parts: list[tuple[str, Role]] = [(f"── [{letter}] ", role), (f"{n} {plain(one.step.title, 80)} ", "strong")]
    right: list[tuple[str, Role]] = [(f" {_timer(one, view.now)} ", "strong" if one.working else "muted")]
    if one.step.argv or one.step.danger is not Danger.READS:
        right.append((f" {danger} ", danger_role))
    if one.step.no_return:
        right.append((" NO ROLLBACK ", "fail-badge"))
    rule = "─" * max(0, width - width_of(parts) - width_of(right) - 1)
    return fit(spread((*parts, (rule, "border")), (*right, ("─", "border")), width), width)


def _timer(one: StepRun, now: Stamp) -> str:
    about = f"about {duration(one.step.estimate)}" if one.step.estimate else ""
    if one.working:
        return f"running {clock(one.started, now)}" + (f" of {about}" if about else "")
    return f"took {took(one.ms)}" if one.exit is not None else about


def _around(at: int, count: int, most: int) -> Sequence[int]:
    """Return the indices of the steps to show: all, or `most` around the chosen one."""
    first = max(0, min(at - most // 2, count - most))
    return range(first, min(count, first + most))


def _blank(n: Hashable, gaps: Iterator[int]) -> list[Keyed]:
    return [] if next(gaps, None) is None else [(("blank", n), ((" ", "text"),))]


def clock(since: Stamp | None, now: Stamp) -> str:
    """Return how long ago `since` was, as a running clock; empty without a stamp."""
    return duration(now.at - since.at) if since else ""
