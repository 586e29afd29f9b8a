"""What the keys do: one function for each row of the table in keys.py."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mmcockpit.core.decide import command as commands
from mmcockpit.ui import active_checks
from mmcockpit.ui.actions import procedures as stepping
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.render.lens import CLOCKS

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit
    from mmcockpit.ui.render.rows import Subject


def undo(app: "Cockpit") -> None:
    """Take back the operator's latest mark."""
    app.submit(commands.UndoMark)


def comment(app: "Cockpit") -> None:
    """Ask for a remark about the item under the cursor, or about the session."""
    subject = app.board.active.subject(app.board.active.chosen)
    item = subject.name if subject and subject.kind == "item" else ""
    state = app.sight.session.items.get(item)
    about = f"note on {state.item.number} {state.item.title}" if state else "note"
    app.ask(about, lambda text: app.submit(lambda by: commands.AddNote(by, text, item)))


def marker(app: "Cockpit") -> None:
    """Ask for a marker's name; an empty one marks the moment all the same."""
    app.ask("marker", lambda text: app.submit(lambda by: commands.AddNote(by, text, marker=True)), empty=True)


def resense(app: "Cockpit") -> None:
    """Poll the signal of the row, with the members of a combination; active ones only after a confirmation."""
    name, title = _polled(app, app.board.active.shown_subject)
    if name in app.sight.session.signals:
        active_checks.poll(app, (name,), title)
    elif name:
        app.say(f"unknown signal {name!r}", "warn")
    else:
        app.say("this row has no signal", "warn")


def resense_all(app: "Cockpit") -> None:
    """Ask every signal again."""
    app.submit(commands.SenseNow)
    app.say("asking every signal again")


def details(app: "Cockpit") -> None:
    """Open or close a section, or tell everything about the row; a procedure is opened, its step gone on with."""
    if stepping.entered(app):
        return
    panel = app.board.active
    subject = panel.subject(panel.chosen)
    if subject is None:
        panel.fold(None)
    else:
        app.open_details(subject)


def narrow(app: "Cockpit") -> None:
    """Type a filter for the active pane; it narrows while it is typed."""
    app.ask_filter()


def next_match(app: "Cockpit") -> None:
    """Go to the next match of the filter."""
    app.board.active.match(1)


def previous_match(app: "Cockpit") -> None:
    """Go to the previous match of the filter."""
    app.board.active.match(-1)


def failing(app: "Cockpit") -> None:
    """Show only what is not satisfied, or everything again."""
    panel = app.board.named("checklist")
    if panel is not None:
        app.board.focus_on(panel)
        panel.toggle_failing()


def freeze(app: "Cockpit") -> None:
    """Let the display stand still, or go on; a replay pauses."""
    if app.transport is not None:
        app.transport.play()
    else:
        app.toggle_freeze()


def clock(app: "Cockpit") -> None:
    """Show the next kind of clock."""
    following = CLOCKS[(CLOCKS.index(app.lens.clock) + 1) % len(CLOCKS)]
    app.look_through(replace(app.lens, clock=following))
    app.say({"utc": "times are UTC", "local": "times are local", "t": "times count from T0"}[following])


def copy(app: "Cockpit") -> None:
    """Copy the row the cursor stands on: to the terminal's clipboard, and to a file for those that ignore that."""
    app.say(copy_text(app, app.board.active.copied))


def log(app: "Cockpit") -> None:
    """Show the log alone."""
    app.open_panel("log")


def contacts(app: "Cockpit") -> None:
    """Show contacts and links."""
    app.open_panel("links")


def help_(app: "Cockpit") -> None:
    """Show the effective keys, and the commands."""
    app.open_panel("help")


def down(app: "Cockpit") -> None:
    """One row down."""
    app.board.active.move(1)


def up(app: "Cockpit") -> None:
    """One row up."""
    app.board.active.move(-1)


def top(app: "Cockpit") -> None:
    """To the first row."""
    app.board.active.move(-1_000_000)


def bottom(app: "Cockpit") -> None:
    """To the last row."""
    app.board.active.move(1_000_000)


def page_down(app: "Cockpit") -> None:
    """One page down."""
    app.board.active.page(1)


def page_up(app: "Cockpit") -> None:
    """One page up."""
    app.board.active.page(-1)


def half_down(app: "Cockpit") -> None:
    """Half a page down."""
    app.board.active.page(0.5)


def half_up(app: "Cockpit") -> None:
    """Half a page up."""
    app.board.active.page(-0.5)


def collapse(app: "Cockpit") -> None:
    """Close the section the cursor stands in."""
    app.board.active.fold(False)


def expand(app: "Cockpit") -> None:
    """Open the section the cursor stands on."""
    app.board.active.fold(True)


def next_pane(app: "Cockpit") -> None:
    """Give the keys to the next pane."""
    app.board.step(1)


def previous_pane(app: "Cockpit") -> None:
    """Give the keys to the previous pane."""
    app.board.step(-1)


def pane(number: int) -> Callable[["Cockpit"], None]:
    """Return the action that gives the keys to a pane by its number; one that is not in sight is shown alone."""

    def go(app: "Cockpit") -> None:
        numbered = app.board.numbered
        if number <= len(numbered):
            app.board.focus_on(numbered[number - 1])
        else:
            app.say(f"there is no pane {number}: this layout has {len(numbered)}", "warn")

    return go


def overview(app: "Cockpit") -> None:
    """Show all panes."""
    app.board.overview()


def zoom(app: "Cockpit") -> None:
    """Show the active pane alone, or all of them again."""
    app.board.zoom()


def command(app: "Cockpit") -> None:
    """Open the command line with its palette."""
    app.ask_command()


def back(app: "Cockpit") -> None:
    """Undo the last narrowing of the view: the filter, the only pane."""
    _back(app)


def back_or_leave(app: "Cockpit") -> None:
    """Go back; where there is nothing to go back to, ask whether to leave."""
    if not _back(app):
        app.ask_leave()


def leave(app: "Cockpit") -> None:
    """Ask: leave, end or stay; beside a step that runs, whether to end it."""
    if not stepping.stopped(app):
        app.ask_leave()


def _back(app: "Cockpit") -> bool:
    panel = app.board.active
    if panel.filter:
        panel.filter = ""
        panel.redraw()
        return True
    return app.board.overview()


def _polled(app: "Cockpit", subject: "Subject | None") -> tuple[str, str]:
    """Return the signal that a row rests on, and the row's title; empty for a row without one."""
    session = app.sight.session
    name = subject.name if subject is not None else ""
    if subject is not None and subject.kind == "item":
        item = session.items[name].item
        return item.signal, f"{item.number} {item.title}"
    if subject is None or subject.kind != "signal":
        return "", ""
    state = session.signals.get(name)
    return name, state.signal.title if state else name
