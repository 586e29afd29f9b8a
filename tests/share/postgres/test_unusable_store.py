"""A driver whose store cannot be used reports why in one line, continues, and has its journal complete."""

import asyncio
import os
import pwd
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from mmcockpit.journal.verify import verify
from mmcockpit.share.postgres.installation import install
from mmcockpit.share.postgres.records import Takeover
from mmcockpit.simulator.servers.postgres import Postgres
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import Place
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.needs import need
from tests.servers.wait import wait_until
from tests.share.postgres.small_disk import SmallDisk
from tests.share.postgres.stores import EVERY_LOGIN, PASSWORD, StoreDatabase, grant_rights

pytestmark = pytest.mark.server

COCKPIT = """
name: Web shop
environment: test
checklist: list.md
people: [{{name: ana, login: {login}, role: lead}}]
share: {{postgres: {{file: {address}}}}}
"""


class SharedDriver:
    """A driver without a screen, whose store is reached by the DSN in a file."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self._address = folder / "address"
        self.place.write("list.md", "# Small\n\n## Ready\n\n- [ ] Audit\n")
        self.place.write(
            "cockpit.yaml", COCKPIT.format(address=self._address, login=pwd.getpwuid(os.geteuid()).pw_name)
        )

    def point_to(self, dsn: str) -> None:
        """Use this DSN for the next connection."""
        new = self._address.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(dsn)
        os.replace(new, self._address)

    def start(self) -> HeadlessDriver:
        return HeadlessDriver(self.place, "run", "cockpit.yaml", "--headless")

    def stop(self, driver: HeadlessDriver) -> None:
        """End the driver by a signal; its journal is whole, and it printed no secret."""
        assert driver.ends(signal.SIGTERM) == 0
        assert driver.errors == ""
        assert PASSWORD not in "\n".join(driver.lines)
        assert verify(self.place.journal).ok

    @property
    def session(self) -> str:
        return self.place.journal.parent.name

    def stored(self, database: StoreDatabase) -> bytes:
        """Return the bytes of the session that the store has."""
        rows = database.execute(
            "admin", "SELECT lines FROM mmcockpit.chunk WHERE session = %s ORDER BY last_seq", self.session
        )
        return b"".join(bytes(lines) for (lines,) in rows if isinstance(lines, bytes))

    def wait_until_stored(self, database: StoreDatabase) -> None:
        """Wait until the store has the very bytes of the journal."""
        wait_until(lambda: self.stored(database) == self.place.journal.read_bytes() != b"", "the store has all facts")


@pytest.fixture
def shared(tmp_path: Path) -> SharedDriver:
    return SharedDriver(tmp_path)


def installed(database: StoreDatabase) -> None:
    asyncio.run(install(lambda: database.admin, lambda text: text))
    grant_rights(database)


def test_every_reason_is_one_line_and_the_driver_shares_as_soon_as_it_can(
    database: StoreDatabase, shared: SharedDriver
) -> None:
    shared.point_to(database.dsn("ana", dbname="nowhere"))
    with shared.start() as driver:
        driver.says(r'sharing .*database "nowhere" does not exist')
        shared.point_to(database.dsn("ana").replace(PASSWORD, "wrong"))
        driver.says("sharing .*password authentication failed")
        shared.point_to(database.dsn("ana", port="1"))
        driver.says("sharing .*Connection refused")
        shared.point_to(database.dsn("ana"))
        driver.says("sharing .*: no store in this database: run `mmcockpit share init`")
        asyncio.run(install(lambda: database.admin, lambda text: text))
        user = database.user("ana")
        driver.says(f"sharing .*{user} has no right to this store; this needs GRANT mmcockpit_viewer TO {user}")
        database.execute("admin", f"GRANT mmcockpit_operator TO {database.user('ana')}")
        driver.says(f"sharing .*{user} is operator; this needs GRANT mmcockpit_driver TO {user}")
        grant_rights(database)
        driver.says("sharing .*the shared store is reached again")
        shared.wait_until_stored(database)
        shared.stop(driver)
    reasons = ("nowhere", "password", "refused", "no store in", "has no right", "is operator")
    said = [[line for line in driver.lines if line.split()[1] == "sharing" and reason in line] for reason in reasons]
    assert [len(lines) for lines in said] == [1] * len(reasons), said
    assert database.execute("admin", "SELECT until <= clock_timestamp() FROM mmcockpit.lease") == [(True,)]


def test_a_store_of_a_later_version_is_one_line(database: StoreDatabase, shared: SharedDriver) -> None:
    installed(database)
    database.execute("admin", "INSERT INTO mmcockpit.version (number) VALUES (7)")
    shared.point_to(database.dsn("ana"))
    with shared.start() as driver:
        driver.says("sharing .*the store has version 7, this program reads 2: update mmcockpit")
        shared.stop(driver)


def test_a_full_disk_of_the_database_is_one_line_and_nothing_is_missing_afterwards(
    database: StoreDatabase, shared: SharedDriver, small_disk: SmallDisk
) -> None:
    installed(database)
    small = f"small_{database.ending}"
    database.execute("admin", f"CREATE TABLESPACE {small} LOCATION '{small_disk.folder}'")
    database.execute("admin", f"ALTER TABLE mmcockpit.chunk SET TABLESPACE {small}")
    small_disk.fill()
    shared.point_to(database.dsn("ana"))
    with shared.start() as driver:
        driver.says("sharing .*No space left on device: its disk is full; SHARED BEHIND [0-9]+")
        assert shared.stored(database) == b""
        small_disk.grow()
        driver.says("sharing .*the shared store is reached again")
        shared.wait_until_stored(database)
        shared.stop(driver)
    database.execute("admin", "ALTER TABLE mmcockpit.chunk SET TABLESPACE pg_default")
    database.execute("admin", f"DROP TABLESPACE {small}")


def test_a_lost_lease_is_one_line_and_the_driver_ends_with_its_journal_whole(
    database: StoreDatabase, shared: SharedDriver
) -> None:
    async def taken_over() -> None:
        async with database.store("dora") as store:
            taken = await store.take_over(shared.session, "tower", "7", "laptop died", str(uuid4()))
            assert isinstance(taken, Takeover)

    installed(database)
    shared.point_to(database.dsn("ana"))
    with shared.start() as driver:
        wait_until(lambda: len(shared.place.journals) == 1, "the session has begun")
        shared.wait_until_stored(database)
        database.execute("admin", "UPDATE mmcockpit.lease SET granted_to = %s", database.user("dora"))
        asyncio.run(taken_over())
        driver.says(
            f"sharing .*{database.user('dora')} on tower: laptop died drives this session now; this driver ends"
        )
        driver.ends()
    assert "was taken over" in driver.errors
    assert driver.errors.count("\n") <= 2
    assert verify(shared.place.journal).ok


def test_a_driver_shares_through_a_pooler_in_transaction_mode(
    postgres: Postgres, database: StoreDatabase, shared: SharedDriver, tmp_path: Path
) -> None:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    installed(database)
    with PgBouncer(tmp_path / "pooler", postgres, settings={**EVERY_LOGIN, "default_pool_size": "1"}) as pooler:
        shared.point_to(database.dsn("ana", port=str(pooler.port)))
        with shared.start() as driver:
            wait_until(lambda: len(shared.place.journals) == 1, "the session has begun")
            shared.wait_until_stored(database)
            shared.stop(driver)
        shared.wait_until_stored(database)
