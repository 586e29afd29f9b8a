"""The rows of the help: keys and commands."""

from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.key_names import shown

HelpRow = tuple[str, str, str, bool]
"""Group, keys, title, and whether this session allows it."""


def help_rows(desk: Desk) -> list[HelpRow]:
    """Return the rows of the help: every action with its effective keys, every command."""
    acts = bool(desk.operator)
    rows: list[HelpRow] = [
        (
            action.group,
            " ".join(map(shown, desk.keys[action.id])) or f":{action.usage}",
            action.title,
            acts or not action.records,
        )
        for action in ACTIONS
        if desk.transport is not None or not action.replays
    ]
    return rows
