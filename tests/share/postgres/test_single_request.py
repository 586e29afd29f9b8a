"""One command by way of the store, from a process that is no seat."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from mmcockpit.core.decide.command import AddNote, AnyCommand, MarkItem
from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.states import Mark
from mmcockpit.share.postgres.records import StoreRefused
from mmcockpit.share.postgres.single_request import StoreOutcome, Undriven, request_once
from mmcockpit.share.postgres.store import SharedStore
from tests.share.postgres.driving import driving
from tests.share.postgres.stores import StoreDatabase


def once(
    database: StoreDatabase, id: str, name: str, command: AnyCommand, request: str = ""
) -> StoreOutcome | Undriven:
    """Send a command as a person, who needs no seat for it."""

    async def sent() -> StoreOutcome | Undriven:
        store = SharedStore(lambda: database.dsn(name), lambda text: text)
        try:
            return await request_once(store, id, Request(request or uuid4().hex, command))
        finally:
            await store.close()

    return asyncio.run(sent())


def test_a_command_is_recorded_once_with_the_login_of_the_database(
    store_database: StoreDatabase, session_id: str, tmp_path: Path
) -> None:
    with driving(store_database, session_id, tmp_path / "ana" / "journal.jsonl") as driver:
        driver.note("begins")
        driver.copied()
        request = uuid4().hex
        first = once(store_database, session_id, "bo", AddNote("dora", "by bo"), request)
        assert isinstance(first, StoreOutcome)
        assert (first.refusal, first.answer, first.repeated) == (None, "", False)
        again = once(store_database, session_id, "bo", AddNote("dora", "by bo"), request)
        assert again == first._replace(repeated=True)
        assert driver.journal.count(b'"by bo"') == 1
        assert f'"identity":"postgres:{store_database.user("bo")}"'.encode() in driver.journal


def test_a_refusal_comes_back_with_its_reason_also_when_the_command_is_repeated(
    store_database: StoreDatabase, session_id: str, tmp_path: Path
) -> None:
    with driving(store_database, session_id, tmp_path / "ana" / "journal.jsonl") as driver:
        driver.note("begins")
        driver.copied()
        request, command = uuid4().hex, MarkItem("bo", "audit", mark=Mark.BLOCK)
        for _ in range(2):
            refused = once(store_database, session_id, "bo", command, request)
            assert isinstance(refused, StoreOutcome)
            assert refused.refusal is not None
            assert refused.refusal.code is Code.MARK_NEEDS_REASON


def test_a_viewer_and_an_unknown_session_are_refused(
    store_database: StoreDatabase, session_id: str, tmp_path: Path
) -> None:
    with driving(store_database, session_id, tmp_path / "ana" / "journal.jsonl") as driver:
        driver.note("begins")
        driver.copied()
        with pytest.raises(StoreRefused, match="is viewer; this needs GRANT mmcockpit_operator TO carla_"):
            once(store_database, session_id, "carla", AddNote("carla", "x"))
        with pytest.raises(StoreRefused, match="has no session nosuch"):
            once(store_database, "nosuch", "bo", AddNote("bo", "x"))


def test_without_a_driver_nothing_is_sent(store_database: StoreDatabase, session_id: str, tmp_path: Path) -> None:
    with driving(store_database, session_id, tmp_path / "ana" / "journal.jsonl") as driver:
        driver.note("begins")
        driver.copied()
    gone = once(store_database, session_id, "bo", AddNote("bo", "x"))
    assert isinstance(gone, Undriven)
    assert not gone.sent
