"""Who joins a session, and how: `share:`, the logins of `people:`, and who can approve and vote."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from mmcockpit.config.loader import Part
from mmcockpit.config.models.cockpit import CockpitFile, PersonEntry
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.cockpit import Person, Share
from mmcockpit.core.model.people import folded
from mmcockpit.core.words.amounts import counted


def resolve_people(entry: CockpitFile, cockpit: Part) -> tuple[Person, ...]:
    """Return the people of a cockpit file; each login is one person's, people with one `db_user` are one identity."""
    for n, owner, person in _repeated(entry.people, "login"):
        message = f"duplicate login '{person.login}': {owner.name} has it already; each person needs their own"
        cockpit.at("people", n, "login").error(message)
    for n, owner, person in _repeated(entry.people, "db_user"):
        message = f"db_user '{person.db_user}' is also that of {owner.name}: both are one identity, {owner.name}"
        cockpit.at("people", n, "db_user").warn(message)
    return tuple(Person(each.name, each.role, each.login, each.db_user) for each in entry.people)


def _repeated(people: Sequence[PersonEntry], key: str) -> Iterator[tuple[int, PersonEntry, PersonEntry]]:
    """Yield each person with an account that an earlier one has: their number, the earlier one, and they."""
    owners: dict[str, PersonEntry] = {}
    for n, person in enumerate(people):
        account = getattr(person, key)
        if account and owners.setdefault(account, person) is not person:
            yield n, owners[account], person


def resolve_share(entry: CockpitFile, cockpit: Part) -> Share | None:
    """Return the value of `share:`; None without it."""
    share, part = entry.share, cockpit.at("share")
    if share is None:
        return None
    if share.socket_dir and not PurePosixPath(share.socket_dir).is_absolute():
        part.at("socket_dir").error(f"must be an absolute path, not '{share.socket_dir}'; write /run/mmcockpit")
    if not entry.people:
        example = "[{name: ana, login: ana, role: conductor}]"
        part.error(f"share needs people, because they are who may act; add `people: {example}`", key=True)
    _warn_of_unanswered(entry, cockpit)
    postgres = share.postgres.model_dump(exclude_none=True) if share.postgres else {}
    return Share(share.group, share.socket_dir, postgres)


def _warn_of_unanswered(entry: CockpitFile, cockpit: Part) -> None:
    """Warn about roles of the poll that no person has: in a shared session they count as no-go."""
    roles = {folded(person.role) for person in entry.people}
    missing = [role for role in entry.poll if folded(role) not in roles]
    if missing and entry.people:
        verb = "is" if len(missing) == 1 else "are"
        message = f"{counted(len(missing), 'role')} of the poll {verb} no person's: {', '.join(missing)}; "
        cockpit.at("poll").warn(f"{message}add people with that role, because only they can answer for it", key=True)


class Approvers:
    """Who can approve steps: the people of a session that they can join."""

    def __init__(self, share: Share | None, people: Sequence[Person]) -> None:
        self._share = share
        self._people = people

    def mistake(self, role: str) -> str:
        """Return why a step that this role has to approve could never run; empty if a person can approve it."""
        if self._share is None:
            return "this step needs the approval of a second person; add `share:`, so that they can join"
        if not any(folded(person.role) == folded(role) for person in self._people):
            hint = did_you_mean(role, {person.role for person in self._people if person.role})
            return f"no person has the role '{role}'{hint or '; add one under people:'}"
        return ""
