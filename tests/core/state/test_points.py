"""The numeric history is the last points in their order, however many there were."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.state.points import POINTS_KEPT, Points


@given(begin=st.integers(0, 2 * POINTS_KEPT), more=st.integers(0, 3 * POINTS_KEPT))
def test_points_are_the_last_ones_in_order(begin: int, more: int) -> None:
    told = [(float(n), n / 7) for n in range(begin + more)]
    points = Points(told[:begin])
    for wall, value in told[begin:]:
        points.append(wall, value)
    kept = deque(told, maxlen=POINTS_KEPT)
    assert list(points) == list(kept)
    assert list(reversed(points)) == list(reversed(kept))
    assert len(points) == len(kept)
    assert points == Points(kept)
    assert Points.of_flat(points.last(POINTS_KEPT)) == points
    assert points.added == min(begin, POINTS_KEPT) + more
    assert (points == Points([*kept, (9.0, 9.0)])) is False


def test_the_last_few_are_a_copy() -> None:
    points = Points([(1.0, 2.0), (3.0, 4.0)])
    points.last(1).append(9.0)
    assert list(points.last(1)) == [3.0, 4.0]
    assert list(points.last(0)) == []
    assert repr(points) == "Points([(1.0, 2.0), (3.0, 4.0)])"
