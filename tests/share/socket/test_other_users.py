"""Seats of other Unix users: the kernel identifies them, the group's socket lets them in, their role bounds them."""

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.core.decide.command import AddNote, OpenPoll, Vote
from mmcockpit.core.facts.event import Noted, Refused, SeatJoined, SeatLeft, Voted
from mmcockpit.core.model.cockpit import Cockpit, Person, Share
from mmcockpit.core.model.refusal import Code
from mmcockpit.journal.reader import read
from mmcockpit.share.socket.address import beside, in_folder
from mmcockpit.share.socket.peer import login_of
from tests.servers.wait import wait_until
from tests.share.socket.seats import cockpit, driving
from tests.share.socket.users import Users, UserSeat, unix_users


@pytest.fixture(scope="module")
def users() -> Iterator[Users]:
    with unix_users() as made:
        yield made


@pytest.fixture
def shared(users: Users) -> Cockpit:
    """Return a cockpit whose socket the group may use, in which the member is a person with a role."""
    people = (
        Person("ana", "lead", login=login_of(os.geteuid())),
        Person("bo", "database", login=users.member),
        Person("dee", "network", login="dee"),
    )
    return cockpit(people, Share(users.group, os.fspath(users.folder / "sockets")))


@pytest.fixture
def address(users: Users, journal: Path) -> Path:
    return in_folder(users.folder / "sockets", journal.parent.name)


def test_another_user_joins_votes_for_the_own_role_and_is_refused_the_rest(
    shared: Cockpit, journal: Path, address: Path, users: Users
) -> None:
    with driving(journal, shared) as engine, UserSeat(users.member, address) as bo:
        assert bo.first["joined"] == "bo"
        assert bo.first["identity"] == f"unix:{users.member}"
        assert bo.first["uid"] != 0
        # Only this user can resume the session once its driver is gone.
        assert bo.first["driver"] == login_of(os.geteuid())
        engine.submit(OpenPoll("ana"))
        bo.fact("PollOpened")
        # The driver's screen draws the poll before ana answers it.
        engine.batch()
        engine.submit(Vote("ana", True, "lead"))
        assert bo.fact("Voted")["by"] == "ana"
        bo.do("Vote", go=True, role="database")
        voted = bo.fact("Voted")
        assert (voted["by"], voted["identity"]) == ("bo", f"unix:{users.member}")
        bo.do("Vote", go=True, role="lead")
        assert bo.fact("Refused")["refusal"] == Code.NOT_YOUR_ROLE
        bo.do("OpenPhase", phase="p")
        assert bo.fact("Refused")["refusal"] == Code.CONTROLS_NEEDED
        bo.do("EndSession", outcome="over")
        assert bo.fact("Refused")["refusal"] == Code.CONTROLS_NEEDED
    assert {role: vote.by for role, vote in engine.session.votes.items()} == {"lead": "ana", "database": "bo"}
    assert engine.session.closed is None
    events = list(read(journal))
    voters = {event.body.by: event.identity for event in events if isinstance(event.body, Voted)}
    assert voters == {"ana": f"unix:{login_of(os.geteuid())}", "bo": f"unix:{users.member}"}
    assert len([event for event in events if isinstance(event.body, Refused)]) == 3
    assert any(isinstance(event.body, SeatJoined) and event.body.seat.person == "bo" for event in events)
    assert any(isinstance(event.body, SeatLeft) and event.body.person == "bo" for event in events)


def test_the_session_folder_stays_closed_and_the_groups_socket_is_0660(
    shared: Cockpit, journal: Path, address: Path, users: Users
) -> None:
    with driving(journal, shared):
        folder = address.parent.stat()
        assert (stat.S_IMODE(folder.st_mode), folder.st_gid) == (0o770, grp.getgrnam(users.group).gr_gid)
        assert (stat.S_IMODE(address.stat().st_mode), address.stat().st_gid) == (0o660, folder.st_gid)
        assert stat.S_IMODE(beside(journal).stat().st_mode) == 0o600
        assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700
        for closed in (beside(journal), address):
            with UserSeat(users.stranger, closed) as cy:
                assert "error" in cy.first
        with UserSeat(users.stranger, address) as cy:
            assert f"{users.stranger} may not connect" in cy.first["error"]
    assert not address.exists()


def test_a_user_who_is_not_listed_may_only_read(journal: Path, address: Path, users: Users) -> None:
    people = (Person("ana", login=login_of(os.geteuid())), Person(users.member, "database", login="another"))
    share = Share(users.group, os.fspath(users.folder / "sockets"))
    with driving(journal, cockpit(people, share)) as engine, UserSeat(users.member, address) as bo:
        # The name of a person with another login does not make the user that person.
        assert (bo.first["joined"], bo.first["role"]) == (f"unix:{users.member}", "")
        assert bo.first["right"] == "viewer"
        bo.do("AddNote", text="hello")
        assert bo.fact("Refused")["refusal"] == Code.VIEWER_ONLY
    assert not engine.session.items["p/s/audit"].marked


def test_a_seat_that_is_killed_has_left_after_a_moment_and_changes_nothing(
    shared: Cockpit, journal: Path, address: Path, users: Users
) -> None:
    with driving(journal, shared) as engine, UserSeat(users.member, address) as bo:
        wait_until(lambda: len(engine.session.seats) == 2, "both seats")
        bo.process.kill()
        wait_until(lambda: len(engine.session.seats) == 1, "the killed seat has left")
        assert engine.session.controls == "ana"
        with UserSeat(users.member, address) as again:
            assert again.first["joined"] == "bo"


def test_the_id_of_another_persons_command_decides_nothing_again(
    shared: Cockpit, journal: Path, address: Path, users: Users
) -> None:
    with driving(journal, shared) as engine, UserSeat(users.member, address) as bo:
        engine.submit(AddNote("ana", "mine"))
        noted = bo.fact("Noted")
        assert noted["identity"] == f"unix:{login_of(os.geteuid())}"
        bo.do("AddNote", command_id=noted["id"], text="forged")
        bo.do("AddNote", text="own")
        own = bo.fact("Noted")
        assert (own["by"], own["identity"]) == ("bo", f"unix:{users.member}")
    texts = [event.body.text for event in read(journal) if isinstance(event.body, Noted)]
    assert texts == ["mine", "own"]


def test_a_viewer_by_choice_may_not_act(shared: Cockpit, journal: Path, address: Path, users: Users) -> None:
    with driving(journal, shared), UserSeat(users.member, address, view=True) as bo:
        assert (bo.first["joined"], bo.first["right"]) == ("bo", "viewer")
        bo.do("AddNote", text="hello")
        assert bo.fact("Refused")["refusal"] == Code.VIEWER_ONLY
