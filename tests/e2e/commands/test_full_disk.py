"""Files of commands on a full disk: the message names the file, and nothing is left that looks like a result."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.rescue import bring_back
from mmcockpit.journal.sample import unpacked
from mmcockpit.journal.sessions import find, list_sessions
from mmcockpit.journal.verify import verify_parts

COCKPIT = """\
name: t
environment: test
checklist: list.yaml
sources: {files: {kind: file, root: .}}
signals:
  ok: {files.json: ok.json, pass: value.ok == 1, every: 1s}
"""
CHECKLIST = """\
name: l
phases:
  - {title: One, sections: [{title: S, items: [{title: A, signal: ok}]}]}
"""
ROOM = 64
"""What a file of a command may take here, in bytes."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a cockpit file and a checklist in Markdown."""
    (tmp_path / "cockpit.yaml").write_text(COCKPIT)
    (tmp_path / "list.yaml").write_text(CHECKLIST)
    (tmp_path / "ok.json").write_text('{"ok": 1}')
    (tmp_path / "todo.md").write_text("# A\n## B\n- [ ] " + "long " * 50)
    return tmp_path


def without_room(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that can write only the first bytes of each file."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "mmcockpit", *words]
    return subprocess.run(
        argv, cwd=folder, env=environment, timeout=120, capture_output=True, text=True, check=False, preexec_fn=limit
    )


@pytest.mark.parametrize(
    ("words", "file", "code"),
    [
        (("gate", "cockpit.yaml", "one", "-o", "out.json"), "out.json", 3),
        (("report", "sample", "-o", "out.html"), "out.html", 1),
        (("import", "todo.md", "-o", "out.yaml"), "out.yaml", 1),
        (("init", "out"), "out/cockpit.yaml", 1),
    ],
)
def test_a_command_leaves_no_part_of_its_file(folder: Path, words: tuple[str, ...], file: str, code: int) -> None:
    if "sample" in words:
        unpacked(folder / "state" / "mmcockpit" / "sample" / "journal.jsonl")
    done = without_room(folder, *words)
    assert done.returncode == code
    assert done.stderr.splitlines()[-1].startswith(f"mmcockpit {words[0]}: {file}: file too large; check")
    assert not (folder / file).exists()


def test_a_result_of_an_earlier_gate_does_not_stay(folder: Path) -> None:
    (folder / "out.json").write_text("GO of yesterday")
    assert without_room(folder, "gate", "cockpit.yaml", "one", "-o", "out.json").returncode == 3
    assert not (folder / "out.json").exists()


def test_a_rescue_file_that_cannot_be_moved_stays_and_leaves_no_part_of_it(folder: Path) -> None:
    rescued = unpacked(folder / "rescue" / "journal.jsonl")
    journal = folder / "sessions" / "20261206T020000Z-test-0000" / "journal.jsonl"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            bring_back(rescued, journal)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert rescued.exists()
    assert not list(journal.parent.iterdir())
    assert bring_back(rescued, journal) == journal.with_name("journal.2.jsonl")


def test_an_empty_later_part_hides_nothing(folder: Path) -> None:
    journal = unpacked(folder / "sessions" / "20261206T020000Z-test-0000" / "journal.jsonl")
    (before,) = list_sessions(folder / "sessions")
    journal.with_name("journal.2.jsonl").touch(mode=0o600)
    assert find("latest", folder / "sessions") == journal
    assert find(str(journal)) == journal
    assert list_sessions(folder / "sessions") == [before]
    assert [path for path, _ in verify_parts(journal)] == [journal]


def test_an_error_of_a_replaced_file_names_that_file_and_not_a_temporary_one(folder: Path) -> None:
    (folder / "out").mkdir()
    named = pytest.raises(IsADirectoryError, check=lambda error: error.filename == str(folder / "out"))
    with named, replacing(folder / "out"):
        pass
