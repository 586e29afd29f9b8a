"""Commands that change nothing, run for a check: without input, without a record, ended with everything they leave."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mmcockpit.core.model.procedure import Capture, Cluster
from mmcockpit.engine.children.output import OutputBuffer
from mmcockpit.engine.steps import environment
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.supervised import Supervised, first_of, start_failure

WITHIN_S = 30.0
"""Maximum seconds of each command that a check runs."""

MAX_BYTES = 16 * 1024 * 1024
"""Bytes that a command of a check may print; one that prints more is ended."""


class TrialEnd(NamedTuple):
    """A command that has ended: why it failed (empty if it did not), and its last line.

    `cut` is whether it was ended because it took too long or printed too much, so that nothing is known.
    """

    why: str
    last_line: str = ""
    cut: bool = False


class Trials:
    """Runs commands in the folder in which the cockpit was started, as the steps of procedures run there."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def run(
        self, argv: tuple[str, ...], cluster: Cluster, within_s: float, captures: tuple[Capture, ...] = ()
    ) -> tuple[TrialEnd, OutputBuffer]:
        """Run a command; return how it ended, and its output, from which values are captured."""
        with tempfile.TemporaryDirectory() as folder:
            output = OutputBuffer(self._secrets, captures, Path(folder) / "output.txt", lambda *_: None)
            why, cut, status = await _run(argv, cluster, within_s, output.wrote)
            output.end()
        if not why and status != 0:
            why = output.last_line or f"exit {status}"
        return TrialEnd(why, output.last_result, cut), output

    async def read(self, argv: tuple[str, ...], cluster: Cluster) -> tuple[TrialEnd, bytes]:
        """Run a command; return how it ended, and what it printed on standard output."""
        printed, errors = bytearray(), bytearray()

        def wrote(data: bytes, error: bool) -> None:
            (errors if error else printed).extend(data)

        why, cut, status = await _run(argv, cluster, WITHIN_S, wrote)
        said = self._secrets.redact(errors.decode(errors="replace")).strip().splitlines()
        if not why and status != 0:
            why = said[-1] if said else f"exit {status}"
        return TrialEnd(why, said[-1] if said else "", cut), bytes(printed)


async def _run(
    argv: tuple[str, ...], cluster: Cluster, within_s: float, wrote: Callable[[bytes, bool], None]
) -> tuple[str, bool, int | None]:
    """Run a command; return why it did not end by itself (empty if it did), whether it was cut, and its exit status."""
    size, overflown, folder = 0, asyncio.Event(), str(Path.cwd())

    def printed(fd: int, data: bytes) -> None:
        nonlocal size
        size += len(data)
        if size > MAX_BYTES:
            overflown.set()
        else:
            wrote(data, fd == 2)

    process = Supervised(printed)
    try:
        async with asyncio.timeout(within_s):
            await process.start(argv, folder, environment(cluster), survives=False)
            await first_of(process.exited, overflown)
        if overflown.is_set():
            return f"printed more than {MAX_BYTES >> 20} MiB", True, None
        await process.linger()
    except TimeoutError:
        return f"did not end within {within_s:g}s", True, None
    except (OSError, ValueError) as error:
        return f"{argv[0]}: {start_failure(error, folder)[1]}", False, None
    finally:
        await process.end()
    return "", False, process.status
