"""A small compressed file that unpacks to gigabytes: every command that reads journals stays small."""

import os
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from mmcockpit.journal.frames import table
from tests.servers.wait import PATIENCE_S

MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK = 128 * 1024
MOST_BYTES = 400 * 1024 * 1024
"""Address space of a command; the interpreter with its libraries takes a third of it."""


def repeated(blocks: int, declared: int, byte: bytes) -> bytes:
    """Return a zstd frame of blocks that each repeat one byte, which declares that it holds `declared` bytes."""
    heads = [((BLOCK << 3) | 2 | (number == blocks - 1)).to_bytes(3, "little") + byte for number in range(blocks)]
    return MAGIC + bytes([0x80, 0x60]) + struct.pack("<I", declared) + b"".join(heads)


def _short() -> bytes:
    return repeated(24_000, 1_000, b"a")


def _many() -> bytes:
    return repeated(128, 128 * BLOCK, b"\n") * 180


def _told() -> bytes:
    frame = repeated(128, 128 * BLOCK, b"\n")
    return frame * 180 + table([(len(frame), 128 * BLOCK)] * 180)


def _links() -> bytes:
    return zstandard.ZstdCompressor().compress(b"-" + b'""]\n' * (4 << 20)) * 60


def _endless() -> bytes:
    return repeated(24_000, 1_000, b"a")[:-4]


BOMBS = (_short, _many, _told, _links, _endless)
COMMANDS = (["log"], ["report"], ["replay", "--rejudge", os.devnull], ["sessions"])
CASES = [*((bomb, ["verify"]) for bomb in BOMBS), *((_short, words) for words in COMMANDS)]


@pytest.mark.parametrize(("bomb", "words"), CASES)
def test_a_bomb_is_bounded(tmp_path: Path, bomb: Callable[[], bytes], words: list[str]) -> None:
    path = tmp_path / "mmcockpit" / "sessions" / "20261206T020000Z-bomb-0000" / "journal.jsonl.zst"
    path.parent.mkdir(parents=True)
    path.write_bytes(bomb())
    assert path.stat().st_size < 110_000
    named = [] if words == ["sessions"] else [os.fspath(path)]
    argv = [sys.executable, "-m", "mmcockpit", words[0], *named, *words[1:]]
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": os.fspath(tmp_path), "XDG_CACHE_HOME": os.fspath(tmp_path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES)),
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1), done
