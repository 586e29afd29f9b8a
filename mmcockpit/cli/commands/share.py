"""`mmcockpit share init`: prepares a PostgreSQL database for shared sessions."""

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path

from mmcockpit import sources
from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.share.postgres.statements import identifier
from mmcockpit.sources.common.secrets import Secrets

_NOTES = """\
init creates the schema mmcockpit and its group roles in the database of `share.postgres`, or updates them, in one
transaction. Its login needs CREATEROLE, and CREATE on the database. It prints the grants for each person's login.
A session is removed from the store by its owner: DELETE FROM mmcockpit.session WHERE id = 'SESSION'"""
_WAY_OUT = (
    "use a login with CREATEROLE, and CREATE on the database, or give an administrator the SQL of "
    "`mmcockpit share init --sql`"
)
RIGHTS = {
    "mmcockpit_driver": "drives a session, and can take over",
    "mmcockpit_operator": "votes, marks, approves",
    "mmcockpit_viewer": "reads",
}
"""Group role to what its members may do; each may do what the ones below may."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=("init",), help="init: create or update the schema and the group roles")
    parser.add_argument(
        "cockpit", nargs="?", type=Path, default=Path("cockpit.yaml"), help="the cockpit file; default: ./cockpit.yaml"
    )
    parser.add_argument("--sql", action="store_true", help="print the SQL for an administrator, and change nothing")
    parser.epilog = f"{parser.epilog}\n\n{_NOTES}"


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    # Imported here: only this command and shared sessions need the client of PostgreSQL.
    from mmcockpit.share.postgres.address import address
    from mmcockpit.share.postgres.installation import install, script
    from mmcockpit.share.postgres.records import StoreError, StoreForbidden

    if args.sql:
        print(script(), end="")
        return OK
    cockpit = load_cockpit(args.cockpit, sources).cockpit
    if cockpit.share is None or not cockpit.share.postgres:
        raise CommandError(f"{args.cockpit}: no share.postgres: add `share: {{postgres: {{env: MMCOCKPIT_SHARE}}}}`")
    secrets = Secrets()
    try:
        done = asyncio.run(install(address(cockpit.share.postgres, secrets), secrets.redact))
    except StoreForbidden as error:
        raise CommandError(f"{error}; {_WAY_OUT}") from None
    except StoreError as error:
        raise CommandError(str(error)) from None
    state = "unchanged" if done.before == done.after else "updated" if done.before else "created"
    print(f"{done.where}: schema mmcockpit, version {done.after}: {state}")
    for line in grants(cockpit, done.user):
        print(line)
    return OK


def grants(cockpit: Cockpit, user: str) -> Iterator[str]:
    """Yield the grants to run as `user`: for any login, then for those under people."""
    yield f"as {user}, give the login of each person one of these roles:"
    for role, may in RIGHTS.items():
        yield f"  GRANT {role} TO NAME;{'':{20 - len(role)}}-- {may}"
    if known := [person for person in cockpit.people if person.db_user]:
        yield "people of this cockpit file (mmcockpit_driver for those who drive or take over):"
        for person in known:
            whose = ", ".join(filter(None, (person.name, person.role)))
            yield f"  GRANT mmcockpit_operator TO {identifier(person.db_user)};  -- {whose}"
    if others := [person.name for person in cockpit.people if not person.db_user]:
        yield f"no db_user under people, so that the login is not recognised as theirs: {', '.join(others)}"
    yield "a missing login: CREATE ROLE NAME LOGIN PASSWORD '…';"
