"""A feed that compares a replay with the verdicts of other rules at the same moment."""

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from mmcockpit.core.decide.rejudge import Difference
from mmcockpit.core.feed import Batch, Commander, Feed, Otherwise, Transport


class ComparedFeed:
    """A feed that adds the results of other rules to each batch; `rules` is the name of those rules on the screen."""

    def __init__(self, feed: Feed, differences: Iterable[Difference], rules: str) -> None:
        self.rules = rules
        self._feed = feed
        self._at: list[float] = []
        self._said = [Otherwise(rules)]
        standing: dict[tuple[str, str], Difference] = {}
        for one in differences:
            standing[one.kind, one.subject] = one
            if one.agree:
                del standing[one.kind, one.subject]
            self._at.append(one.stamp.at)
            self._said.append(_otherwise(rules, standing))

    @property
    def commands(self) -> Commander | None:
        """The commander of the wrapped feed."""
        return self._feed.commands

    @property
    def transport(self) -> Transport | None:
        """The transport of the wrapped feed."""
        return self._feed.transport

    def drain(self) -> Batch:
        """Return the next batch of the wrapped feed, with the results of the other rules at its time."""
        batch = self._feed.drain()
        return msgspec.structs.replace(batch, otherwise=self._said[bisect_right(self._at, batch.now.at)])


def _otherwise(rules: str, standing: dict[tuple[str, str], Difference]) -> Otherwise:
    advice = standing.get(("advice", ""))
    signals, items = (
        tuple((one.subject, one.judged) for one in standing.values() if one.kind == kind) for kind in ("signal", "item")
    )
    return Otherwise(rules, advice.judged if advice else None, signals, items)
