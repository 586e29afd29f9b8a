"""A terminal whose encoding lacks most characters of the screen: other characters in the same cells."""

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, leave


def test_without_its_characters_the_screen_has_others_in_their_cells(place: Place, valkey: Valkey) -> None:
    cockpit = light(place, valkey.url)
    with place.open("run", cockpit) as program:
        program.wait_for(r"\[\+\] clients")
        drawn = program.lines()
        assert leave(program) == 0
    with place.open("run", cockpit, env={"PYTHONIOENCODING": "ascii"}) as program:
        program.wait_for(r"\[\+\] clients")
        escaped = program.lines()
        assert leave(program) == 0
    assert not any(" \\u" in line for line in escaped)
    assert [line.isascii() for line in escaped] == [True] * len(escaped)
    assert [line.index("2 Signals") for line in escaped if "2 Signals" in line] == [
        line.index("2 Signals") for line in drawn if "2 Signals" in line
    ]
    assert "rollback: not checked" in "\n".join(escaped)
