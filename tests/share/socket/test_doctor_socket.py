"""`doctor` checks the socket of `share:` before a session needs it, and makes nothing."""

import os
from pathlib import Path

import pytest

from mmcockpit.cli import main

COCKPIT = """
name: Web shop
environment: staging
people: [{{name: ana, login: no-such-login}}]
share: {share}
"""


def doctor(folder: Path, capsys: pytest.CaptureFixture[str], share: str) -> tuple[int, list[str]]:
    """Return the exit code of `doctor` and its lines."""
    (folder / "cockpit.yaml").write_text(COCKPIT.format(share=share))
    code = main(["doctor", str(folder / "cockpit.yaml")])
    return code, capsys.readouterr().out.splitlines()


def test_a_folder_that_can_be_made_is_ok_and_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = doctor(tmp_path, capsys, f"{{socket_dir: {tmp_path}/sockets}}")
    assert code == 0
    assert lines[0].split() == ["ok", "share", "socket", f"{tmp_path}/sockets", "only", "you"]
    assert lines[1].endswith("unknown login no-such-login of ana on this machine")
    assert not (tmp_path / "sockets").exists()


def test_an_unknown_group_and_an_open_folder_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = doctor(tmp_path, capsys, "{group: no-such-group}")
    assert (code, lines[0].split()[0]) == (1, "LACKS")
    assert "unknown group 'no-such-group'" in lines[1]
    sockets = tmp_path / "sockets"
    sockets.mkdir(mode=0o755)
    os.chmod(sockets, 0o755)
    code, lines = doctor(tmp_path, capsys, f"{{socket_dir: {sockets}}}")
    assert code == 1
    assert f"run `chmod 0700 {sockets}`" in lines[1]


def test_a_folder_that_cannot_be_made_is_named_with_the_command_that_makes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = doctor(tmp_path, capsys, "{socket_dir: /proc/sockets}" if os.geteuid() else "{socket_dir: /a/b/c}")
    assert code == 1
    assert "missing; create it once: `install -d -m 0700 " in lines[1]
