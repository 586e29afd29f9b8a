"""What `doctor` reports of `share:`: the socket, the store, the rights of its logins, the clock."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mmcockpit import sources
from mmcockpit.cli.doctor.share_socket import socket_lines
from mmcockpit.core.model.cockpit import Cockpit, Person, SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.text import clean
from mmcockpit.core.words.durations import duration
from mmcockpit.engine.clock import wall
from mmcockpit.share.postgres.address import open_store
from mmcockpit.share.postgres.records import StoreAway, StoreError, StoreLogin
from mmcockpit.share.postgres.statements import identifier
from mmcockpit.share.postgres.store import VERSION, SharedStore, check_version
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.postgres.source import PostgresSource

CLOCK_S = 2.0
"""Seconds by which the clocks of this machine and of the database may differ."""
TOTAL_S = 15.0
"""Seconds after which the checks of the store end."""


class ShareReport:
    """The lines on `share:`; `good` unless something that a shared session needs is missing."""

    def __init__(self, lines: list[str], good: bool) -> None:
        self.lines = lines
        self.good = good


def share_report(cockpit: Cockpit, secrets: Secrets) -> ShareReport:
    """Check the socket and the store of a cockpit, as far as it names them."""
    lines, good = socket_lines(cockpit)
    if cockpit.share is None or not cockpit.share.postgres:
        return ShareReport(lines, good)
    store = asyncio.run(_checked(cockpit, cockpit.share.postgres, secrets))
    return ShareReport([*lines, *store.lines], good and store.good)


async def _checked(cockpit: Cockpit, reference: dict[str, Any], secrets: Secrets) -> ShareReport:
    store = open_store(reference, secrets)
    try:
        async with asyncio.timeout(TOTAL_S):
            await store.login()
            began = asyncio.get_running_loop().time()
            login = await store.login()
            ms = (asyncio.get_running_loop().time() - began) * 1000
            off_s = wall() - login.clock - ms / 2000
            missing = [*_missing(login, store.where), *await _without_right(store, login, cockpit)]
            notes = [*_notes(login, off_s, cockpit), *await _same_server(login, store.where, cockpit, secrets)]
    except TimeoutError:
        return ShareReport([_line("DOWN", f"{store.where}  no response within {duration(TOTAL_S)}")], False)
    except StoreError as error:
        state = "DOWN" if isinstance(error, StoreAway) else "REFUSED"
        return ShareReport([_line(state, secrets.redact(str(error)))], False)
    finally:
        await store.close()
    tls = f"TLS not verified ({login.unverified})" if login.unverified else ""
    who = f"as {login.user}{f' ({login.right})' if login.right else ''}"
    head = "  ".join(filter(None, [store.where, login.server, who, "through a pooler" if login.pooled else "", tls]))
    lines = [_line("LACKS" if missing else "ok", head, ms)]
    lines += [secrets.redact(clean(f"{'':8} {'share':12} {text}", 400)) for text in (*missing, *notes)]
    return ShareReport(lines, not missing)


def _line(state: str, text: str, ms: float = 0.0) -> str:
    return clean(f"{state:8} {'share':12} {'postgres':11} {ms:6.0f} ms  {text}", 400).rstrip()


def _missing(login: StoreLogin, where: str) -> Iterator[str]:
    """Yield what this login cannot do without."""
    if not login.store:
        yield "no store in this database: run `mmcockpit share init`"
        return
    if not login.right:
        yield f"{login.user} has no right: GRANT mmcockpit_operator TO {identifier(login.user)}"
        return
    try:
        check_version(login.schema, where)
    except StoreError as error:
        yield str(error)
    if login.standby:
        yield "a standby, which is read-only: connect to the primary (target_session_attrs=read-write)"


async def _without_right(store: SharedStore, login: StoreLogin, cockpit: Cockpit) -> list[str]:
    """Return the people whose login is unknown or has no right."""
    known = {person.db_user: person for person in cockpit.people if person.db_user}
    if not known or not login.right or login.schema != VERSION:
        return []
    rights = await store.rights(list(known))
    lines = []
    for user, person in known.items():
        if rights[user] is None:
            lines.append(f"unknown login {user} of {person.name}: create it, or correct db_user")
        elif not rights[user]:
            lines.append(f"login {user} of {person.name} has no right: GRANT mmcockpit_operator TO {identifier(user)}")
    return lines


def _notes(login: StoreLogin, off_s: float, cockpit: Cockpit) -> Iterator[str]:
    """Yield what works, but not as people may expect."""
    if login.right == "viewer":
        yield f"can watch, cannot act: that needs GRANT mmcockpit_operator TO {identifier(login.user)}"
    if login.right == "operator":
        yield f"can join, cannot drive or take over: that needs GRANT mmcockpit_driver TO {identifier(login.user)}"
    if login.superuser:
        yield "a superuser can write in the name of every login: use one that has only a group role"
    if login.pooled:
        yield "through a pooler no notifications arrive: seats elsewhere poll every second"
    if abs(off_s) > CLOCK_S:
        ahead = "ahead of" if off_s > 0 else "behind"
        yield f"the clock of this machine is {duration(abs(off_s))} {ahead} that of the database: check NTP on both"
    yield from _shared_logins(cockpit.people)


def _shared_logins(people: tuple[Person, ...]) -> Iterator[str]:
    counts = Counter(person.db_user for person in people if person.db_user)
    for user, count in counts.items():
        if count > 1:
            names = " and ".join(person.name for person in people if person.db_user == user)
            yield f"{names} have the same db_user {user}: they count as one identity and cannot approve each other"


async def _same_server(login: StoreLogin, where: str, cockpit: Cockpit, secrets: Secrets) -> list[str]:
    """Return a warning for each source that is the server of the store: an outage of it would take both."""
    lines = []
    for spec in cockpit.sources:
        if spec.kind != "postgres":
            continue
        if await _identifies(spec, secrets, login.system, where):
            lines.append(
                f"the store is on the server that goes live (source {spec.name}): an outage takes both; "
                "use another server"
            )
    return lines


async def _identifies(spec: SourceSpec, secrets: Secrets, system: str, where: str) -> bool:
    """Return whether a source is this server; False if it does not respond, which its own line reports."""
    await secrets.prepare(spec.options)
    try:
        source = sources.open_source(spec, secrets)
    except ProbeError:
        return False
    assert isinstance(source, PostgresSource)
    try:
        await source.check()
    finally:
        await source.close()
    unique = source.identity.unique if source.identity else ""
    return (bool(unique) and unique == system) or source.host == where
