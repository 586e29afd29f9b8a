"""The palette: the commands and actions that a typed line may mean, as rows above the command line."""

from collections.abc import Sequence

from mmcockpit.ui.actions.command_line import COMMANDS, SETTLING, CommandEntry, complete, entries, find, run_line
from mmcockpit.ui.actions.keymap import perform
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion
from mmcockpit.ui.render.text import Line, pad


def command_question(desk: Desk, typed: str) -> DialogQuestion:
    """Return the prompt for a command, with the palette of its matches."""
    desk.remember()
    known = entries(desk.keys, desk.transport is not None)
    fitting = list(known)

    def changed(text: str) -> Sequence[Line]:
        fitting[:] = find(text, known)
        return [_palette_line(entry, bool(desk.operator)) for entry in fitting]

    def done(text: str, chosen: int) -> None:
        entry = fitting[chosen] if chosen < len(fitting) else None
        exact = any(order.name == text.partition(" ")[0] for order in COMMANDS)
        if not text:
            return
        if entry is None or exact:
            _complain(desk, run_line(desk, text))
        elif entry.action is not None:
            perform(desk, entry.action)
        elif entry.order is not None and entry.order.argument:
            desk.ask_command(f"{entry.order.name} ")
        elif entry.order is not None:
            _complain(desk, run_line(desk, entry.order.name))

    def completed(text: str, chosen: int) -> str:
        return complete(desk, text, fitting[chosen] if chosen < len(fitting) else None)

    def settles(text: str, chosen: int) -> bool:
        entry = fitting[chosen] if chosen < len(fitting) else None
        meant = entry.order.name if entry is not None and entry.order is not None else ""
        return bool(text) and bool(desk.operator) and not {meant, text.partition(" ")[0]}.isdisjoint(SETTLING)

    return DialogQuestion(":", done, changed, completed, value=typed, history=True, empty=True, settles=settles)


def _palette_line(entry: CommandEntry, acts: bool) -> Line:
    role = "strong" if acts or not entry.records else "muted"
    name = f":{entry.name}" if entry.order else entry.name
    return ((pad(f" {name}", 22), role), (pad(entry.keys, 14), "accent"), (entry.title, "muted"))


def _complain(desk: Desk, wrong: str) -> None:
    if wrong:
        desk.say(wrong, "warn")
