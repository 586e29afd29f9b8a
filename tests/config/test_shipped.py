"""Every shipped file: it loads, it is complete, it is legible."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.library import PACKAGE, FileKind
from mmcockpit.config.load import check_file, load_cockpit, load_layout, load_theme, shipped, themes
from mmcockpit.config.starter_files import starter
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.checklist import Mode
from mmcockpit.simulator.prometheus.queries import answered
from tests.config.files import load_checklist

SHELVES: tuple[FileKind, ...] = ("checklist", "cockpit", "layout", "theme")
FILES = [path for shelf in SHELVES for path in shipped(shelf)]
DEMO = PACKAGE / "checklists" / "demo.yaml"
SECTIONS = {
    "Readiness": [10, 8, 6, 8, 7, 8, 7, 6, 6, 6, 6],
    "Preparation": [8],
    "Deployment": [8],
    "Verification": [10],
    "Final Verification": [6],
    "Cutover": [6],
    "First 24 Hours": [6],
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_file_is_right(path: Path) -> None:
    assert [str(error) for error in check_file(path, sources)] == []


def test_the_unchanged_starter_folder_is_valid(tmp_path: Path) -> None:
    for name, text in starter().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in starter():
        assert [str(error) for error in check_file(tmp_path / name, sources)] == []


def test_the_go_live_of_modelmuxer_is_complete() -> None:
    checklist = load_checklist("modelmuxer")
    items = list(checklist.items)
    assert {phase.title: [len(each.items) for each in phase.sections] for phase in checklist.phases} == SECTIONS
    assert [item.number for item in items] == list(range(1, 123))
    assert len({item.id for item in items}) == 122
    assert all(item.text for item in items)
    ordered = [section.title for phase in checklist.phases for section in phase.sections if section.ordered]
    assert ordered == ["Go-Live Steps"]
    assert len(checklist.contacts) == 5
    assert all(contact.name.startswith("[") for contact in checklist.contacts)
    assert len(checklist.links) == 5
    assert all(item.caveat for item in items if item.mode is Mode.ATTESTED), "an attested item says what is not proven"


def test_every_shipped_signal_has_a_rule_a_title_and_a_sensible_interval() -> None:
    cockpit = load_cockpit(DEMO, sources).cockpit
    for signal in cockpit.signals:
        assert signal.judged, signal.name
        assert signal.about, signal.name
        assert 5 <= signal.every <= (6 * 3600 if signal.source == "command" else 300), signal.name
        assert signal.stale_after >= 30, signal.name
    used = {item.signal for item in cockpit.checklist.items if item.signal}
    assert used <= {signal.name for signal in cockpit.signals}


@pytest.mark.parametrize("name", ["go-live", "watch"])
def test_a_shipped_layout_names_no_signal_and_each_of_its_tags_has_signals_in_the_demo(name: str) -> None:
    cockpit = load_cockpit(DEMO, sources).cockpit
    tags = {tag for signal in cockpit.signals for tag in signal.tags}
    for panel in load_layout(name).panels:
        assert panel.signals == (), panel.id
        assert set(panel.tags) <= tags, panel.id


def test_the_layout_of_the_demo_shows_every_signal_in_a_panel_or_with_its_item() -> None:
    warnings: list[FileWarning] = []
    load_cockpit(DEMO, sources, warnings=warnings)
    assert not [each for each in map(str, warnings) if "no panel of layout" in each]


def test_the_simulated_production_answers_every_shipped_query() -> None:
    cockpit = load_cockpit(DEMO, sources).cockpit
    queries = {signal.name: str(signal.args["query"]) for signal in cockpit.signals if "query" in signal.args}
    assert [name for name, query in queries.items() if not answered(query)] == []


def test_the_demo_takes_the_simulator_s_addresses() -> None:
    given = {"prometheus": "http://127.0.0.1:1", "api": "http://127.0.0.1:2", "tls_port": "3", "kubeconfig": "/k"}
    cockpit = load_cockpit(DEMO, sources, vars=given).cockpit
    options = {source.name: source.options for source in cockpit.sources}
    assert options["prometheus"]["url"] == "http://127.0.0.1:1"
    assert options["cluster"]["kubeconfig"] == "/k"
    assert options["cache"]["url"] == {"env": "MMCOCKPIT_DEMO_REDIS"}
    certificate = next(signal for signal in cockpit.signals if signal.name == "certificate_days")
    assert certificate.args["port"] == 3


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG: 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def saturation(colour: str) -> int:
    """How far a colour is from grey: 0 to 255."""
    parts = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
    return max(parts) - min(parts)


@pytest.mark.parametrize("name", [path.stem for path in shipped("theme")])
def test_a_theme_is_legible(name: str) -> None:
    theme = load_theme(name)
    assert theme.name == name
    for ground in (theme.background, theme.surface):
        for role in ("text", "accent", "good", "warn", "fail", "unknown"):
            assert contrast(getattr(theme, role), ground) >= 4.5, (role, ground)
        assert contrast(theme.muted, ground) >= 4.5, ground
    assert contrast(theme.focus, theme.background) >= 3
    assert contrast("#ffffff", theme.live) >= 4.5
    if name == "high-contrast":
        assert all(contrast(getattr(theme, role), theme.background) >= 7 for role in ("text", "muted", "good", "fail"))
    if name == "monochrome":
        assert theme.good == theme.fail == theme.unknown
    else:
        assert saturation(theme.fail) >= max(saturation(theme.good), saturation(theme.unknown)), "fail strikes most"


def test_themes_begin_with_the_one_that_is_asked_for() -> None:
    assert themes()[0].name == "cockpit-dark"
    assert themes("monochrome")[0].name == "monochrome"
    assert len(themes("nobody has this")) == 5


@pytest.mark.parametrize("name", ["go-live", "watch"])
def test_a_shipped_layout_fits_from_tiny_to_wide(name: str) -> None:
    layout = load_layout(name)
    sizes = [(each.min_width, each.min_height) for each in layout.arrangements]
    assert sizes == [(0, 0), (40, 16), (80, 20), (120, 30), (160, 40)]
    assert [len(each.columns) for each in layout.arrangements] == [1, 1, 2, 2, 3]
    assert {slot.panel for each in layout.arrangements for slot in each.slots} <= {panel.id for panel in layout.panels}
