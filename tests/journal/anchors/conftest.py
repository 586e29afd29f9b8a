"""Keys, and an agent that has one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.engine import anchoring
from tests.journal.anchors.ssh_agent import SshAgent, new_key
from tests.servers.wait import PATIENCE_S


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a signature take as long as a busy machine needs."""
    monkeypatch.setattr(anchoring, "SIGN_S", PATIENCE_S)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the keys of ana and bo; ana's has a passphrase that only she knows."""
    folder = tmp_path_factory.mktemp("keys")
    new_key(folder / "ana")
    new_key(folder / "bo", "a passphrase")
    return folder


@pytest.fixture(scope="module")
def agent(keys: Path) -> Iterator[SshAgent]:
    with SshAgent(keys / "agent.sock") as agent:
        agent.add(keys / "ana.pub")
        yield agent
