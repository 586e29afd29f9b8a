"""The command-line tools that signals run: stand-ins that print and exit as set, and the real curl and kubectl."""

import shutil
from pathlib import Path

from tests.servers.kubectl import KUBECTL

NAMES = ("gh", "trivy", "cosign", "crane", "gitleaks")
ALLOWED = (*NAMES, "curl", "kubectl")
STAND_IN = """#!/bin/sh
cat "{folder}/{name}.$1.out" 2>/dev/null
exit $(cat "{folder}/{name}.code")
"""
CURL = """#!/bin/sh
left=$#
while [ $left -gt 0 ]; do
  word=$1; shift; left=$((left - 1)); set -- "$@" "$word"
  [ "$word" = --next ] && set -- "$@" {ours}
done
exec {real} {ours} "$@"
"""


class Tools:
    """A folder for PATH; `say` changes what a tool prints and how it exits."""

    def __init__(self, folder: Path, ca: Path, port: int) -> None:
        self.folder = folder
        folder.mkdir()
        for name in NAMES:
            self._write(name, STAND_IN.format(folder=folder, name=name))
            self.exits(name, 0)
        # Every public name is the application's port, also behind each --next.
        ours = f'--cacert {ca} --connect-to "::127.0.0.1:{port}"'
        self._write("curl", CURL.format(real=shutil.which("curl"), ours=ours))
        (folder / "kubectl").symlink_to(KUBECTL)

    def exits(self, name: str, code: int) -> None:
        """Let a tool exit like this from now on."""
        (self.folder / f"{name}.code").write_text(str(code))

    def prints(self, name: str, word: str, text: str) -> None:
        """Let a tool print this when its first argument is `word`."""
        (self.folder / f"{name}.{word}.out").write_text(text)

    def _write(self, name: str, script: str) -> None:
        (self.folder / name).write_text(script)
        (self.folder / name).chmod(0o755)
