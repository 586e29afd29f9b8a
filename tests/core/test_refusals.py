"""Refusals: each code has a sentence, and a command that is refused with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.words.refusals import SENTENCES, refusal_words
from tests.core.procedures.refused import STEP_SCENARIOS
from tests.core.refusals import SCENARIOS, Refused
from tests.core.seats.refused import SEAT_SCENARIOS

TESTS = Path(__file__).parents[1]
ALL = (*SCENARIOS, *SEAT_SCENARIOS, *STEP_SCENARIOS)


def codes(refusal: Refusal) -> set[Code]:
    return {refusal.code}.union(*map(codes, refusal.parts))


@pytest.mark.parametrize("scenario", ALL)
def test_a_refused_command_gets_its_code_and_its_sentence(scenario: Callable[[], list[Refused]]) -> None:
    refused = scenario()
    assert [(refusal.code, refusal_words(refusal)) for *_, refusal in refused] == [row[:2] for row in refused]


def test_every_code_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Code)
    for code in Code:
        text = refusal_words(Refusal(code, "subject", "other", "state", "by", "text", ("name",), 2))
        assert text, code
        assert "\n" not in text


def test_every_code_is_returned_in_a_test() -> None:
    decided = {code for scenario in ALL for *_, refusal in scenario() for code in codes(refusal)}
    elsewhere = {code for code in Code if f"Code.{code.name}" in texts_of("engine", "ui", "journal")}
    assert set(Code) - decided - elsewhere == set()


def texts_of(*folders: str) -> str:
    files = (path for folder in folders for path in (TESTS / folder).rglob("*.py"))
    return "".join(path.read_text(encoding="utf-8") for path in files)
