"""Values are captured from output however busy the machine is; only a search that takes too long itself is given up."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.core.model.procedure import Capture
from mmcockpit.engine.children.output import OutputBuffer
from mmcockpit.sources.common.secrets import Secrets
from tests.engine.virtual_time import VirtualLoop


class BusyLoop(VirtualLoop):
    """Its clock advances by a minute whenever someone looks, as if the machine did something else in between."""

    def time(self) -> float:
        """Return the seconds since the loop was made."""
        self.now += 60.0
        return self.now


def captured(pattern: str, printed: bytes, folder: Path, loop: Callable[[], asyncio.AbstractEventLoop]) -> object:
    async def run() -> object:
        buffer = OutputBuffer(Secrets(), (Capture("revision", pattern),), folder / "output.txt", lambda *_: None)
        buffer.wrote(printed, False)
        buffer.end()
        return buffer.captured()[0]

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(run())


@pytest.mark.parametrize("loop", [BusyLoop, asyncio.new_event_loop])
def test_values_are_captured_on_a_busy_machine(tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    printed = b"".join(b"rev %d\n" % number for number in range(20))
    assert captured(r"^rev (\d+)", printed, tmp_path, loop) == {"revision": tuple(str(n) for n in range(20))}


def test_a_search_that_takes_too_long_gives_no_value(tmp_path: Path) -> None:
    printed = b"rev 1\n" + b"a" * 60 + b"b\n"
    assert captured(r"^rev (\d+)|((?:a|aa)+)c", printed, tmp_path, asyncio.new_event_loop) == {}
