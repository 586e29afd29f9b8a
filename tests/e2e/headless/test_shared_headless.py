"""A driver without a screen whose session is in PostgreSQL: the database goes away, another driver takes over."""

import os
import signal
from pathlib import Path

from tests.e2e.headless.cockpits import cockpit, people
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import Place
from tests.servers.http import HttpServer
from tests.servers.links import Links
from tests.servers.wait import wait_until
from tests.share.postgres.driving import end_lease, port_of, stored
from tests.share.postgres.stores import StoreDatabase


def test_it_reports_that_the_database_is_away_and_back_and_continues_meanwhile(
    place: Place, site: HttpServer, store_database: StoreDatabase
) -> None:
    unit = ["run", cockpit(place, site, people(store_database)), "--headless", "--operator", "service"]
    with Links() as links:
        link = links.link(port_of(store_database))
        env = {"MMCOCKPIT_SHARE": store_database.dsn("ana", host="127.0.0.1", port=str(link.port))}
        with HeadlessDriver(place, *unit, env=env) as driver:
            driver.says(r"advice    HOLD")
            link.cut()
            driver.says(r"sharing   .*postgres 127\.0\.0\.1:\d+")
            assert place.call("act", "latest", "note", "meanwhile").returncode == 0
            driver.says(r"note      service: meanwhile")
            link.mend()
            driver.says(r"sharing   the shared store is reached again")
            assert driver.ends(signal.SIGTERM) == 0


def test_after_a_takeover_the_old_driver_ends_without_a_failure_and_names_the_new_one(
    place: Place, site: HttpServer, store_database: StoreDatabase, tmp_path: Path
) -> None:
    elsewhere = Place(tmp_path / "elsewhere")
    more = people(store_database)
    for each in (place, elsewhere):
        cockpit(each, site, more)
    unit = ["run", "cockpit.yaml", "--headless", "--operator", "service"]
    with HeadlessDriver(place, *unit, env={"MMCOCKPIT_SHARE": store_database.dsn("ana")}) as old:
        old.says(r"advice    HOLD")
        session = place.journal.parent.name
        assert place.call("act", "latest", "note", "before").returncode == 0
        old.says(r"note      service: before")
        wait_until(lambda: b"before" in stored(store_database, session), "the store has the note")
        os.kill(old.process.pid, signal.SIGSTOP)
        end_lease(store_database, session)
        takeover = ["resume", "--shared", session, "--headless", "--cockpit", "cockpit.yaml", "--reason", "laptop died"]
        with HeadlessDriver(elsewhere, *takeover, env={"MMCOCKPIT_SHARE": store_database.dsn("dora")}) as new:
            new.says(rf"driving   {session} as dora")
            os.kill(old.process.pid, signal.SIGCONT)
            assert old.ends() == 0
            assert any(
                f"`mmcockpit join --shared {session}` joins the session at its new driver" in line for line in old.lines
            )
            assert any("drives this session now; this driver ends" in line for line in old.lines)
            assert new.ends(signal.SIGTERM) == 0
    assert elsewhere.call("verify", session).returncode == 0
