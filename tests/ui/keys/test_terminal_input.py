"""What a slow line makes of keys: sequences that arrive in pieces, pastes that never end."""

import os
import selectors
import tty
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from textual import _parser, events
from textual.message import Message

from mmcockpit.ui import terminal, terminal_input
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.terminal import TerminalDriver
from mmcockpit.ui.terminal_input import ESCAPE_S, Ignored, InputParser
from tests.ui.feeds import ListFeed, Notebook, go_live, layout

SEQUENCES = {
    "\x1b[A": "up",
    "\x1b[D": "left",
    "\x1b[H": "home",
    "\x1b[1;5A": "ctrl+up",
    "\x1b[5~": "pageup",
    "\x1bOB": "down",
    "\x1bOP": "f1",
    "\x1b[I": "AppFocus",
    "\x1b[O": "AppBlur",
    "\x1b[<0;10;5M": "MouseDown",
    "\x1b[M !!": "",
}
"""What terminals send, and what it means; the last one is a click of a terminal that knows only the oldest form."""

TYPED = "ABDHIMOPX!u "
"""Keys that change the record, or open what does."""


class StoppedClock:
    """A clock that runs only when a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def get_time(self) -> float:
        """Return the seconds of this moment."""
        return self.now


CLOCK = StoppedClock()


@pytest.fixture(autouse=True)
def parsers_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the parser read a clock that no busy machine delays."""
    monkeypatch.setattr(terminal_input, "get_time", CLOCK.get_time)
    monkeypatch.setattr(_parser, "get_time", CLOCK.get_time)


class Play(NamedTuple):
    """A parser with what is still to be fed to it, and what came out."""

    parser: InputParser
    rest: list[str]
    out: list[Message]


def plays(pieces: Iterable[list[str]], delay: float) -> list[list[str]]:
    """Feed every list of pieces with this delay between them, all at once; return what came out of each."""
    running = [Play(InputParser(), list(one), []) for one in pieces]
    while any(one.rest for one in running):
        for one in running:
            if one.rest:
                one.out.extend(one.parser.feed(one.rest.pop(0)))
        passes(running, delay)
    passes(running, 0.7)
    return [[named(message) for message in one.out] for one in running]


def passes(running: list[Play], seconds: float) -> None:
    """Let time pass, and the parsers look at it every hundredth of a second, as the driver does."""
    for _ in range(round(seconds * 100)):
        CLOCK.now += 0.01
        for one in running:
            one.out.extend(one.parser.tick())


def named(message: Message) -> str:
    match message:
        case events.Key():
            return message.key
        case events.Paste():
            return f"paste {message.text}"
        case Ignored():
            return "ignored"
    return type(message).__name__


@pytest.mark.parametrize("delay", [0.15, 0.7, 2.0])
def test_a_sequence_torn_in_two_is_what_it_was_and_no_command(delay: float) -> None:
    torn = [(whole, at) for whole in SEQUENCES for at in range(1, len(whole))]
    came = plays([[whole[:at], whole[at:]] for whole, at in torn], delay)
    for (whole, at), out in zip(torn, came, strict=True):
        meant = [SEQUENCES[whole]] if SEQUENCES[whole] else []
        # After half a second ESC by itself was Escape, and cannot be taken back.
        assert out == (["escape", *meant] if at == 1 and delay > 0.5 else meant), (whole, at)


@pytest.mark.parametrize("delay", [0.15, 0.7])
def test_a_sequence_that_comes_letter_by_letter_is_no_command(delay: float) -> None:
    came = plays([list(whole) for whole in SEQUENCES], delay)
    for whole, out in zip(SEQUENCES, came, strict=True):
        assert not set(out) & set(TYPED), (whole, out)
        assert not SEQUENCES[whole] or SEQUENCES[whole] in out, whole


@pytest.mark.parametrize("begun", ["\x1b[", "\x1bO", "\x1b[1;5", "\x1b[<0;1"])
def test_no_letter_right_behind_an_unfinished_sequence_is_a_command(begun: str) -> None:
    letters = [key for key in TYPED if key.isalpha() and key != "O"]
    for letter, out in zip(letters, plays([[begun, letter] for letter in letters], 1.0), strict=True):
        assert not set(out) & set(TYPED), (begun, letter, out)


@pytest.mark.anyio
async def test_a_sequence_is_whole_though_the_machine_is_busy_when_its_rest_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typist, line = os.openpty()
    tty.setraw(line)
    driver = TerminalDriver(CockpitApp(ListFeed(go_live(), Notebook()), layout()))
    driver.fileno = line

    class Interrupted(selectors.SelectSelector):
        """Finds nothing to read once; the rest of the sequence arrives, and a long time passes, before it returns."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if timeout is not None and not got and CLOCK.now == began:
                os.write(typist, b"[A")
                CLOCK.now += 2 * ESCAPE_S
                return []
            return super().select(timeout)

    got, began = list[str](), CLOCK.now

    def receive(message: Message) -> None:
        got.append(named(message))
        driver.exit_event.set()

    monkeypatch.setattr(driver, "process_message", receive)
    monkeypatch.setattr(terminal, "get_time", CLOCK.get_time)
    monkeypatch.setattr(selectors, "SelectSelector", Interrupted)
    os.write(typist, b"\x1b")
    driver.run_input_thread()
    driver.close()
    os.close(typist)
    os.close(line)
    assert got == ["up"]


def test_escape_and_a_key_behind_it_both_take_effect() -> None:
    assert plays([["\x1b"], ["\x1b", "j"], ["\x1b\x1b"]], 0.05) == [["escape"], ["escape", "j"], ["escape", "escape"]]


def test_alt_is_no_key_and_not_the_key_without_it() -> None:
    assert plays([["\x1b "], ["\x1b\r"], ["\x1bA"]], 0.05) == [[], [], ["alt+shift+a"]]


def test_control_c_ends_whatever_is_unfinished() -> None:
    begun = ["\x1b", "\x1b[", "\x1bO", "\x1b[1;", "\x1b[200~x", "\x1b]11;rgb"]
    for one, out in zip(begun, plays([[one, "\x03"] for one in begun], 0.1), strict=True):
        assert out[-1] == "ctrl+c", one


def test_a_paste_ends_where_its_end_is_however_it_is_torn() -> None:
    whole = "\x1b[200~A u\x1b[201~"
    for at, out in enumerate(plays([[whole[:at], whole[at:]] for at in range(2, len(whole))], 0.2), 2):
        assert out == ["paste A u"], at


def test_a_paste_without_an_end_is_over_after_a_second_and_its_rest_is_not_typed() -> None:
    came = plays([["\x1b[200~AAA", "q"], ["\x1b[200~AAA", "P B\r", "j"], ["\x1b[200~AAA\x1b[2", "01~", "A"]], 1.3)
    assert came == [
        ["paste AAA", "ignored", "q"],
        ["paste AAA", "ignored", "j"],
        ["paste AAA", "ignored", "A"],
    ]


def test_a_reply_of_the_terminal_is_not_typed() -> None:
    replies = ["\x1b]11;rgb:00/AA/PP\x07", "\x1bP>|XTerm(A)\x1b\\", "\x1b[99;1z"]
    assert plays([[one, "j"] for one in replies], 0.05) == [["j"]] * len(replies)
