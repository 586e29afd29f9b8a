"""Sources, commands and permissions of a resumed session: from today's cockpit file, or the confirmed journal."""

import os
import stat
import sys
from pathlib import Path

import msgspec

from mmcockpit.cli.compiled import compiled_cockpit
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.rehearsals import with_recorded_estimates
from mmcockpit.cli.splash import leave
from mmcockpit.core.facts.event import Reconfigured, SessionMode
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.rules.steps.rehearsals import rehearsed
from mmcockpit.core.state.acting import acting, differences, taken
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.journal.codec import normal
from mmcockpit.sources.kubernetes.api.identity import watched, with_clusters


def today(session: Session, given: Path | None, operator: str) -> Reconfigured | None:
    """Return the sources, commands and permissions to use from now on; None if they equal those in the journal.

    The file is `given`, else the one that the session was started with. Raises FileError for a file with mistakes,
    CommandError for one of another session or one that is missing and not replaced.
    """
    assert session.opened is not None, "only sessions that were opened are resumed"
    path = given or (Path(session.opened.file) if session.opened.file else None)
    if path is None or (given is None and not path.exists()):
        return _confirmed(session, path, operator)
    if given is None:
        _refuse_foreign(path)
    current = compiled_cockpit(path).cockpit
    recorded = session.cockpit
    for what in ("name", "environment"):
        ours, theirs = getattr(recorded, what), getattr(current, what)
        if ours != theirs:
            raise CommandError(
                f"{path}: its {what} is {plain(theirs, 60)!r}, the session's is {plain(ours, 60)!r}; "
                "name this session's cockpit file with --cockpit FILE"
            )
    if session.opened.mode is SessionMode.REHEARSAL:
        current = rehearsed(current)
    current = with_recorded_estimates(current, recorded)
    current = with_clusters(current, _recorded_clusters(recorded, current))
    file = os.path.abspath(path)
    change = normal(Reconfigured(operator, file, taken(recorded, current)))
    assert isinstance(change, Reconfigured), "a fact stays of its kind"
    changes = differences(recorded, change.cockpit)
    if not changes and file == session.opened.file:
        return None
    if changes:
        print(f"taken from {file}: {'; '.join(map(plain, changes))}", file=sys.stderr)
    return msgspec.structs.replace(change, changes=changes or ("another path, the same content",))


def _confirmed(session: Session, path: Path | None, operator: str) -> Reconfigured | None:
    """Ask the operator to confirm the sources, commands and permissions in the journal; CommandError if not."""
    assert session.opened is not None, "only sessions that were opened are resumed"
    cockpit: Cockpit = session.cockpit
    why = f"{path} is missing" if path else "the journal names no cockpit file"
    lines = list(map(plain, acting(cockpit)))
    if not lines:
        return None
    leave()
    print(f"{why}. Sources, commands and permissions would come from the journal:", file=sys.stderr)
    for line in lines:
        print(f"  {plain(line, 400)}", file=sys.stderr)
    print("Use it? [y/N] ", end="", file=sys.stderr, flush=True)
    if not sys.stdin.isatty() or sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError(
            "not resumed: name the cockpit file with --cockpit FILE; `mmcockpit replay` shows the session"
        )
    return Reconfigured(operator, "", cockpit, tuple(lines))


def _recorded_clusters(recorded: Cockpit, current: Cockpit) -> dict[str, Cluster]:
    """Return the recorded clusters of the sources that are unchanged, wherever their kubeconfigs point now."""
    before = {source.name: msgspec.json.encode(source) for source in recorded.sources}
    default = watched(recorded.sources)
    known = recorded.clusters or ({default.name: recorded.cluster} if default is not None else {})
    unchanged = {source.name for source in current.sources if before.get(source.name) == msgspec.json.encode(source)}
    return {name: cluster for name, cluster in known.items() if name in unchanged}


def _refuse_foreign(path: Path) -> None:
    """Refuse a file that only the journal names and that another user may have written."""
    for one in (path, path.parent):
        status = one.stat()
        writable = status.st_mode & stat.S_IWOTH and not (one != path and status.st_mode & stat.S_ISVTX)
        if writable or status.st_uid not in (os.geteuid(), 0):
            raise CommandError(f"{one}: others may change it; name the cockpit file with --cockpit FILE")
