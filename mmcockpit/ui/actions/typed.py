"""What commands do with the text typed behind their name; each returns an error text, or an empty one."""

from collections.abc import Callable
from datetime import UTC, datetime

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.people import same
from mmcockpit.core.model.seat import Via
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.durations import age
from mmcockpit.ui.actions import active_checks, marks, procedures, session
from mmcockpit.ui.actions.candidates import item_of, unknown
from mmcockpit.ui.actions.times import parse_time
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import plain

DAY_S = 86_400.0


def on_item(run: Callable[[Desk], None]) -> Callable[[Desk, str], str]:
    """Return the command that moves to an item and runs an action there; without an item, at the cursor."""

    def line(desk: Desk, text: str) -> str:
        if wrong := _move_to(desk, text):
            return wrong
        run(desk)
        return ""

    return line


def _move_to(desk: Desk, text: str) -> str:
    item = item_of(desk, text) if text else None
    if isinstance(item, str):
        return item
    if item is not None and not desk.show_item(item.id):
        return f"{item.number} {plain(item.title, 60)} is not in the checklist panel: `:filter` clears its filter"
    return ""


def verify(desk: Desk, text: str) -> str:
    """Verify an item by its number as a second person: `6 bo`; prompts for what is missing."""
    number, _, name = text.partition(" ")
    if wrong := _move_to(desk, number):
        return wrong
    item = marks.chosen_item(desk)
    if not name or not item:
        marks.verify(desk)
        return ""
    people = [one.name for one in desk.session.cockpit.people]
    person = next((one for one in people if same(one, name)), "" if people else name.strip())
    if not person:
        return unknown("person", name, people)
    if desk.sharing is not None and desk.sharing.seat.via is not Via.TERMINAL and not same(person, desk.operator):
        return f"only {plain(person, 40)} can verify as {plain(person, 40)}, at a seat of their own"
    desk.submit(lambda by: commands.MarkItem(person, item, mark=Mark.VERIFY, witnessed=True))
    return ""


def recorded_text(make: Callable[[str, str], commands.AnyCommand]) -> Callable[[Desk, str], str]:
    """Return the command that records the typed text."""

    def run(desk: Desk, text: str) -> str:
        desk.submit(lambda by: make(by, text))
        return ""

    return run


def set_filter(desk: Desk, text: str) -> str:
    """Filter the rows of the active panel; without a text, show all."""
    desk.pane.filter = text
    desk.pane.redraw()
    return ""


def set_t0(desk: Desk, text: str) -> str:
    moment = parse_time(text, desk.now)
    if moment is None:
        return f"{plain(text, 40)!r} is not a time: write 02:00, +15m, now or 2026-12-06T02:00Z"
    away = moment - desk.now.wall
    if abs(away) > DAY_S:
        when = f"in {age(away)}" if away > 0 else f"{age(-away)} ago"
        desk.say(f"T0 is {datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}Z, {when}: check the date", "warn")
    desk.submit(lambda by: commands.SetT0(by, moment))
    return ""


def use_theme(desk: Desk, name: str) -> str:
    return "" if desk.use_theme(name) else unknown("theme", name, desk.theme_names)


def use_layout(desk: Desk, name: str) -> str:
    return "" if desk.use_layout(name) else unknown("layout", name, desk.layout_names)


def show_panel(desk: Desk, name: str) -> str:
    return "" if desk.open_panel(name) else unknown("panel", name, desk.panel_titles)


def sense(desk: Desk, names: str) -> str:
    wanted = tuple(dict.fromkeys(names.split()))
    strange = [name for name in wanted if name not in desk.session.signals]
    if strange:
        return unknown("signal", strange[0], desk.session.signals)
    if wanted:
        active_checks.poll(desk, wanted, ", ".join(wanted))
    else:
        desk.submit(commands.SenseNow)
        desk.say("polling every signal; active checks run by name: `:sense NAME`")
    return ""


def show_item(desk: Desk, text: str) -> str:
    item = item_of(desk, text)
    if isinstance(item, str):
        return item
    desk.show_item(item.id)
    desk.open_details(RowSubject("item", item.id))
    return ""


def show_phase(desk: Desk, name: str) -> str:
    phases = desk.session.cockpit.checklist.phases
    phase = next((one for one in phases if name in (one.id, one.title)), None)
    if phase is None:
        return unknown("phase", name, [one.id for one in phases])
    first = next(phase.items, None)
    if first is None or not desk.show_item(first.id):
        return f"{plain(phase.title, 60)} has no items to show"
    return ""


def show_procedure(desk: Desk, name: str) -> str:
    known = [one.id for one in desk.session.cockpit.checklist.procedures]
    if name not in known:
        return unknown("procedure", name, known)
    procedures.show(desk, name)
    return ""


def end(desk: Desk, outcome: str) -> str:
    session.end(desk, outcome)
    return ""
