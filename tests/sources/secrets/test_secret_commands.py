"""Secrets that programs print: scripts that are slow, fail, print too much, or print another secret after a 401."""

import asyncio
import os
import secrets as random
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.share.postgres.address import address
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources import open_source
from mmcockpit.sources.common import secret_commands
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.postgres import source as postgres_source
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import fault, probe, value
from tests.sources.secrets.guarded import ANSWERS, Guarded

pytestmark = pytest.mark.anyio
SECTION = {"section": "clients"}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give programs, and polls between two runs of one, more time than they take on a busy machine."""
    monkeypatch.setattr(secret_commands, "WITHIN_S", PATIENCE_S)
    monkeypatch.setattr(secret_commands, "AGAIN_S", 10 * PATIENCE_S)


def script(folder: Path, code: str) -> list[str]:
    """Return the words of a program that counts its runs and then runs this Python code."""
    path = folder / "vault.py"
    path.write_text(f"import sys, time, pathlib\nopen({str(folder / 'runs')!r}, 'a').write('.')\n{code}\n")
    return [sys.executable, "-I", os.fspath(path), "kv", "get"]


def printing(folder: Path) -> list[str]:
    """Return the words of a program that prints the content of the file `secret` and a line feed."""
    return script(folder, f"print(pathlib.Path({str(folder / 'secret')!r}).read_text())")


def runs(folder: Path) -> int:
    return (folder / "runs").stat().st_size if (folder / "runs").exists() else 0


@pytest.mark.parametrize(
    ("code", "kind", "why"),
    [
        ("time.sleep(60)", FaultKind.TIMEOUT, "did not end within 0.5s"),
        ("print(CANARY); sys.exit(3)", FaultKind.CONFIGURATION, "exit 3"),
        ("sys.exit(CANARY)", FaultKind.CONFIGURATION, "exit 1"),
        ("[print(CANARY * 100) for _ in iter(int, 1)]", FaultKind.TOO_LARGE, "printed more than 64 KiB"),
        ("print()", FaultKind.CONFIGURATION, "printed nothing"),
        (r"sys.stdout.buffer.write(b'\xff' + CANARY.encode())", FaultKind.CONFIGURATION, "printed no UTF-8 text"),
    ],
    ids=["slow", "fails", "fails on stderr", "endless", "nothing", "bytes"],
)
async def test_a_program_without_a_secret_is_a_fault_that_does_not_repeat_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, kind: FaultKind, why: str
) -> None:
    if kind is FaultKind.TIMEOUT:
        monkeypatch.setattr(secret_commands, "WITHIN_S", 0.5)
    canary = f"Canary{random.token_hex(8)}"
    argv = script(tmp_path, f"CANARY = {canary!r}\n{code}")
    found, secret = Secrets(), Secret(command=tuple(argv))
    for _ in range(2):
        with pytest.raises(ProbeError) as caught:
            found.resolve(secret)
        assert caught.value.kind is kind
        assert why in caught.value.message
        assert caught.value.message.startswith(f"secret command {sys.executable}: ")
        assert canary not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    # Where it has so little time, a busy machine may not even start it.
    assert runs(tmp_path) == 1 or (kind is FaultKind.TIMEOUT and not runs(tmp_path)), "a failure counts for a while"
    # It may have been the secret; nothing is known of error output, nor of a program that repeats it endlessly.
    printed = code.startswith(("print(CANARY)", "sys.stdout"))
    assert found.redact(f"token {canary}") == ("token •••" if printed else f"token {canary}")
    assert found.unknown({"token": {"command": argv}}) == caught.value.message


def test_a_missing_program_and_one_that_may_not_run_are_faults(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    for program, why in (("/nowhere/vault", "program not found"), (os.fspath(plain), "permission denied")):
        with pytest.raises(ProbeError, match=why):
            Secrets().resolve(Secret(command=(program,)))


def test_words_reach_the_program_without_a_shell_and_one_line_feed_is_dropped(tmp_path: Path) -> None:
    argv = [*script(tmp_path, "print('|'.join(sys.argv[1:]) + chr(10))"), "$HOME", "a b", ";true", "*"]
    assert Secrets().resolve(Secret(command=tuple(argv))) == "kv|get|$HOME|a b|;true|*\n"


async def test_many_users_of_one_secret_run_its_program_once_and_do_not_block_the_loop(tmp_path: Path) -> None:
    argv = tuple(script(tmp_path, f"open({str(tmp_path / 'go')!r}).read(); print('slow-secret')"))
    os.mkfifo(tmp_path / "go")
    found, written = Secrets(), {"token": {"command": list(argv)}, "headers": {"X": {"command": list(argv)}}}
    preparing = [asyncio.create_task(found.prepare(written)) for _ in range(5)]
    # The loop opens the gate for the program: it could not if the program blocked it.
    await asyncio.to_thread((tmp_path / "go").write_text, "now")
    await asyncio.gather(*preparing)
    assert found.resolve(Secret(command=argv)) == "slow-secret"
    assert runs(tmp_path) == 1
    assert found.redact("it is slow-secret") == "it is •••"


@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_secret_that_a_server_refuses_is_printed_again(kind: str, tmp_path: Path) -> None:
    name, arguments, body = ANSWERS[kind]
    old, new = f"old-{random.token_hex(6)}", f"new-{random.token_hex(6)}"
    (tmp_path / "secret").write_text(old)
    found, options = Secrets(), {"token": {"command": printing(tmp_path)}}
    with Guarded() as server:
        server.token, server.body = old, body
        options["url"] = server.url  # type: ignore[assignment]
        await found.prepare(options)
        source = open_source(SourceSpec("s", kind, options), found)
        asked = probe(kind, source, name, arguments)
        await value(asked)
        await value(asked)
        assert runs(tmp_path) == 1, "it is cached"
        server.token = new
        (tmp_path / "secret").write_text(new)
        await value(asked)
        assert runs(tmp_path) == 2
        server.token = "another"
        refused = await fault(asked)
        assert refused.kind is FaultKind.UNAUTHORISED
        assert runs(tmp_path) == 2, "a server that refuses everything does not start a program for each poll"
        await source.close()
    assert found.redact(f"{old} {new}") == "••• •••"


async def test_addresses_of_databases_come_from_programs(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    need(Valkey.binary(), "no valkey-server")
    password = random.token_hex(8)
    with Valkey(tmp_path_factory.mktemp("valkey"), config={"requirepass": password}) as valkey:
        await _renewed(tmp_path_factory.mktemp("url"), password, valkey.url, ("redis", "url", "info", SECTION))
    password = str(psycopg.conninfo.conninfo_to_dict(postgres.dsn)["password"])
    asked = ("postgres", "dsn", "scalar", {"sql": "select 1"})
    await _renewed(tmp_path_factory.mktemp("dsn"), password, postgres.dsn, asked)


async def _renewed(folder: Path, password: str, right: str, asked: tuple[str, str, str, Any]) -> None:
    """Open a source whose program first prints an address with a wrong password, and then the right one."""
    kind, option, name, arguments = asked
    (folder / "secret").write_text(right.replace(password, "wrong-password"))
    source = open_source(SourceSpec("s", kind, {option: {"command": printing(folder)}}), Secrets())
    (folder / "secret").write_text(right)
    await value(probe(kind, source, name, arguments))
    assert runs(folder) == 2
    await source.close()


def test_the_address_of_the_store_is_printed_again_for_a_new_connection(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("host=one")
    current = address({"command": printing(tmp_path)}, Secrets())
    assert current() == "host=one"
    (tmp_path / "secret").write_text("host=two")
    assert current() == "host=two"


def test_a_reference_is_shown_without_what_it_refers_to() -> None:
    options = postgres_source.PostgresOptions.model_validate({"dsn": {"command": ["vault", "kv", "get", "x"]}})
    assert postgres_source.KIND.target(options) == "postgres at {command: vault …}"
