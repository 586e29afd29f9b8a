"""Real processes: their exit is a reading, that one could not be run to its end is a fault; none is left behind."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, ProbeError, normalise
from mmcockpit.sources import kind
from mmcockpit.sources.command.source import MAX_KEPT_BYTES, MAX_READ_BYTES
from mmcockpit.sources.common.supervised import run_supervised
from tests.servers.wait import PATIENCE_S, wait_until
from tests.sources.daemons import HOWS, leaves, left_alive
from tests.sources.polling import answer, fault, opened, probe

pytestmark = pytest.mark.anyio

CANARY = "canary-c05e8ad413"
PYTHON = sys.executable


async def run(*argv: str, timeout: float = PATIENCE_S, options: dict[str, Any] | None = None, **args: Any) -> Answer:
    options = {"allow": (argv[0],)} | (options or {})
    async with opened("command", **options) as source:
        return await answer(probe("command", source, "run", {"argv": argv, **args}, timeout=timeout))


async def script(text: str, **more: Any) -> Any:
    """Return the value of a run of Python; a fault fails the test."""
    read = await run(PYTHON, "-c", text, **more)
    assert not isinstance(read, Fault), read
    return read.value


async def refused(*argv: str, **more: Any) -> Fault:
    read = await run(*argv, **more)
    assert isinstance(read, Fault), read
    assert "\n" not in read.message
    return read


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def gone(pid_file: Path) -> None:
    await asyncio.to_thread(wait_until, lambda: not alive(int(pid_file.read_text())), "the process is gone")


async def test_exit_and_output_are_a_reading() -> None:
    read = await script("import sys; print('out', *sys.stdin); print('err', file=sys.stderr); sys.exit(3)")
    assert read.pop("ms") > 0
    assert read == {"exit": 3, "stdout": "out\n", "stderr": "err\n", "truncated": False}
    assert (await script("import os; os.kill(os.getpid(), 15)"))["exit"] == -15


async def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    read = await script("import sys; print(sys.argv[1:])")
    assert read["stdout"] == "[]\n"
    words = ["$HOME", "a b", "; touch x", "*", "`id`", "", "\n"]
    found = await run(PYTHON, "-c", "import sys; print(sys.argv[1:])", *words, options={"cwd": str(tmp_path)})
    assert not isinstance(found, Fault)
    assert found.value["stdout"] == f"{words}\n"
    assert os.listdir(tmp_path) == []


async def test_json_is_parsed_where_it_is_owed() -> None:
    assert (await script("print('{\"a\": [1]}')", parse="json"))["json"] == {"a": [1]}
    assert "json" not in await script("print('{')")
    assert "json" not in await script("print('no'); raise SystemExit(2)", parse="json")
    for text in ("no", "{", '{"a": NaN}', "[" * 10_000, ""):
        found = await refused(PYTHON, "-c", f"print({text!r})", parse="json")
        assert (found.kind, "not valid JSON" in found.message) == (FaultKind.MALFORMED, True), found
    found = await refused(PYTHON, "-c", "print([1] * 100_000)", parse="json")
    assert (found.kind, "64 KiB" in found.message) == (FaultKind.TOO_LARGE, True), found


async def test_only_what_the_cockpit_file_allows_runs(tmp_path: Path) -> None:
    made = tmp_path / "made"
    for name in ("touch", "/usr/bin/touch", "./touch"):
        found = await refused(name, str(made), options={"allow": ("trivy", "/bin/touc")})
        assert found.kind is FaultKind.CONFIGURATION
        assert found.message == f"{name}: not allowed; add it to allow.probe_commands"
    assert not made.exists()


async def test_what_cannot_be_started_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    (tmp_path / "odd").write_text("no program")
    (tmp_path / "odd").chmod(0o700)
    table: list[tuple[str, dict[str, Any], FaultKind, str]] = [
        ("no-such-program", {}, FaultKind.NOT_FOUND, "program not found"),
        (str(tmp_path / "none"), {}, FaultKind.NOT_FOUND, "program not found"),
        (str(tmp_path / "plain"), {}, FaultKind.FORBIDDEN, "permission denied"),
        (str(tmp_path / "odd"), {}, FaultKind.CONFIGURATION, "Exec format error"),
        (PYTHON, {"cwd": str(tmp_path / "none")}, FaultKind.CONFIGURATION, "not found"),
    ]
    for name, options, expected, words in table:
        found = await refused(name, options={"allow": (name,), **options})
        assert (found.kind, words in found.message) == (expected, True), found


async def test_the_environment_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", CANARY)
    monkeypatch.setenv("REGISTRY_TOKEN", f"{CANARY}-named")
    monkeypatch.setenv("TZ", "UTC")
    dump = "import os; print(sorted(os.environ)); print(*os.environ.values())"
    read = await script(dump)
    assert CANARY not in read["stdout"]
    assert "'PATH'" in read["stdout"]
    assert "'TZ'" in read["stdout"]
    named = {"allow": (PYTHON,), "env": ("REGISTRY_TOKEN",)}
    read = await script(dump, options=named)
    assert "'REGISTRY_TOKEN'" in read["stdout"]
    assert CANARY not in str(read)
    # Also where the cut would go through the middle of it.
    read = await script("import os; print('x' * 4090 + os.environ['REGISTRY_TOKEN'])", options=named)
    assert "canary" not in str(read)
    found = await refused(PYTHON, "-c", "import os; print(os.environ['REGISTRY_TOKEN'])", parse="json", options=named)
    assert "canary" not in found.message


async def test_output_is_cleaned_and_bounded() -> None:
    read = await script("print('\\x1b[2J\\u202egreen' + 'x' * 10_000)")
    assert read["stdout"].startswith("␛[2Jgreenxxx")
    assert len(read["stdout"]) == 4096
    assert read["truncated"] is False
    assert (await script(f"print('x' * {MAX_KEPT_BYTES})"))["truncated"] is True
    assert normalise(read)[1] == ""
    found = await refused(PYTHON, "-c", "import itertools\nfor _ in itertools.count(): print('x' * 65536)")
    assert (found.kind, f"{MAX_READ_BYTES >> 20} MiB" in found.message) == (FaultKind.TOO_LARGE, True), found


FORKS = """
import os, pathlib, sys, time
if os.fork():
    {parent}
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""


async def test_the_whole_group_ends_at_the_timeout(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    began = time.monotonic()
    # A shell has started long before the timeout.
    found = await refused("/bin/sh", "-c", 'sleep 60 & echo $! > "$0"; wait', str(file), timeout=1.5)
    assert (found.kind, "within 1.5s" in found.message) == (FaultKind.TIMEOUT, True), found
    assert time.monotonic() - began < 50, "it waits for the program"
    await gone(file)


async def test_a_question_may_have_a_shorter_timeout_than_its_signal() -> None:
    async with opened("command", allow=(PYTHON,)) as source:
        argv = (PYTHON, "-c", "import time; time.sleep(60)")
        found = await fault(probe("command", source, "run", {"argv": argv, "timeout": "300ms"}, timeout=30))
    assert (found.kind, "0.3s" in found.message) == (FaultKind.TIMEOUT, True), found


async def test_what_stays_in_the_background_ends_with_its_program(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    written = "os.path.exists(sys.argv[1]) and os.path.getsize(sys.argv[1])"
    waits = "\n    ".join((f"while not ({written}): time.sleep(0.01)", "print('done', flush=True); os._exit(0)"))
    read = await run(PYTHON, "-c", FORKS.format(parent=waits), str(file))
    assert not isinstance(read, Fault), read
    assert (read.value["exit"], read.value["stdout"]) == (0, "done\n")
    await gone(file)


@pytest.mark.parametrize("how", HOWS)
async def test_a_daemon_ends_with_the_program_that_started_it(tmp_path: Path, how: str) -> None:
    read = await run(*leaves(tmp_path / "pids", how))
    assert not isinstance(read, Fault), read
    assert (read.value["exit"], read.value["stdout"]) == (0, "left it\n")
    assert left_alive(tmp_path / "pids") == []
    found = await refused(*leaves(tmp_path / "pids", how, stays=True), timeout=1.5)
    assert found.kind is FaultKind.TIMEOUT
    assert left_alive(tmp_path / "pids") == []


@pytest.mark.parametrize("how", HOWS)
def test_a_command_run_in_a_thread_leaves_no_daemon_either(tmp_path: Path, how: str) -> None:
    code, printed = run_supervised(leaves(tmp_path / "pids", how), os.environ, 10.0)
    assert (code, printed, left_alive(tmp_path / "pids")) == (0, b"left it\n", [])
    with pytest.raises(TimeoutError):
        run_supervised(leaves(tmp_path / "pids", how, stays=True), os.environ, 1.0)
    assert left_alive(tmp_path / "pids") == []


async def test_a_probe_ends_with_a_cockpit_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from mmcockpit.sources.common.supervised import run_supervised as go; go(sys.argv[1:], {}, 600.0)"
    )
    argv = (PYTHON, "-c", code, *leaves(tmp_path / "pids", "daemon", stays=True))
    asking = await asyncio.create_subprocess_exec(*argv)
    pids = tmp_path / "pids"
    await asyncio.to_thread(wait_until, lambda: pids.exists() and bool(pids.read_text()), "it runs")
    asking.kill()
    await asking.wait()
    await asyncio.to_thread(wait_until, lambda: not left_alive(pids), "the daemon is gone")


async def test_a_cancelled_question_ends_its_program(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    text = "import os, pathlib, sys, time\npathlib.Path(sys.argv[1]).write_text(str(os.getpid()))\ntime.sleep(60)"
    asking = asyncio.create_task(run(PYTHON, "-c", text, str(file)))
    await asyncio.to_thread(wait_until, lambda: file.exists() and bool(file.read_text()), "it runs")
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await gone(file)


async def test_a_question_is_cancelled_at_every_moment_of_its_start() -> None:
    for turns in range(12):
        asking = asyncio.create_task(run(PYTHON, "-c", "import time; time.sleep(60)"))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_check_names_what_is_not_installed() -> None:
    async with opened("command", allow=("sh", "no-such-program")) as source:
        assert (await source.check()).missing == ("no-such-program: not found on PATH",)
    assert ": none" in kind("command").target(kind("command").options())


@pytest.mark.parametrize(
    "args", [{}, {"argv": []}, {"argv": "ls -l"}, {"argv": ["a\0b"]}, {"argv": ["a"], "timeout": "0s"}, {"argv": [1]}]
)
async def test_what_a_cockpit_file_may_not_say(args: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind("command").probes["run"].args.model_validate(args)


async def test_a_named_variable_that_is_not_set_is_a_fault_of_the_file() -> None:
    with pytest.raises(ProbeError, match="NOT_SET_HERE is not set"):
        await run(PYTHON, options={"env": ("NOT_SET_HERE",)})
