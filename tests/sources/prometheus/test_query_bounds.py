"""No text of a query takes long: a string without an end is read once."""

import pytest

from mmcockpit.sources.prometheus.promql import MAX_LENGTH, selectors
from mmcockpit.sources.prometheus.promql_syntax import refusal
from mmcockpit.sources.prometheus.promql_unfiltered import unfiltered
from tests.cpu import loops

PARTS = ['\\"', "'\\", "`", "{", '{"', "{''", "sum by(", "[[", "\\\n", '"\\\n', "x{a", "absent(", "with(", "a='b\\"]


@pytest.mark.parametrize("part", PARTS)
def test_a_query_of_the_greatest_length_is_read_in_linear_time(part: str) -> None:
    query = f'sum(rate(x{{a="{part * (MAX_LENGTH // len(part))}'[:MAX_LENGTH]

    def work() -> None:
        for text in (query, query[15:]):
            refusal(text)
            selectors(text)
            unfiltered(text)

    assert loops(work, 25) <= 25
