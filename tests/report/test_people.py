"""The people of a shared session in report and log: who did what, from which seat, and with which proof."""

from pathlib import Path

import pytest

from mmcockpit.cli import main
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import ControlsGranted, DriverChanged, ItemMarked, SeatJoined, SeatLeft
from mmcockpit.core.model.states import Mark
from mmcockpit.report.page import ReportPage
from mmcockpit.report.render import Format, render
from tests.report.journals import collected, journal
from tests.ui.emergencies import SERVER, UNDO, argv
from tests.ui.go_lives import GoLive
from tests.ui.shared_go_lives import ANA, BO, CARLA, CY, SeatFeed, waiting_for_approval


def three_people() -> GoLive:
    """A rollback step approved by bo, an item verified once by a seat and once by a name, a takeover by cy, the end."""
    night = waiting_for_approval()
    ana, bo, cy = SeatFeed(night, ANA), SeatFeed(night, BO), SeatFeed(night, CY)
    twice = [one.item.id for one in night.session.items.values() if one.item.approvals == 2]
    ana.submit(commands.MarkItem("ana", twice[0], "seen"))
    bo.submit(commands.MarkItem("bo", twice[0], mark=Mark.VERIFY))
    bo.submit(commands.ApproveStep("bo", "rollback-kubectl", "undo", argv(UNDO), SERVER))
    ana.submit(commands.MarkItem("cy", twice[0], mark=Mark.VERIFY, witnessed=True))
    night.tell(ItemMarked(twice[0], Mark.VERIFY, "cy", witnessed=True))
    night.wait(30).tell(SeatLeft("4", "connection lost"))
    night.wait(60).tell(DriverChanged("cy", "laptop", 2, "laptop of ana died", "bastion", 12.0), SeatJoined(CY))
    cy.submit(commands.AddNote("cy", "I drive now"))
    cy.submit(commands.EndSession("cy", "rolled back"))
    return night


def test_every_person_is_listed_with_role_identity_and_what_they_did(tmp_path: Path) -> None:
    page = ReportPage(collected(tmp_path, three_people().events))
    rows = {row[0]: row[1:] for row in page.people}
    assert rows["ana"][:2] == ("conductor", "unix:ana")
    assert rows["bo"][:2] == ("database", "unix:bo")
    assert rows["cy"][:2] == ("network", "postgres:cy")
    assert "1 approval" in rows["bo"][2]
    assert rows["carla"][1] == "postgres:carla"


def test_authenticated_and_witnessed_agreements_differ(tmp_path: Path) -> None:
    page = ReportPage(collected(tmp_path, three_people().events))
    proofs = {(row[2], row[3]) for row in page.seconds}
    assert ("bo", "authenticated as unix:bo") in proofs
    assert ("bo (database)", "authenticated as unix:bo") in proofs
    assert ("cy", "witnessed, same terminal") in proofs
    step = next(row for row in page.seconds if row[2] == "bo (database)")
    assert "--to-revision=40" in step[4]
    assert SERVER in step[4]


def test_seats_terms_and_gaps_are_listed(tmp_path: Path) -> None:
    page = ReportPage(collected(tmp_path, three_people().events))
    seats = {(row[0], row[3]): row for row in page.seats}
    assert seats["bo", "socket on bastion, process 4711"][5] == "the driver changed"
    assert seats["carla", "database from kiosk"][5] == "connection lost"
    assert [(row[0], row[1], row[2]) for row in page.terms] == [("2", "cy", "laptop")]
    assert page.terms[0][4] == "laptop of ana died; bastion was silent for 12s"
    assert CARLA.person in {row[0] for row in page.seats}


@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_pages_contain_the_people(tmp_path: Path, kind: Format) -> None:
    text = "".join(render(collected(tmp_path, three_people().events), kind))
    for words in ("Second person", "Seats", "Changes of the driver", "authenticated as unix:bo", "witnessed, same"):
        assert words in text
    assert "postgres:cy, network, database" in text


def test_a_session_that_is_not_shared_has_none_of_these_tables(tmp_path: Path) -> None:
    text = "".join(render(collected(tmp_path, GoLive().watched(30).events), "md"))
    for words in ("### Second person", "### Seats", "### Changes of the driver"):
        assert words not in text


def test_the_log_names_identity_role_and_seat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = journal(tmp_path, three_people().events)
    assert main(["log", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    approved = next(line for line in lines if " approved " in line)
    assert approved.endswith("[unix:bo, database, socket]")
    assert "--to-revision=40" in approved
    assert any("rolled back by cy [postgres:cy, network, database]" in line for line in lines)
    assert main(["log", "--changes", str(path)]) == 0
    assert any(line.endswith("[unix:bo, database, socket]") for line in capsys.readouterr().out.splitlines())


def test_a_change_of_the_controls_is_a_line_of_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night = waiting_for_approval()
    SeatFeed(night, ANA).submit(commands.GrantControls("ana", "bo"))
    assert isinstance(night.events[-1].body, ControlsGranted)
    assert main(["log", str(journal(tmp_path, night.events))]) == 0
    assert "bo has the controls, granted by ana [unix:ana, conductor, terminal]" in capsys.readouterr().out
