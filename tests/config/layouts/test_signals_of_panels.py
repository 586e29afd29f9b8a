"""Layouts choose signals by name and by tag; without a layout, one is made from the signals."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit, load_layout
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.layout import Layout
from tests.config.files import cockpit, loaded, mistakes, written

SHOP = """\
sources: {shop: {kind: http, url: "http://127.0.0.1:1"}, metrics: {kind: prometheus, url: "http://127.0.0.1:2"}}
signals:
  carts: {metrics.query: carts, tags: [traffic]}
  failed_orders: {metrics.query: failed, pass: value < 0.01, tags: [headline, errors]}
  front: {shop.get: /, pass: value.status == 200}
  checkout_ms: {metrics.query: ms, unit: ms, pass: value < 300.0, tags: [headline, latency]}
"""
PANELS = "name: mine\npanels:\n"
PLACED = "arrangements: [{min_width: 0, columns: [{slots: [c]}, {slots: [s]}]}]\n"


def with_layout(folder: Path, panels: str, placed: str = PLACED) -> Path:
    """Write a cockpit file of a shop, and its layout."""
    written(folder, layout=PANELS + panels + placed)
    return cockpit(folder, SHOP + "layout: layout.yaml\n")


def warned(path: Path) -> list[str]:
    """Return the warnings of a cockpit file, without its folder."""
    warnings: list[FileWarning] = []
    load_cockpit(path, sources, warnings=warnings)
    return [f"{Path(each.file).name}:{each.line}:{each.column}: {each.message}" for each in warnings]


def signals_of(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Return the signals of every panel that has some."""
    return {panel.id: panel.signals for panel in layout.panels if panel.signals}


def test_a_signal_has_tags_once_each(tmp_path: Path) -> None:
    path = cockpit(tmp_path, SHOP.replace("[headline, errors]", "[errors, p-95, errors]"))
    assert next(each for each in loaded(path).cockpit.signals if each.name == "failed_orders").tags == (
        "errors",
        "p-95",
    )


@pytest.mark.parametrize(
    ("tags", "mistake"),
    [
        ("[Head Line]", "cockpit.yaml:6:69: signals.failed_orders.tags[0] is not a valid tag; use lower-case"),
        ("[a_b]", "cockpit.yaml:6:69: signals.failed_orders.tags[0] is not a valid tag; use lower-case"),
        ("headline", "cockpit.yaml:6:68: signals.failed_orders.tags must be a list"),
    ],
)
def test_a_tag_is_a_slug(tmp_path: Path, tags: str, mistake: str) -> None:
    (found,) = mistakes(cockpit(tmp_path, SHOP.replace("[headline, errors]", tags)))
    assert found.startswith(mistake)


def test_a_replaced_signal_keeps_the_tags_of_the_checklist_unless_it_has_its_own(tmp_path: Path) -> None:
    written(
        tmp_path,
        list="name: l\ntitle: L\nphases: [{title: P, sections: [{title: S, items: [{title: I}]}]}]\nsignals:\n"
        "  a: {metrics.query: x, tags: [headline]}\n  b: {metrics.query: x, tags: [headline]}\n",
    )
    changed = SHOP.replace("signals:\n", "signals:\n  a: {metrics.query: y}\n  b: {metrics.query: y, tags: [edge]}\n")
    resolved = {
        each.name: each.tags for each in loaded(cockpit(tmp_path, "checklist: list.yaml\n" + changed)).cockpit.signals
    }
    assert (resolved["a"], resolved["b"]) == (("headline",), ("edge",))


def test_a_panel_shows_named_signals_then_those_with_a_tag_in_the_order_of_the_cockpit_file(tmp_path: Path) -> None:
    panels = "  c: {kind: checklist}\n  s: {kind: stat, signals: {names: [checkout_ms], tags: [headline, traffic]}}\n"
    layout = loaded(with_layout(tmp_path, panels)).cockpit.layout
    assert signals_of(layout) == {"s": ("checkout_ms", "carts", "failed_orders")}


def test_a_panel_whose_tags_no_signal_has_is_left_out_and_a_signals_panel_shows_everything(tmp_path: Path) -> None:
    panels = (
        "  c: {kind: checklist}\n  s: {kind: stat, signals: {tags: [x]}}\n  t: {kind: table, signals: {tags: [y]}}\n"
    )
    placed = (
        "arrangements: [{min_width: 0, columns: [{slots: [c]}, {slots: [t]}, {slots: [s]}]}, "
        "{min_width: 80, columns: [{slots: [c, s]}], footer: [t]}]\n"
    )
    layout = loaded(with_layout(tmp_path, panels, placed)).cockpit.layout
    assert [panel.id for panel in layout.panels] == ["c", "s"]
    columns = [[[slot.panel for slot in column.slots] for column in each.columns] for each in layout.arrangements]
    assert columns == [[["c"], ["s"]], [["c", "s"]]]
    assert not any(each.footer for each in layout.arrangements)


def test_an_arrangement_is_never_left_without_a_panel(tmp_path: Path) -> None:
    panels = "  t: {kind: table, signals: {tags: [nothing]}}\n"
    placed = "arrangements: [{min_width: 0, columns: [{slots: [t]}]}]\n"
    layout = loaded(with_layout(tmp_path, panels, placed)).cockpit.layout
    assert [slot.panel for slot in layout.arrangements[0].slots] == ["t"]


@pytest.mark.parametrize(
    ("signals", "warning"),
    [
        ("{tags: [headlin]}", "layout.yaml:4:36: no signal has the tag 'headlin'; did you mean 'headline'?"),
        (
            "{tags: [errors, zzz]}",
            "layout.yaml:4:44: no signal has the tag 'zzz'; known: errors, headline, latency, tr",
        ),
    ],
)
def test_a_tag_of_the_layout_that_no_signal_has_is_a_warning(tmp_path: Path, signals: str, warning: str) -> None:
    panels = f"  c: {{kind: checklist}}\n  s: {{kind: stat, signals: {signals}}}\n"
    assert warned(with_layout(tmp_path, panels))[0].startswith(warning)


@pytest.mark.parametrize(
    ("signals", "mistake"),
    [
        ("p95", "layout.yaml:4:28: panels.s.signals must be a list of signals, such as [a, b], or {tags: [a, b]}"),
        ("{tag: [x]}", "layout.yaml:4:29: unknown key 'tag'; did you mean 'tags'?"),
        ("[carts, frnt]", "layout.yaml:4:36: unknown signal 'frnt'; did you mean 'front'?"),
        ("{names: [frnt]}", "layout.yaml:4:37: unknown signal 'frnt'; did you mean 'front'?"),
        ("[7up]", "layout.yaml:4:29: panels.s.signals[0] is not a valid name"),
    ],
)
def test_a_mistake_in_a_choice_of_signals_is_reported_once(tmp_path: Path, signals: str, mistake: str) -> None:
    (found,) = mistakes(with_layout(tmp_path, f"  c: {{kind: checklist}}\n  s: {{kind: stat, signals: {signals}}}\n"))
    assert found.startswith(mistake)


def test_signals_that_no_panel_shows_are_named_in_a_warning(tmp_path: Path) -> None:
    panels = "  c: {kind: checklist}\n  s: {kind: stat, signals: {tags: [headline]}}\n"
    (warning,) = warned(with_layout(tmp_path, panels))
    assert "cockpit.yaml:9:9: no panel of layout 'mine' shows 2 signals: carts, front; add them to a panel" in warning


def test_the_checklist_shows_the_signals_of_its_items_and_their_members(tmp_path: Path) -> None:
    written(
        tmp_path,
        list="name: l\ntitle: L\nphases:\n  - title: P\n    sections: [{title: S, items: [{title: I, signal: both}]}]\n"
        "signals: {both: {title: both, session.all_of: [carts_ok, front]}}\n",
    )
    rules = SHOP.replace("carts: {", "carts_ok: {pass: value > 0.0, ")
    written(
        tmp_path, layout=PANELS + "  c: {kind: checklist}\n  s: {kind: stat, signals: {tags: [headline]}}\n" + PLACED
    )
    assert warned(cockpit(tmp_path, "checklist: list.yaml\nlayout: layout.yaml\n" + rules)) == []


@pytest.mark.parametrize("layout", ["", "layout: go-live\n", "layout: watch\n"])
def test_without_a_layout_and_with_a_shipped_one_a_service_without_tags_has_all_its_signals_on_the_screen(
    tmp_path: Path, layout: str
) -> None:
    text = "".join(line.split(", tags")[0] + "}\n" if "tags" in line else line + "\n" for line in SHOP.splitlines())
    path = cockpit(tmp_path, text + layout)
    assert warned(path) == []
    assert loaded(path).cockpit.layout.name == (layout[8:-1] or "automatic")


@pytest.mark.parametrize("name", ["go-live", "watch"])
def test_a_shipped_layout_shows_the_headline_signals_of_any_service(tmp_path: Path, name: str) -> None:
    layout = loaded(cockpit(tmp_path, SHOP + f"layout: {name}\n")).cockpit.layout
    shown = signals_of(layout)
    assert shown["signals"] == ("failed_orders", "checkout_ms")
    assert (shown["errors"], shown["latency"], shown["traffic"]) == (("failed_orders",), ("checkout_ms",), ("carts",))
    assert {"rollout", "redis", "postgres"}.isdisjoint(panel.id for panel in layout.panels)
    assert any(panel.follow and panel.kind == "chart" for panel in layout.panels)
    placed = {slot.panel for each in layout.arrangements for slot in each.slots}
    assert placed <= {panel.id for panel in layout.panels}
    assert load_layout(name).panels[0].signals == ()
