"""Faults on real servers: what the cockpit shows for each, after how many polls, and that it recovers.

`make faults` prints the table. It takes ten minutes, so `make test` does not run it. A wrong green is a signal
that passes though its subject is broken; a wrong red or unknown is one whose own subject is not
touched, or after the repair.
"""

from pathlib import Path

import pytest

from mmcockpit.core.model.verdict import Level
from tests.items import cluster_faults, fault_actions
from tests.items.baselines import BASELINE, WITHIN_S, record_baseline
from tests.items.faults import Faults, Seen, counts
from tests.items.item_session import asking, cockpit
from tests.items.production import Production
from tests.items.states import States, needed

pytestmark = [
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
EVERY = "1s"


def test_every_fault_is_noticed_and_over_when_it_is_repaired(
    tmp_path: Path, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in production.environment().items():
        monkeypatch.setenv(name, value)
    production.allow()
    sources = production.sources()
    sources["cluster"]["context"] = "stranger"
    baseline = {"over": "5m", "signals": BASELINE}
    how = {"persist": 2, "timeout": "5s", "stale_after": "20s"}
    made = cockpit(tmp_path, sources, production.variables(), how=how, baseline=baseline)
    states, names = States(made, "good"), needed(made)
    with asking(tmp_path, made) as asked:
        production.back_up()
        asked.ask_active()
        record_baseline(asked)
        unproven = set(names)

        def proven() -> bool:
            unproven.difference_update({name for name in unproven if asked.level(name) is states.of(name)})
            return not unproven

        try:
            asked.until(lambda _: proven(), "all have passed", WITHIN_S)
        except AssertionError as error:
            raise AssertionError({name: asked.because(name) for name in unproven}) from error
        good = {name for name in names if states.of(name) is Level.PASS}
        parts = (
            fault_actions.application,
            fault_actions.watching,
            fault_actions.redis,
            fault_actions.postgres,
            cluster_faults.kubernetes,
            cluster_faults.control_plane,
        )
        faults = [fault for part in parts for fault in part(production, asked)]
        seen = Faults(asked, good, faults, print_row).run()
    print(counts(seen))
    assert counts(seen) == f"{len(seen)} faults: 0 wrong green, 0 wrong red, 0 unknown where the data are there"
    assert not [one.said for one in seen if one.said.startswith("NOT NOTICED")]


def print_row(seen: Seen) -> None:
    """Print a fault that is over, with what was wrong."""
    print(seen.row(), flush=True)
    for kind in ("wrong_green", "wrong_red", "wrong_unknown"):
        for what in getattr(seen, kind):
            print(f"    {kind.replace('_', ' ')}: {what}", flush=True)
