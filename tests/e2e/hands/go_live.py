"""A go-live of three people on three machines: files, a PostgreSQL of their own, and a tmux pane for each."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e.pty_session import Place, children
from tests.e2e.tmux import Tmux

SIZE = (110, 32)
HEARS_S = 0.6
"""Seconds after which a dialog that is in sight accepts keys."""
AGAIN_S, TIMES = 10.0, 12
"""Seconds after which a key is pressed again, and how often: it must not fall into what the first press opened."""
PEOPLE: list[dict[str, str]] = [
    {"name": "ana", "role": "network", "db_user": "ana"},
    {"name": "bo", "role": "database", "db_user": "bo"},
    {"name": "carla", "role": "support", "db_user": "viewer0"},
]


def write_cockpit(place: Place, flag: Path) -> str:
    """Write a cockpit whose rollback needs the database person's approval; return its file's name.

    The release is good as long as the file `flag` exists; the rollback makes it again.
    """
    back = {
        "title": "Go back",
        "command": ["touch", os.fspath(flag)],
        "danger": "dangerous",
        "timeout": "30s",
        "approve": {"role": "database"},
    }
    checklist: dict[str, Any] = {
        "name": "night",
        "title": "Night",
        "phases": [
            {"title": "Live", "sections": [{"title": "Door", "items": [{"title": "Release", "signal": "release"}]}]}
        ],
        "signals": {
            "release": {
                "title": "release",
                "disk.stat": os.fspath(flag),
                "pass": "value.exists",
                "every": "500ms",
            }
        },
        "abort": [{"signal": "release", "for": "1s", "from": "live"}],
        "procedures": [
            {
                "id": "back",
                "title": "Roll back",
                "target": "app",
                "queued_by": {"abort": ["release"]},
                "steps": [back],
            }
        ],
    }
    document = {
        "name": "Night",
        "environment": "test",
        "checklist": "night.yaml",
        "layout": "go-live",
        "people": PEOPLE,
        "share": {"postgres": {"env": "MMCOCKPIT_SHARE"}},
        "sources": {"disk": {"kind": "file"}},
        "allow": {"procedures": True},
    }
    # JSON is YAML.
    place.write("night.yaml", json.dumps(checklist))
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


class Person:
    """A person at a machine of their own: its folder, their database user, and a tmux pane."""

    def __init__(self, folder: Path, name: str, dsn: str, flag: Path) -> None:
        folder.mkdir(parents=True)
        self.name = name
        self.place = Place(folder)
        self.place.env |= {"MMCOCKPIT_OPERATOR": name, "MMCOCKPIT_SHARE": dsn}
        self.cockpit = write_cockpit(self.place, flag)
        self.pane = Tmux(self.place)
        self.keys: list[str] = []
        self.screens: list[str] = []

    def keep(self, when: str) -> None:
        """Keep the screen for the record."""
        self.screens.append(f"-- {self.name}, {when}\n{self.pane.text().rstrip()}")

    def press(self, *keys: str) -> None:
        """Press keys, and note them."""
        self.keys += keys
        self.pane.press(*keys)

    def command(self, text: str) -> None:
        """Enter a command in the command line."""
        self.keys.append(f":{text} Enter")
        self.pane.press(":")
        self.pane.do("send-keys", "-l", text)
        self.pane.shows(rf": {re.escape(text)}")
        self._until("Enter", partial(self.pane.lacks, rf": {re.escape(text)}"))

    def until_shown(self, key: str, *patterns: str) -> str:
        """Press a key until the pane shows the patterns."""
        self.keys.append(key)
        return self._until(key, partial(self.pane.shows, *patterns))

    def until_gone(self, key: str, pattern: str) -> str:
        """Press a key until the pane does not show a pattern any more."""
        self.keys.append(key)
        return self._until(key, partial(self.pane.lacks, pattern))

    def _until(self, key: str, seen: Callable[..., str]) -> str:
        """Press a key until the pane has changed as it should; return what it shows then."""
        for attempt in range(1, TIMES + 1):
            time.sleep(HEARS_S)
            self.pane.press(key)
            try:
                return seen(within_s=AGAIN_S)
            except AssertionError as error:
                if attempt == TIMES:
                    raise AssertionError(f"{self.name} pressed {key}: {error}") from None
        raise AssertionError("unreachable")

    def type_name(self, text: str) -> None:
        """Type into a field of a dialog, without Enter."""
        self.keys.append(text)
        self.pane.do("send-keys", "-l", text)

    def again(self, *words: str) -> None:
        """Start another command in the pane, whose program has ended."""
        self.leave()
        self.pane = Tmux(self.place)
        self.pane.start(*words, size=SIZE)
        self.keys.append(f"$ mmcockpit {' '.join(words)}")

    def start(self, *words: str) -> None:
        """Start the first command in the pane."""
        self.keys.append(f"$ mmcockpit {' '.join(words)}")
        self.pane.start(*words, size=SIZE)

    def leave(self) -> None:
        """End the pane with what runs in it."""
        with suppress(subprocess.CalledProcessError):
            self.pane.do("kill-server")

    @property
    def process(self) -> int:
        """Return the process of mmcockpit in the pane."""
        shell = int(self.pane.do("list-panes", "-F", "#{pane_pid}").split()[0])
        (program, *_) = sorted(children(shell))
        return program
