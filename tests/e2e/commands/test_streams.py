"""Standard streams that are closed or full: they change no verdict, and a failure to write is no verdict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a cockpit file whose only item passes while ok.json has {"ok": 1}."""
    (tmp_path / "cockpit.yaml").write_text(COCKPIT)
    (tmp_path / "list.yaml").write_text(CHECKLIST)
    (tmp_path / "ok.json").write_text('{"ok": 1}')
    return tmp_path


def gate(folder: Path, redirections: str, phase: str = "one") -> int:
    """Return the exit code of `gate` with these redirections of the shell."""
    argv = [sys.executable, "-m", "mmcockpit", "gate", "cockpit.yaml", phase]
    shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", *argv]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.run(shell, cwd=folder, env=environment, timeout=120, stdin=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("closed", [">&-", ">/dev/null 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_change_the_verdict(folder: Path, closed: str) -> None:
    assert gate(folder, closed) == 0
    (folder / "ok.json").write_text('{"ok": 2}')
    assert gate(folder, closed) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("full", [">/dev/full", ">/dev/null 2>/dev/full", ">/dev/full 2>&1"])
def test_a_result_that_cannot_be_written_is_neither_go_nor_no_go(folder: Path, full: str) -> None:
    assert gate(folder, full) == 3
    assert gate(folder, full, phase="unknown") == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_the_message_about_a_full_standard_output_names_it(folder: Path) -> None:
    argv = [sys.executable, "-m", "mmcockpit", "check", "cockpit.yaml"]
    with open("/dev/full", "wb") as full:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(
            argv, cwd=folder, env=environment, timeout=120, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "mmcockpit: standard output: no space left on device; check its disk\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_without_a_character_escapes_it(folder: Path, encoding: str) -> None:
    (folder / "list.yaml").write_text(CHECKLIST.replace("title: A", 'title: "\u2192 ok"'), encoding="utf-8")
    (folder / "ok.json").write_text('{"ok": 2}')
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "XDG_STATE_HOME": str(folder / "state")}
    for words, code, shown in (
        (["gate", "cockpit.yaml", "one"], 1, b"\\u2192 ok"),
        (["gate", "cockpit.yaml", "one", "--format", "junit"], 1, "\u2192 ok".encode()),
        (["gate", "cockpit.yaml", "one", "--format", "markdown"], 1, "\u2192 ok".encode()),
        (["--help"], 0, b"\\u2026"),
        (["log", "sample"], 0, b"\\u2026"),
    ):
        argv = [sys.executable, "-m", "mmcockpit", *words]
        done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, timeout=120)
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        assert shown in done.stdout
