"""The report from the outside: the command, its file, and the page in a real browser without network."""

import os
import re
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.pty_session import Place
from tests.report.journals import HARM, harmful, incident, journal, rollback
from tests.report.markup import Tags, only_ours
from tests.servers.browsers.chromium import DARK, LIGHT, find_chromium, open_page, picture, printed
from tests.servers.needs import need


@pytest.fixture
def browser() -> str:
    return need(find_chromium(), "no chromium: run `make servers`")


@contextmanager
def canary() -> Iterator[tuple[str, list[bytes]]]:
    """Give an address on loopback, and what was sent to it so far."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                # A browser also connects in advance, without a request.
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    heard.append(connection.recv(400))
                    connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/canary", heard
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


def test_a_report_is_written_for_its_owner_and_replaces_only_a_report(place: Place) -> None:
    path = os.fspath(journal(place.folder / "night", incident().events))
    written = place.folder / "night.html"
    done = place.call("report", path, "-o", "night.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"night\.html: \d+ KiB\n", done.stdout)
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert written.read_text().startswith("<!doctype html>")
    assert place.call("report", path, "-o", "night.html", "--format", "md").returncode == 0
    assert written.read_text().startswith("<!-- mmcockpit report -->\n# ModelMuxer")
    mine = place.write("cockpit.yaml", "name: mine\n")
    refused = place.call("report", path, "-o", "cockpit.yaml")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert re.search(r"^mmcockpit report: cockpit\.yaml already exists", refused.stderr)
    assert mine.read_text() == "name: mine\n"
    assert place.call("report", path).stdout == written.read_text()
    nowhere = place.call("report", path, "-o", "nowhere/night.html")
    assert (nowhere.returncode, nowhere.stdout, nowhere.stderr.count("\n")) == (1, "", 1)
    assert sorted(one.name for one in place.folder.iterdir()) == ["cockpit.yaml", "home", "night", "night.html"]


def test_the_report_of_a_damaged_journal_names_the_damage(place: Place) -> None:
    path = journal(place.folder / "night", incident(closed=False).events)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:40], b"\x00garbage", *lines[41:-1], b"[9, torn"]))
    done = place.call("report", os.fspath(path))
    assert done.returncode == 0
    for words in ("the journal is damaged", "UNFINISHED", "DAMAGED", "line 41", "torn"):
        assert words in done.stdout, words


def write(place: Place, name: str, path: Path) -> Path:
    """Make the page of a journal."""
    done = place.call("report", os.fspath(path), "-o", name)
    assert done.returncode == 0, done.stderr
    return place.folder / name


@pytest.mark.server
def test_a_real_browser_shows_the_page_without_an_error(place: Place, browser: str) -> None:
    page = write(place, "night.html", journal(place.folder / "night", incident().events))
    document, console = open_page(browser, page)
    assert console == []
    found = Tags(document)
    text = "".join(found.text)
    for words in (
        "ended: rolled back",
        "ROLLBACK advised",
        "Findings, sorted by severity",
        "wait for the database role",
        "chain ok",
    ):
        assert words in text, words
    tags = [tag for tag, _ in found.tags]
    assert tags.count("article") >= 7
    assert tags.count("polyline") >= 14
    kinds = [attributes.get("class") for tag, attributes in found.tags if tag in ("rect", "line", "path")]
    assert {"gap", "fault", "ghost", "limit fail", "zone warn", "s-unknown", "s-fail", "mark"} <= set(kinds)
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    links = {str(attributes["href"])[1:] for tag, attributes in found.tags if tag == "a"}
    assert links <= targets


@pytest.mark.server
def test_the_page_is_drawn_light_dark_narrow_and_on_paper(place: Place, browser: str, tmp_path: Path) -> None:
    page = write(place, "back.html", journal(place.folder / "night", rollback()))
    light = picture(browser, page, tmp_path / "light.png", (1200, 900), LIGHT)
    dark = picture(browser, page, tmp_path / "dark.png", (1200, 900), DARK)
    narrow = picture(browser, page, tmp_path / "narrow.png", (420, 900), LIGHT)
    assert all(one.startswith(b"\x89PNG") and len(one) > 10_000 for one in (light, dark, narrow))
    assert len({light, dark, narrow}) == 3
    assert printed(browser, page, tmp_path / "back.pdf").startswith(b"%PDF")


@pytest.mark.server
def test_what_foreign_text_asks_for_is_never_asked(place: Place, browser: str) -> None:
    with canary() as (url, heard):
        calling = place.write("calling.html", f"<!doctype html><img src={url}><script>console.log('said')</script>")
        _, console = open_page(browser, calling)
        assert heard, "the browser reaches the canary at all"
        assert any("said" in line for line in console), "what a console says is seen"
        heard.clear()
        for n, harm in enumerate(HARM):
            page = write(place, f"{n}.html", journal(place.folder / str(n), harmful(harm.replace("{url}", url))))
            document, console = open_page(browser, page)
            assert console == []
            only_ours(document)
            assert "canary" in document or "{url}" not in harm
        assert heard == []


@pytest.mark.server
def test_the_policy_stops_what_escaping_would_let_through(place: Place, browser: str) -> None:
    page = write(place, "night.html", journal(place.folder / "night", rollback()))
    with canary() as (url, heard):
        evil = f"<img src={url}><script src={url}></script><script>document.title='owned'</script>"
        evil += f"<style>body {{ background: url({url}) }}</style><iframe src={url}></iframe></main>"
        broken = place.write("broken.html", page.read_text().replace("</main>", evil))
        document, console = open_page(browser, broken)
        assert not any(heard), "at most a connection was made in advance: nothing was asked over it"
        assert "<title>owned" not in document
        assert any("Content Security Policy" in line for line in console)
