"""The statistics of `compare`: few false alarms, the power that the guide states, effects in the right direction."""

import pytest

from mmcockpit.sources.prometheus.compare.statistics import Direction, compare_counts, compare_samples
from tests.sources.prometheus.simulation import GUIDE, PLACE, count_failures, failures, tables


@pytest.mark.parametrize(("size", "repeats"), [(30, 0.0), (60, 0.0), (120, 0.0), (60, 0.5)])
def test_at_most_one_of_100_pairs_without_a_difference_fails(size: int, repeats: float) -> None:
    assert failures(1_000, size, 0.25, repeats=repeats) <= 0.01


@pytest.mark.parametrize(("total", "share"), [(100, 0.02), (400, 0.05)])
def test_at_most_one_of_100_pairs_of_counts_without_a_difference_fails(total: int, share: float) -> None:
    assert count_failures(1_000, total, share, share) <= 0.01
    assert count_failures(100, 400, 0.02, 0.2) > 0.9


def test_the_power_in_the_guide_is_that_of_the_simulation() -> None:
    place = PLACE.search(GUIDE.read_text(encoding="utf-8"))
    assert place is not None
    assert place[0] == f"{place[1]}{tables()}{place[2]}"


@pytest.mark.parametrize(
    ("direction", "factor", "worse"),
    [("higher", 1.5, True), ("higher", 0.5, False), ("lower", 0.5, True), ("lower", 1.5, False), ("both", 0.5, True)],
)
def test_only_a_difference_in_the_direction_is_worse(direction: Direction, factor: float, worse: bool) -> None:
    baseline = [10.0 + n * 7 % 13 / 10 for n in range(40)]
    compared = compare_samples(baseline, [factor * one for one in baseline], direction)
    assert compared.is_worse(direction, 0.33, 0.05) is worse
    assert compared.effect == (1.0 if factor > 1 else -1.0)
    assert compared.change == pytest.approx(factor - 1)
    assert not compared.is_worse(direction, 0.33, 0.6), "smaller than the smallest relevant change"


def test_effect_and_p_are_those_of_the_definition() -> None:
    compared = compare_samples([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0], "both")
    above = sum((one > other) - (one < other) for one in (2, 3, 4, 5) for other in (1, 2, 3, 4))
    assert compared.effect == above / 16
    counts = compare_counts((10, 1_000), (30, 1_000), "both")
    # (0.03 - 0.01) / sqrt(0.02 * 0.98 * 2 / 1000) = 3.194
    assert counts.p == pytest.approx(0.0014, abs=0.0001)
    assert counts.effect == pytest.approx(0.02)
    assert counts.change == pytest.approx(2.0)
    # Fisher's exact test of 0 of 20 and 5 of 20: 15504 / 658008.
    assert compare_counts((0, 20), (5, 20), "higher").p == pytest.approx(15_504 / 658_008)


def test_one_constant_series_is_compared() -> None:
    assert compare_samples([0.0] * 30, [float(n % 5 + 1) for n in range(30)], "higher").is_worse("higher", 0.33, 0.05)
