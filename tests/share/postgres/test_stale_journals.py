"""Commands that read the journal of this machine, while others have more of the session in the store."""

from pathlib import Path

import pytest

from mmcockpit.cli import main
from tests.share.postgres.driving import driving
from tests.share.postgres.stores import StoreDatabase

LACKS = "--shared also has what others recorded since"


@pytest.mark.parametrize("command", ["log", "report", "handover"])
def test_a_journal_without_a_driver_may_lack_what_others_recorded(
    store_database: StoreDatabase,
    session_id: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    journal = tmp_path / session_id / "journal.jsonl"
    with driving(store_database, session_id, journal) as ana:
        ana.note("from ana")
        ana.copied()
    assert main([command, str(journal)]) == 0
    assert LACKS in capsys.readouterr().err


def test_a_journal_of_no_shared_session_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "sample"]) == 0
    assert capsys.readouterr().err == ""


def test_without_a_session_of_this_machine_the_store_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("MMCOCKPIT_SHARE", raising=False)
    assert main(["report", "latest"]) == 1
    assert "--shared" not in capsys.readouterr().err
    monkeypatch.setenv("MMCOCKPIT_SHARE", "postgresql://db.example.com/shop")
    assert main(["report", "latest"]) == 1
    assert "--shared reads those in $MMCOCKPIT_SHARE" in capsys.readouterr().err
    assert main(["sessions"]) == 0
    assert "--shared lists those in $MMCOCKPIT_SHARE" in capsys.readouterr().out
