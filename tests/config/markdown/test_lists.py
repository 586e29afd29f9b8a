"""Markdown task lists: what becomes of headings, boxes and numbers, also where emoji were ruined."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Contact, Link, Mode
from mmcockpit.core.model.procedure import Step
from tests.config.files import load_checklist
from tests.config.markdown.reading import parse

EMOJI = ["🔐", "🗄️", "🚀", "☸️", "🌐", "📊", "🔄", "📋", "✅", "🏗️", "🔒", "📈", "🔧", "🎯", "🚦", "📊", "🕒"]


def seed() -> str:
    """A go-live list in the shape of ModelMuxer's own: 122 items in 17 sections, the 16th numbered."""
    shipped = load_checklist("modelmuxer")
    sections = [section for phase in shipped.phases for section in phase.sections]
    assert len(sections) == len(EMOJI) == 17
    lines = ["# A Go-Live List", "", "Some words before it begins."]
    for n, section in enumerate(sections):
        if n in (0, 11, 14):
            lines += ["", f"## Part {n} Checklist"]
        lines += ["", f"### {EMOJI[n]} {section.title}"]
        lines += [
            f"{f'{m}.' if section.ordered else '-'} [{' x'[m % 2]}] **{item.title}**: {item.text.splitlines()[0]}"
            for m, item in enumerate(section.items, start=1)
        ]
    steps = [f"{n}. **{step.title}**: Do it" for n, step in enumerate(shipped.procedures[0].steps, start=1)]
    contacts = [f"- **{contact.role}**: {contact.name}" for contact in shipped.contacts]
    links = [f"- **{link.title}**: {link.url}" for link in shipped.links]
    lines += ["", "## Emergency Procedures", "", "### 🚨 If Issues Occur", *steps]
    lines += ["", "### 📞 Emergency Contacts", *contacts, "", "### 🔗 Important Links", *links]
    return "\n".join([*lines, "", "---", "", "**Note**: adapt it.", ""])


def cp1252(text: str) -> str:
    """UTF-8 read as Windows-1252, the five unused bytes as control characters (as browsers do)."""
    unused = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    return "".join(chr(byte) if byte in unused else bytes([byte]).decode("cp1252") for byte in text.encode())


DAMAGES: dict[str, Callable[[str], str]] = {
    "latin-1": lambda text: text.encode().decode("latin-1"),
    "cp1252": cp1252,
    "cp1252 twice": lambda text: cp1252(cp1252(text)),
    "cp1252, unused bytes lost": lambda text: text.encode().decode("cp1252", "ignore"),
    "cp1252, unused bytes replaced": lambda text: text.encode().decode("cp1252", "replace"),
    "cp437": lambda text: text.encode().decode("cp437"),
    "mac roman": lambda text: text.encode().decode("mac_roman"),
    "question marks": lambda text: text.encode("ascii", "replace").decode(),
    "replacement characters": lambda text: re.sub(r"[^\x00-\x7f]", "\ufffd", text),
    "one replacement character a byte": lambda text: text.encode().decode("ascii", "replace"),
    "gone": lambda text: text.encode("ascii", "ignore").decode(),
    "without variation selectors": lambda text: text.replace("\ufe0f", ""),
}


def ascii_only(text: str) -> str:
    """Only the ornaments are damaged: a wrong decoding of prose cannot be reversed."""
    return re.sub(r"[^\x00-\x7f]", lambda match: match[0] if match[0] in "".join(EMOJI) + "🚨📞🔗" else "-", text)


def test_a_go_live_list_becomes_a_checklist() -> None:
    checklist = parse(seed(), "lists/go-live.md")
    items = list(checklist.items)
    sections = [section for phase in checklist.phases for section in phase.sections]
    assert (checklist.name, checklist.title) == ("go-live", "A Go-Live List")
    assert [phase.id for phase in checklist.phases] == ["part-0-checklist", "part-11-checklist", "part-14-checklist"]
    assert (len(items), len(sections), len({item.id for item in items})) == (122, 17, 122)
    assert [item.number for item in items] == list(range(1, 123))
    assert [section.title for section in sections if section.ordered] == ["Go-Live Steps"]
    assert len(next(section for section in sections if section.ordered).items) == 6
    assert {item.mode for item in items} == {Mode.MANUAL}
    assert items[0].id == "part-0-checklist/security-compliance/ssl-tls-certificates"
    (procedure,) = checklist.procedures
    assert (procedure.id, len(procedure.steps)) == ("if-issues-occur", 7)
    assert procedure.steps[4] == Step("rollback", "Rollback", "Do it")
    assert checklist.contacts[0] == Contact("Technical Lead", "[Contact Information]")
    assert checklist.links[4] == Link("Runbooks", "https://runbooks.modelmuxer.com")
    assert (len(checklist.contacts), len(checklist.links)) == (5, 5)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_copy_with_ruined_emoji_loads_identically(damage: str) -> None:
    text = ascii_only(seed())
    damaged = DAMAGES[damage](text)
    assert damaged != text
    assert parse(damaged, "go-live.md") == parse(text, "go-live.md")


@pytest.mark.parametrize(
    "title",
    [
        "Überprüfung",
        "à vérifier",
        "É prêt",
        "部署 检查",
        "& more",
        "42 things",
        "Проверка базы",
        "été",
        "Ça va",
        "ñ x",
        "A",
    ],
)
def test_words_are_no_ornaments(title: str) -> None:
    assert without_emoji(title) == title


def test_a_flat_list_without_headings_is_one_section(tmp_path: Path) -> None:
    path = tmp_path / "small.md"
    path.write_text("* [ ] first thing\n* [X] `second` *thing*\n    - [ ] nested\n\nprose\n")
    checklist = load_checklist(path)
    assert [item.title for item in checklist.items] == ["first thing", "second thing", "second thing: nested"]
    assert [phase.title for phase in checklist.phases] == ["Checklist"]


def test_tasks_straight_below_a_phase_make_a_section_of_its_name() -> None:
    checklist = parse("## One\n- [ ] a\n### Two\n- [ ] b\n- [ ] b\n## Empty\n", "f.md")
    assert [section.id for section in checklist.phases[0].sections] == ["one/one", "one/two"]
    assert [item.id for item in checklist.items] == ["one/one/a", "one/two/b", "one/two/b-2"]
    assert len(checklist.phases) == 1


def test_markup_and_escapes_come_out_as_text() -> None:
    (item,) = parse("- [ ] **[red]x[/]\x1b[2J**: see `kubectl` and <b>this</b>\n", "f.md").items
    assert "\x1b" not in item.title
    assert item.text == "see kubectl and this"


def test_the_error_for_a_file_without_a_task_explains_what_a_task_is() -> None:
    with pytest.raises(FileError, match=r"f\.md:1:1: no items in this file; write an item as `- \[ \]"):
        parse("# Title\n- no box\n", "f.md")


def test_what_import_writes_loads_as_the_same_checklist(tmp_path: Path) -> None:
    checklist = parse(seed(), "go-live.md")
    path = tmp_path / "written.yaml"
    path.write_text(to_yaml(checklist), encoding="utf-8")
    assert load_checklist(path) == checklist


def test_a_written_command_names_the_watched_cluster_as_people_write_it(tmp_path: Path) -> None:
    checklist = parse("## Rollback\n1. `kubectl get pods`\n2. say `${x}`\n", "f.md")
    text, path = to_yaml(checklist), tmp_path / "written.yaml"
    assert '"--context=${cluster.context}"' in text
    assert "say $${x}" in text
    path.write_text(text.replace("name: f\n", "name: f\nvars: {x: '1'}\n"), encoding="utf-8")
    assert load_checklist(path).procedures == checklist.procedures


EVERYTHING = """\
name: all
title: "${x} and 1e3"
phases:
  - title: Take Off
    sections:
      - title: Engines
        ordered: true
        items:
          - {title: a, signal: s, mode: attested, hold: {first: 90s, full: 24h}, approvals: 2, evidence: required}
          - {title: b, signal: s, hold: 1500ms, judge: until_gate, point_of_no_return: true, required: false}
          - {title: c, signal: s, hold: 'value > 1 ? duration("1s") : duration("2s")', caveat: "no", role: "007"}
          - {title: a, text: "- [ ] # ${x} $${cluster.context}", links: ["https://a.b/${x}"], estimate: 2m}
  - {title: Take Off, estimate: 1h 30m}
procedures:
  - {id: back, title: Back, estimate: 5m, steps: [{title: undo, estimate: 90s}]}
vars: {x: "yes"}
"""


@pytest.mark.parametrize("written", ["modelmuxer", EVERYTHING])
def test_every_field_of_a_checklist_survives_being_written(tmp_path: Path, written: str) -> None:
    given, path = tmp_path / "given.yaml", tmp_path / "written.yaml"
    given.write_text(written, encoding="utf-8")
    checklist = load_checklist(given if "\n" in written else written)
    path.write_text(to_yaml(checklist), encoding="utf-8")
    assert load_checklist(path) == checklist


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["# a", "## b", "### 🔐 c", "- [ ] **x**: y ${z}", "1. [x] no", "2. **s**: t"]) | st.text()
    )
)
def test_markdown_raises_nothing_but_file_errors_and_writes_what_it_reads(lines: list[str]) -> None:
    with suppress(FileError):
        checklist = parse("\n".join(lines), "f.md")
        assert len({item.id for item in checklist.items}) == len(list(checklist.items))
        assert to_yaml(checklist)
