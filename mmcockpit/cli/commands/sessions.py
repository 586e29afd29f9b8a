"""`mmcockpit sessions`: lists saved sessions."""

import argparse
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mmcockpit.cli import OK
from mmcockpit.cli.sharing.store import SHARE, reference, shared_argument, with_store
from mmcockpit.core.model.states import SessionMode
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration
from mmcockpit.journal.sessions import SessionRow, list_sessions, sessions_root

if TYPE_CHECKING:
    from mmcockpit.share.postgres.records import StoredSession


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    shared_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    return _print_shared(args) if args.shared else _print_saved()


def _print_saved() -> int:
    rows = list_sessions()
    if not rows:
        way_out = f"--shared lists those in ${SHARE}" if os.environ.get(SHARE) else "mmcockpit demo records one"
        print(f"no sessions in {sessions_root()}: {way_out}")
        return OK
    width = max(len(row.id) for row in rows)
    print(f"{'SESSION':{width}}  {'BEGAN':17}  {'MODE':9}  {'ENVIRONMENT':12}  {'SIZE':>9}  OUTCOME")
    for row in rows:
        outcome = row.damage or row.outcome or (f"running: {row.locked_by}" if row.locked_by else _left(row))
        what = f"{row.mode:9}  {row.environment:12}"
        print(f"{row.id:{width}}  {_time(row.when):17}  {what}  {row.size / 1024:7.0f} K  {outcome}")
    return OK


def _left(row: SessionRow) -> str:
    """Return whether `resume` continues a session without a driver."""
    if row.mode != SessionMode.DEMO or row.cockpit is None:
        return f"left: can be resumed{'; --shared shows its driver' if row.shared else ''}"
    # Imported here: only a demo needs it.
    from mmcockpit.cli.demo_world import not_resumable

    return "left: can only be replayed" if not_resumable(row.cockpit, row.id) else "left: can be resumed"


def _print_shared(args: argparse.Namespace) -> int:
    rows = with_store(reference(args.cockpit), lambda store: store.sessions())
    if not rows:
        print("no sessions in the store: `mmcockpit run` with `share.postgres` adds one")
        return OK
    width = max(len(plain(row.id, 80)) for row in rows)
    print(f"{'SESSION':{width}}  {'BEGAN':17}  {'ENVIRONMENT':12}  {'FACTS':>8}  {'TERM':>4}  DRIVER")
    for row in rows:
        id, environment = plain(row.id, 80), plain(row.environment, 40)
        began = _time(row.opened_at)
        print(f"{id:{width}}  {began:17}  {environment:12}  {row.last_seq:>8}  {row.epoch:>4}  {_driver(row)}")
    return OK


def _driver(row: "StoredSession") -> str:
    """Return who drives a session, or since when it has no driver."""
    if row.ended_at is not None:
        return f"ended {_time(row.ended_at)}"
    who = f"{plain(row.holder, 40)} on {plain(row.host, 40)}"
    if row.left_s > 0:
        return who
    return f"none for {duration(row.silent_s)}; last {who}"


def _time(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%MZ")
