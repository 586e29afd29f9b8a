"""The hints of the bottom line, and the rows of the help: keys and commands."""

from collections.abc import Mapping

from mmcockpit.ui.actions.command_line import COMMANDS
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.key_names import shown
from mmcockpit.ui.render.text import Line

HelpRow = tuple[str, str, str, bool]
"""Group, keys, title, and whether this session allows it."""


def hints(keys: Mapping[str, tuple[str, ...]], acts: bool) -> tuple[Line, Line]:
    """Return the bottom line's left and right part: the most used keys, dimmed if this session does not allow them."""
    left: list[tuple[str, str]] = []
    for action in ACTIONS:
        if action.hint and keys[action.id]:
            dim = action.records and not acts
            left += [(f" {shown(keys[action.id][0])}", "muted" if dim else "accent"), (f" {action.hint} ", "muted")]
    return tuple(left), ((":contacts ", "muted"),)


def help_rows(desk: Desk) -> list[HelpRow]:
    """Return the rows of the help: every action with its effective keys, every command."""
    acts = bool(desk.operator)
    rows: list[HelpRow] = [
        (action.group, " ".join(map(shown, desk.keys[action.id])) or "-", action.title, acts or not action.records)
        for action in ACTIONS
        if desk.transport is not None or not action.replays
    ]
    rows += [
        ("Command line", f":{order.name} {order.argument}".strip(), order.title, acts or not order.records)
        for order in COMMANDS
        if desk.transport is not None or not order.replays
    ]
    return rows
