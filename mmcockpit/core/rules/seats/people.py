"""People at seats: which roles a person has, who has a role, and when two names are one identity."""

from collections.abc import Iterable

from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.people import folded, same
from mmcockpit.core.state.session import Session


def roles_of(name: str, people: Iterable[Person]) -> tuple[str, ...]:
    """Return the roles of a person, in lower case with single spaces."""
    return tuple(folded(person.role) for person in people if person.role and same(person.name, name))


def names_with(role: str, people: Iterable[Person]) -> tuple[str, ...]:
    """Return the names of the people with a role."""
    return tuple(person.name for person in people if same(person.role, role))


def one_identity(session: Session, one: str, other: str) -> bool:
    """Return whether two names are the same person, or have acted under the same identity in this session."""
    if same(one, other):
        return True
    known = session.logins.get(folded(one), ())
    return any(identity in known for identity in session.logins.get(folded(other), ()))
