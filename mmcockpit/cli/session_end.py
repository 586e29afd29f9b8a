"""The end of a session's process: waits for the disk, reports what is not recorded, compresses closed journals."""

import sys
from pathlib import Path

from mmcockpit.core.text import plain
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.durations import duration
from mmcockpit.engine.engine import STEP_S, Engine
from mmcockpit.journal.sessions import SessionError, ended_plain

TOLD_EVERY_S = 2.0


def waiting(seconds: float) -> None:
    """Report on stderr that the last facts are still being written after so many seconds."""
    if seconds % TOLD_EVERY_S < STEP_S:
        print(f"the disk is slow: still writing the last facts ({duration(seconds)}); please wait", file=sys.stderr)


def resumed_by(engine: Engine) -> Path | str:
    """Return what `resume` continues with all facts: the session, or the file in which some of them were saved.

    The session alone would continue without those, and the file could not be brought back to it any more.
    """
    return engine.record.rescued or engine.record.path.parent.name


def report_unrecorded(engine: Engine) -> bool:
    """Report facts that are not in the journal at the end; return whether it contains all of them."""
    record = engine.record
    if record.closed and record.complete:
        return True
    print(f"NOT RECORDED: the journal could not be written to the end: {plain(record.failing)}", file=sys.stderr)
    if record.rescued is not None:
        print(f"saved in {record.rescued}: `mmcockpit resume` of this file brings them back", file=sys.stderr)
    for event in record.unsaved:
        print(f"not saved anywhere: {' '.join(describe(event.body))}", file=sys.stderr)
    return False


def put_away_journals(path: Path) -> None:
    """Compress the journal of a closed session, and others left uncompressed by a crash."""
    # Imported here: only needed at the end.
    from mmcockpit.journal.archive import put_away

    for journal in dict.fromkeys((path, *ended_plain(path.parent.parent))):
        try:
            put_away(journal)
        except (OSError, SessionError) as error:
            print(f"not compressed, but complete: {plain(str(error), 200)}", file=sys.stderr)
