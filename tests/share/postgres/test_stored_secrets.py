"""No table of the shared store has a secret of the session: output of steps, notes, and commands of seats."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from mmcockpit.cli.live import open_session
from mmcockpit.core.decide.command import AddNote
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.states import StepState
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.simulator.servers.postgres import Postgres
from tests.engine.engine_run import Watcher
from tests.engine.step_run import done, lines, python, rollback, step
from tests.servers.wait import wait_until
from tests.share.postgres.driving import driving, night
from tests.share.postgres.stores import PASSWORD, StoreDatabase, installed_database, tables

pytestmark = pytest.mark.server
CANARY = 'Canary "7f3a" <x/&y>'


def forms(secret: str) -> set[str]:
    """Return how a secret may be written."""
    return {secret, quote(secret, ""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()}


@pytest.fixture
def own_database(postgres: Postgres) -> Iterator[StoreDatabase]:
    """Yield a store with nothing of other tests, which write the password until their driver knows it."""
    with installed_database(postgres.dsn) as database:
        yield database


def test_no_table_has_a_secret_that_a_step_prints_or_a_person_writes(
    own_database: StoreDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", CANARY)
    monkeypatch.setenv("MMCOCKPIT_SHARE", own_database.dsn("ana"))
    printed = sorted({*forms(CANARY), *forms(PASSWORD)})
    leaked = tmp_path / "leaked"
    leaked.write_text("\n".join(printed), encoding="utf-8")
    made = rollback(
        step(
            "leak",
            python(f"import sys; text = open({str(leaked)!r}).read(); print(text); print(text, file=sys.stderr)"),
        ),
        people=night(own_database).people,
        share=night(own_database).share,
    )
    api = SourceSpec("api", "http", {"url": "http://127.0.0.1:1", "token": {"env": "API_TOKEN"}})
    made = msgspec.structs.replace(made, sources=(*made.sources, api))
    engine, _ = open_session(made, {}, "ana", SessionMode.LIVE, tmp_path / "journal.jsonl")
    with driving(own_database, "secrets", tmp_path / "journal.jsonl", engine=engine) as driver:
        screen = Watcher(LiveFeed(engine))
        leak = done(screen, "leak")
        assert leak.state is StepState.OK
        assert "•••" in "".join(lines(leak))
        engine.submit(AddNote("ana", f"token {CANARY}, password {PASSWORD}"))
        driver.note("the last note")
        driver.copied()
    found = tables(own_database)
    assert "•••" in found["chunk"]
    assert {(name, form) for name, text in found.items() for form in printed if form in text} == set()


def test_a_note_with_the_password_of_the_store_is_struck_out_in_a_session_that_runs_nothing(
    store_database: StoreDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMCOCKPIT_SHARE", store_database.dsn("ana"))
    with driving(store_database, "quiet", tmp_path / "journal.jsonl") as driver:
        screen = Watcher(LiveFeed(driver.engine))
        screen.look()

        def struck_out() -> bool:
            driver.engine.submit(AddNote("ana", f"password {PASSWORD}"))
            return "password •••" in driver.journal.decode()

        wait_until(struck_out, "the password is known soon after the start", 10)
        driver.note("from now on")
        driver.engine.submit(AddNote("ana", f"again {PASSWORD}"))
        driver.note("the last note")
        driver.copied()
    after = tables(store_database)["chunk"].partition("from now on")[2]
    assert ("again •••" in after, PASSWORD in after) == (True, False)
