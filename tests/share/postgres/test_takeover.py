"""Another machine becomes the driver: one chain, terms in order, and what the old driver had is kept apart."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.cli import main
from mmcockpit.cli.live import Permit, resume_session
from mmcockpit.cli.sharing.fenced import set_tail_apart
from mmcockpit.core.facts.event import DriverChanged, Gap, Noted, Resumed
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify
from mmcockpit.share.postgres.records import LeaseHeld
from mmcockpit.share.postgres.takeover import TakenOver, take_over
from tests.servers.links import Links
from tests.servers.wait import wait_until
from tests.share.postgres.driving import driving, end_lease, facts_of, lease, port_of, stored
from tests.share.postgres.stores import PASSWORD, StoreDatabase


@pytest.fixture
def home(tmp_path: Path, session_id: str) -> Callable[[str], Path]:
    """Return a function that gives the journal of the session on a machine."""
    return lambda name: tmp_path / name / "mmcockpit" / "sessions" / session_id / "journal.jsonl"


def taken(database: StoreDatabase, session: str, path: Path, name: str = "dora") -> TakenOver | LeaseHeld:
    """Take a session over as a person, to the journal at `path`."""

    async def take() -> TakenOver | LeaseHeld:
        async with database.store(name) as store:
            return await take_over(store, session, path, ("other", "7"), "ana is gone")

    return asyncio.run(take())


def resumed(result: TakenOver | LeaseHeld, path: Path) -> Engine:
    """Return the engine of the new driver, not started yet."""
    assert isinstance(result, TakenOver)
    return resume_session(path, "dora", Permit(first=result.facts("dora", "other", "ana is gone")))


def test_the_new_driver_continues_the_chain_in_a_later_term(
    store_database: StoreDatabase, session_id: str, home: Callable[[str], Path]
) -> None:
    with driving(store_database, session_id, home("ana")) as ana:
        ana.note("from ana")
        ana.copied()
    engine = resumed(taken(store_database, session_id, home("dora")), home("dora"))
    with driving(store_database, session_id, home("dora"), "dora", engine=engine, host="other") as dora:
        dora.note("from dora")
        dora.copied()
        assert lease(store_database, session_id)[:2] == (2, store_database.user("dora"))
    events = facts_of(stored(store_database, session_id))
    epochs = [event.epoch for event in events]
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2}
    bodies = [event.body for event in events]
    changed = next(body for body in bodies if isinstance(body, DriverChanged))
    assert (changed.by, changed.host, changed.epoch, changed.reason, changed.was) == (
        "dora", "other", 2, "ana is gone", "laptop",
    )  # fmt: skip
    kinds = [type(body) for body in bodies]
    assert kinds.index(DriverChanged) + 1 == kinds.index(Gap) == kinds.index(Resumed) - 1


def test_a_takeover_that_dies_before_its_first_fact_leaves_the_session_to_the_next(
    store_database: StoreDatabase, session_id: str, home: Callable[[str], Path]
) -> None:
    with driving(store_database, session_id, home("ana")) as ana:
        ana.note("from ana")
        ana.copied()
        before = ana.journal
    assert isinstance(taken(store_database, session_id, home("dora")), TakenOver)
    assert home("dora").read_bytes() == stored(store_database, session_id) == before
    end_lease(store_database, session_id)
    engine = resumed(taken(store_database, session_id, home("other")), home("other"))
    with driving(store_database, session_id, home("other"), "dora", engine=engine, host="other") as dora:
        dora.note("third term")
        dora.copied()
    epochs = [event.epoch for event in facts_of(stored(store_database, session_id))]
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 3}


def test_a_takeover_that_dies_after_its_first_facts_sets_them_apart_when_it_returns(
    store_database: StoreDatabase, session_id: str, home: Callable[[str], Path]
) -> None:
    with driving(store_database, session_id, home("ana")) as ana:
        ana.note("from ana")
        ana.copied()
    # Its facts are in its own journal, and never reach the store.
    engine = resumed(taken(store_database, session_id, home("dora")), home("dora"))
    engine.record.close(engine.session.seq + 1, engine.clock.now())
    end_lease(store_database, session_id)
    again = taken(store_database, session_id, home("dora"))
    assert isinstance(again, TakenOver)
    assert again.term.epoch == 3
    assert again.local.apart is not None
    assert home("dora").read_bytes() == stored(store_database, session_id)
    assert [type(event.body) for event in read(again.local.apart)][-3:] == [DriverChanged, Gap, Resumed]


def test_a_living_driver_is_not_taken_over(
    store_database: StoreDatabase, session_id: str, home: Callable[[str], Path]
) -> None:
    with driving(store_database, session_id, home("ana")) as ana:
        ana.copied()
        held = taken(store_database, session_id, home("dora"))
        assert isinstance(held, LeaseHeld)
        assert held.host == "laptop"
        assert lease(store_database, session_id)[0] == 1


def test_a_driver_that_was_replaced_keeps_its_own_facts_apart_and_has_the_head_of_the_store(
    store_database: StoreDatabase,
    session_id: str,
    home: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MMCOCKPIT_SHARE", store_database.dsn("ana"))
    with Links() as links:
        link = links.link(port_of(store_database))
        dsn = store_database.dsn("ana", port=str(link.port))
        with driving(store_database, session_id, home("ana"), dsn=lambda: dsn) as ana:
            ana.note("shared by ana")
            ana.copied()
            link.cut()
            ana.note("never shared")
            end_lease(store_database, session_id)
            engine = resumed(taken(store_database, session_id, home("dora")), home("dora"))
            with driving(store_database, session_id, home("dora"), "dora", engine=engine, host="other") as dora:
                dora.note("from dora")
                dora.copied()
                link.mend()
                wait_until(lambda: bool(ana.engine.driver.fenced), "ana is refused by the store")
    assert set_tail_apart(ana.engine, home("ana"))
    said = capsys.readouterr().err
    assert "was taken over: " in said
    assert "kept in " in said
    assert home("ana").read_bytes() == home("dora").read_bytes() == stored(store_database, session_id)
    [apart] = home("ana").parent.glob("unsent-*.jsonl")
    kept = [event.body.text for event in read(apart) if isinstance(event.body, Noted)]
    assert kept[-1] == "never shared"
    assert "from dora" not in kept
    assert b"never shared" not in stored(store_database, session_id)
    assert verify(apart).ok


def test_the_commands_read_a_shared_session_and_agree_on_its_head(
    store_database: StoreDatabase,
    session_id: str,
    home: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with driving(store_database, session_id, home("ana")) as ana:
        ana.note("a note for all")
        ana.copied()
    monkeypatch.setenv("MMCOCKPIT_SHARE", store_database.dsn("carla"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "ana"))
    assert main(["verify", "--shared", session_id]) == 0
    head = verify(home("ana")).head
    assert capsys.readouterr().out.count(head) == 2
    assert main(["verify", str(home("ana"))]) == 0
    assert head in capsys.readouterr().out
    assert main(["log", "--shared", session_id[:-2]]) == 0
    assert "a note for all" in capsys.readouterr().out
    assert main(["report", "--shared", session_id]) == 0
    assert "a note for all" in capsys.readouterr().out
    assert main(["sessions", "--shared"]) == 0
    assert session_id in capsys.readouterr().out


def test_a_store_that_cannot_be_reached_is_one_line(
    store_database: StoreDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("MMCOCKPIT_SHARE", raising=False)
    assert main(["log", "--shared", "any"]) == 1
    assert "set $MMCOCKPIT_SHARE" in capsys.readouterr().err
    monkeypatch.setenv("MMCOCKPIT_SHARE", store_database.dsn("carla").replace(PASSWORD, "wrong"))
    assert main(["log", "--shared", "any"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "wrong" not in error
