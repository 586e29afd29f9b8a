"""The cockpit's own questions: filter, command line, leaving; and the hints that stand in their place."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mmcockpit.core.decide import command as commands
from mmcockpit.core.state.procedure_runs import working
from mmcockpit.ui.actions.command_line import COMMANDS, SETTLING, Entry, complete, entries, find, run_line
from mmcockpit.ui.actions.keymap import ACTIONS, shown
from mmcockpit.ui.dialogs.choice import Choice, Way
from mmcockpit.ui.dialogs.prompt import Question, always
from mmcockpit.ui.render.text import Line, pad
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.panel import Panel

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit


HelpRow = tuple[str, str, str, bool]
"""Group, keys, title, and whether it can be done in this session."""


def hints(keys: Mapping[str, tuple[str, ...]], acts: bool) -> tuple[Line, Line]:
    """Return the bottom line's left and right part: the most used keys, dimmed where they can do nothing."""
    left: list[tuple[str, str]] = []
    for action in ACTIONS:
        if action.hint and keys[action.id]:
            dim = action.records and not acts
            left += [(f" {shown(keys[action.id][0])}", "muted" if dim else "accent"), (f" {action.hint} ", "muted")]
    return tuple(left), ((":contacts ", "muted"),)


def help_rows(app: "Cockpit") -> list[HelpRow]:
    """Return the help: every action with its effective keys, every command."""
    acts = app.commander is not None
    rows: list[HelpRow] = [
        (action.group, " ".join(map(shown, app.keys[action.id])) or "-", action.title, acts or not action.records)
        for action in ACTIONS
        if app.transport is not None or not action.replays
    ]
    rows += [
        ("Command line", f":{order.name} {order.argument}".strip(), order.title, acts or not order.records)
        for order in COMMANDS
        if app.transport is not None or not order.replays
    ]
    return rows


def filter_question(panel: Panel) -> Question:
    """Ask for the panel's filter; every keystroke narrows it, giving up brings the earlier one back."""
    before = panel.filter

    def narrow(text: str) -> Sequence[Line]:
        panel.filter = text
        panel.redraw()
        return ()

    def cancelled() -> None:
        narrow(before)

    def done(text: str, chosen: int) -> None:
        narrow(text)

    return Question("/", done, narrow, cancelled=cancelled, value=before, empty=True)


def command_question(app: "Cockpit", typed: str) -> Question:
    """Ask for a command; the palette shows what the typed line may mean."""
    app.sight.remember()
    known = entries(app.keys, app.transport is not None)
    found = list(known)

    def changed(text: str) -> Sequence[Line]:
        found[:] = find(text, known)
        return [_palette_line(entry, app.commander is not None) for entry in found]

    def done(text: str, chosen: int) -> None:
        entry = found[chosen] if chosen < len(found) else None
        exact = any(order.name == text.partition(" ")[0] for order in COMMANDS)
        if not text:
            return
        if entry is None or exact:
            _complain(app, run_line(app, text))
        elif entry.action is not None:
            app.act(entry.action)
        elif entry.order is not None and entry.order.argument:
            app.ask_command(f"{entry.order.name} ")
        elif entry.order is not None:
            _complain(app, run_line(app, entry.order.name))

    def completed(text: str, chosen: int) -> str:
        return complete(app, text, found[chosen] if chosen < len(found) else None)

    def settles(text: str, chosen: int) -> bool:
        entry = found[chosen] if chosen < len(found) else None
        meant = entry.order.name if entry is not None and entry.order is not None else ""
        return bool(text) and app.commander is not None and not {meant, text.partition(" ")[0]}.isdisjoint(SETTLING)

    return Question(":", done, changed, completed, value=typed, history=True, empty=True, settles=settles)


def _palette_line(entry: Entry, acts: bool) -> Line:
    role = "strong" if acts or not entry.records else "muted"
    name = f":{entry.name}" if entry.order else entry.name
    return ((pad(f" {name}", 22), role), (pad(entry.keys, 14), "accent"), (entry.title, "muted"))


def _complain(app: "Cockpit", wrong: str) -> None:
    if wrong:
        app.say(wrong, "warn")


def leave(app: "Cockpit", paint: Paint) -> None:
    """Ask whether to leave, end or stay."""
    ways = (
        Way("s", "stay", "go on watching"),
        Way("l", "leave", "nothing is watched until `mmcockpit resume`"),
        Way("e", "end", "the session is over; asks for its outcome"),
    )

    def answered(word: str | None) -> None:
        if word == "leave" and not _kept(app):
            app.submit(commands.LeaveSession)
            app.go("left")
        elif word == "end":
            app.prompt.ask(Question("outcome:", lambda outcome, chosen: end(app, outcome), settles=always))

    app.push_screen(Choice(paint, "Leave this go-live?", ways, app.sight.clock), answered)


def end(app: "Cockpit", outcome: str) -> None:
    """End the session with its outcome, and go once that is recorded."""
    if _kept(app):
        return
    app.submit(lambda by: commands.EndSession(by, outcome))
    app.go("ended")


def _kept(app: "Cockpit") -> bool:
    """Say so where a running command keeps the operator here."""
    busy = working(app.sight.session)
    if busy is not None:
        app.say(f"{busy.step.title} is still running: end it first (Ctrl+C)", "warn")
    return busy is not None
