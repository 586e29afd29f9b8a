"""Each Kubernetes signal of the shipped checklist passes for sane spellings and fails for broken ones."""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from mmcockpit.core.model.verdict import Level
from tests.servers.control_plane import ControlPlane
from tests.spellings import capacity, network, release, security, workloads
from tests.spellings.case import Case
from tests.spellings.harness import SIGNALS, Bench

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
CASES: list[Case] = [*capacity.CASES, *workloads.CASES, *security.CASES, *network.CASES, *release.CASES]
WITHOUT = {"logs"}
"""Signals that read what a kubelet serves, not how an object is spelled."""


def test_every_kubernetes_signal_has_three_sane_and_three_broken_spellings() -> None:
    passing = Counter(case.signal for case in CASES if case.level is Level.PASS)
    others = Counter(case.signal for case in CASES if case.level is not Level.PASS)
    assert [name for name in SIGNALS if name not in WITHOUT and (passing[name] < 3 or others[name] < 3)] == []


def test_every_spelling_is_of_a_shipped_signal_and_has_a_name_of_its_own() -> None:
    assert {case.signal for case in CASES} <= set(SIGNALS)
    assert [name for name, times in Counter(case.id for case in CASES).items() if times > 1] == []


@pytest.fixture(scope="module")
def bench(control_plane: ControlPlane) -> Iterator[Bench]:
    """Give the objects of all cases, made at once."""
    made = Bench(control_plane, CASES)
    made.fill()
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_a_signal_has_the_verdict_that_a_spelling_means(bench: Bench, case: Case) -> None:
    with case.during(bench.kubectl(case)) if case.during else nullcontext():
        level, value = await bench.judge(case)
    assert level is case.level, value
