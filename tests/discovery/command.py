"""Runs commands of the program as a person would, one after the other."""

import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.signal import Signal
from tests.programs.forked import run_program


class Ran(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


class Program:
    """The program, with a folder that `init --discover` writes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}

    def run(self, *words: Any) -> Ran:
        """Run a command."""
        command = [sys.executable, "-m", "mmcockpit", *map(str, words)]
        environment = {**os.environ, **self.environment}
        done = run_program(command, env=environment, timeout=120)
        return Ran(done.returncode, done.stdout, done.stderr)

    def discover(self, *words: Any) -> Ran:
        """Run `init --discover` with these options."""
        return self.run("init", self.folder, "--discover", *words)

    def written(self) -> dict[str, str]:
        """Return the written files: path in the folder to text."""
        return {
            str(path.relative_to(self.folder)): path.read_text() for path in self.folder.rglob("*") if path.is_file()
        }

    @property
    def cockpit_text(self) -> str:
        """The written cockpit file."""
        return (self.folder / "cockpit.yaml").read_text()

    @property
    def cockpit(self) -> Cockpit:
        """The written files, as a session loads them."""
        return load_cockpit(self.folder / "cockpit.yaml", sources).cockpit

    @property
    def signals(self) -> dict[str, Signal]:
        """The signals of the written files by name."""
        return {signal.name: signal for signal in self.cockpit.signals}

    def assert_all_answer(self) -> str:
        """Check the files, and poll every signal once: none fails, none is unknown; return the output of doctor."""
        checked = self.run("check", self.folder / "cockpit.yaml", self.folder / "checklist.yaml")
        assert checked.code == 0, checked
        assert ": ok, " not in checked.out, checked
        polled = self.run("doctor", self.folder / "cockpit.yaml", "--signals")
        assert polled.code == 0, polled.out
        return polled.out
