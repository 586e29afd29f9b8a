"""Journals of schema 2 are read in the current shapes of the facts."""

from typing import Any

import pytest

from mmcockpit.journal import schema2
from mmcockpit.journal.codec import decode

LINE = b'[1,0.0,0,"Noted",{"was":"a note","by":"ana"},"AAAAAAAAAAAAAAAA"]'


def renamed(body: dict[str, Any]) -> dict[str, Any]:
    return {"text" if name == "was" else name: part for name, part in body.items()}


def test_bodies_of_schema_2_are_converted_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema2.CONVERSIONS, "Noted", renamed)
    assert getattr(decode(LINE, 0, schema=2).body, "text", "") == "a note"
    assert getattr(decode(LINE, 0, schema=3).body, "kind", "") == "Noted"


def test_facts_in_a_carried_state_are_converted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema2.CONVERSIONS, "Noted", renamed)
    log = [{"seq": 1, "body": {"type": "Noted", "was": "a note", "by": "ana"}}]
    body = schema2.converted("Opened", {"continues": {"file": "x", "state": {"log": log}}})
    assert body["continues"]["state"]["log"][0]["body"] == {"type": "Noted", "text": "a note", "by": "ana"}
