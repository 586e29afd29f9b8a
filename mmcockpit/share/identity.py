"""Which person an identity is, and what a seat of theirs may do."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.people import same
from mmcockpit.core.model.seat import Right


class Known(NamedTuple):
    """The name of a person as facts record it, their role, and whether the cockpit file lets them act."""

    person: str
    role: str
    right: Right


def known_by_login(login: str, people: Sequence[Person]) -> Known:
    """Return who a login of this machine is; without `people` every login may act, else only those that it lists."""
    return _known(login, people, [each.login for each in people], "unix")


def known_by_db_user(user: str, people: Sequence[Person]) -> Known:
    """Return who a user of the shared database is; without `people` every user may act, else only those listed."""
    return _known(user, people, [each.db_user for each in people], "postgres")


def _known(account: str, people: Sequence[Person], accounts: Sequence[str], kind: str) -> Known:
    for person, listed in zip(people, accounts, strict=True):
        if listed == account:
            return Known(person.name, person.role, Right.OPERATOR)
    for person, listed in zip(people, accounts, strict=True):
        # A person without an account is known by their name; one with another account is another person.
        if same(person.name, account):
            return (
                Known(f"{kind}:{account}", "", Right.VIEWER)
                if listed
                else Known(person.name, person.role, Right.OPERATOR)
            )
    return Known(account, "", Right.OPERATOR if not people else Right.VIEWER)
