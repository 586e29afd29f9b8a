"""The palette: what a typed line may mean, as rows above the command line."""

from collections.abc import Mapping, Sequence

from mmcockpit.ui.actions.command_line import Suggestion, complete, meant, run_line, split, suggestions
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion
from mmcockpit.ui.render.key_names import shown
from mmcockpit.ui.render.text import Line, pad, plain

HEAD = 30
"""Columns of the command in a row of the palette."""


def command_question(desk: Desk, typed: str) -> DialogQuestion:
    """Return the prompt for a command, with the palette of its matches."""
    desk.remember()
    fitting: list[Suggestion] = []

    def changed(text: str) -> Sequence[Line]:
        fitting[:] = suggestions(desk, text)
        return [palette_line(one, desk.keys, bool(desk.operator)) for one in fitting]

    def best(chosen: int) -> Suggestion | None:
        return fitting[chosen] if chosen < len(fitting) else None

    def done(text: str, chosen: int) -> None:
        if not text:
            return
        line, runs = meant(text, fitting, chosen)
        action, _ = split(line)
        acts = action is None or not action.records or bool(desk.operator)
        if not runs and acts:
            desk.ask_command(f"{line.rstrip()} ")
        elif wrong := run_line(desk, line):
            desk.say(wrong, "warn")

    def settles(text: str, chosen: int) -> bool:
        line, runs = meant(text, fitting, chosen)
        action, _ = split(line)
        return bool(text) and runs and bool(desk.operator) and action is not None and action.settles

    def completed(text: str, chosen: int) -> str:
        return complete(text, best(chosen))

    return DialogQuestion(":", done, changed, completed, value=typed, history=True, empty=True, settles=settles)


def palette_line(one: Suggestion, keys: Mapping[str, tuple[str, ...]], acts: bool) -> Line:
    """Return one row: the command, its first key, and what it does."""
    role = "muted" if one.near or (one.action.records and not acts) else "strong"
    key = shown(keys[one.action.id][0]) if keys[one.action.id] and one.line == one.action.name else ""
    return ((pad(f" {plain(one.head, 80)}", HEAD), role), (pad(key, 8), "accent"), (plain(one.about, 120), "muted"))
