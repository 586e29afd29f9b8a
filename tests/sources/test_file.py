"""Real files, links, folders and pipes: what is there is a reading, what may not be read is a fault."""

import asyncio
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import FaultKind, normalise
from mmcockpit.sources import kind
from mmcockpit.sources.file.source import MAX_HASHED_BYTES, MAX_JSON_BYTES
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = pytest.mark.anyio

NOBODY = 65_534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be without root's rights to read everything; does nothing for others."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_file_that_changes_and_goes(tmp_path: Path) -> None:
    file = tmp_path / "backup.dump"
    async with opened("file") as source:
        asking = probe("file", source, "stat", {"path": str(file)})
        assert await value(asking) == {"exists": False}
        file.write_bytes(b"one")
        modified = time.time() - 90
        os.utime(file, (0, modified))
        read = await value(asking)
        assert read.pop("modified") == pytest.approx(modified, abs=0.01)
        assert 89.9 <= read.pop("age_s") < time.time() - modified + 0.1
        assert read == {"exists": True, "kind": "file", "size": 3, "sha256": hashlib.sha256(b"one").hexdigest()}
        file.write_bytes(b"two")
        assert (await value(asking))["sha256"] == hashlib.sha256(b"two").hexdigest()
        file.unlink()
        assert await value(asking) == {"exists": False}
        assert await value(probe("file", source, "stat", {"path": f"{file}/below"})) == {"exists": False}


async def test_what_is_no_plain_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latest").symlink_to("folder/a")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "lost").symlink_to("nowhere")
    async with opened("file", root=str(tmp_path)) as source:
        read = {}
        for name in ("folder", "pipe", "latest", "lost"):
            read[name] = await value(probe("file", source, "stat", {"path": name}))
        assert (read["folder"]["kind"], read["folder"]["entries"]) == ("folder", 1)
        assert (read["pipe"]["kind"], "size" in read["pipe"]) == ("other", False)
        assert (read["latest"]["kind"], read["latest"]["size"]) == ("file", 0)
        assert read["lost"] == {"exists": False}
        assert (await fault(probe("file", source, "stat", {"path": "loop"}))).kind is FaultKind.UNREACHABLE
        for name in ("folder", "pipe"):
            found = await fault(probe("file", source, "json", {"path": name}))
            assert (found.kind, "not a regular file" in found.message) == (FaultKind.MALFORMED, True)


async def test_the_root_is_never_left(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").write_text("{}")
    (root / "link").symlink_to("../outside")
    (root / "inside").write_text("{}")
    async with opened("file", root=str(root)) as source:
        assert await value(probe("file", source, "json", {"path": str(root / "inside")})) == {}
        for path in ("../outside", "link", str(tmp_path / "outside"), "/etc/hostname", "../root-not"):
            found = await fault(probe("file", source, "stat", {"path": path}))
            assert (found.kind, "is outside of root" in found.message) == (FaultKind.CONFIGURATION, True), found


async def test_a_file_that_may_not_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "secret").chmod(0)
    async with opened("file") as source:
        for name in ("stat", "json"):
            asking = probe("file", source, name, {"path": str(tmp_path / "secret")})
            with as_nobody():
                found = await fault(asking)
            assert (found.kind, "permission denied" in found.message) == (FaultKind.FORBIDDEN, True), found


async def test_a_large_file_is_not_hashed_and_one_from_the_future_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.touch()
    os.truncate(file, MAX_HASHED_BYTES + 1)
    async with opened("file") as source:
        asking = probe("file", source, "stat", {"path": str(file)})
        read = await value(asking)
        assert (read["size"], "sha256" in read) == (MAX_HASHED_BYTES + 1, False)
        os.utime(file, (0, time.time() + 3600))
        found = await fault(asking)
        assert (found.kind, "in the future" in found.message) == (FaultKind.STALE, True), found


async def test_json_whole_and_selected(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text('{"summary": {"failed": 0}, "runs": [{"id": "a"}], "none": null}')
    select = {"failed": "summary.failed", "first": "runs[0].id", "lost": "runs[1].id.x", "odd": "summary[0]"}
    async with opened("file") as source:
        assert (await value(probe("file", source, "json", {"path": str(file)})))["runs"] == [{"id": "a"}]
        read = await value(probe("file", source, "json", {"path": str(file), "select": select}))
        assert read == {"failed": 0, "first": "a", "lost": None, "odd": None}
        assert normalise(read)[1] == "null at lost"
        file.unlink()
        assert await value(probe("file", source, "json", {"path": str(file), "select": select})) == {"exists": False}


BAD: dict[str, tuple[bytes, FaultKind]] = {
    "empty": (b"", FaultKind.MALFORMED),
    "cut off": (b'{"a": ', FaultKind.MALFORMED),
    "HTML": (b"<html>", FaultKind.MALFORMED),
    "NaN": (b'{"a": NaN}', FaultKind.MALFORMED),
    "not UTF-8": (b'"\xff"', FaultKind.MALFORMED),
    "too deep": (b"[" * 100_000, FaultKind.MALFORMED),
    "too long": (b" " * MAX_JSON_BYTES + b"{}", FaultKind.TOO_LARGE),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_is_no_json_is_a_fault(tmp_path: Path, case: str) -> None:
    text, expected = BAD[case]
    (tmp_path / "bad").write_bytes(text)
    async with opened("file", root=str(tmp_path)) as source:
        found = await fault(probe("file", source, "json", {"path": "bad"}))
    assert (found.kind, found.message.startswith("bad: ")) == (expected, True), found


async def test_no_file_stays_open(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")

    def held() -> int:
        return sum(
            os.path.realpath(f"/proc/self/fd/{fd}").startswith(str(tmp_path)) for fd in os.listdir("/proc/self/fd")
        )

    async with opened("file", root=str(tmp_path)) as source:
        asked = [(name, path) for name in ("stat", "json") for path in ("a.json", ".", "none")] * 3
        await asyncio.gather(*(answer(probe("file", source, name, {"path": path})) for name, path in asked))
        assert held() == 0


async def test_check_and_what_a_cockpit_file_may_not_say(tmp_path: Path) -> None:
    async with opened("file", root=str(tmp_path / "none")) as source:
        assert (await source.check()).reachable is False
    async with opened("file", root=str(tmp_path)) as source:
        assert (await source.check()).reachable is True
    for name, args in (("stat", {"path": ""}), ("stat", {"path": "a\0"}), ("json", {"path": "a", "select": {"x": ""}})):
        with pytest.raises(ValidationError):
            kind("file").probes[name].args.model_validate(args)
