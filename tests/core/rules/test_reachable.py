"""What names lead to, also in a circle."""

from mmcockpit.core.reachable import reachable

LEADS = {"a": ("b", "c"), "b": ("d",), "d": ("b",), "e": ("a",)}


def test_names_are_followed_to_their_end_and_circles_once() -> None:
    assert reachable(["a"], lambda one: LEADS.get(one, ())) == {"a", "b", "c", "d"}
    assert reachable(["d", "c"], lambda one: LEADS.get(one, ())) == {"b", "c", "d"}
    assert reachable([], lambda one: LEADS.get(one, ())) == set()
