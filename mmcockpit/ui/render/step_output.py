"""The output of a step as lines of the screen: its columns are kept, and it scrolls in both directions."""

from rich.cells import cell_len

from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import took
from mmcockpit.ui.render.step_kinds import members
from mmcockpit.ui.render.text import Line, pad, plain, typed_text

LABEL = 11
FRAME = 6
"""Columns before and after the text of a line."""


def beside(run: ProcedureRun, one: StepRun) -> list[tuple[int, StepRun]]:
    """Return the other members of the group of a step that wrote something, with their numbers from 1."""
    return [(n, other) for n, other in members(run, one) if other is not one and other.output]


def beside_head(n: int, one: StepRun, shown: int, width: int) -> Line:
    """Return the line above the output of another member of the group; without room for more, with its last line."""
    last = _text(one.output[-1][1]) if not shown else ""
    above = len(one.output) - shown + one.dropped if shown else 0
    parts = [f"{n} {plain(one.step.title, 40)}{f': {last}' if last else ''}"]
    parts += [f"{counted(above, 'line')} above (j k)"] if above > 0 else []
    return ((pad(" output", LABEL), "muted"), (pad(", ".join(parts), max(0, width - LABEL)), "muted"))


def output_of(run: ProcedureRun, one: StepRun) -> StepRun | None:
    """Return the step whose output is shown: the chosen one; while the current step has none, the last that wrote."""
    if one.output or one is not run.current or beside(run, one):
        return one if one.output else None
    before = list(run.steps.values())
    earlier = before[: before.index(one)]
    return next((each for each in reversed(earlier) if each.output), None)


def widest(one: StepRun) -> int:
    """Return the width of the widest line of a step's output."""
    return max((cell_len(_text(line)) for _, line in one.output), default=0)


def output_head(run: ProcedureRun, source: StepRun, one: StepRun, shown: int, back: int, left: int, width: int) -> Line:
    """Return the line above the output: whose it is, which part of it is hidden, and the file with all of it."""
    parts = [] if source is one else [f"of step {list(run.steps).index(source.step.id) + 1}"]
    if source is one and beside(run, one):
        parts = [f"{list(run.steps).index(one.step.id) + 1} {plain(one.step.title, 40)}"]
    room, full = max(1, width - FRAME), widest(source)
    parts += [f"columns {left + 1}-{min(left + room, full)} of {full} (h l)"] if full > room else []
    above = len(source.output) - back - shown + source.dropped
    parts += [f"{counted(above, 'line')} above (PgUp)"] if above > 0 else []
    parts += [f"{back} below (PgDn)"] if back else []
    parts += [] if source is one else _ended(source)
    parts += [f"all in {plain(source.file, 120)}"] if source.file else []
    return ((pad(" output", LABEL), "muted"), (pad(", ".join(parts), max(0, width - LABEL)), "muted"))


def _ended(one: StepRun) -> list[str]:
    ended = [f"exit {one.exit} in {took(one.ms)}"] if one.exit is not None else []
    return [*ended, "FAILED"] if one.state is StepState.FAILED else ended


def output(one: StepRun, width: int, most: int, back: int, left: int) -> list[Line]:
    """Return up to `most` lines of the output, ending `back` lines before its end, from column `left` on."""
    lines = list(one.output)
    end = max(min(len(lines), 1), len(lines) - back)
    room = max(0, width - FRAME)
    return [
        (("   ! " if error else "   │ ", "fail" if error else "border"), (_cropped(_text(line), left, room), "text"))
        for error, line in lines[max(0, end - most) : end]
    ]


def _text(line: str) -> str:
    return typed_text(line.rstrip())


def _cropped(text: str, left: int, room: int) -> str:
    """Return `room` cells of a line from column `left` on; an ellipsis marks each end that is cut."""
    if left:
        cells = 0
        for n, character in enumerate(text):
            if cells >= left:
                text = f"…{text[n + 1 :]}"
                break
            cells += cell_len(character)
        else:
            text = "…" if text else ""
    return pad(text, room)
