"""A server that is missing is a skip for a developer and a failure in CI."""

import pytest

from tests.servers.needs import need


def test_what_is_there_is_returned() -> None:
    assert need("thing", "no thing") == "thing"


def test_a_missing_thing_skips_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="NOT TESTED: no thing"):
        need(None, "no thing")


def test_a_missing_thing_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no thing"):
        need(None, "no thing")
