"""The rollout: why it is not done, how far it is, its new ReplicaSet above the old one, and what is measured."""

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec
from rich.cells import cell_len

from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.shape import Shape, ValueColumn, at
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.releases.offers import offered
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import scalar
from mmcockpit.core.words.values import causes, field_text, is_failing
from mmcockpit.ui.panels.readings import ReadingsPanel
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.table import TableRow, table
from mmcockpit.ui.render.text import Line, Role, plain, wrap
from mmcockpit.ui.render.themes import Paint

BAR = 12
LABEL = 10
MOST_LINES = 3
_DIGEST = re.compile(r"@sha256:([0-9a-f]{7})[0-9a-f]*")


class _Drawn(NamedTuple):
    """The lines of a value, and what they depend on."""

    value: dict[str, Any]
    shape: Shape
    width: int
    dim: bool
    lines: tuple[Line, ...]

    def fits(self, value: dict[str, Any], shape: Shape, width: int, dim: bool) -> bool:
        """Return whether it is about this very value: an equal one can be drawn differently, such as 1 and true."""
        return self.value is value and self.shape is shape and (self.width, self.dim) == (width, dim)


class RolloutPanel(ReadingsPanel):
    """Results of `kubernetes.rollout`, `kubernetes.argo_rollout`, or of any probe that declares parts of a total.

    Each has one block: what shows its progress, as bars and texts, then its lists, such as sets of pods and metrics;
    without lists its parts are bars. A text without room for its label is shown alone.
    """

    title: ClassVar[str] = "Rollout"
    once: ClassVar[bool] = True

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self._blocks: dict[str, _Drawn] = {}

    def _inside(self, name: str, state: SignalState, width: int) -> Iterator[tuple[Hashable, Line]]:
        """Return why it is not done, then the rows of its sets or parts."""
        value, dim = state.value, self.lens.level(state) is Level.UNKNOWN
        if isinstance(value, dict):
            shape, known = state.signal.shape, self._blocks.get(name)
            if known is None or not known.fits(value, shape, width, dim):
                lines = tuple(_block(value, shape, width, dim))
                known = self._blocks[name] = _Drawn(value, shape, width, dim, lines)
            yield from ((("row", name, n), line) for n, line in enumerate(known.lines))
        yield from self._offers(state)

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the signal of a row, or the procedure of an action."""
        match key:
            case ("offer", str(procedure)):
                return RowSubject("procedure", procedure)
        return super().subject(key)

    def _offers(self, state: SignalState) -> Iterator[tuple[Hashable, Line]]:
        """Yield what can be done with the rollout: with the cursor on it, its key opens the procedure."""
        session, query = self._session, state.signal.query
        if session is None:
            return
        for one in offered(session):
            offer = one.procedure.offer
            signal = session.signals.get(offer.signal) if offer is not None else None
            if signal is not None and signal.signal.query == query:
                key = plain(self.lens.keys.get("run_step", "!"), 8)
                role: Role = "fail" if one.stops else "accent"
                yield ("offer", one.procedure.id), ((f"     [{key}] ", "muted"), (plain(one.label, 80), role))


def _block(value: dict[str, Any], shape: Shape, width: int, dim: bool) -> Iterator[Line]:
    """Yield the lines of a value: why it is not done, how far it is, then its lists, or else its parts and versions."""
    alarms = [one for one in shape.columns if one.alarm_text and value.get(one.key) is one.alarm]
    alone = next((one for one in alarms if one.alone), None)
    if alone is not None:
        yield ((f"     {plain(alone.alarm_text, 80)}", "muted" if dim else "fail"),)
        return
    warning: Role = "muted" if dim else "warn"
    why = value.get(shape.key_of("why"))
    if isinstance(why, str) and why:
        yield from _texts(why, width, warning)
    yield from _progress(value, shape, width, dim)
    lists = [(value[one.key], one.rows) for one in shape.columns if one.rows is not None and value.get(one.key)]
    for rows, row_shape in lists:
        yield from _sets(rows, row_shape, width, dim)
    if lists:
        return
    yield from _parts(value, shape, dim)
    if not why and alarms:
        yield ((f"     {plain(', '.join(one.alarm_text for one in alarms), 200)}", warning),)
    yield from _versions(value, shape, width)
    if not why and not (shape.good and at(value, shape.good) is True):
        yield from _texts(": ".join(reversed(causes(value, shape))), width, warning)


def _parts(value: dict[str, Any], shape: Shape, dim: bool) -> Iterator[Line]:
    """Yield a bar for each part of a total, where no list has them."""
    parts = (one for one in shape.columns if one.of and one.role != "progress" and one.key in value)
    return (_bar(column, value, dim) for column in parts)


def _versions(value: dict[str, Any], shape: Shape, width: int) -> Iterator[Line]:
    """Yield the texts whose change is a change in production, such as images."""
    for column in shape.columns:
        if column.tracked and isinstance(text := value.get(column.key), str) and text:
            text = short_images([text])[0] if column.role == "image" else text
            yield from _labelled(column, text, width)


def _progress(value: dict[str, Any], shape: Shape, width: int, dim: bool) -> Iterator[Line]:
    """Yield how far it is: a part of a total as a bar, with the field after it beside it if there is room."""
    bar: Line = ()
    for column in shape.columns:
        if column.role != "progress" or value.get(column.key) in (None, ""):
            continue
        if column.of:
            if bar:
                yield bar
            bar = _bar(column, value, dim)
            continue
        label, text = plain(column.label, 40), field_text(value[column.key], column)
        beside: Line = ((f"  {label} ", "muted"), (plain(text), "text"))
        if bar and sum(cell_len(part) for part, _ in (*bar, *beside)) <= width:
            yield (*bar, *beside)
        else:
            yield from (bar,) if bar else ()
            yield from _labelled(column, text, width)
        bar = ()
    if bar:
        yield bar


def _labelled(column: ValueColumn, text: str, width: int) -> Iterator[Line]:
    label = f"     {plain(column.label, 40):<{LABEL}}"
    if cell_len(label) + cell_len(text) <= width:
        yield (label, "muted"), (plain(text), "text")
    else:
        yield from _texts(text, width, "text")


def short_images(images: Sequence[str]) -> list[str]:
    """Return images by the shortest form that tells them apart: tags, names with tags, with short digests, or whole."""
    digested = [_DIGEST.sub(r"@\1", image) for image in images]
    forms = (_tag, _name, _name_and_digest, str)
    names = {_name(image).partition(":")[0] for image in images}
    for form in forms if len(names) == 1 and len(images) > 1 else forms[1:]:
        short = [form(image) for image in digested]
        if len(set(short)) == len(set(images)) and all(short):
            return short
    return list(images)


def _name(image: str) -> str:
    """Return `app:2.4.1` of `ghcr.io/acme/app:2.4.1@5612027`."""
    return image.partition("@")[0].rpartition("/")[2]


def _tag(image: str) -> str:
    return _name(image).partition(":")[2]


def _name_and_digest(image: str) -> str:
    return image.rpartition("/")[2]


def _sets(rows: Any, shape: Shape, width: int, dim: bool) -> Iterator[Line]:
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    totals = {column.of for column in shape.columns}
    columns = [
        msgspec.structs.replace(column, align="right") if column.of else column
        for column in shape.columns
        if column.shown and column.key not in totals and any(row.get(column.key) not in (None, "") for row in known)
    ]
    if not known or not columns:
        return
    images = shape.key_of("image")
    short = short_images([str(row.get(images, "")) for row in known])
    drawn = [
        TableRow(n, [_cell(row, column, images, short[n]) for column in columns], _role(row, shape, dim))
        for n, row in enumerate(known)
    ]
    yield from ((("    ", "text"), *line) for _, line in table(columns, drawn, width - 4))


def _cell(row: dict[str, Any], column: ValueColumn, images: str, image: str) -> str:
    if column.key == images:
        return plain(image, 120)
    if column.of:
        return f"{scalar(row.get(column.key))}/{scalar(row.get(column.of))}"
    return plain(field_text(row[column.key], column), 200) if column.key in row else "-"


def _role(row: dict[str, Any], shape: Shape, dim: bool) -> Role:
    return "muted" if dim else "fail" if is_failing(row, shape) else "text"


def _texts(text: str, width: int, role: Role) -> Iterator[Line]:
    return (((f"     {part}", role),) for part in wrap(text, max(10, width - 6))[:MOST_LINES] if part)


def _bar(column: ValueColumn, value: dict[str, Any], dim: bool) -> Line:
    have, want = value.get(column.key), value.get(column.of)
    known = isinstance(have, int) and isinstance(want, int) and not isinstance(have, bool)
    share = min(1.0, have / want) if known and want else 0.0
    role: Role = "muted" if dim else "pass" if known and have == want else "warn"
    cells = round(share * BAR)
    bar = "█" * cells + "░" * (BAR - cells)
    text = scalar(have, column.measured_in) if column.measured_in else f"{scalar(have)}/{scalar(want)}"
    return (f"     {plain(column.label, 40):<{LABEL}}", "muted"), (f"{text} ", role), (bar, role)


PANEL = RolloutPanel
