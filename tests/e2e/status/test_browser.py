"""The page in a real browser: it follows the session, on desktop and phone, light and dark, without any error."""

import re
import signal
from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.process import HOST, free_port
from tests.e2e.headless.cockpits import cockpit
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import Place
from tests.servers.browsers.browser import Browser, BrowserPage
from tests.servers.http import Answer, HttpServer

DESKTOP, PHONE = (1280, 900), (390, 844)


def served(place: Place, session: str = "latest", address: str = "127.0.0.1:0") -> HeadlessDriver:
    return HeadlessDriver(place, "status", session, "--serve", address)


def link(server: HeadlessDriver) -> str:
    """Return the link that the command printed."""
    return server.says(r"http://127\.0\.0\.1:\d+/#\S{43}$").split()[-1]


@pytest.fixture
def live(place: Place, site: HttpServer) -> Iterator[HeadlessDriver]:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(r"advice    HOLD")
        yield driver


def confirmed(page: BrowserPage) -> str:
    return page.text(".groups .confirmed")


def test_the_page_follows_a_session_to_its_silence(
    place: Place, site: HttpServer, live: HeadlessDriver, browser: Browser
) -> None:
    with served(place) as server:
        page = browser.open(link(server))
        page.shows(".advice h2", "HOLD")
        page.shows("#connection", "Live.")
        assert page.text("h1") == "Small"
        assert confirmed(page) == ""
        assert place.call("act", "latest", "mark", "1", "done").returncode == 0
        page.shows(".groups .confirmed", "1 Confirmed")
        page.shows(".sum", "1 of 2 items complete")
        site.answers["/"] = Answer(503, "down")
        page.shows(".advice h2", "NO-GO")
        page.shows(".situation", "A problem was found.")
        page.shows(".happened li", "The advice is NO-GO")
        assert page.value("document.title") == "NO-GO · Small"
        live.process.send_signal(signal.SIGKILL)
        page.shows(".advice h2", "NO CURRENT DATA")
        page.shows(".silence", "The cockpit has sent nothing since")
        assert "NO-GO" in page.text(".advice .meaning")
        assert page.problems == []
        host = re.match(r"http://[^/]+/", link(server))
        assert host is not None
        assert {url for url in page.requests if not url.startswith((host[0], "data:"))} == set()
        page.close()


def test_a_page_without_its_server_is_marked_and_an_old_link_is_not_valid(place: Place, browser: Browser) -> None:
    # A port that nothing else gets while there is no server.
    address = f"{HOST}:{free_port()}"
    with served(place, "sample", address) as server:
        first = link(server)
        page = browser.open(first)
        page.shows(".advice h2", "ENDED")
        assert server.ends(signal.SIGTERM) == 0
        page.shows("#connection", "No connection since")
        assert page.value("document.querySelector('main').className") == "stale"
        assert page.text(".advice h2") == "ENDED"
    with served(place, "sample", address) as server:
        second = link(server)
        page.shows("main", "This link is not valid any more.")
        page.close()
        again = browser.open(second)
        again.shows(".advice h2", "ENDED")
        again.close()
        incomplete = browser.open(second.partition("#")[0])
        incomplete.shows("main", "This link is incomplete")
        incomplete.close()


def test_light_dark_phone_and_desktop_differ_and_fit(place: Place, browser: Browser) -> None:
    with served(place, "sample") as server:
        pictures = set()
        backgrounds = set()
        for size in (DESKTOP, PHONE):
            for dark in (False, True):
                page = browser.open(link(server), dark, size)
                page.shows(".advice h2", "ENDED")
                assert page.value("document.documentElement.scrollWidth") <= size[0]
                backgrounds.add(page.value("getComputedStyle(document.body).backgroundColor"))
                picture = page.picture()
                assert picture.startswith(b"\x89PNG")
                assert len(picture) > 20_000, "an empty page is smaller"
                pictures.add(picture)
                assert page.problems == []
                page.close()
        assert len(pictures) == 4
        assert len(backgrounds) == 2


def test_a_page_that_is_a_file_needs_no_script_and_is_replaced(place: Place, browser: Browser) -> None:
    for _ in range(2):
        done = place.call("status", "sample", "--once", "-o", "status.html")
        assert (done.returncode, done.stderr) == (0, ""), done
    text = (place.folder / "status.html").read_text()
    assert "<script" not in text
    page = browser.open((place.folder / "status.html").as_uri())
    page.shows(".advice .meaning", "Rolled back to the previous version.")
    page.shows("footer", "As of 2")
    assert page.problems == []
    page.close()
    place.write("other.html", "<p>mine</p>")
    refused = place.call("status", "sample", "--once", "-o", "other.html")
    assert refused.returncode == 1
    assert "already exists and is not a status page" in refused.stderr
