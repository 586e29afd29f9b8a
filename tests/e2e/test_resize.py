"""A resize storm under live data: alive, the cursor on its item, the screen right at the end."""

import random

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, answer, cursor, in_order, leave, letters
from tests.terminal import Terminal

SIZES = 60


def test_sixty_sizes_move_neither_the_cursor_nor_the_facts(place: Place, valkey: Valkey) -> None:
    chance = random.Random(7)
    with place.open("run", light(place, valkey.url, every="100ms")) as program:
        program.wait_for(r"\[\+\] clients")
        in_order(program)
        program.press("j" * 12)
        program.wait_for(r"> \[ \] +11 Keys")
        program.press(" ")
        program.wait_for(r"> \[x\] +11 Keys")
        for number in range(SIZES):
            columns, rows = chance.choice([(80, 24), (200, 50), (30, 8)]) if number % 3 == 0 else (
                chance.randint(30, 200),
                chance.randint(8, 50),
            )  # fmt: skip
            program.resize(columns, rows)
            program.read(0.02)
            if number % 20 == 19:
                program.wait_for(r">\s\[x\] +11 K")
        program.resize(30, 8)
        program.wait_for(r">\s\[x\] +11 K")
        for columns, rows in ((200, 50), (80, 24)):
            program.resize(columns, rows)
            program.wait_for(r"(?s)^ LIVE TEST .*\[\+\] clients .*> \[x\] +11 Keys .* \? help ")
            assert_whole(program, columns)
        assert cursor(program).startswith("[x]  11 Keys")
        program.press("q")
        for columns, rows in ((80, 24), (40, 12), (200, 50), (80, 24)):
            program.resize(columns, rows)
            wide = min(columns, 64)
            program.wait_for(rf"\n.{{{(columns - wide) // 2}}}╰─{{{wide - 2}}}╯")
        answer(program, "s", r"Leave this go-live\?")
        program.press("k")
        program.wait_for(r"> \[ \] +10 Journal")
        assert leave(program) == 0


def assert_whole(program: Terminal, columns: int) -> None:
    """The screen is a fresh one of its size: the program draws the same when it is asked to draw everything anew."""
    program.quiet(0.2, 2)
    lines = program.lines()
    assert lines[4].startswith("━ 1 ")
    assert lines[4].rstrip()[-1] in "━─"
    assert len(lines[4].rstrip()) == columns
    assert sum(line.startswith(" LIVE TEST") for line in lines) == 1
    assert [n for n, letter in letters("\n".join(lines)).items() if letter == "x"] == [11]
