"""The targets of repeated phases on the screen: the most severe first, whole at every width, the open one marked."""

import re
from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.rules.plans.waves import wave_targets
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.checklist import ChecklistPanel
from mmcockpit.ui.render.checklist.target_rows import MOST, most_severe, target_row
from mmcockpit.ui.render.text import text_of, width_of
from mmcockpit.ui.render.work import target_rows
from tests.core.rules.waves import waves
from tests.core.sessions import BAD, GONE, GOOD, Story, plan, sensed
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive
from tests.ui.waves import EXAMPLE, TARGETS, three_targets

NAMES = ("a", "b", "c", "health@eu-1", "health@eu-2")


def story() -> Story:
    """The second target is open; the first one has regressed."""
    made = Story(waves())
    for name in NAMES:
        made.see(name, GOOD, GOOD)
    made.go()
    made.see("a", BAD, BAD, BAD)
    return made


def rows_of(made: Story, width: int) -> list[str]:
    return [text_of(line).rstrip() for _, line in target_rows(made.session, width)]


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (120, ["[R] eu-1  finished, regressed: 1 failing item, 0/1", "[~] eu-2  open: Deploy, 1/1"]),
        (38, ["[R] eu-1  finished, 1 failing, 0/1", "[~] eu-2  open: Deploy, 1/1"]),
        (30, ["[R] eu-1  1 failing, 0/1", "[~] eu-2  open: Deploy, 1/1"]),
        (24, ["[R] eu-1  1 failing", "[~] eu-2  open, 1/1"]),
    ],
)
def test_a_row_has_the_longest_text_that_fits(width: int, rows: list[str]) -> None:
    assert rows_of(story(), width)[1:] == rows


@pytest.mark.parametrize("width", range(30, 121, 10))
@pytest.mark.parametrize("open_answer", [GOOD, BAD, GONE])
def test_no_row_is_wider_than_the_panel_and_the_open_target_is_marked(width: int, open_answer: float) -> None:
    made = story()
    made.see("b", *[open_answer] * 3)
    made.see("health@eu-2", *[open_answer] * 3)
    lines = dict(target_rows(made.session, width))
    assert all(width_of(line) <= width for line in lines.values())
    (opened,) = [text_of(line) for line in lines.values() if "eu-2" in text_of(line)]
    assert " open" in opened
    assert {GOOD: "[~]", BAD: "[!]"}.get(open_answer, "[?]") in opened


def many(count: int, opened: int) -> Story:
    """Every target has one item, and the gates of the first ones are passed."""
    base = plan(sensed("a"))
    (phase, *_) = base.checklist.phases
    (section,) = phase.sections
    (item,) = section.items
    phases = []
    for n in range(count):
        name = f"d@t{n}"
        one = msgspec.structs.replace(section, id=f"{name}/s", items=(msgspec.structs.replace(item, id=f"{name}/s/a"),))
        title = f"t{n}: D"
        phases.append(msgspec.structs.replace(phase, id=name, title=title, sections=(one,), wave="d", target=f"t{n}"))
    made = Story(msgspec.structs.replace(base, checklist=msgspec.structs.replace(base.checklist, phases=tuple(phases))))
    made.see("a", GOOD, GOOD)
    for _ in range(opened):
        made.go()
    return made


def test_of_many_targets_the_most_severe_and_the_open_one_have_a_row() -> None:
    made = many(9, 5)
    assert wave_targets(made.session)[0].target == "t5"
    made.see("a", BAD, BAD, BAD)
    rows = most_severe(made.session)
    assert [row.target for row in rows] == ["t0", "t1", "t2", "t5"]
    assert rows[-1].opened
    assert len(rows) == MOST
    assert text_of(target_row(rows, "t5", made.session, 60)).endswith("  5 more")
    assert width_of(target_row(rows, "t5", made.session, 30)) <= 30


@pytest.mark.anyio
@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_the_screen_has_a_row_for_each_of_three_targets(
    width: int, height: int, mono: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted by severity, none of them cut; the open one is marked with a word."""
    if mono:
        monkeypatch.setenv("NO_COLOR", "1")
    night = three_targets()
    app = CockpitApp(night.feed(Notebook()), night.session.cockpit.layout)
    async with shown(app, width, height):
        lines = page(app)
    rows = [re.search(r"(\[.\]) (eu-1|eu-2|us-1)  ([^│┃|]+)", line) for line in lines]
    first, second, third = [row.groups() for row in rows if row is not None][:3]
    assert (first[:2], second[:2], third[:2]) == (("[R]", "eu-1"), ("[!]", "eu-2"), ("[ ]", "us-1"))
    texts = [one[2].strip() for one in (first, second, third)]
    assert not any("…" in text for text in texts), texts
    assert "1 failing" in texts[0]
    assert texts[1].startswith("open")
    assert texts[2].startswith("not reached")


LONG = ("production-eu-west-1", "production-eu-west-2", "production-us-east-1")
"""Targets whose names begin alike, and are longer than the columns of a narrow screen."""


def long_names(folder: Path) -> GoLive:
    """Return the go-live over three clusters with long names."""
    for path in EXAMPLE.parent.iterdir():
        text = path.read_text(encoding="utf-8")
        for short, long in zip(TARGETS, LONG, strict=True):
            text = text.replace(short, long)
        (folder / path.name).write_text(text, encoding="utf-8")
    return three_targets(example=folder / EXAMPLE.name, targets=LONG)


@pytest.mark.anyio
async def test_long_names_of_targets_that_begin_alike_differ_at_80_columns(tmp_path: Path) -> None:
    """In the phases, the list, the document and the signals: the name is cut in its middle."""
    night = long_names(tmp_path)
    app = CockpitApp(night.feed(Notebook()), night.session.cockpit.layout)
    async with shown(app, 80, 24) as pilot:
        todo = page(app)
        await pilot.press("g")
        await settle(app, pilot)
        document = page(app)
    assert re.findall(r"[ea]st-\d", todo[3]) == ["est-1", "est-2", "ast-1"]
    rows = [line.partition("│")[2] for line in todo if ": Rol" in line.partition("│")[2]]
    rows += [line.partition("│")[0] for line in document if ": Err" in line]
    assert [re.findall(r"[ea]st-\d(?=:)", row) for row in rows] == [["est-2"], ["ast-1"]] * 2, rows
    headings = [line for line in document if re.search(r"[▸▾] PROD", line)]
    assert [re.findall(r"ST-\d", line) for line in headings] == [["ST-1"], ["ST-2"], ["ST-1"]]


@pytest.mark.anyio
async def test_keys_pass_over_the_rows_of_targets() -> None:
    night = three_targets()
    app = CockpitApp(night.feed(Notebook()), night.session.cockpit.layout)
    async with shown(app, 80, 24) as pilot:
        panel = app.board.named("checklist")
        assert isinstance(panel, ChecklistPanel)
        assert panel.subject(panel.chosen) is not None, "the cursor is on what needs an operator"
        await pilot.press("home")
        await settle(app, pilot)
        assert panel.chosen == ("target", "eu-1", "", "")
        await pilot.press("enter", "h", "slash", *"roll", "enter")
        await settle(app, pilot)
        assert not any(key[0] == "target" for key in panel.outline.keys)


def test_a_row_of_the_decision_leads_to_what_fails() -> None:
    keys = [key for key, _ in target_rows(story().session, 80)]
    assert keys == ["targets", ("item", "ready/s/a", "target", "eu-1"), ("target", "eu-2")]
