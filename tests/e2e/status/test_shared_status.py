"""The page of a session in the shared store: followed by a seat, or written from a copy; what a lost store does."""

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from psycopg.conninfo import make_conninfo

from tests.e2e.headless.cockpits import cockpit, people
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import Place
from tests.servers.http import HttpServer
from tests.servers.links import Links
from tests.servers.wait import PATIENCE_S
from tests.share.postgres.driving import end_lease, port_of
from tests.share.postgres.stores import PASSWORD, StoreDatabase

SILENT = "NO CURRENT DATA"


class PageReader:
    """A reader of the stream of a link that the command printed; `html` is the newest body."""

    def __init__(self, link: str) -> None:
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/#(\S+)", link)
        assert found is not None, link
        self._connection = socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE_S)
        request = f"GET /stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {found[2]}\r\n\r\n"
        self._connection.sendall(request.encode())
        self._rest = b""
        self.html = ""

    def shows(self, *texts: str, current: bool = True) -> None:
        """Read until a body has all of these texts, and is current or not."""
        deadline = time.monotonic() + PATIENCE_S
        while (SILENT in self.html) is current or not all(text in self.html for text in texts):
            assert time.monotonic() < deadline, f"{texts} is missing, current={current}:\n{self.html}"
            block = self._connection.recv(1_048_576)
            assert block, "the server closed the stream"
            *lines, self._rest = (self._rest + block).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):
                    self.html = json.loads(line)["html"]

    def close(self) -> None:
        """Leave."""
        self._connection.close()


@contextmanager
def served(place: Place, dsn: str) -> Iterator[tuple[HeadlessDriver, PageReader]]:
    """Serve the newest session of the store as the login of a DSN."""
    words = ("status", "latest", "--shared", "--serve", "127.0.0.1:0")
    with (
        HeadlessDriver(place, *words, env={"MMCOCKPIT_SHARE": dsn}) as server,
        closing(PageReader(server.says("#").split()[-1])) as reader,
    ):
        yield server, reader


def test_a_viewer_elsewhere_serves_and_writes_the_page_and_a_lost_store_is_no_current_data(
    place: Place, elsewhere: Place, site: HttpServer, store_database: StoreDatabase
) -> None:
    unit = ["run", cockpit(place, site, people(store_database)), "--headless", "--operator", "service"]
    viewer = {"MMCOCKPIT_SHARE": store_database.dsn("carla")}
    owner = {"MMCOCKPIT_SHARE": store_database.dsn("ana")}
    with Links() as links, HeadlessDriver(place, *unit, env=owner) as driver:
        driver.says(r"advice    HOLD")
        name = place.journal.parent.name
        link = links.link(port_of(store_database))
        dsn = store_database.dsn("carla", host="127.0.0.1", port=str(link.port))
        with served(elsewhere, dsn) as (server, reader):
            reader.shows("Small", "HOLD")
            assert server.says("#").startswith(f"{name}: ")
            assert place.call("act", "latest", "mark", "1", "done").returncode == 0
            reader.shows("1 of 2 items complete")
            once = elsewhere.call("status", name, "--shared", "--once", "-o", "status.html", env=viewer)
            assert (once.returncode, once.stderr) == (0, ""), once
            page = (elsewhere.folder / "status.html").read_text()
            assert "1 of 2 items complete" in page
            assert SILENT not in page
            link.cut()
            reader.shows("1 of 2 items complete", current=False)
            link.mend()
            reader.shows("HOLD")
            assert driver.ends(signal.SIGKILL) == -signal.SIGKILL
            end_lease(store_database, name)
            reader.shows("The cockpit has sent nothing since", current=False)
            assert server.ends(signal.SIGTERM) == 0
        # Twice on a machine that is so busy that the database does not respond in time.
        lines = server.errors.splitlines()
        assert len(lines) in (2, 4), lines
        lost = "no current data, and the page shows that: postgres 127.0.0.1:"
        assert all(line.startswith(lost) for line in lines[::2]), lines
        assert set(lines[1::2]) == {"there is data again"}
        assert PASSWORD not in server.errors
    silent = elsewhere.call("status", name, "--shared", "--once", env=viewer)
    assert silent.returncode == 0, silent.stderr
    assert SILENT in silent.stdout


@pytest.mark.parametrize("how", [("--serve", "127.0.0.1:0"), ("--once",)])
def test_a_store_that_cannot_be_read_is_one_line_with_the_way_out(
    elsewhere: Place, store_database: StoreDatabase, how: tuple[str, ...]
) -> None:
    stranger = make_conninfo(store_database.dsn("carla"), password="not this one")
    for env, session, says in (
        ({"MMCOCKPIT_SHARE": ""}, "latest", r"--shared: set \$MMCOCKPIT_SHARE to the address of the store, or use"),
        ({"MMCOCKPIT_SHARE": "postgresql://carla@127.0.0.1:1/x"}, "latest", r"postgres 127\.0\.0\.1:1/?x?.*refused"),
        ({"MMCOCKPIT_SHARE": stranger}, "latest", "password authentication failed"),
        ({"MMCOCKPIT_SHARE": store_database.dsn("carla")}, "sample", "`mmcockpit sessions --shared` lists them"),
    ):
        refused = elsewhere.call("status", session, "--shared", *how, env=env)
        assert (refused.returncode, refused.stdout) == (1, ""), refused
        assert re.fullmatch(rf"mmcockpit status: .*{says}.*\n", refused.stderr), refused.stderr
        assert "not this one" not in refused.stderr
