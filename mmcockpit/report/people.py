"""The people of a session in the report: collected from the facts, and the rows of their tables."""

import shlex
from collections.abc import Iterator

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age, duration
from mmcockpit.core.words.seats import evidence_words, place_words
from mmcockpit.core.words.times import utc
from mmcockpit.report.attendance import DriverTerm, SeatTime, SecondPerson
from mmcockpit.report.past import Participant, Past
from mmcockpit.report.timeline import deed
from mmcockpit.report.times import When

MOST_IDENTITIES = 8
"""The most identities that are listed of one person."""


def keep(past: Past, event: Event, now: When) -> None:
    """Collect who made a fact, from where; `past.session` is still the state before it."""
    body = event.body
    _present(past, event, now)
    match body:
        case facts.SeatJoined(seat=seat):
            past.seats.append(SeatTime(seat, now))
        case facts.SeatLeft(seat=name, because=because):
            _leave(past, now, because, name)
        case facts.DriverChanged():
            _leave(past, now, "the driver changed")
            silent = f"{body.was or 'the earlier driver'} was silent for {age(body.silent_s)}" if body.silent_s else ""
            past.terms.append(DriverTerm(body.epoch, body.by, body.host, now, body.reason, silent))
        case facts.Resumed() | facts.Closed():
            _leave(past, now, "")
        case facts.StepApproved() | facts.ItemMarked(mark=Mark.VERIFY):
            past.seconds.append(_second(past, event, body, now))


def people_rows(past: Past) -> list[tuple[str, ...]]:
    """Return name, roles, identities, counted actions, places, and first and last time of every person."""
    return [
        (
            one.name,
            ", ".join(filter(None, one.roles)) or "–",
            ", ".join(one.identities) or "–",
            ", ".join(counted(count, noun) for noun, count in one.did.items()) or "–",
            ", ".join(one.hosts) or "–",
            f"{utc(one.first.wall)} to {utc(one.last.wall)}" if one.first and one.last else "named, never acted",
        )
        for one in past.people.values()
    ]


def seat_rows(past: Past) -> Iterator[tuple[str, ...]]:
    """Yield person, right, identity, place, time and end of every seat."""
    for one in past.seats:
        seat, left = one.seat, one.left
        last = left or past.last or one.joined
        until = f"{utc(one.joined.wall)} to {utc(left.wall)}" if left else f"{utc(one.joined.wall)} until the last fact"
        lasted = duration(max(last.at - one.joined.at, 0.0))
        because = plain(one.because, 120) or "–"
        yield seat.person, str(seat.right), seat.identity, place_words(seat), f"{until}, {lasted}", because


def term_rows(past: Past) -> Iterator[tuple[str, ...]]:
    """Yield number, person, host, start and reason of every driver's term after the first."""
    for one in past.terms:
        why = "; ".join(filter(None, (plain(one.reason, 200), one.silent))) or "–"
        yield str(one.epoch), one.by, one.host, utc(one.since.wall), why


def second_rows(past: Past) -> Iterator[tuple[str, ...]]:
    """Yield time, subject, person, proof and details of every agreement of a second person."""
    for one in past.seconds:
        yield utc(one.when.wall), one.what, one.by, one.proof, one.details or "–"


def _present(past: Past, event: Event, now: When) -> None:
    """Count a fact for the person who made it."""
    body = event.body
    seat = body.seat if isinstance(body, facts.SeatJoined) else None
    name = seat.person if seat else getattr(body, "by", "") or getattr(body, "operator", "")
    if not name or isinstance(body, facts.MarkExpired):
        return
    person = past.people.setdefault(name, Participant(name))
    person.first = person.first or now
    person.last = now
    word = deed(body)
    if word:
        person.did[word] = person.did.get(word, 0) + 1
    host = seat.host if seat else getattr(body, "host", "")
    if host and host not in person.hosts:
        person.hosts.append(host)
    if seat and seat.role and seat.role not in person.roles:
        person.roles.append(seat.role)
    identity = seat.identity if seat else "" if getattr(body, "witnessed", False) else event.identity
    if identity and identity not in person.identities and len(person.identities) < MOST_IDENTITIES:
        person.identities.append(identity)


def _leave(past: Past, now: When, because: str, name: str = "") -> None:
    """End a seat, or all of them."""
    for one in past.seats:
        if one.left is None and name in ("", one.seat.id):
            one.left, one.because = now, because


def _second(past: Past, event: Event, body: facts.StepApproved | facts.ItemMarked, now: When) -> SecondPerson:
    if isinstance(body, facts.ItemMarked):
        return SecondPerson(
            event.seq, now, past.title(body.item), body.by, evidence_words(body.witnessed, event.identity), body.reason
        )
    names = SessionNames(past.session)
    what = f"{names.procedure(body.procedure)}: {' '.join(names.step(body.procedure, body.step))}"
    where = f" on {body.where}" if body.where else ""
    until = utc(now.wall + body.until - now.at)
    details = f"{shlex.join(body.argv)}{where}, valid until {until}Z"
    by = f"{body.by} ({body.role})" if body.role else body.by
    return SecondPerson(event.seq, now, plain(what, 120), by, evidence_words(False, event.identity), details)
