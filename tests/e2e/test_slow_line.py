"""A line that tears keys apart: on a real terminal no piece of an arrow key becomes a fact or a question."""

import json
import re

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, leave, until
from tests.terminal import Terminal

QUIET = r"\? help"
"""The hints are in sight: nothing is asked."""


def late(program: Terminal, place: Place, pieces: tuple[str, ...], delay_s: float) -> None:
    """Press the pieces one after the other, this many seconds of the session apart."""
    for piece in pieces:
        program.press(piece)
        since = clock(place)
        until(program, lambda since=since: clock(place) >= since + delay_s, "the time passes")  # type: ignore[misc]


def clock(place: Place) -> float:
    """Return the time of the last fact."""
    return float(json.loads(place.journal.read_bytes().split(b"\n")[-2])[1])


def deeds(place: Place) -> list[str]:
    """Return the facts that a person caused, by their kind."""
    facts = [json.loads(line) for line in place.journal.read_bytes().split(b"\n")[:-1]]
    return [tag for _, _, _, tag, body, _ in facts if isinstance(body, dict) and "by" in body]


def test_pieces_of_keys_record_nothing_and_ask_nothing(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url, every="100ms"), size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        for delay_s, whole in ((0.15, "\x1b[A"), (0.15, "\x1b[D"), (0.8, "\x1b[H"), (0.8, "\x1b[O"), (2.0, "\x1b[B")):
            late(program, place, (whole[0], whole[1:]), delay_s)
        late(program, place, ("\x1b[", "O", "\x1b[1;5", "A", "\x1bO", "P", "\x1b[<35;1", "0;5M"), 0.8)
        program.wait_for(QUIET)
        assert deeds(place) == []
        # Escape by itself is still back: it closes the filter's question.
        program.press("/run")
        program.wait_for(r"/ run")
        program.press("\x1b")
        program.wait_for(QUIET)
        assert leave(program) == 0


def test_a_paste_without_an_end_leaves_the_keys_to_their_operator(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url, every="100ms"), size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        program.press("\x1b[200~A u D\r")
        program.wait_for("the paste has no end")
        program.press("P B\r")
        program.press("\x03")
        program.wait_for("Leave this go-live")
        program.press("\x1b")
        until(program, lambda: not re.search("Leave this go-live", program.text()), "the question is gone")
        program.press("\x1b[200~A u D")
        program.press("\x03")
        program.wait_for("Leave this go-live")
        assert deeds(place) == []
