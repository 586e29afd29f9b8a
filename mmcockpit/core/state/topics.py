"""Topics: the parts of the state that a fact changes and that a panel watches."""

from typing import NamedTuple


class Topic(NamedTuple):
    """A part of the state; `name` is that of one signal or the id of one item."""

    part: str
    name: str = ""


SESSION = Topic("session")
LOG = Topic("log")
ITEMS = Topic("items")
SIGNALS = Topic("signals")
PROCEDURES = Topic("procedures")
"""The topics of all parts of a kind."""


def signal_topic(name: str) -> Topic:
    """Return the topic of one signal."""
    return Topic("signal", name)


def item_topic(item: str) -> Topic:
    """Return the topic of one item."""
    return Topic("item", item)
