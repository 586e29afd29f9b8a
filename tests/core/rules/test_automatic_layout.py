"""The automatic layout: every signal has a place, those of abort rules come first and are charted."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.model.checklist import Checklist, Contact, Item, Link, Phase, Section
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.layout import PANEL_KINDS, Layout, PanelSpec
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.shape import UNDECLARED, Shape
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.automatic_layout import automatic_layout

PLAN = Checklist("c", "C", (Phase("p", "P", (Section("p/s", "S", (Item("p/s/i", 1, "I"),)),)),))
KINDS = {
    "prom": "prometheus",
    "k8s": "kubernetes",
    "cache": "redis",
    "db": "postgres",
    "api": "http",
    "am": "alertmanager",
}
PROBES = ("prom.query", "k8s.rollout", "k8s.pods", "k8s.get", "cache.info", "db.scalar", "api.get", "am.alerts", "x.y")
LIST = Shape(listed=True)


def signal(name: str, probe: str = "prom.query", *tags: str, shape: Shape = UNDECLARED) -> Signal:
    """Return a signal of a probe, `source.probe`."""
    source, _, of = probe.partition(".")
    return Signal(name, name, source, of, tags=tags, shape=shape)


def made(*signals: Signal, aborts: tuple[str, ...] = (), checklist: Checklist = PLAN) -> Layout:
    """Return the automatic layout of signals."""
    return automatic_layout(checklist, signals, [Abort(name, 60.0, "p") for name in aborts], KINDS)


def panel(layout: Layout, name: str) -> PanelSpec:
    """Return a panel of a layout by its id."""
    return next(each for each in layout.panels if each.id == name)


signals_ = st.lists(
    st.builds(
        lambda probe, tags, listed: (probe, tags, listed),
        st.sampled_from(PROBES),
        st.lists(st.sampled_from(["headline", "errors", "latency", "edge"]), max_size=2, unique=True),
        st.booleans(),
    ),
    max_size=30,
)


@given(signals_, st.data())
def test_every_signal_has_a_place_and_those_of_abort_rules_come_first_and_are_charted(
    written: list[tuple[str, list[str], bool]], data: st.DataObject
) -> None:
    signals = [
        signal(f"s{n}", probe, *tags, shape=LIST if listed else UNDECLARED)
        for n, (probe, tags, listed) in enumerate(written)
    ]
    aborts = data.draw(st.lists(st.sampled_from([each.name for each in signals]), unique=True)) if signals else []
    layout = made(*signals, aborts=tuple(aborts))
    assert {each.kind for each in layout.panels} <= set(PANEL_KINDS)
    ids = [each.id for each in layout.panels]
    assert len(ids) == len(set(ids))
    for arrangement in layout.arrangements:
        placed = [slot.panel for slot in arrangement.slots]
        assert arrangement.columns
        assert set(placed) <= set(ids)
        assert len(placed) == len(set(placed))
    if not signals:
        assert not any(each.signals for each in layout.panels)
        return
    shown = panel(layout, "signals").signals
    assert sorted(shown) == sorted(each.name for each in signals)
    assert list(shown[: len(aborts)]) == aborts
    charted = {name for each in layout.panels if each.kind == "chart" for name in each.signals}
    assert set(aborts) <= charted
    assert charted


def test_without_abort_rules_the_first_number_is_charted() -> None:
    number = msgspec.structs.replace(signal("rate"), rule=Rule("value < 1.0", numeric=True))
    assert panel(made(signal("rollout", "k8s.rollout"), number), "chart").signals == ("rate",)
    assert panel(made(signal("rollout", "k8s.rollout")), "chart").signals == ("rollout",)


def test_tagged_signals_come_before_others_and_combinations_last() -> None:
    names = panel(
        made(
            signal("all", "session.all_of"),
            signal("plain"),
            signal("slow", "prom.query", "latency"),
            signal("edge", "api.get", "edge"),
            signal("bad", "prom.query", "errors"),
            signal("first", "db.scalar", "headline"),
            signal("plain2", "api.get"),
        ),
        "signals",
    ).signals
    assert names == ("first", "bad", "slow", "edge", "plain", "plain2", "all")


@pytest.mark.parametrize("count", [1, 15, 200])
def test_any_number_of_signals_has_one_signals_panel_and_a_chart_that_follows(count: int) -> None:
    layout = made(*(signal(f"s{n}") for n in range(count)))
    assert len(panel(layout, "signals").signals) == count
    assert panel(layout, "chart").follow
    for arrangement in layout.arrangements[2:]:
        assert {"checklist", "signals", "detail"} <= {slot.panel for slot in arrangement.slots}


def test_without_signals_there_is_no_panel_of_signals() -> None:
    layout = made()
    assert [each.id for each in layout.panels] == ["checklist", "detail", "decision", "log"]
    assert all(arrangement.columns for arrangement in layout.arrangements)


def test_without_a_checklist_the_signals_have_its_place() -> None:
    layout = made(signal("a"), checklist=Checklist("c", "C"))
    assert all("signals" in {slot.panel for slot in each.slots} for each in layout.arrangements)
    assert not any(each.kind == "checklist" for each in layout.panels)
    assert made(checklist=Checklist("c", "C")).arrangements[0].slots[0].panel == "log"


def test_a_system_has_its_panel_and_lists_have_a_table() -> None:
    layout = made(
        signal("r", "k8s.rollout"),
        signal("p", "k8s.pods"),
        signal("a", "am.alerts", shape=LIST),
        signal("providers", shape=LIST),
        signal("version", "db.scalar"),
    )
    shown = {each.kind: each.signals for each in layout.panels if each.signals}
    assert (shown["rollout"], shown["pods"], shown["alerts"]) == (("r",), ("p",), ("a",))
    assert (shown["table"], shown["postgres"]) == (("providers",), ("version",))


def test_procedures_and_links_have_a_panel_only_if_there_are_any() -> None:
    bare = {each.id for each in made(signal("a")).panels}
    full = Checklist("c", "C", PLAN.phases, (Procedure("r", "R", ()),), (Contact("lead", "ana"),), (Link("l", "u"),))
    assert {each.id for each in made(signal("a"), checklist=full).panels} - bare == {"links", "procedures"}
