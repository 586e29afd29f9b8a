"""Imported files, as checklists of a session that polls one Prometheus."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from mmcockpit import sources
from mmcockpit.config.load import check_file, load_cockpit
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.headless import Progress, opened, run
from mmcockpit.imports.draft import ImportDraft
from mmcockpit.imports.kinds import import_file
from tests.servers.wait import PATIENCE_S

DATA = Path(__file__).parents[1] / "data" / "imports"


def checked(draft: ImportDraft, folder: Path) -> Path:
    """Write the checklist of an import; it has to pass `check` without a warning."""
    path = folder / "checklist.yaml"
    path.write_text(draft.text(), encoding="utf-8")
    warnings: list[FileWarning] = []
    assert [str(error) for error in check_file(path, sources, warnings)] == []
    assert [str(warning) for warning in warnings] == []
    return path


def cockpit_of(kind: str, source: Path, folder: Path, url: str, vars: Mapping[str, str] | None = None) -> Cockpit:
    """Return a cockpit with the checklist of an imported file, on this Prometheus."""
    checked(import_file(kind, source), folder)
    value = {
        "name": "Imported",
        "environment": "test",
        "checklist": "checklist.yaml",
        "sources": {"prometheus": {"kind": "prometheus", "url": url, "budget": 1000, "timeout": "30s"}},
        "vars": dict(vars or {}),
    }
    path = folder / "cockpit.yaml"
    path.write_text(json.dumps(value), encoding="utf-8")
    return load_cockpit(path, sources).cockpit


def watch(cockpit: Cockpit, done: Callable[[dict[str, Level]], bool]) -> Session:
    """Run a session in memory until its levels by signal satisfy a condition, or nothing more is to be expected."""
    clock = SessionClock()
    session = opened(cockpit, "ana", clock)
    run(session, "ana", clock, lambda state, _: Progress(done(levels(state))), PATIENCE_S)
    return session


def levels(session: Session) -> dict[str, Level]:
    """Return the level of every signal."""
    return {name: state.verdict.level for name, state in session.signals.items()}


def written(draft: ImportDraft) -> dict[str, dict[str, object]]:
    """Return the signals of an import as they are read from its file."""
    value = yaml.safe_load(draft.text())
    signals: dict[str, dict[str, object]] = value["signals"]
    return signals
