"""The reference pages are up to date, and they build."""

import subprocess
import sys
from pathlib import Path

from tests.docs.reference import FOLDER, pages


def test_the_reference_pages_are_up_to_date() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    stale = [name for name, text in pages().items() if written.pop(name, "") != text]
    assert (stale, list(written)) == ([], []), "run `make docs`"


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(FOLDER.parent), str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    assert (tmp_path / "reference" / "keys.html").is_file()
