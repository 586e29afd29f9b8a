"""A real browser without a window, each page in a profile of its own, with every name unresolvable."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", "--hide-scrollbars",
)  # fmt: skip
LIGHT, DARK = 1, 0
"""The reader's preference that a page gets."""

_CONSOLE = re.compile(r"CONSOLE[^\n]*")


class Opened(NamedTuple):
    """A page as the browser has it: its document after loading, and what its console printed."""

    document: str
    console: list[str]


def find_chromium() -> str | None:
    """Return the browser, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def open_page(browser: str, page: Path) -> Opened:
    """Open a page; return what became of it."""
    done = _call(browser, "--dump-dom", page)
    return Opened(done.stdout, _CONSOLE.findall(done.stderr))


def picture(browser: str, page: Path, into: Path, size: tuple[int, int], scheme: int) -> bytes:
    """Return the picture of a page's beginning, as PNG."""
    _call(browser, f"--screenshot={into}", page, f"--window-size={size[0]},{size[1]}", _preferring(scheme))
    return into.read_bytes()


def printed(browser: str, page: Path, into: Path) -> bytes:
    """Return the page as it is printed, as PDF."""
    _call(browser, f"--print-to-pdf={into}", page, "--no-pdf-header-footer")
    return into.read_bytes()


def _preferring(scheme: int) -> str:
    return f"--blink-settings=preferredColorScheme={scheme}"


def _call(browser: str, what: str, page: Path, *more: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        argv = [browser, *QUIET, f"--user-data-dir={profile}", *more, what, page.as_uri()]
        env = {**os.environ, "HOME": profile}
        return subprocess.run(argv, capture_output=True, text=True, env=env, timeout=100, check=True)
