"""The rollout: updated and ready replicas as bars, the revision, the image, and why it does not progress."""

from collections.abc import Hashable, Iterator
from typing import Any, ClassVar

from rich.cells import cell_len

from mmcockpit.core.model.shape import Shape, ValueColumn, at
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import scalar
from mmcockpit.core.words.values import causes
from mmcockpit.ui.panels.readings import ReadingsPanel
from mmcockpit.ui.render.text import Line, Role, plain, wrap

BAR = 12
LABEL = 10
MOST_LINES = 3


class RolloutPanel(ReadingsPanel):
    """Results of `kubernetes.rollout`, or of any probe that declares parts of a total, one block each.

    A text without room for its label is shown alone.
    """

    title: ClassVar[str] = "Rollout"

    def _inside(self, name: str, state: SignalState, width: int) -> Iterator[tuple[Hashable, Line]]:
        """Return the rows of its parts, texts, alarms and causes."""
        dim = self.lens.level(state) is Level.UNKNOWN
        if isinstance(state.value, dict):
            lines = _block(state.value, state.signal.shape, width, dim)
            yield from ((("row", name, n), line) for n, line in enumerate(lines))


def _block(value: dict[str, Any], shape: Shape, width: int, dim: bool) -> Iterator[Line]:
    alarms = [one for one in shape.columns if one.alarm_text and value.get(one.key) is one.alarm]
    alone = next((one for one in alarms if one.alone), None)
    if alone is not None:
        yield ((f"     {plain(alone.alarm_text, 80)}", "muted" if dim else "fail"),)
        return
    yield from (_bar(column, value, dim) for column in shape.columns if column.of and column.key in value)
    if alarms:
        yield ((f"     {plain(', '.join(one.alarm_text for one in alarms), 200)}", "muted" if dim else "warn"),)
    for column in shape.columns:
        if column.tracked and isinstance(text := value.get(column.key), str) and text:
            label = f"     {plain(column.label, 40):<{LABEL}}"
            if cell_len(label) + cell_len(text) <= width:
                yield (label, "muted"), (plain(text), "text")
            else:
                yield from _texts(text, width, "text")
    if not (shape.good and at(value, shape.good) is True):
        yield from _texts(": ".join(reversed(causes(value, shape))), width, "muted" if dim else "warn")


def _texts(text: str, width: int, role: Role) -> Iterator[Line]:
    return (((f"     {part}", role),) for part in wrap(text, max(10, width - 6))[:MOST_LINES] if part)


def _bar(column: ValueColumn, value: dict[str, Any], dim: bool) -> Line:
    have, want = value.get(column.key), value.get(column.of)
    known = isinstance(have, int) and isinstance(want, int) and not isinstance(have, bool)
    share = min(1.0, have / want) if known and want else 0.0
    role: Role = "muted" if dim else "pass" if known and have == want else "warn"
    cells = round(share * BAR)
    bar = "█" * cells + "░" * (BAR - cells)
    return (f"     {plain(column.label, 40):<{LABEL}}", "muted"), (f"{scalar(have)}/{scalar(want)} ", role), (bar, role)


PANEL = RolloutPanel
