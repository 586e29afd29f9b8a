"""What a driver shares its session through, and from which seat it drives."""

import argparse
import os
import secrets
import socket
from collections.abc import Sequence
from pathlib import Path

from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.screen import operator_name
from mmcockpit.core.driver import SharingService
from mmcockpit.core.facts.event import Opened
from mmcockpit.core.model.cockpit import Cockpit, Person
from mmcockpit.core.model.people import same
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.codec import UnreadableLine, decode
from mmcockpit.journal.reader import open_journal, opening
from mmcockpit.share.identity import known_by_login
from mmcockpit.share.socket.address import (
    SOCKET_FOLDER,
    ListenError,
    Listening,
    beside,
    in_folder,
    shared_folder,
)
from mmcockpit.share.socket.peer import login_of
from mmcockpit.share.socket.server import SeatServer


def operator_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument for the operator of a driver."""
    who = "operator; default: $MMCOCKPIT_OPERATOR, else the person of your login, else the login"
    parser.add_argument("--operator", metavar="NAME", help=who)


def session_operator(cockpit: Cockpit, given: str | None, attended: bool = True) -> str:
    """Return the operator's name: the person of their login; in a session with `share:` not what is typed.

    Checks the folder of the socket, too: raises ListenError. Raises CommandError where `given`, or
    $MMCOCKPIT_OPERATOR, is another person, or `people` does not list the login. A driver that is not `attended` may run
    as the user of a service, who is no person. Where only a database is shared, it identifies logins that are not
    listed.
    """
    share, people = cockpit.share, cockpit.people
    if share is None:
        return _local_operator(people, given)
    on_socket = bool(share.group or share.socket_dir)
    if on_socket:
        shared_folder(Path(share.socket_dir or SOCKET_FOLDER), share.group)
    login = login_of(os.geteuid())
    known = known_by_login(login, people)
    listed = any(each.login == login for each in people)
    service = not attended and not any(same(operator_name(given), each.name) for each in people)
    if service or (share.postgres and not on_socket and not listed):
        return operator_name(given)
    if known.right is Right.VIEWER:
        raise CommandError(
            f"people: the login {login} is missing; a shared session needs `login: {login}` for its driver"
        )
    typed = given or os.environ.get("MMCOCKPIT_OPERATOR") or known.person
    if not same(typed, known.person):
        raise CommandError(
            f"operator {typed}: in a shared session the login counts, and {login} is {known.person}; "
            f"start without a name, or set `login: {login}` for {typed} in people"
        )
    return known.person


def _local_operator(people: Sequence[Person], given: str | None) -> str:
    """Return the name that is given or in $MMCOCKPIT_OPERATOR, else of the person of the login, else of the user."""
    if people and not given and not os.environ.get("MMCOCKPIT_OPERATOR"):
        known = known_by_login(login_of(os.geteuid()), people)
        if known.right is Right.OPERATOR:
            return known.person
    return operator_name(given)


def resumed_operator(journal: Path, given: str | None, attended: bool = True) -> str:
    """Return the operator's name for a session that continues; raises what `session_operator` raises."""
    with open_journal(journal) as file:
        line = opening(file)
    try:
        opened = decode(line).body
    except UnreadableLine:
        # What else is wrong with the journal is reported when it is resumed.
        return operator_name(given)
    return session_operator(opened.cockpit, given, attended) if isinstance(opened, Opened) else operator_name(given)


def share(engine: Engine, journal: Path, attended: bool = True) -> str:
    """Let other seats join a session that has not started yet; return why no seat can, or an empty text.

    A driver that is not `attended` has no person at its screen, and so no seat of its own that others see.
    Raises ListenError where the cockpit file has `share:` and that cannot be done.
    """
    cockpit = engine.session.cockpit
    own = _own_seat(engine.operator, cockpit)
    why, services = _socket_services(cockpit, journal, own)
    epoch = 0
    if cockpit.share is not None and cockpit.share.postgres:
        # Imported here: the client of PostgreSQL takes longer to import than everything else here.
        from mmcockpit.cli.sharing.store import publisher

        services.append(publisher(cockpit.share.postgres, journal.absolute().parent.name))
        epoch = max(engine.session.epoch, 1)
    engine.driver.start_as(own if cockpit.share is not None else None, services, attended, epoch)
    return why


def _own_seat(operator: str, cockpit: Cockpit) -> Seat:
    role = next((each.role for each in cockpit.people if same(each.name, operator)), "")
    identity = f"unix:{login_of(os.geteuid())}"
    number, host = secrets.token_hex(6), socket.gethostname()
    return Seat(number, identity, operator, role, Right.DRIVER, Via.TERMINAL, host, os.getpid())


def _socket_services(cockpit: Cockpit, journal: Path, own: Seat) -> tuple[str, list[SharingService]]:
    listening: list[Listening] = []
    why = ""
    try:
        listening.append(Listening(beside(journal)))
    except ListenError as error:
        why = f"`mmcockpit join` is not possible: {error}"
    if cockpit.share is not None and (cockpit.share.group or cockpit.share.socket_dir):
        folder, group = Path(cockpit.share.socket_dir or SOCKET_FOLDER), cockpit.share.group
        try:
            shared_folder(folder, group)
            listening.append(Listening(in_folder(folder, journal.absolute().parent.name), group))
        except ListenError:
            for each in listening:
                each.close()
            raise
    return why, [SeatServer(listening, own)] if listening else []
