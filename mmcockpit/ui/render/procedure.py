"""The followed procedure: its steps, and the chosen one in full, fitted to the rows of the panel."""

from collections.abc import Hashable, Iterator, Sequence

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.steps.conditions import unmet
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import estimated
from mmcockpit.ui.render.step_details import View, blocks, heading, step_line
from mmcockpit.ui.render.step_kinds import bracket
from mmcockpit.ui.render.step_output import beside, beside_head, output, output_head, output_of
from mmcockpit.ui.render.text import Line, Span, fit, spread, width_of

Keyed = tuple[Hashable, Line]

FEWEST_STEPS, FEWEST_OUTPUT, FEWEST_TEXT = 3, 4, 2
TEXT = 1
"""The place of the step's text among its blocks: it is cut first where there is no room."""

GOES_ON: dict[StepState, str] = {
    StepState.RUNNING: "record how it ended",
    StepState.WAITING: "end the wait early",
    StepState.RETRYING: "stop the retries",
    StepState.FAILED: "retry, skip, abandon",
    StepState.UNKNOWN: "record how it ended",
}
"""What the `run_step` key does in these states; a ready step is run, in the other states there is nothing to do."""


def size_words(procedure: Procedure) -> str:
    """Return how many steps a procedure has, and how long they usually take: `13 steps, ~12 min`."""
    usual = f", ~{estimated(procedure.usual_s)}" if procedure.usual_s else ""
    return f"{counted(len(procedure.steps), 'step')}{usual}"


def preview(procedure: Procedure, now: Stamp) -> ProcedureRun:
    """Return a run of a procedure that was not begun, for viewing."""
    return ProcedureRun(procedure, now, "", 0, {step.id: StepRun(step) for step in procedure.steps})


def followed(run: ProcedureRun, view: View, width: int, height: int) -> list[Keyed]:
    """Return at most `height` rows: the steps, then the chosen one, then output; what is cut ends in a mark."""
    one = run.steps.get(view.step) or run.current
    if one is None:
        return [(("none", ""), ((" this procedure has no steps", "muted"),))]
    names = list(run.steps)
    at, source = names.index(one.step.id), output_of(run, one)
    parts = blocks(run, one, view, width)
    written, others_wrote = len(source.output) if source else 0, beside(run, one)
    least = min(written, FEWEST_OUTPUT) + bool(written) + len(others_wrote)
    others = sum(len(part) for n, part in enumerate(parts) if n != TEXT)
    room = height - 2 - others - least - min(len(names), FEWEST_STEPS)
    parts[TEXT] = _cut(parts[TEXT], max(FEWEST_TEXT, room))
    fixed = 2 + sum(map(len, parts)) + bool(written) + len(others_wrote)
    kept = _around(at, len(names), max(min(len(names), FEWEST_STEPS), height - fixed - least + bool(written)))
    spare = height - fixed - len(kept)
    shared = max(0, spare // (len(others_wrote) + bool(written))) if others_wrote else 0
    members_rows = _beside(others_wrote, shared if shared > 1 else 0, width)
    spare -= len(members_rows) - len(others_wrote)
    back = max(0, min(view.back, written - max(1, spare)))
    shown = output(source, width, max(1, spare), back, view.left) if source else []
    gaps = iter(range(max(0, spare - len(shown))))
    rows = _steps(run, kept, view, width) + _blank("steps", gaps)
    rows.append((("head", ""), heading(at + 1, one, view, width)))
    for n, part in enumerate(filter(None, parts)):
        rows += [((n, m), line) for m, line in enumerate(part)] + _blank(n, gaps)
    if shown and source:
        rows += [(("out", ""), output_head(run, source, one, len(shown), back, view.left, width))]
        rows += [(("out", n), line) for n, line in enumerate(shown)]
    rows += members_rows
    rows += [(("gap", n), ((" ", "text"),)) for n in range(max(0, height - len(rows) - 1))]
    return [*_fitting(rows, max(1, height - 1)), (("hint", ""), hint(run, one, view, width))]


def whole(run: ProcedureRun, view: View, width: int, height: int) -> tuple[list[Keyed], int]:
    """Return the chosen step alone with all of its text and output, from line `view.top` on; and its last top line."""
    one = run.steps.get(view.step) or run.current
    if one is None:
        return [], 0
    at, source = list(run.steps).index(one.step.id), output_of(run, one)
    lines = [line for part in blocks(run, one, view, width, full=True) if part for line in [*part, ((" ", "text"),)]]
    if source:
        lines.append(output_head(run, source, one, len(source.output), 0, view.left, width))
        lines += output(source, width, len(source.output), 0, view.left)
    room = max(1, height - 2)
    last = max(0, len(lines) - room)
    top = min(view.top, last)
    shown: list[Keyed] = [((n, ""), line) for n, line in enumerate(lines[top : top + room], top)]
    shown += [(("gap", n), ((" ", "text"),)) for n in range(room - len(shown))]
    place = f" lines {top + 1}-{min(top + room, len(lines))} of {len(lines)}; PgDn PgUp  " if last else " "
    foot: Line = (
        (place, "muted"),
        ("Enter", "accent"),
        (" all steps  ", "muted"),
        ("h l", "accent"),
        (" sideways", "muted"),
    )
    head = (("step", one.step.id), heading(at + 1, one, view, width))
    return [head, *shown, (("hint", ""), fit(foot, width))], last


def _beside(others: Sequence[tuple[int, StepRun]], most: int, width: int) -> list[Keyed]:
    """Return the output of the other members of a group, up to `most` lines of each below its head."""
    rows: list[Keyed] = []
    for n, one in others:
        lines = output(one, width, most, 0, 0) if most else []
        rows.append((("beside", n), beside_head(n, one, len(lines), width)))
        rows += [(("beside", n, m), line) for m, line in enumerate(lines)]
    return rows


def hint(run: ProcedureRun, one: StepRun, view: View, width: int) -> Line:
    """Return the hints on what the keys do with the step that is shown, as many as fit."""
    keys, does = view.keys, "start" if run.closed or not run.number else GOES_ON.get(one.state, "")
    if one.state is StepState.READY and run.number:
        does = "skip" if unmet(view.session, run, one, view.now) else _begins(one.step)
    elif one.working and run.number:
        does = "end it"
    words = (("run_step", does), ("copy", "copy" if one.step.argv else ""), ("emergency", "list"))
    parts = [_key(keys[name], word) for name, word in words if word and name in keys]
    parts += [_key("Enter", "whole step"), _key("j k", "steps"), _key("h l", "sideways"), _key("PgUp", "output")]
    while len(parts) > 1 and sum(map(width_of, parts)) > width:
        parts.pop()
    return tuple(span for part in parts for span in part)


def _begins(step: Step) -> str:
    """Return what the `run_step` key does with a ready step."""
    if step.ask is not None:
        return "answer"
    if step.wait is not None or step.only_waits:
        return "begin the wait"
    return "run" if step.argv and not step.manual else "record how it ended"


def _key(key: str, word: str) -> tuple[Span, Span]:
    return (f" {key}", "accent"), (f" {word} ", "muted")


def _fitting(rows: list[Keyed], room: int) -> list[Keyed]:
    """Return the rows that fit; the last one shows how many do not."""
    if len(rows) <= room:
        return rows
    return [*rows[: room - 1], (("more", ""), _more(len(rows) - room + 1))]


def _more(count: int) -> Line:
    return ((f" … {counted(count, 'more line')}: Enter shows the whole step", "warn"),)


def _cut(text: Sequence[Line], room: int) -> list[Line]:
    if len(text) <= room:
        return list(text)
    return [*text[: room - 1], _more(len(text) - room + 1)]


def _steps(run: ProcedureRun, kept: Sequence[int], view: View, width: int) -> list[Keyed]:
    """Return the rows of these steps; the first and the last one show how many are hidden above and below."""
    runs = list(run.steps.values())
    marks = {kept[0]: f"  ▲{kept[0]}"} if kept[0] else {}
    if kept[-1] < len(runs) - 1:
        marks[kept[-1]] = marks.get(kept[-1], "") + f"  ▼{len(runs) - 1 - kept[-1]}"
    # Every row leaves room for the widest mark, so that the columns stay aligned.
    room = width - max(map(len, marks.values()), default=0)
    rows: list[Keyed] = []
    for n in kept:
        line = step_line(n + 1, runs[n], view, room, bracket(run, runs[n]))
        rows.append((("step", runs[n].step.id), spread(line, ((marks.get(n, ""), "muted"),), width) if marks else line))
    return rows


def _around(at: int, count: int, most: int) -> Sequence[int]:
    """Return the indices of the steps to show: all, or `most` around the chosen one."""
    first = max(0, min(at - most // 2, count - most))
    return range(first, min(count, first + most))


def _blank(n: Hashable, gaps: Iterator[int]) -> list[Keyed]:
    return [] if next(gaps, None) is None else [(("blank", n), ((" ", "text"),))]
