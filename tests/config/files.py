"""Small cockpit folders for the tests, and the loader's errors."""

from pathlib import Path
from textwrap import dedent

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.config.results import Loaded
from mmcockpit.config.text.error import FileError

HEAD = "name: Night\nenvironment: staging\n"


def written(folder: Path, **files: str) -> Path:
    """Write `cockpit=...`, `checklist=...` as .yaml files and return the folder."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return folder


def cockpit(folder: Path, text: str, head: str = HEAD) -> Path:
    """Write a cockpit file below a head of two lines and return its path."""
    return written(folder, cockpit=head + dedent(text)) / "cockpit.yaml"


def loaded(path: Path, **variables: str) -> Loaded:
    """Load a cockpit file."""
    return load_cockpit(path, sources, vars=variables)


def mistakes(path: Path, **variables: str) -> list[str]:
    """Return the mistakes of a cockpit file as `name:line:column: message` with the bare file name."""
    try:
        load_cockpit(path, sources, vars=variables)
    except FileError as error:
        return [f"{Path(each.file).name}:{each.line}:{each.column}: {each.message}" for each in error.errors]
    return []
