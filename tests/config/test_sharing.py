"""Cockpit files that are shared: people and their accounts, the socket, and who can approve and vote."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.config.text.error import FileError, FileWarning
from mmcockpit.core.model.cockpit import Person, Share
from tests.config.files import cockpit, loaded, mistakes

PEOPLE = "people: [{name: ana, login: ana, role: conductor}, {name: bo, login: bo, role: database}]\n"
STEP = "command: [shop-ctl, undo], danger: dangerous, target: shop"
PROCEDURE = "procedures: [{{title: Back, steps: [{{title: Undo, {step}}}]}}]\n"


def with_step(step: str) -> str:
    return PROCEDURE.format(step=step)


def test_a_shared_session_has_people_a_socket_a_store_and_a_step_that_a_role_approves(tmp_path: Path) -> None:
    shared = "share: {group: oncall, socket_dir: /run/shop, postgres: {env: STORE}}\n"
    resolved = loaded(cockpit(tmp_path, PEOPLE + shared + with_step(f"{STEP}, approve: {{role: database}}"))).cockpit
    assert resolved.people == (Person("ana", "conductor", "ana"), Person("bo", "database", "bo"))
    assert resolved.share == Share("oncall", "/run/shop", {"env": "STORE"})
    assert resolved.checklist.procedures[0].steps[0].approve == "database"


def test_without_share_nothing_is_shared(tmp_path: Path) -> None:
    assert loaded(cockpit(tmp_path, PEOPLE)).cockpit.share is None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "people:\n  - {name: ana, login: ops}\n  - {name: bo, login: ops}\n",
            "cockpit.yaml:5:23: duplicate login 'ops': ana has it already; each person needs their own",
        ),
        (
            "share: {}\n",
            "cockpit.yaml:3:1: share needs people, because they are who may act; "
            "add `people: [{name: ana, login: ana, role: conductor}]`",
        ),
        (
            PEOPLE + "share: {socket_dir: run/shop}\n",
            "cockpit.yaml:4:21: must be an absolute path, not 'run/shop'; write /run/mmcockpit",
        ),
        (
            PEOPLE + "share: {postgres: {env: STORE, file: store}}\n",
            "cockpit.yaml:4:19: share.postgres must be one of {env: NAME}, {file: PATH} and {command: [PROGRAM, …]}",
        ),
        (
            PEOPLE + "share: {}\n" + with_step(f"{STEP}, approve: {{role: databases}}"),
            "cockpit.yaml:5:126: no person has the role 'databases'; did you mean 'database'?",
        ),
        (
            PEOPLE + "share: {}\n" + with_step(f"{STEP}, approve: {{role: payments}}"),
            "cockpit.yaml:5:126: no person has the role 'payments'; known: conductor, database",
        ),
        (
            PEOPLE + with_step(f"{STEP}, approve: {{role: database}}"),
            "cockpit.yaml:4:126: this step needs the approval of a second person; add `share:`, so that they can join",
        ),
        (
            PEOPLE
            + "share: {}\n"
            + with_step("command: [shop-ctl, scale], danger: changes, approve: {role: database}"),
            "cockpit.yaml:5:104: only a dangerous step with a command can have `approve`; "
            "write `danger: dangerous`, or remove it",
        ),
        (
            PEOPLE + "share: {}\n" + with_step(f"{STEP}, approve: database"),
            "cockpit.yaml:5:119: procedures[0].steps[0].approve must be a mapping: lines of `key: value`",
        ),
    ],
)
def test_a_mistake_is_named_at_its_place_with_the_way_out(tmp_path: Path, text: str, mistake: str) -> None:
    assert mistakes(cockpit(tmp_path, text)) == [mistake]


def test_people_with_one_user_of_the_database_are_one_identity_and_get_a_warning(tmp_path: Path) -> None:
    warnings: list[FileWarning] = []
    text = "people:\n  - {name: ana, db_user: shop}\n  - {name: bo, login: bo, db_user: shop}\n"
    assert check_file(cockpit(tmp_path, text), sources, warnings) == []
    (warning,) = warnings
    assert (warning.line, warning.column) == (5, 36)
    assert warning.message == "db_user 'shop' is also that of ana: both are one identity, ana"


def test_roles_of_the_poll_that_no_person_has_are_a_warning_only_where_votes_need_a_role(tmp_path: Path) -> None:
    poll = "poll: [conductor, network, support]\n"
    warnings: list[FileWarning] = []
    check_file(cockpit(tmp_path, PEOPLE + poll), sources, warnings)
    assert warnings == []
    check_file(cockpit(tmp_path, PEOPLE + poll + "share: {}\n"), sources, warnings)
    (warning,) = warnings
    assert warning.message == (
        "2 roles of the poll are no person's: network, support; "
        "add people with that role, because only they can answer for it"
    )


def test_a_checklist_on_its_own_may_require_an_approval_and_its_cockpit_file_names_who_gives_it(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("title: L\nphases: []\n" + with_step(f"{STEP}, approve: {{role: database}}"))
    (mistake,) = mistakes(cockpit(tmp_path, "checklist: list.yaml\n" + PEOPLE))
    assert mistake.startswith("list.yaml:3:")
    assert loaded(cockpit(tmp_path, "checklist: list.yaml\nshare: {}\n" + PEOPLE)).cockpit.share == Share()


def test_a_file_with_several_mistakes_of_sharing_reports_all_of_them(tmp_path: Path) -> None:
    text = "share: {socket_dir: x}\npeople: [{name: a, login: l}, {name: b, login: l}]\n"
    with pytest.raises(FileError) as raised:
        loaded(cockpit(tmp_path, text))
    assert len(raised.value.errors) == 2
