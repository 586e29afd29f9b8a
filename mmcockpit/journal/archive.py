"""Compresses the journal of a closed session into frames, and decompresses it to resume the session.

The compressed file is next to the plain one, with the suffix `.zst`. The plain one is removed only once the compressed
one is on the disk and was read back identical; while both exist, the plain one is used.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec
import zstandard

from mmcockpit.journal import lock
from mmcockpit.journal.codec import MAX_LINE
from mmcockpit.journal.files import SessionError, compressed, open_new, open_ours, open_to_read, sync_folder
from mmcockpit.journal.frames import FRAME, Frames, pack, table
from mmcockpit.journal.playback import cache
from mmcockpit.journal.sessions import WORTH

_LEVEL = 3
_BLOCK = 1 << 20


def put_away(path: Path, folder: Path | None = None) -> bool:
    """Compress a journal that no process writes; False if that is not worthwhile. `folder` is the cache of timelines.

    Raises Locked if a process is writing it, SessionError or OSError; the plain journal is then unchanged.
    """
    descriptor = open_ours(path, append=False)
    try:
        lock.acquire(descriptor, path, "mmcockpit")
        try:
            return _put_away(descriptor, path, folder)
        finally:
            lock.release(path)
    finally:
        os.close(descriptor)


def take_out(path: Path) -> None:
    """Replace the compressed journal with the plain one.

    Raises SessionError if a part of it is damaged, or OSError; the compressed journal is then unchanged.
    """
    source = compressed(path)
    part = _beside(path)
    with Frames(open_to_read(source), source) as frames, os.fdopen(open_new(part), "wb") as target:
        try:
            for number in range(len(frames)):
                target.write(frames.whole(number))
            target.flush()
            os.fsync(target.fileno())
            # Not a rename: another process may have decompressed the journal at the same time and already write to it.
            with suppress(FileExistsError):
                os.link(part, path)
        except (ValueError, zstandard.ZstdError) as error:
            raise SessionError(
                f"{source}: part {number + 1} is damaged, so the session cannot continue; "
                "`mmcockpit log` shows what is readable"
            ) from error
        finally:
            part.unlink(missing_ok=True)
    sync_folder(path.parent)
    source.unlink(missing_ok=True)


def _put_away(descriptor: int, path: Path, folder: Path | None) -> bool:
    if os.fstat(descriptor).st_nlink == 0 or os.fstat(descriptor).st_size < WORTH:
        return False
    known = cache.load(path, folder)
    target = compressed(path)
    part = _beside(target)
    try:
        _compress(descriptor, part)
        _compare(descriptor, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    path.unlink()
    sync_folder(path.parent)
    if known is not None:
        cache.forget(path, folder)
        cache.save(msgspec.structs.replace(known, stored=cache.measure(path, 0)), path, folder)
    return True


def _beside(path: Path) -> Path:
    """Return a name for a temporary file, and remove those that a crash left behind."""
    for left in path.parent.glob(f"{path.name}.*.part"):
        left.unlink(missing_ok=True)
    return path.with_name(f"{path.name}.{os.getpid()}.part")


def _compress(descriptor: int, part: Path) -> None:
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    sizes: list[tuple[int, int]] = []
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb") as source, os.fdopen(open_new(part), "wb") as target:
        lines: list[bytes] = []
        held = 0
        while True:
            line = source.readline(MAX_LINE + 1)
            if lines and (not line or held + len(line) > FRAME):
                frame = pack(lines, compressor)
                target.write(frame)
                sizes.append((len(frame), held))
                lines, held = [], 0
            if not line:
                break
            lines.append(line)
            held += len(line)
        target.write(table(sizes))
        target.flush()
        os.fsync(target.fileno())


def _compare(descriptor: int, part: Path) -> None:
    """Compare the compressed journal with the plain one; raises SessionError if they differ."""
    place = 0
    with Frames(open_to_read(part), part) as frames:
        while block := frames.read(_BLOCK):
            if os.pread(descriptor, len(block), place) != block:
                raise SessionError(f"{part}: does not read back as the journal; the journal stays as it is")
            place += len(block)
    if place != os.fstat(descriptor).st_size:
        raise SessionError(f"{part}: is not the whole journal; the journal stays as it is")
