"""The rows of the help: the keys and commands of this session, grouped by what one does with them."""

from typing import NamedTuple

from mmcockpit.ui.actions.action import Action
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.key_names import shown

GROUPS = {
    "Items": "Tick and mark items",
    "Go-live": "Run the go-live",
    "Procedures": "Roll back, and other procedures",
    "People": "Several people: controls, approvals, takeover",
    "Messages and notes": "Messages and notes",
    "Signals": "Poll signals",
    "Replay": "Move the replay",
    "View": "Look closer",
    "Panels": "Open panels, and go back",
    "Move": "Move the cursor",
    "Cockpit": "Help, command line, leaving",
}
"""Every group of actions, in the order of the help, with its heading."""


class HelpRow(NamedTuple):
    """One key or command of the help; `found` are words that find it too.

    `possible` is whether it works in this session, `controls` whether it needs the controls of a shared one.
    """

    group: str
    keys: str
    title: str
    found: str
    possible: bool
    controls: bool


def help_rows(desk: Desk) -> list[HelpRow]:
    """Return the rows: every action with its effective keys, or its `:command` where it has none.

    A replay shows its own keys and no recording ones; a live session the other way round.
    """
    replays, acts = desk.transport is not None, bool(desk.operator)
    order = list(GROUPS)
    if replays:
        order.insert(0, order.pop(order.index("Replay")))
    shown_here = [one for one in ACTIONS if (not one.records if replays else not one.replays)]
    return [
        HelpRow(
            GROUPS[one.group],
            _keys(desk, one),
            one.title,
            " ".join((one.name, *one.synonyms)),
            acts or not one.records,
            one.controls,
        )
        for group in order
        for one in shown_here
        if one.group == group
    ]


def _keys(desk: Desk, action: Action) -> str:
    """Return the keys, and the command where it takes an argument or there is no key."""
    keys = " ".join(map(shown, desk.keys[action.id]))
    command = f":{action.usage}"
    return f"{keys}  {command}" if keys and action.arguments else keys or command
