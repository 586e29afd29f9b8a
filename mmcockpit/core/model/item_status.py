"""The status of an item as it is now: what a row, a line of text or a report shows of it."""

import msgspec

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level


class ItemStatus(msgspec.Struct, frozen=True):
    """The status of an item: its state and marks, and what its signal shows at this moment.

    `by` and `reason` are the author and the reason of the mark in force, `override_left_s` the seconds until an
    override expires, None if it does not. `level` is the signal's level, None without a signal or before its first
    poll; `result` its value or the reason why it does not pass, empty where a pass needs no more words. `passing` of
    `checks` are the members of a combination, `unknown` those without data. `settled_s` of `settle_s` is the settle
    time; `settled_for_gate` whether it is enough for the gate, but for a tick. `ticked` is whether a tick is in force.
    `needs` are the numbers of the items that have to be satisfied before its tick.
    `tickers` are the people whose tick it needs, if they are others than the person to whom the status is shown.
    """

    state: State
    mode: Mode
    level: Level | None = None
    result: str = ""
    passing: int = 0
    checks: int = 0
    unknown: int = 0
    warns: bool = False
    claimed_by: str = ""
    by: str = ""
    reason: str = ""
    override_left_s: float | None = None
    settled_s: float = 0.0
    settle_s: float = 0.0
    settled_for_gate: bool = False
    ticked: bool = False
    needs: tuple[int, ...] = ()
    tickers: tuple[str, ...] = ()
