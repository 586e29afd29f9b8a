"""Objects of Kubernetes of any kind: a table of their readiness, and every field of one of them."""

from typing import Any

import pytest

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.words.values import value_cell
from mmcockpit.sources.kubernetes.kstatus import readiness
from mmcockpit.ui.render.text import Line
from mmcockpit.ui.render.value_tables import MOST_FOLDED, field_lines, folded_lines, value_tables
from tests.shapes import shape

GET = Signal("o", "O", "cluster", "get", shape=shape("kubernetes", "get"))
BORN = "2026-11-28T00:00:00Z"
NOW = 1795824000.0 + 7_500.0


def an_object(name: str, status: str, message: str, **more: Any) -> dict[str, Any]:
    ready = {"message": message, **({"status": status} if status else {})}
    return {"ready": ready, "kind": "Widget", "metadata": {"name": name, "creationTimestamp": BORN}, **more}


def drawn(lines: list[Line]) -> list[tuple[str, str]]:
    """Return each line as its text and the role of its last part."""
    return [("".join(text for text, _ in line).rstrip(), line[-1][1]) for line in lines]


def test_objects_are_a_table_of_their_readiness_sorted_by_severity() -> None:
    rows = [
        an_object("a", "Current", "2 replicas"),
        an_object("b", "", "no status: no controller has reported on it"),
        an_object("c", "InProgress", "ready 1/2"),
        an_object("d", "Failed", "crash loop: app"),
    ]
    lines = drawn([line for _, line in value_tables(rows, shape("kubernetes", "list"), 110, False, NOW)])
    assert [" ".join(text.split()) for text, _ in lines] == [
        "name kind ready message age",
        "d Widget Failed crash loop: app 2h",
        "c Widget InProgress ready 1/2 2h",
        "b Widget - no status: no controller has reported on it 2h",
        "a Widget Current 2 replicas 2h",
    ]
    assert [role for _, role in lines[1:]] == ["fail", "warn", "unknown", "text"]


def test_a_narrow_table_keeps_names_and_readiness() -> None:
    rows = [an_object("a", "Current", "2 replicas")]
    lines = drawn([line for _, line in value_tables(rows, shape("kubernetes", "list"), 20, False, NOW)])
    assert [" ".join(text.split()) for text, _ in lines] == ["name ready", "a Current"]


def test_objects_with_chosen_fields_show_these_fields() -> None:
    rows = [{"metadata": {"name": "a"}, "spec": {"size": 3}}]
    lines = drawn([line for _, line in value_tables(rows, shape("kubernetes", "list"), 80, False, NOW)])
    assert "spec" in lines[0][0]


def test_one_object_is_summarised_by_its_readiness_and_folded_to_its_fields() -> None:
    one = an_object("a", "Current", "2 replicas", spec={"size": 3, "boxes": [{"image": "x:1"}], "ports": [80, 81]})
    value, declared = {"exists": True, **one}, shape("kubernetes", "get")
    assert field_lines(value, declared, 100, NOW) == [
        "name a · kind Widget · ready Current · message 2 replicas · age 2h"
    ]
    folded = folded_lines(value, declared)
    assert folded[:3] == ["exists yes", "ready.message 2 replicas", "ready.status Current"]
    assert folded[-3:] == ["spec.size 3", "spec.boxes[0].image x:1", "spec.ports 80, 81"]
    assert value_cell(value, GET) == "Current: 2 replicas"


@pytest.mark.parametrize(
    ("more", "cell"),
    [
        ({"data": {"URL": {"bytes": 9}}}, "keys URL"),
        ({"data": {name: {"bytes": 9} for name in ("A", "B", "C", "D", "E")}}, "keys A, B, C and 2 more"),
        ({"data": {}}, "exists"),
        ({}, "exists"),
    ],
)
def test_an_object_of_a_kind_without_a_status_is_summarised_by_its_keys(more: dict[str, Any], cell: str) -> None:
    known = readiness({"apiVersion": "v1", "kind": "Secret"})
    value = {"exists": True, **an_object("a", known.status, known.message, **more)}
    assert value_cell(value, GET) == cell


def test_a_long_object_is_cut() -> None:
    long = {"exists": True, "spec": {f"field{n}": "x" * 1_000 for n in range(5_000)}}
    lines = folded_lines(long, shape("kubernetes", "get"))
    assert len(lines) == MOST_FOLDED + 1
    assert lines[-1] == "…"
    assert max(map(len, lines)) <= 400
