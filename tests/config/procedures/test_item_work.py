"""The work on items as files say it: procedures, steps, assignees and needs, and every mistake at its place."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import check_file
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.checklist import ItemStep
from tests.config.files import cockpit, load_checklist, loaded, mistakes, written

CHECKLIST = """\
name: c
title: C
phases:
  - title: Preparation
    sections:
      - title: Data
        items:
          - {title: Backup, assignee: ana, estimate: 10m}
          - title: Copy
            needs: [backup]
            steps: [Tell the team, {text: Copy it, command: "pg_dump shop | gzip > shop.gz"}]
  - title: Deployment
    sections:
      - title: Data
        items: [{title: Copy}]
      - title: Application
        items:
          - {title: Deploy, procedure: deploy, needs: [preparation/data/copy, copy]}
procedures: [{title: Deploy, steps: [{title: Do it}]}]
"""
SECOND = "          - {title: Check, %s}\n"


def test_the_work_on_an_item_is_read_as_it_is_written(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    items = {one.id: one for one in loaded(cockpit(tmp_path, "checklist: c.yaml\n")).cockpit.checklist.items}
    copy, deploy = items["preparation/data/copy"], items["deployment/application/deploy"]
    assert copy.needs == ("preparation/data/backup",)
    assert copy.steps == (ItemStep("Tell the team"), ItemStep("Copy it", "pg_dump shop | gzip > shop.gz"))
    assert (items["preparation/data/backup"].assignee, deploy.procedure) == ("ana", "deploy")
    # Of two items with one title, the one of the same phase.
    assert deploy.needs == ("preparation/data/copy", "deployment/data/copy")
    assert check_file(tmp_path / "c.yaml", sources) == []


def test_an_exported_checklist_loads_as_the_same_items(tmp_path: Path) -> None:
    first = load_checklist(written(tmp_path, c=CHECKLIST) / "c.yaml")
    (tmp_path / "again.yaml").write_text(to_yaml(first), encoding="utf-8")
    assert load_checklist(tmp_path / "again.yaml") == first


@pytest.mark.parametrize(
    ("keys", "mistake"),
    [
        ("needs: [cop]", "9:36: unknown item 'cop'; did you mean 'copy'?"),
        ("needs: [check]", "9:36: item 'Check' needs itself; remove this"),
        ("needs: [deploy]", "9:36: 'deploy' is in a later phase, so that the gate could never open; remove this"),
        ("procedure: deplooy", "9:39: unknown procedure 'deplooy'; did you mean 'deploy'?"),
        ("steps: [{}]", "9:36: phases[0].sections[0].items[1].steps[0] must have `text` or `command`"),
        ('steps: [{command: "a\\nb"}]', "9:36: phases[0].sections[0].items[1].steps[0] must have a `command` of one"),
        ("steps: [{comand: ls}]", "9:37: unknown key 'comand'; did you mean 'command'?"),
        ("steps: [{command: 'echo ${HOME}'}]", "9:52: unknown variable 'HOME'; define it under vars:, or write $${"),
    ],
)
def test_a_mistake_in_the_work_on_an_item_is_found_at_its_place(tmp_path: Path, keys: str, mistake: str) -> None:
    head, _, rest = CHECKLIST.partition("          - title: Copy")
    text = f"{head}{SECOND % keys}          - title: Copy{rest}"
    found = [str(error) for error in check_file(written(tmp_path, c=text) / "c.yaml", sources)]
    assert any(each.startswith(f"{tmp_path}/c.yaml:{mistake}") for each in found), found


def test_a_need_that_fits_several_items_names_them(tmp_path: Path) -> None:
    text = CHECKLIST.replace("title: Application", "title: More").replace("needs: [preparation/data/copy, copy]", "")
    more = "  - {title: End, sections: [{title: E, items: [{title: Close, needs: [copy]}]}]}\n"
    text = text.replace("procedures:", f"{more}procedures:")
    (found,) = check_file(written(tmp_path, c=text) / "c.yaml", sources)
    assert found.message == "'copy' is 2 items; write one of deployment/data/copy, preparation/data/copy"


def test_a_circle_of_needs_is_reported_once_with_its_way(tmp_path: Path) -> None:
    items = "{title: A, needs: [c]}, {title: B, needs: [a]}, {title: C, needs: [b]}, {title: D, needs: [a]}"
    text = f"name: c\nphases: [{{title: P, sections: [{{title: S, items: [{items}]}}]}}]\n"
    (found,) = check_file(written(tmp_path, c=text) / "c.yaml", sources)
    assert (found.line, found.column) == (2, 70)
    assert found.message == "items need each other: p/s/a -> p/s/c -> p/s/b -> p/s/a; remove one of the needs"


def test_a_cockpit_file_defines_the_procedure_of_an_item_or_it_is_unknown(tmp_path: Path) -> None:
    path = written(tmp_path, c=CHECKLIST.replace("procedure: deploy", "procedure: rollout"))
    assert check_file(path / "c.yaml", sources) == []
    own = "procedures: [{id: rollout, title: R, steps: [{title: S}]}]\n"
    assert mistakes(cockpit(tmp_path, f"checklist: c.yaml\n{own}")) == []
    (found,) = mistakes(cockpit(tmp_path, "checklist: c.yaml\n"))
    assert found == "c.yaml:18:40: unknown procedure 'rollout'; known: deploy"


def test_an_assignee_who_is_not_among_the_people_is_a_warning(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    warnings: list[FileWarning] = []
    path = cockpit(tmp_path, "checklist: c.yaml\npeople: [{name: Anna, role: database}]\n")
    assert check_file(path, sources, warnings) == []
    assert [str(each).partition("warning: ")[2] for each in warnings] == [
        "unknown person 'ana'; known: Anna; add them to people"
    ]
