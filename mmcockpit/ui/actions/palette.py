"""The palette: what a typed line may mean, as rows above the command line."""

from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len

from mmcockpit.ui.actions.action import Action, prevented
from mmcockpit.ui.actions.command_line import Suggestion, complete, meant, missing_words, run_line, split, suggestions
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion
from mmcockpit.ui.render.key_names import shown
from mmcockpit.ui.render.text import Line, pad, plain

WIDEST, NARROWEST = 34, 26
"""Columns of the command in a row of the palette: at most, and on a narrow screen."""

WIDE = 100
"""Columns of the terminal from which the widest is used."""


def command_question(desk: Desk, typed: str, notice: str = "") -> DialogQuestion:
    """Return the prompt for a command, with the palette of its matches; its label begins with `notice`."""
    desk.remember()
    fitting: list[Suggestion] = []

    def changed(text: str) -> Sequence[Line]:
        fitting[:] = suggestions(desk, text)
        return palette_lines(fitting, desk.keys, desk.width, lambda action: not prevented(desk, action))

    def best(chosen: int) -> Suggestion | None:
        return fitting[chosen] if chosen < len(fitting) else None

    def done(text: str, chosen: int) -> None:
        if not text:
            return
        line, runs = meant(text, fitting, chosen)
        action, argument = split(line)
        if action is not None and not runs and not prevented(desk, action):
            desk.ask_command(f"{line.rstrip()} ", missing_words(desk, action, argument))
        elif wrong := run_line(desk, line):
            desk.say(wrong, "warn")

    def settles(text: str, chosen: int) -> bool:
        line, runs = meant(text, fitting, chosen)
        action, _ = split(line)
        return bool(text) and runs and bool(desk.operator) and action is not None and action.settles

    def completed(text: str, chosen: int) -> str:
        return complete(text, best(chosen))

    label = f"{notice} :" if notice else ":"
    return DialogQuestion(label, done, changed, completed, value=typed, history=True, empty=True, settles=settles)


def palette_lines(
    rows: Sequence[Suggestion], keys: Mapping[str, tuple[str, ...]], width: int, possible: Callable[[Action], bool]
) -> list[Line]:
    """Return the rows: the command, its first key, and what it does; those that are not `possible` here are dimmed."""
    most = WIDEST if width >= WIDE else NARROWEST
    head = min(max((cell_len(one.head) for one in rows), default=0), most) + 2
    named = [_key(one, keys) for one in rows]
    key_width = max((cell_len(key) for key in named), default=0)
    return [
        (
            (
                pad(f" {plain(one.head, 80)}", head),
                "strong" if possible(one.action) else "muted",
            ),
            (pad(f" {key}", key_width + 2) if key_width else " ", "accent"),
            (plain(one.about, 160), "muted"),
        )
        for one, key in zip(rows, named, strict=True)
    ]


def _key(one: Suggestion, keys: Mapping[str, tuple[str, ...]]) -> str:
    bound = keys[one.action.id]
    return shown(bound[0]) if bound and one.line == one.action.name else ""
