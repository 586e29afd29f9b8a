"""A real tmux pane, typed at by send-keys and read by capture-pane."""

import os
import re
import secrets
import shlex
import shutil
import subprocess

from tests.e2e.pty_session import MMCOCKPIT, Place
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until


class Tmux:
    """A tmux server of its own, with one window, of 80x24 by default, that runs a command."""

    def __init__(self, place: Place) -> None:
        self._program = need(shutil.which("tmux"), "no tmux: run `make servers`")
        self.socket = f"mm-{secrets.token_hex(4)}"
        self._env = {**os.environ, **place.env, "TMUX_TMPDIR": os.fspath(place.folder)}
        self._env.pop("TMUX", None)
        self._folder = place.folder

    def do(self, *words: str) -> str:
        """Run one command of tmux; return what it prints."""
        argv = [self._program, "-L", self.socket, "-f", os.devnull, *words]
        return subprocess.run(
            argv, env=self._env, capture_output=True, text=True, timeout=PATIENCE_S, check=True
        ).stdout

    def start(self, *words: str, size: tuple[int, int] = (80, 24)) -> None:
        """Open the window with a command of mmcockpit; the pane stays once that has ended."""
        command = f"{shlex.join([*MMCOCKPIT, *words])}; echo left with $?; cat"
        self.do("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "-c", os.fspath(self._folder), command)

    def press(self, *keys: str) -> None:
        """Press keys by tmux' names for them."""
        self.do("send-keys", *keys)

    def type(self, text: str, end: str = "Enter") -> None:
        """Type a text as it is, and end it."""
        self.do("send-keys", "-l", text)
        self.press(end)

    def text(self) -> str:
        """Return what the pane shows."""
        return self.do("capture-pane", "-p")

    def shows(self, *patterns: str, within_s: float = PATIENCE_S) -> str:
        """Wait until the pane matches every pattern, and return it."""
        seen = [""]

        def matches() -> bool:
            seen[0] = self.text()
            return all(re.search(pattern, seen[0], re.MULTILINE) for pattern in patterns)

        try:
            wait_until(matches, f"the pane shows {patterns}", within_s)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{seen[0]}") from None
        return seen[0]

    def lacks(self, pattern: str, *shown: str, within_s: float = PATIENCE_S) -> str:
        """Wait until the pane does not match a pattern, but all of `shown`, and return it."""
        # In a regular expression of the whole pane, `^` is the beginning of a line.
        absent = rf"\A(?![\s\S]*(?:{pattern}))"
        return self.shows(absent, *shown, within_s=within_s)
