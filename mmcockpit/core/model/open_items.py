"""What keeps the gate of the open phase closed, counted by what it needs."""

import msgspec

from mmcockpit.core.model.needs import NoDataGroup


class OpenItems(msgspec.Struct, frozen=True):
    """The required items up to the open phase: `open` of `total`, and how many of the open ones need what.

    `ticks` are those of the operator, `other_ticks` those of other people, who are `tickers` if all need the same ones.
    `groups` are the causes of those without data, the one of a failing source first, else the one of most items.
    `failing_sources` counts all sources that fail, whatever they are for.
    """

    open: int
    total: int
    failing: int = 0
    ticks: int = 0
    other_ticks: int = 0
    tickers: tuple[str, ...] = ()
    approvals: int = 0
    warnings: int = 0
    no_data: int = 0
    settling: int = 0
    groups: tuple[NoDataGroup, ...] = ()
    failing_sources: int = 0
