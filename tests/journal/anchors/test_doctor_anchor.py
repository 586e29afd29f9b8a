"""`doctor` signs a text with the key of `anchor:`, so that a missing key is noticed before the go-live."""

import os
import socket
from pathlib import Path

import pytest

from mmcockpit.cli import FAILED, OK, main
from mmcockpit.engine import anchoring
from tests.journal.anchors.ssh_agent import SshAgent


def doctor(folder: Path, capsys: pytest.CaptureFixture[str], key: Path) -> tuple[int, str]:
    (folder / "cockpit.yaml").write_text(f"name: Test\nenvironment: test\nanchor: {{key: {key}}}\n")
    code = main(["doctor", os.fspath(folder / "cockpit.yaml")])
    return code, capsys.readouterr().out


def test_the_key_in_the_agent_signs_and_another_one_is_named(
    keys: Path,
    agent: SshAgent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", os.fspath(agent.socket))
    code, said = doctor(tmp_path, capsys, keys / "ana.pub")
    assert code == OK
    assert said.startswith("ok       anchor       ssh-agent   signs with the key SHA256:")
    code, said = doctor(tmp_path, capsys, keys / "bo.pub")
    assert code == FAILED
    assert said.startswith("REFUSED  anchor       ssh-agent   ssh-keygen: Couldn't find key in agent; `ssh-add ")
    code, said = doctor(tmp_path, capsys, keys / "zoe.pub")
    assert (code, "zoe.pub: No such file or directory" in said) == (FAILED, True), said
    monkeypatch.delenv("SSH_AUTH_SOCK")
    code, said = doctor(tmp_path, capsys, keys / "ana.pub")
    assert (code, "SSH_AUTH_SOCK is not set" in said) == (FAILED, True)


def test_an_agent_that_never_answers_is_named(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(anchoring, "SIGN_S", 0.5)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(os.fspath(tmp_path / "silent.sock"))
        silent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", os.fspath(tmp_path / "silent.sock"))
        code, said = doctor(tmp_path, capsys, keys / "ana.pub")
    assert code == FAILED
    assert "no signature within 0.5s: does ssh-agent respond?" in said
