"""Topics: the parts of the state that a fact changes and that a panel watches."""

from functools import lru_cache
from typing import NamedTuple

TOPICS_KEPT = 4_096
"""Topics of signals that are kept: each result names one."""


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


@lru_cache(TOPICS_KEPT)
def signal_topic(name: str) -> Topic:
    """Return the topic of one signal."""
    return Topic("signal", name)


@lru_cache(TOPICS_KEPT)
def result_topics(name: str) -> frozenset[Topic]:
    """Return the topics that a result of one signal touches."""
    return frozenset((SIGNALS, signal_topic(name)))


def item_topic(item: str) -> Topic:
    """Return the topic of one item."""
    return Topic("item", item)
