"""An item as one row: its letter, number and title, its status in as many words as fit, who, and the reading's age."""

from typing import NamedTuple

from rich.cells import cell_len

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.item_status import ItemStatus
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.item_status import item_status
from mmcockpit.core.state.item_names import target_of_item
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.item_status import short_texts, status_text
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.readings import reading_age
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, pad, plain, short_title
from mmcockpit.ui.render.values import OUT_OF_DATE

AGED = 48
"""The least width of a row with the age of its reading."""
TIMED = 72
"""The least width of a row with the time of a tick."""
CUT = 40
"""The least cells of title and status from which a status is cut, where its shorter forms do not fit either."""
BY_SIGNAL = (Mode.SENSED, Mode.ATTESTED)


class RowView(NamedTuple):
    """How a row is drawn: `opened` is false for a preview, `grouped` below a heading with its state."""

    lens: Lens
    now: Stamp
    width: int
    opened: bool = True
    grouped: bool = False
    indent: int = 1


def item_row(state: ItemState, session: Session, view: RowView) -> Line:
    """Return an item as one row of exactly the view's width."""
    item, width = state.item, view.width
    status = item_status(session, state, view.now, view.lens.seated(session))
    letter, role = _letter(state, view)
    head = f"{' ' * view.indent}[{letter}] {item.number:>3} "
    texts = _texts(state, status, view)
    age = _age(state, session, view)
    title = plain(item.title, 120)
    room = width - len(head) - len(age)
    # A long title leaves the status at least two fifths, and the status a long title at least half.
    # Where nothing fits, a cut reason is better than its shortest form.
    fitting = (one for one in texts if cell_len(title) + cell_len(one) + 2 <= room)
    text = next(fitting, texts[-1] if room < CUT else texts[0])
    right = 0
    if text:
        wanted = cell_len(text) + 2
        least = min(wanted, max(room * 2 // 5, min(room // 2, room - cell_len(title))))
        right = max(least, min(wanted, room - cell_len(title)))
    return (
        (head[: view.indent + 3], role),
        (head[view.indent + 3 :], "muted"),
        (pad(short_title(title, target_of_item(item.id), room - right), room - right), _title_role(state, role, view)),
        (pad(pad(f" {text}", right - 1) + " ", right), _status_role(status, view)),
        (age, "muted"),
    )


def _letter(state: ItemState, view: RowView) -> tuple[str, Role]:
    if view.lens.out_of_date and view.opened and state.item.mode in BY_SIGNAL and state.standing is None:
        return "?", "unknown"
    quiet = not view.opened and state.state is State.OPEN
    return state.state.value, "muted" if quiet else STATE_ROLE[state.state]


def _texts(state: ItemState, status: ItemStatus, view: RowView) -> tuple[str, ...]:
    """Return the texts of the status, the longest first."""
    if view.lens.out_of_date and state.item.mode in BY_SIGNAL and state.standing is None:
        return (OUT_OF_DATE,)
    texts = short_texts(status, view.grouped)
    ticked = state.marked is not None and state.attested and state.state is State.DONE and state.since is not None
    if ticked and view.width >= TIMED and state.since is not None:
        texts = (f"{status_text(status)} {view.lens.narrow(state.since.wall)}", *texts)
    return tuple(plain(text, 240) for text in texts)


def _age(state: ItemState, session: Session, view: RowView) -> str:
    """Return the age of the last reading in six cells; empty on a narrow row."""
    if view.width < AGED:
        return ""
    signal = session.signals.get(state.item.signal) if state.item.mode in BY_SIGNAL else None
    return pad(f"{reading_age(signal, view.now)} " if signal is not None else "", 6, "right")


def _title_role(state: ItemState, role: Role, view: RowView) -> Role:
    if role == "fail":
        return "strong"
    return "text" if view.opened and state.state not in SATISFIED else "muted"


def _status_role(status: ItemStatus, view: RowView) -> Role:
    if not view.opened:
        return "muted"
    if status.warns:
        return "warn"
    if status.state is State.OPEN and status.mode is not Mode.MANUAL and status.level not in (None, Level.PASS):
        return str(status.level)
    return "muted" if status.state is State.OPEN else STATE_ROLE[status.state]
