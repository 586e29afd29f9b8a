"""What a seat types stays in the inbox of the store only until it is decided, and a seat strikes out what it knows."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec.structs import replace

from mmcockpit.cli.live import open_session as begin
from mmcockpit.core.decide.command import AddNote, AnyCommand
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.share.postgres import installation
from mmcockpit.share.postgres.installation import install
from mmcockpit.share.postgres.records import StoreRefused, Takeover
from mmcockpit.share.postgres.single_request import StoreOutcome, Undriven, request_once
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.requests import decode, encode
from mmcockpit.sources.common.secrets import Secrets
from tests.servers.wait import wait_until
from tests.share.postgres.driving import Driving, asked, driving, end_lease, night
from tests.share.postgres.stores import PASSWORD, StoreDatabase, chunk, grant_rights, open_session, tables

pytestmark = [pytest.mark.anyio, pytest.mark.server]
TYPED = "hunter2-of-the-source"
OWN = "password-of-this-seat"


def rows(database: StoreDatabase, id: str) -> list[tuple[object, ...]]:
    """Return the inbox of a session: its texts, whether they are decided, and the answers."""
    statement = (
        "SELECT command, decided_seq IS NOT NULL, answer FROM mmcockpit.inbox WHERE session = %s ORDER BY sent_at"
    )
    return database.execute("admin", statement, id)


def wait_longer(database: StoreDatabase, id: str, minutes: int) -> None:
    """Let the commands of a session wait for some minutes more."""
    later = f"UPDATE mmcockpit.inbox SET sent_at = sent_at - interval '{minutes} minutes' WHERE session = %s"
    database.execute("admin", later, id)


def knows_password(driver: Driving) -> bool:
    """Return whether the driver strikes out the password of the store, and so the other secrets of its file."""
    driver.engine.submit(AddNote("ana", f"password {PASSWORD}"))
    return "password •••".encode() in driver.journal


def sent_by_bo(database: StoreDatabase, id: str, command: AnyCommand) -> StoreOutcome | Undriven:
    """Send a command as bo, whose process knows the secret OWN."""
    secrets = Secrets()
    secrets.protect(OWN)

    async def sent() -> StoreOutcome | Undriven:
        store = SharedStore(lambda: database.dsn("bo"), secrets.redact)
        try:
            return await request_once(store, id, Request(uuid4().hex, command))
        finally:
            await store.close()

    return asyncio.run(sent())


def test_no_table_has_what_a_seat_typed_once_the_driver_has_decided_it(
    store_database: StoreDatabase, session_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", TYPED)
    monkeypatch.setenv("MMCOCKPIT_SHARE", store_database.dsn("ana"))
    api = SourceSpec("api", "http", {"url": "http://127.0.0.1:1", "token": {"env": "API_TOKEN"}})
    path = tmp_path / "journal.jsonl"
    engine, _ = begin(replace(night(store_database), sources=(api,)), {}, "ana", SessionMode.LIVE, path)
    with driving(store_database, session_id, path, engine=engine) as driver:
        wait_until(lambda: knows_password(driver), "the driver knows the secrets of its cockpit file")
        driver.copied()
        assert isinstance(sent_by_bo(store_database, session_id, AddNote("bo", f"it is {TYPED}")), StoreOutcome)
        driver.copied()
        assert "it is •••".encode() in driver.journal
    assert rows(store_database, session_id) == [("", True, "")]
    assert [name for name, text in tables(store_database).items() if TYPED in text] == []


def test_a_seat_strikes_out_its_own_secrets_before_it_sends(
    store_database: StoreDatabase, session_id: str, tmp_path: Path
) -> None:
    with driving(store_database, session_id, tmp_path / "journal.jsonl") as driver:
        driver.note("begins")
        driver.copied()
        assert isinstance(sent_by_bo(store_database, session_id, AddNote("bo", f"I use {OWN}")), StoreOutcome)
        assert "I use •••".encode() in driver.journal
    assert [name for name, text in tables(store_database).items() if OWN in text] == []


async def test_the_reason_of_a_takeover_has_no_secret_of_the_seat(
    store_database: StoreDatabase, session_id: str
) -> None:
    secrets = Secrets()
    secrets.protect(OWN)
    async with store_database.store("ana") as ana:
        await ana.release(session_id, await open_session(ana, session_id))
    dora = SharedStore(lambda: store_database.dsn("dora"), secrets.redact)
    taken = await dora.take_over(session_id, "tower", "7", f"ana gave me {OWN}", str(uuid4()))
    stored = await dora.session(session_id)
    await dora.close()
    assert isinstance(taken, Takeover)
    assert stored is not None
    assert stored.reason == "ana gave me •••"


async def test_what_the_driver_answers_without_a_fact_is_emptied_too(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as driver, store_database.store("bo") as seat:
        term = await open_session(driver, session_id)
        await driver.append(session_id, term, chunk(1, 1))
        await seat.put_command(session_id, "c1", TYPED)
        assert await driver.decide(session_id, term, "c1", 1, "not a request") is None
        await seat.put_command(session_id, "c1", TYPED)
    assert rows(store_database, session_id) == [("", True, "not a request")]


async def test_the_end_of_a_session_empties_what_was_not_decided_and_takes_nothing_more_until_it_is_reopened(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as driver, store_database.store("bo") as seat:
        term = await open_session(driver, session_id)
        await driver.append(session_id, term, chunk(1, 1))
        await seat.put_command(session_id, "c1", TYPED)
        await driver.release(session_id, term, ended=True)
        answer = "the session has ended: its log shows whether this was recorded"
        assert rows(store_database, session_id) == [("", True, answer)]
        await seat.put_command(session_id, "c1", TYPED)
        with pytest.raises(StoreRefused, match="has ended"):
            await seat.put_command(session_id, "c2", TYPED)
        await driver.renew(session_id, term)
        await seat.put_command(session_id, "c2", TYPED)
        stored = await seat.session(session_id)
        assert stored is not None
        assert stored.ended_at is None
    assert [row[1] for row in rows(store_database, session_id)] == [True, False]


async def test_what_a_lost_driver_left_is_emptied_when_another_session_begins(
    store_database: StoreDatabase, session_id: str
) -> None:
    async with store_database.store("ana") as driver, store_database.store("bo") as seat:
        await open_session(driver, session_id)
        await seat.put_command(session_id, "c1", TYPED)
        wait_longer(store_database, session_id, 4)
        await open_session(driver, f"{session_id}-2")
        assert rows(store_database, session_id) == [(TYPED, False, "")]
        wait_longer(store_database, session_id, 4)
        await open_session(driver, f"{session_id}-3")
    assert rows(store_database, session_id) == [("", False, "")]


def test_the_next_driver_decides_and_empties_what_the_lost_one_left(
    store_database: StoreDatabase, session_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    with driving(store_database, session_id, path) as driver:
        driver.note("begins")
        driver.copied()
    late, emptied, recorded = (asked(AddNote("bo", f"{TYPED} {what}")) for what in ("late", "emptied", "recorded"))

    async def left() -> None:
        async with store_database.store("bo") as seat:
            for request in (late, emptied, recorded):
                await seat.put_command(session_id, request.id, encode(request).decode())

    asyncio.run(left())
    wait_longer(store_database, session_id, 2)
    store_database.execute("admin", "UPDATE mmcockpit.inbox SET command = '' WHERE id = %s", emptied.id)
    end_lease(store_database, session_id)
    with driving(store_database, session_id, path):
        wait_until(lambda: all(row[1] for row in rows(store_database, session_id)), "the driver has decided all")
    answer = "no driver decided it within a minute: give it again"
    assert rows(store_database, session_id) == [("", True, answer)] * 3


def test_a_command_that_was_recorded_but_not_marked_is_decided_without_its_text(
    store_database: StoreDatabase, session_id: str, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    with driving(store_database, session_id, path) as driver:
        driver.note("begins")
        driver.copied()
        outcome = sent_by_bo(store_database, session_id, AddNote("bo", "once"))
        assert isinstance(outcome, StoreOutcome)
        driver.copied()
    undo = "UPDATE mmcockpit.inbox SET decided_seq = NULL WHERE session = %s"
    store_database.execute("admin", undo, session_id)
    wait_longer(store_database, session_id, 2)
    with driving(store_database, session_id, path) as driver:
        wait_until(lambda: rows(store_database, session_id) == [("", True, "")], "the driver has marked it")
        assert driver.journal.count(b'"once"') == 1
    [(seq,)] = store_database.execute("admin", "SELECT decided_seq FROM mmcockpit.inbox WHERE session = %s", session_id)
    assert seq == outcome.number


def test_an_update_of_the_store_empties_what_earlier_versions_kept(
    database: StoreDatabase, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def installed() -> tuple[int, int]:
        done = asyncio.run(install(lambda: database.admin, lambda text: text))
        return done.before, done.after

    async def refused() -> None:
        async with database.store("bo") as seat:
            with pytest.raises(StoreRefused, match="version 1, this program needs 2: run `mmcockpit share init`"):
                await seat.put_command("open", "c9", "{}")

    with monkeypatch.context() as earlier:
        earlier.setattr(installation, "VERSION", 1)
        assert installed() == (0, 1)
    grant_rights(database)
    asyncio.run(refused())
    head = "AAAAAAAAAAAAAAAA"
    for id, ended in (("open", "NULL"), ("ended", "now()")):
        add = "INSERT INTO mmcockpit.session (id, name, environment, head, ended_at) VALUES (%s, 'n', 'e', %s, "
        database.execute("admin", f"{add}{ended})", id, head)
        for command, decided in (("decided", "1"), ("waits", "NULL")):
            put = "INSERT INTO mmcockpit.inbox (session, id, who, command, decided_seq) VALUES (%s, %s, 'bo', %s, "
            database.execute("admin", f"{put}{decided})", id, f"{id}-{command}", TYPED)
    assert installed() == (1, 2)
    kept = database.execute("admin", "SELECT id FROM mmcockpit.inbox WHERE command <> ''")
    assert kept == [("open-waits",)]
    undecided = database.execute("admin", "SELECT id FROM mmcockpit.inbox WHERE decided_seq IS NULL")
    assert undecided == [("open-waits",)]


def test_only_free_text_is_struck_out_of_a_command() -> None:
    request = asked(AddNote("audit", "the audit", "ready/s/audit"))
    sent = decode(encode(request, lambda text: text.replace("audit", "•••")))
    assert sent.command == AddNote("audit", "the •••", "ready/s/audit")
