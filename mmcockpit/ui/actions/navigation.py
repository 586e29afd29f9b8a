"""What the keys do: one function for each row of the table in keymap.py."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mmcockpit.core.decide import command as commands
from mmcockpit.ui.actions import active_checks, session
from mmcockpit.ui.actions import procedures as stepping
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.actions.step_outcomes import stopped
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import Question
from mmcockpit.ui.render.lens import CLOCKS
from mmcockpit.ui.render.rows import Subject
from mmcockpit.ui.render.text import Line, plain


def undo(desk: Desk) -> None:
    """Take back the operator's latest mark."""
    desk.submit(commands.UndoMark)


def comment(desk: Desk) -> None:
    """Ask for a remark about the item under the cursor, or about the session."""
    subject = desk.pane.subject(desk.pane.chosen)
    item = subject.name if subject and subject.kind == "item" else ""
    state = desk.session.items.get(item)
    about = f"note on {state.item.number} {state.item.title}" if state else "note"
    _ask_note(desk, about, lambda by, text: commands.AddNote(by, text, item))


def marker(desk: Desk) -> None:
    """Ask for a marker's name; an empty one marks the moment all the same."""
    _ask_note(desk, "marker", lambda by, text: commands.AddNote(by, text, marker=True), empty=True)


def resense(desk: Desk) -> None:
    """Poll the signal of the row, with the members of a combination; active ones only after a confirmation."""
    name, title = _polled(desk, desk.pane.shown_subject)
    if name in desk.session.signals:
        active_checks.poll(desk, (name,), title)
    elif name:
        desk.say(f"unknown signal {name!r}", "warn")
    else:
        desk.say("this row has no signal", "warn")


def resense_all(desk: Desk) -> None:
    """Ask every signal again."""
    desk.submit(commands.SenseNow)
    desk.say("asking every signal again")


def details(desk: Desk) -> None:
    """Open or close a section, or tell everything about the row; a procedure is opened, its step gone on with."""
    if stepping.entered(desk):
        return
    panel = desk.pane
    subject = panel.subject(panel.chosen)
    if subject is None:
        panel.fold(None)
    else:
        desk.open_details(subject)


def narrow(desk: Desk) -> None:
    """Type a filter for the active pane; it narrows while it is typed, giving up brings the earlier one back."""
    pane, before = desk.pane, desk.pane.filter

    def narrowed(text: str) -> Sequence[Line]:
        pane.filter = text
        pane.redraw()
        return ()

    def done(text: str, chosen: int) -> None:
        narrowed(text)

    desk.ask(Question("/", done, narrowed, cancelled=lambda: done(before, 0), value=before, empty=True))


def next_match(desk: Desk) -> None:
    """Go to the next match of the filter."""
    desk.pane.match(1)


def previous_match(desk: Desk) -> None:
    """Go to the previous match of the filter."""
    desk.pane.match(-1)


def failing(desk: Desk) -> None:
    """Show only what is not satisfied, or everything again."""
    if desk.open_panel("checklist", and_back=False):
        desk.pane.toggle_failing()


def freeze(desk: Desk) -> None:
    """Let the display stand still, or go on; a replay pauses."""
    if desk.transport is not None:
        desk.transport.play()
    else:
        desk.toggle_freeze()


def clock(desk: Desk) -> None:
    """Show the next kind of clock."""
    following = CLOCKS[(CLOCKS.index(desk.lens.clock) + 1) % len(CLOCKS)]
    desk.look_through(replace(desk.lens, clock=following))
    desk.say({"utc": "times are UTC", "local": "times are local", "t": "times count from T0"}[following])


def copy(desk: Desk) -> None:
    """Copy the row the cursor stands on: to the terminal's clipboard, and to a file for those that ignore that."""
    desk.say(copy_text(desk, desk.pane.copied))


def log(desk: Desk) -> None:
    """Show the log alone."""
    desk.open_panel("log")


def contacts(desk: Desk) -> None:
    """Show contacts and links."""
    desk.open_panel("links")


def help_(desk: Desk) -> None:
    """Show the effective keys, and the commands."""
    desk.open_panel("help")


def down(desk: Desk) -> None:
    """One row down."""
    desk.pane.move(1)


def up(desk: Desk) -> None:
    """One row up."""
    desk.pane.move(-1)


def top(desk: Desk) -> None:
    """To the first row."""
    desk.pane.move(-1_000_000)


def bottom(desk: Desk) -> None:
    """To the last row."""
    desk.pane.move(1_000_000)


def page_down(desk: Desk) -> None:
    """One page down."""
    desk.pane.page(1)


def page_up(desk: Desk) -> None:
    """One page up."""
    desk.pane.page(-1)


def half_down(desk: Desk) -> None:
    """Half a page down."""
    desk.pane.page(0.5)


def half_up(desk: Desk) -> None:
    """Half a page up."""
    desk.pane.page(-0.5)


def collapse(desk: Desk) -> None:
    """Close the section the cursor stands in."""
    desk.pane.fold(False)


def expand(desk: Desk) -> None:
    """Open the section the cursor stands on."""
    desk.pane.fold(True)


def next_pane(desk: Desk) -> None:
    """Give the keys to the next pane."""
    desk.step_pane(1)


def previous_pane(desk: Desk) -> None:
    """Give the keys to the previous pane."""
    desk.step_pane(-1)


def pane(number: int) -> Callable[[Desk], None]:
    """Return the action that gives the keys to a pane by its number; one that is not in sight is shown alone."""

    def go(desk: Desk) -> None:
        numbered = desk.numbered
        if number <= len(numbered):
            desk.open_panel(numbered[number - 1], and_back=False)
        else:
            desk.say(f"there is no pane {number}: this layout has {len(numbered)}", "warn")

    return go


def overview(desk: Desk) -> None:
    """Show all panes."""
    desk.overview()


def zoom(desk: Desk) -> None:
    """Show the active pane alone, or all of them again."""
    desk.zoom()


def command(desk: Desk) -> None:
    """Open the command line with its palette."""
    desk.ask_command()


def back(desk: Desk) -> None:
    """Undo the last narrowing of the view: the filter, the only pane."""
    _back(desk)


def back_or_leave(desk: Desk) -> None:
    """Go back; where there is nothing to go back to, ask whether to leave."""
    if not _back(desk):
        session.leave(desk)


def leave(desk: Desk) -> None:
    """Ask: leave, end or stay; beside a step that runs, whether to end it."""
    if not stopped(desk):
        session.leave(desk)


def _back(desk: Desk) -> bool:
    panel = desk.pane
    if panel.filter:
        panel.filter = ""
        panel.redraw()
        return True
    return desk.overview()


def _polled(desk: Desk, subject: Subject | None) -> tuple[str, str]:
    """Return the signal that a row rests on, and the row's title; empty for a row without one."""
    session = desk.session
    name = subject.name if subject is not None else ""
    if subject is not None and subject.kind == "item":
        item = session.items[name].item
        return item.signal, f"{item.number} {item.title}"
    if subject is None or subject.kind != "signal":
        return "", ""
    state = session.signals.get(name)
    return name, state.signal.title if state else name


def _ask_note(desk: Desk, label: str, make: Callable[[str, str], commands.AddNote], empty: bool = False) -> None:
    asked = f"{plain(label, 40)}:"
    desk.ask(Question(asked, lambda text, chosen: desk.submit(lambda by: make(by, text)), empty=empty))
