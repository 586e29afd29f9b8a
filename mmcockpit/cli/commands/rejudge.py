"""`mmcockpit replay --rejudge`: compares a recorded session with its outcome under other rules."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mmcockpit.cli import OK
from mmcockpit.cli.progress import progress_line
from mmcockpit.config.rejudge_rules import with_rules
from mmcockpit.core.compared import ComparedFeed
from mmcockpit.core.decide.rejudge import Difference, Turn, compare, rejudge
from mmcockpit.core.facts.event import Advised, Event, Observed
from mmcockpit.core.feed import Feed
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import Advice
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration, offset
from mmcockpit.core.words.times import utc
from mmcockpit.core.words.verdicts import outcome_text
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.reader import read

WIDEST = 44
"""Maximum width of a name in cells."""


class Tally:
    """Total duration and first time of each advice in one version of the session."""

    def __init__(self) -> None:
        self.seconds: dict[Advice, float] = {}
        self.first: dict[Advice, float] = {}
        self._said: Advice | None = None
        self._since = 0.0

    def take(self, events: Iterable[Event]) -> None:
        """Count the advice facts."""
        for event in events:
            if isinstance(event.body, Advised):
                self.until(event.stamp.at)
                self._said = event.body.advice
                self.first.setdefault(self._said, event.stamp.wall)

    def until(self, at: float) -> None:
        """Count the current advice up to a session second."""
        if self._said is not None:
            self.seconds[self._said] = self.seconds.get(self._said, 0.0) + at - self._since
        self._since = at

    def words(self, advice: Advice) -> str:
        """Return the duration and the first time of an advice as text."""
        if advice not in self.first:
            return "never"
        return f"{duration(self.seconds.get(advice, 0.0))}, first {utc(self.first[advice])}Z"


def print_differences(path: Path, rules: Path) -> int:
    """Print the differences between the record and the rules of a file: verdicts, items with their holds, advice.

    Raises FileError for a file with mistakes, SessionError for a journal that is not readable.
    """
    cockpits: list[Cockpit] = []

    def amend(cockpit: Cockpit) -> Cockpit:
        cockpits.append(cockpit)
        return with_rules(rules, cockpit)

    recorded, judged, readings = Tally(), Tally(), 0
    last = 0.0

    def counted(turns: Iterable[Turn]) -> Iterator[Turn]:
        nonlocal readings, last
        for turn in turns:
            recorded.take([turn.recorded])
            judged.take(turn.judged)
            readings += isinstance(turn.recorded.body, Observed)
            last = turn.recorded.stamp.at
            yield turn

    with progress_line("judging again") as progress:
        differences = list(compare(counted(rejudge(read(path, progress=progress), amend))))
    if not cockpits:
        raise SessionError(f"{path}: the opening fact is missing; see `mmcockpit verify {path}`")
    recorded.until(last)
    judged.until(last)
    print(f"{readings} recorded results judged by {plain(str(rules))}: {_count(differences)}")
    _table(differences, _titles(cockpits[0]))
    print("\nADVICE              RECORDED                         BY THE RULES")
    for advice in Advice:
        if advice in recorded.first or advice in judged.first:
            print(f"{advice:18}  {recorded.words(advice):31}  {judged.words(advice)}")
    return OK


def compared(feed: Feed, path: Path, rules: Path) -> ComparedFeed:
    """Return a replay's feed that also shows the outcome under the rules of a file; FileError, SessionError."""
    with progress_line("judging again") as progress:
        turns = rejudge(read(path, progress=progress), lambda cockpit: with_rules(rules, cockpit))
        return ComparedFeed(feed, list(compare(turns)), rules.name)


def _count(differences: list[Difference]) -> str:
    parts = {kind: sum(one.kind == kind and not one.agree for one in differences) for kind in _KINDS}
    counts = [f"{count} {_KINDS[kind][count > 1]}" for kind, count in parts.items() if count]
    return f"they differ in {', '.join(counts)}" if counts else "no difference"


_KINDS = {
    "signal": ("verdict", "verdicts"),
    "item": ("item and its hold", "items and their holds"),
    "advice": ("advice", "advice changes"),
}


def _titles(cockpit: Cockpit) -> dict[tuple[str, str], str]:
    signals = {("signal", one.name): one.title for one in cockpit.signals}
    items = {("item", one.id): f"{one.number} {one.title}" for one in cockpit.checklist.items}
    return {**signals, **items}


def _table(differences: list[Difference], titles: dict[tuple[str, str], str]) -> None:
    if not differences:
        return
    rows = [
        (one, plain(f"{one.kind} {titles.get((one.kind, one.subject), one.subject)}", WIDEST)) for one in differences
    ]
    width = max(len(name) for _, name in rows)
    print(f"\n{'UTC':9}  {'T±':14}  {'WHAT':{width}}  {'RECORDED':12}  BY THE RULES")
    for one, name in rows:
        t = offset(one.t) if one.t is not None else "–"
        again = "  (agree again)" if one.agree else ""
        recorded, judged = outcome_text(one.recorded), outcome_text(one.judged)
        print(f"{utc(one.stamp.wall)}Z  {t:14}  {name:{width}}  {recorded:12}  {judged}{again}")
