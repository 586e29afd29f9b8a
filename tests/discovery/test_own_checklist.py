"""The Markdown checklist that a team has, together with what a discovery found."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.discovery.files import COCKPIT, FileHead, written_files
from mmcockpit.discovery.findings import (
    BEFORE,
    ROLLOUT,
    VERIFY,
    Findings,
    FoundItem,
    FoundLink,
    FoundSignal,
    FoundSource,
)
from tests.config.markdown.reading import parse

FOLDER = Path(__file__).parents[1] / "data" / "markdown"
FILES = sorted(path.name for path in FOLDER.glob("*.md"))
MIDDLE = "# T\n" + "".join(f"## {title}\n- [ ] {title} item\n" for title in ("One", "Two", "Verify", "After", "End"))


def findings() -> Findings:
    """Return one signal that decides an item in each phase, and one that may advise a rollback."""
    up = FoundSignal("up", "up", "prometheus", "query", "sum(up)", "value > 0.0", abort_for="2m", baseline=True)
    items = tuple(FoundItem(f"found in {phase}", "Found", phase, "up") for phase in (BEFORE, ROLLOUT, VERIFY))
    source = FoundSource("prometheus", "prometheus", {"url": "http://127.0.0.1:9"})
    return Findings((source,), (up,), items, links=(FoundLink("Alert", "http://127.0.0.1:9/alert"),))


def joined(folder: Path, text: str) -> tuple[Checklist, Checklist]:
    """Return a Markdown checklist, and that of the files that are written with it."""
    given = parse(text, "list.md")
    for name, written in written_files(findings(), FileHead("shop", "staging", given)).items():
        (folder / name).write_text(written, encoding="utf-8")
    return given, load_cockpit(folder / COCKPIT, sources).cockpit.checklist


@pytest.mark.parametrize("name", FILES)
def test_every_item_and_step_of_the_team_stays_as_it_was_read(tmp_path: Path, name: str) -> None:
    given, written = joined(tmp_path, (FOLDER / name).read_text(encoding="utf-8"))
    own = [(item.title, item.text, item.role, item.evidence_required, item.estimate) for item in given.items]
    there = [(item.title, item.text, item.role, item.evidence_required, item.estimate) for item in written.items]
    assert [each for each in there if each in own] == own
    assert written.title == given.title
    assert written.procedures == given.procedures
    assert written.links[: len(given.links)] == given.links
    assert [phase.title for phase in written.phases][: len(given.phases)] == [phase.title for phase in given.phases]


def test_found_items_join_the_first_the_second_and_the_last_phase(tmp_path: Path) -> None:
    _, written = joined(tmp_path, MIDDLE)
    assert [(phase.id, phase.title) for phase in written.phases] == [
        (BEFORE, "One"),
        (ROLLOUT, "Two"),
        ("phase-3", "Verify"),
        ("after", "After"),
        (VERIFY, "End"),
    ]
    found = [(phase.title, item.title) for phase in written.phases for item in phase.items if item.signal]
    assert found == [("One", "found in before"), ("Two", "found in rollout"), ("End", "found in verify")]


def test_a_list_of_one_phase_is_followed_by_the_phases_that_it_lacks(tmp_path: Path) -> None:
    _, written = joined(tmp_path, "# T\n## Only\n- [ ] a\n")
    assert [phase.title for phase in written.phases] == ["Only", "Change", "Verification"]
