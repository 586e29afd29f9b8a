"""Every item with a signal, polled on real servers: passes where all is well, fails where it is broken, else unknown.

`pytest tests/items/test_items.py -rP` prints the table; docs/items.md is the same without the servers' words.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from tests.items.baselines import BASELINE, WITHIN_S, record_baseline
from tests.items.broken import BrokenProduction
from tests.items.item_session import ItemSession, asking, cockpit
from tests.items.production import Production
from tests.items.states import PAGE, States, needed, page, plain
from tests.items.states import broken as described

pytestmark = [
    pytest.mark.timeout(900),
    # An engine that ends in the middle of a query leaves its connection to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
ONE_READING = {"persist": 1, "timeout": "30s"}
IMPATIENT = {"persist": 1, "timeout": "1500ms"}
LONG_OVER = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
NOWHERE = "nowhere.invalid"


def settle(asked: ItemSession, states: States, names: set[str]) -> dict[str, str]:
    """Wait until the signals say what they should; return those that do not, with what they say."""

    def wrong() -> list[str]:
        session = asked.session
        return [
            name for name in names if asked.level(name) is not states.of(name) or session.signals[name].asked_at is None
        ]

    def settled(_: Session) -> bool:
        asked.ask_late(wrong())
        return not wrong()

    try:
        asked.until(settled, "all signals say what they should", WITHIN_S)
    except AssertionError:
        return {name: f"{asked.level(name)} ({asked.because(name)}), not {states.of(name)}" for name in sorted(wrong())}
    return {}


def show(asked: ItemSession, states: States, items: list[Item]) -> list[str]:
    """Print a row an item; return the items that say another thing than they should."""
    wrong = []
    for number, item in enumerate(items, 1):
        level = asked.level(item.signal)
        print(f"{number:>3} | {item.id:<64} | {level:<7} | {asked.because(item.signal)[:110]}")
        if level is not states.of(item.signal):
            wrong.append(f"{item.id}: {level}, not {states.of(item.signal)}")
    return wrong


def verdicts(asked: ItemSession, states: States, names: set[str], *, allowed: Mapping[str, str] | None = None) -> None:
    """Check signals, and every item that depends on no other signals."""
    assert settle(asked, states, names) == (allowed or {})
    items = [item for item in asked.items if {member.name for member in asked.members(item.signal)} <= names]
    asked.until(lambda _: all(asked.level(item.signal) is states.of(item.signal) for item in items), "items", WITHIN_S)
    assert show(asked, states, items) == []


def test_every_item_passes_where_nothing_is_wrong(
    tmp_path: Path, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in production.environment().items():
        monkeypatch.setenv(name, value)
    baseline = {"over": "5m", "signals": BASELINE}
    made = cockpit(tmp_path, production.sources(), production.variables(), how=ONE_READING, baseline=baseline)
    with asking(tmp_path, made) as asked:
        production.back_up()
        asked.ask_active()
        record_baseline(asked)
        verdicts(asked, States(made, "good"), needed(made))
        print(f"{len(asked.items)} items: all pass")


def test_every_item_fails_where_everything_is_wrong(
    tmp_path: Path, broken: BrokenProduction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in broken.environment().items():
        monkeypatch.setenv(name, value)
    baseline = {"over": "1h", "signals": ["traffic", "mean_latency"]}
    made = cockpit(tmp_path, broken.sources(), broken.variables(), how=ONE_READING, baseline=baseline, window=LONG_OVER)
    states, names = States(made, "broken"), needed(made)
    compared = {"traffic", "mean_latency"}
    with asking(tmp_path, made) as asked:
        broken.go_wrong()
        asked.ask_active()
        asked.until(lambda session: session.signals["silences"].reading is not None, "silences were read", WITHIN_S)
        broken.alert()
        with broken.looking_up():
            verdicts(asked, states, names - compared)
        record_baseline(asked)
        # It is recorded now, so that what compares with it can fail.
        verdicts(asked, states, names - {"baseline_recorded", "redis_hit_rate"})
        print(f"{len(asked.items)} items: {sum(asked.level(one.signal) is Level.FAIL for one in asked.items)} fail")


def test_no_item_passes_where_nothing_answers(
    tmp_path: Path, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    with production.silent() as empty:
        for name, value in {**production.environment(), "PATH": str(empty)}.items():
            monkeypatch.setenv(name, value)
        variables = {**production.variables(), "tls_host": NOWHERE, "outside_host": NOWHERE}
        made = cockpit(tmp_path, production.silent_sources(), variables, how=IMPATIENT)
        with asking(tmp_path, made) as asked:
            asked.ask_active()
            verdicts(asked, States(made, "silent"), needed(made))


def test_the_broken_state_of_every_signal_is_described(tmp_path: Path) -> None:
    assert needed(plain(tmp_path)) - set(described()) == set()


def test_the_page_of_the_items_is_that_of_the_checklist(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(plain(tmp_path)), "run `make items`"
