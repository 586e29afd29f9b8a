"""The states that people write into a cell of a table."""

import re

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.boxes import Boxed, BoxMark, cell_box
from mmcockpit.config.markdown.inline import bare

_DONE = frozenset(
    [
        *("done", "complete", "completed", "yes", "ok", "finished", "pass", "passed", "closed", "x", "resolved"),
        *("ready", "met"),
    ]
)
_OPEN = frozenset(
    ["", "open", "todo", "to do", "pending", "no", "not started", "not ready", "not run", "not done", "tbd", "-"]
)
_STRUCK = frozenset(["n/a", "na", "not applicable", "skipped", "cancelled", "canceled", "won't do", "will not do"])
_STOPPED = frozenset(
    ["blocked", "fail", "failed", "in progress", "nok", "not ok", "on hold", "ongoing", "started", "wip"]
)
_FINISHED = re.compile(r"(?:done|completed?|finished|passed|closed)\b(?! (?:by|when|if|after)\b)")


def cell_mark(cell: str) -> Boxed | None:
    """Return the box of a cell of a status; None if it has none, or several to choose from."""
    mark = cell_box(cell)
    return None if mark is not None and "[" in mark.rest else mark


def cell_state(cell: str) -> BoxMark:
    """Return what a cell of a status means."""
    mark = cell_mark(cell.strip())
    if mark is not None:
        return mark.box
    word = _word(cell)
    done = word in _DONE or _FINISHED.match(word) or cell.strip().rstrip("\ufe0f") in ("🟢", "(/)")
    return BoxMark.DONE if done else BoxMark.STRUCK if word in _STRUCK else BoxMark.OPEN


def state_words(cell: str) -> str:
    """Return the words of a cell of a status that are more than open, done, or not applicable."""
    mark = cell_mark(cell)
    status = bare(cell if mark is None else mark.rest)
    return "" if without_emoji(status).casefold() in _DONE | _OPEN | _STRUCK else status


def is_state(cell: str) -> bool:
    """Return whether a cell has nothing but a state."""
    mark = cell_mark(cell.strip())
    return not mark.rest.strip() if mark is not None else _word(cell) in _DONE | _OPEN | _STRUCK | _STOPPED


def _word(cell: str) -> str:
    return without_emoji(bare(cell)).casefold()
