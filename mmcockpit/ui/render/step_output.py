"""The output of a step as lines of the screen."""

from mmcockpit.core.state.procedure_runs import StepRun
from mmcockpit.core.words.amounts import counted
from mmcockpit.ui.render.text import Line, pad, plain

LABEL = 11


def output_head(one: StepRun, above: int, width: int) -> Line:
    """Return the line above the output: the number of hidden lines, and the file with all of them."""
    hidden = above + one.dropped
    more = f"{counted(hidden, 'line')} above{f', all in {plain(one.file, 120)}' if one.file else ''}" if hidden else ""
    return ((pad(" output", LABEL), "muted"), (pad(more, max(0, width - LABEL)), "muted"))


def output(one: StepRun, width: int, most: int, back: int) -> list[Line]:
    """Return up to `most` lines of the output, ending `back` lines before its end."""
    lines = list(one.output)
    end = max(min(len(lines), 1), len(lines) - back)
    return [
        (("   ! " if error else "   │ ", "fail" if error else "border"), (pad(plain(line), max(0, width - 6)), "text"))
        for error, line in lines[max(0, end - most) : end]
    ]
