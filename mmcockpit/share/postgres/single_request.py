"""One command to the driver by way of the store, from a process that is no seat of the session."""

import asyncio
from typing import NamedTuple

from msgspec.structs import replace

from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import Refused
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.journal.codec import UnreadableLine, base_of, decode
from mmcockpit.share.postgres.chain import StoredChain
from mmcockpit.share.postgres.records import InboxCommand, StoreAway, StoreRefused
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.requests import encode

DECIDED_S = 15.0
"""Longest wait for the outcome, in seconds: longer than a lease."""

SEARCHED = 500
"""Facts before the deciding one among which the command's own facts are."""

_LOOK_S = 1.0


class StoreOutcome(NamedTuple):
    """What became of a command: the fact that decided it, and why it was refused.

    `answer` is why it became no fact; `repeated` is set if it had been decided before.
    """

    number: int
    refusal: Refusal | None = None
    answer: str = ""
    repeated: bool = False


class Undriven(NamedTuple):
    """No driver decided the command: why, and whether it may still be decided later."""

    why: str
    sent: bool


async def request_once(store: SharedStore, id: str, request: Request) -> StoreOutcome | Undriven:
    """Send a command as the login of the store's connection, and wait until the driver decided it.

    It is sent as one that has seen what the store has. The same request again is decided once. Raises StoreRefused for
    a viewer or an unknown session, StoreAway if the store cannot be reached before the command is sent.
    """
    stored = await store.session(id)
    if stored is None:
        raise StoreRefused(f"the store has no session {id}; `mmcockpit sessions --shared` lists them")
    before = await store.command(id, request.id)
    decided_before = before is not None and before.decided_seq is not None
    if not decided_before:
        if stored.ended_at is not None:
            return Undriven(f"session {id} has ended", sent=False)
        if stored.left_s <= 0:
            return Undriven(f"no driver: {stored.holder} on {stored.host} is silent for {stored.silent_s:.0f} s", False)
        sent = encode(replace(request, saw=stored.last_seq), store.redact)
        await store.put_command(id, request.id, sent.decode())
    command = await _decided(store, id, request.id)
    if command is None or command.decided_seq is None:
        return Undriven(f"{stored.holder} on {stored.host} did not decide it within {DECIDED_S:g} s", sent=True)
    refusal = None if command.answer else await _refusal(store, id, request.id, command.decided_seq)
    return StoreOutcome(command.decided_seq, refusal, command.answer, decided_before)


async def _decided(store: SharedStore, id: str, command_id: str) -> InboxCommand | None:
    """Wait until the command is decided; None if that takes too long, also because the store is away."""
    ends = asyncio.get_running_loop().time() + DECIDED_S
    command: InboxCommand | None = None
    while asyncio.get_running_loop().time() < ends:
        try:
            command = await store.command(id, command_id)
            if command is not None and command.decided_seq is not None:
                return command
            await store.news(id, _LOOK_S)
        except StoreAway:
            await asyncio.sleep(_LOOK_S)
    return command


async def _refusal(store: SharedStore, id: str, command_id: str, number: int) -> Refusal | None:
    """Return why the command was refused, from the facts that name it."""
    first = await StoredChain(store, id).after(0)
    assert first is not None, "a command was decided, so that the session has facts"
    base = base_of(decode(first.data.partition(b"\n")[0]).stamp)
    chain, after = StoredChain(store, id), max(number - SEARCHED, 0)
    while after < number and (lines := await chain.after(after)) is not None:
        after = lines.last
        for line in lines.data.splitlines():
            if command_id.encode() not in line:
                continue
            try:
                event = decode(line, base)
            except UnreadableLine:
                continue
            if event.command_id == command_id and isinstance(event.body, Refused):
                return event.body.refusal
    return None
