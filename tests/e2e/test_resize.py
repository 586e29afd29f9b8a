"""A resize storm under live data: alive, the cursor on its item, the screen right at the end."""

import random
import re

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, answer, cursor, in_order, leave, letters, until
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
            until(program, lambda columns=columns: is_whole(program, columns), f"a whole screen of {columns} columns")  # type: ignore[misc]
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


def is_whole(program: Terminal, columns: int) -> bool:
    """Return whether the screen is one of its size, as if everything had been drawn anew, and stays so."""
    program.quiet(0.2, 2)
    lines = program.lines()
    return (
        re.fullmatch("━ 1 .*[━─]", lines[4].rstrip()) is not None
        and len(lines[4].rstrip()) == columns
        and sum(line.startswith(" LIVE TEST") for line in lines) == 1
        and [n for n, letter in letters("\n".join(lines)).items() if letter == "x"] == [11]
    )
