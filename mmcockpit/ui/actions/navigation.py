"""The actions of the keys that are not in a file of their own: view, movement, panes, notes."""

from collections.abc import Callable, Sequence

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.words.no_data import group_text
from mmcockpit.ui.actions import active_checks, session
from mmcockpit.ui.actions import procedures as stepping
from mmcockpit.ui.actions.clipboard import copy_row
from mmcockpit.ui.actions.steps.step_outcomes import stopped
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import WIDTH, DialogQuestion, Way
from mmcockpit.ui.render.lens import CLOCKS
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import Line, plain, wrap


def undo(desk: Desk) -> None:
    """Take back the operator's latest mark."""
    desk.submit(commands.UndoMark)


def comment(desk: Desk) -> None:
    """Prompt for a note on the item under the cursor, or on the session."""
    subject = desk.pane.subject(desk.pane.chosen)
    item = subject.name if subject and subject.kind == "item" else ""
    state = desk.session.items.get(item)
    about = f"note on {state.item.number} {state.item.title}" if state else "note"
    _ask_note(desk, about, lambda by, text: commands.AddNote(by, text, item))


def marker(desk: Desk) -> None:
    """Prompt for a marker's name, which may be empty."""
    _ask_note(desk, "marker", lambda by, text: commands.AddNote(by, text, marker=True), empty=True)


def resense(desk: Desk) -> None:
    """Poll the signal of the row, and the members of a combination; active checks only after a confirmation."""
    name, title = _polled(desk, desk.pane.shown_subject)
    if name in desk.session.signals:
        active_checks.poll(desk, (name,), title)
    elif name:
        desk.say(f"unknown signal {name!r}", "warn")
    else:
        desk.say("this row has no signal", "warn")


def resense_all(desk: Desk) -> None:
    """Poll every signal, without active checks."""
    desk.submit(commands.SenseNow)
    _read_log(desk, desk.pane.shown_subject)
    desk.say("polling every signal")


def details(desk: Desk) -> None:
    """Open or close a section, or show the row's details; in the procedures panel open one, or act on its step.

    A message that is cut is shown whole first.
    """
    if desk.show_message(whole=True):
        return
    desk.show_message(whole=False)
    if stepping.entered(desk):
        return
    panel = desk.pane
    subject = panel.subject(panel.chosen)
    if subject is None:
        panel.fold(None)
    elif subject.kind == "procedure":
        stepping.show(desk, subject.name)
    else:
        desk.open_details(subject)
        _read_log(desk, subject)


def narrow(desk: Desk) -> None:
    """Prompt for a filter of the active pane; it applies while it is typed, cancelling restores the earlier one."""
    pane, before = desk.pane, desk.pane.filter

    def narrowed(text: str) -> Sequence[Line]:
        pane.filter = text
        pane.redraw()
        return ()

    def done(text: str, chosen: int) -> None:
        narrowed(text)

    desk.ask(DialogQuestion("/", done, narrowed, cancelled=lambda: done(before, 0), value=before, empty=True))


def doctor(desk: Desk) -> None:
    """Show what has no data, grouped by cause, each with what helps."""
    groups = no_data_groups(desk.session)
    texts = [group_text(group, desk.lens.keys, desk.now) for group in groups] or ["every signal has data"]
    details: list[Line] = [((line, "text"),) for text in texts for line in wrap(text, WIDTH)]
    ways = (Way("b", "back", "`mmcockpit doctor FILE` polls every source once"),)
    desk.choose("No data, by cause", ways, lambda word: None, details)


def order(desk: Desk) -> None:
    """Show the checklist as a to-do list, or in the order of the document."""
    desk.order_checklist(open_phase=False)


def open_phase(desk: Desk) -> None:
    """Show the open phase in the checklist."""
    desk.order_checklist(open_phase=True)


def failing(desk: Desk) -> None:
    """Show only items that are not satisfied, or everything again."""
    if desk.open_panel("checklist", and_back=False):
        desk.pane.toggle_failing()


def freeze(desk: Desk) -> None:
    """Freeze or unfreeze the display; in a replay play or pause."""
    if desk.transport is not None:
        desk.transport.play()
    else:
        desk.toggle_freeze()


def clock(desk: Desk) -> None:
    """Show times by the next clock: UTC, local, T±."""
    following = CLOCKS[(CLOCKS.index(desk.lens.clock) + 1) % len(CLOCKS)]
    desk.look_through(msgspec.structs.replace(desk.lens, clock=following))
    desk.say({"utc": "times are UTC", "local": "times are local", "t": "times count from T0"}[following])


def copy(desk: Desk) -> None:
    """Copy the row under the cursor: to the terminal's clipboard, and to a file for terminals that ignore that."""
    copy_row(desk)


def log(desk: Desk) -> None:
    """Show the log on the whole screen, or go back; a message that is cut is shown whole first."""
    if desk.show_message(whole=True):
        return
    desk.show_message(whole=False)
    if not (desk.pane.kind == "log" and desk.away and desk.go_back()):
        desk.open_panel("log", alone=True)


def contacts(desk: Desk) -> None:
    """Show contacts and links."""
    desk.open_panel("links")


def help_(desk: Desk) -> None:
    """Show the effective keys, and the commands."""
    desk.open_panel("help")


def down(desk: Desk) -> None:
    """Move one row down."""
    desk.pane.move(1)


def up(desk: Desk) -> None:
    """Move one row up."""
    desk.pane.move(-1)


def top(desk: Desk) -> None:
    """Move to the first row."""
    desk.pane.move(-1_000_000)


def bottom(desk: Desk) -> None:
    """Move to the last row."""
    desk.pane.move(1_000_000)


def page_down(desk: Desk) -> None:
    """Move one page down."""
    desk.pane.page(1)


def page_up(desk: Desk) -> None:
    """Move one page up."""
    desk.pane.page(-1)


def half_down(desk: Desk) -> None:
    """Move half a page down."""
    desk.pane.page(0.5)


def half_up(desk: Desk) -> None:
    """Move half a page up."""
    desk.pane.page(-0.5)


def collapse(desk: Desk) -> None:
    """Close the section under the cursor."""
    desk.pane.fold(False)


def expand(desk: Desk) -> None:
    """Open the section under the cursor."""
    desk.pane.fold(True)


def next_pane(desk: Desk) -> None:
    """Focus the next pane."""
    desk.step_pane(1)


def previous_pane(desk: Desk) -> None:
    """Focus the previous pane."""
    desk.step_pane(-1)


def pane(number: int) -> Callable[[Desk], None]:
    """Return the action that focuses a pane by its number; a hidden pane is shown alone."""

    def go(desk: Desk) -> None:
        numbered = desk.numbered
        if number <= len(numbered):
            desk.open_panel(numbered[number - 1], and_back=False)
        else:
            desk.say(f"unknown pane {number}: this layout has {len(numbered)}", "warn")

    return go


def overview(desk: Desk) -> None:
    """Show all panes."""
    desk.overview()


def zoom(desk: Desk) -> None:
    """Show the active pane alone, or all panes again."""
    desk.zoom()


def command(desk: Desk) -> None:
    """Open the command line with its palette."""
    desk.ask_command()


def back(desk: Desk) -> None:
    """Close a message shown whole, else clear the filter, else show what was shown before."""
    _back(desk)


def back_or_leave(desk: Desk) -> None:
    """Go back; with nothing to go back to, ask whether to leave."""
    if not _back(desk):
        session.leave(desk)


def leave(desk: Desk) -> None:
    """Ask whether to leave, end or stay; while a step runs in the active panel, whether to end it."""
    if not stopped(desk):
        session.leave(desk)


def _back(desk: Desk) -> bool:
    if desk.show_message(whole=False):
        return True
    panel = desk.pane
    if panel.filter:
        panel.filter = ""
        panel.redraw()
        return True
    return desk.go_back()


def _polled(desk: Desk, subject: RowSubject | None) -> tuple[str, str]:
    """Return the signal of a row, and the row's title; empty for a row without a signal."""
    session = desk.session
    name = subject.name if subject is not None else ""
    if subject is not None and subject.kind == "item":
        item = session.items[name].item
        return item.signal, f"{item.number} {item.title}"
    if subject is None or subject.kind not in ("signal", "entry"):
        return "", ""
    name = name.partition("/")[0] if subject.kind == "entry" else name
    state = session.signals.get(name)
    return name, state.signal.title if state else name


def _read_log(desk: Desk, subject: RowSubject | None) -> None:
    """Read the log of an entry, where facts can be recorded."""
    if subject is not None and subject.kind == "entry" and desk.operator:
        signal, _, entry = subject.name.partition("/")
        desk.submit(lambda by: commands.ReadLog(by, signal, entry))


def _ask_note(desk: Desk, label: str, make: Callable[[str, str], commands.AddNote], empty: bool = False) -> None:
    asked = f"{plain(label, 40)}:"
    desk.ask(DialogQuestion(asked, lambda text, chosen: desk.submit(lambda by: make(by, text)), empty=empty))
