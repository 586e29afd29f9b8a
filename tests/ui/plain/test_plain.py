"""The plain text mode: nothing is read twice, what is printed leads on, and names are those of people."""

from collections.abc import Callable, Sequence

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Refused
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.ui.plain.screen import NEXT_S, PlainScreen
from tests.ui.emergencies import begun, called
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import GoLive

WAIT = "(wait)"


class Typist:
    """Types lines, one for each look; the session's time continues from one to the next."""

    def __init__(self, feed: ListFeed, lines: Sequence[str]) -> None:
        self._feed, self._lines = feed, list(lines)

    @property
    def ended(self) -> bool:
        return not self._lines

    def next(self, within_s: float) -> str | None:
        line = self._lines.pop(0) if self._lines else None
        self._feed.wait(NEXT_S if line == WAIT else 0.1)
        return None if line == WAIT else line

    def drop(self) -> list[str]:
        return []


def printed(night: GoLive, *lines: str, tell: Callable[[ListFeed], None] = lambda feed: None) -> list[str]:
    """Return what is printed behind the first page, while these lines are typed."""
    feed, said = night.feed(Notebook()), list[str]()
    screen = PlainScreen(feed, Typist(feed, lines), said.append)
    screen.show()
    tell(feed)
    screen.run()
    return said


def test_what_is_next_is_read_once_and_again_when_asked_for() -> None:
    said = printed(called(), WAIT, WAIT, WAIT)
    assert sum(line.startswith("next: ") for line in said) == 1
    again = printed(called(), WAIT, WAIT, "status", WAIT, WAIT)
    assert sum(line.startswith("next: ") for line in again) == 2


def test_what_is_next_is_not_read_after_the_session_was_left() -> None:
    night = called()
    feed, said = night.feed(Notebook()), list[str]()
    screen = PlainScreen(feed, Typist(feed, ()), said.append)
    assert screen.run() == "gone"
    screen.desk.printed_next = ""
    before = len(said)
    for _ in range(3):
        feed.wait(NEXT_S)
        screen.show()
    assert said[before:] == []


@pytest.mark.parametrize("make", [called, lambda: GoLive().see(error_rate=0.2)])
def test_no_line_of_the_first_page_repeats_a_part_of_another(make: Callable[[], GoLive]) -> None:
    said = [line.strip() for line in printed(make()) if not line.startswith("next: ")]
    repeated = [line for line in said if sum(line in other for other in said) > 1]
    assert repeated == []


def test_what_is_called_for_is_read_without_the_other_procedures() -> None:
    urgent, every = printed(called(), "E"), printed(called(), "procedures")
    assert any(line.startswith("  rollback-kubectl: ") and "(CALLED FOR)" in line for line in urgent)
    others = [line for line in every if line.startswith("  dns-back: ")]
    assert others
    assert not any(line in urgent for line in others)
    assert any(line.endswith("`procedures` lists all") for line in urgent)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("details error_rate", "signal [!] 5xx share on chat routes (error_rate)"),
        ("details 5XX share on chat routes", "signal [!] 5xx share on chat routes (error_rate)"),
        ("details eror_rate", "unknown signal 'eror_rate'; did you mean error_rate?"),
    ],
)
def test_details_are_those_of_the_signal_that_is_named_or_an_error(typed: str, expected: str) -> None:
    said = printed(called(), typed)
    assert any(line.startswith(expected) for line in said), said
    if "unknown" in expected:
        assert said[-1] == expected


def test_details_of_a_step_that_is_next_are_its_text_and_its_command() -> None:
    said = printed(begun(), "details")
    assert any(line.startswith("step 1: See the history") for line in said)
    assert any(line.split()[:2] == ["command", "kubectl"] for line in said)


def test_a_refusal_names_no_ids() -> None:
    refusal = Refusal(Code.NO_MARK, by="ana")
    (line,) = [
        line
        for line in printed(
            called(), tell=lambda feed: feed.tell(Refused("mark readiness/security/audit-logging", refusal, "ana"))
        )
        if "refused" in line
    ]
    assert line.endswith("refused: ana mark: ana has no mark to undo")


def test_a_session_is_left_by_lines() -> None:
    feed, said = called().feed(Notebook()), list[str]()
    screen = PlainScreen(feed, Typist(feed, ("q", "leave")), said.append)
    assert screen.run() == "gone"
    assert isinstance(feed.commands, Notebook)
    assert any(isinstance(command, commands.LeaveSession) for command in feed.commands.asked)
