"""The kinds of files that can be imported."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from mmcockpit.config.text.error import FileError, throw
from mmcockpit.config.text.yaml import read_text
from mmcockpit.imports.analysis_template import import_templates
from mmcockpit.imports.documents import YamlPart, read_objects
from mmcockpit.imports.draft import ImportDraft
from mmcockpit.imports.openslo import import_openslo
from mmcockpit.imports.prometheus_rules import import_rules
from mmcockpit.imports.sloth import import_sloth


class ImportKind(NamedTuple):
    """A kind of file: what its checklist is titled, what it has to contain, and how it is imported."""

    heading: str
    contains: str
    run: Callable[[Iterable[YamlPart], ImportDraft], None]


KINDS = {
    "prometheus-rules": ImportKind("Alerts", "alerts", import_rules),
    "sloth": ImportKind("SLOs", "SLOs", import_sloth),
    "openslo": ImportKind("SLOs", "SLOs", import_openslo),
    "analysis-template": ImportKind("Analysis", "metrics of Prometheus", import_templates),
}
"""Name after `--from` to the kind."""


def import_file(kind: str, path: Path) -> ImportDraft:
    """Return the checklist of a file of this kind; FileError at a mistake, or if there is nothing to take."""
    chosen = KINDS[kind]
    draft = ImportDraft(f"{chosen.heading} of {path.name}")
    chosen.run(read_objects(read_text(path), str(path)), draft)
    draft.notes = sorted(set(draft.notes))
    if not draft.signals:
        nothing = FileError(str(path), 1, 1, f"no {chosen.contains} to import")
        throw([nothing, *(FileError(str(path), note.line, 1, note.message) for note in draft.notes)])
    return draft
