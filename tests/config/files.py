"""Small cockpit folders for the tests, and the loader's errors."""

from pathlib import Path
from textwrap import dedent

from mmcockpit import sources
from mmcockpit.config.checklist.assembly import read_parts
from mmcockpit.config.checklist.work import with_needs
from mmcockpit.config.library import find
from mmcockpit.config.load import load_cockpit, read_markdown_file
from mmcockpit.config.loader import Loader
from mmcockpit.config.markdown.reader import checked
from mmcockpit.config.packs.assembled import assemble
from mmcockpit.config.results import Loaded
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Checklist

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


def load_checklist(where: Path | str) -> Checklist:
    """Load the checklist of a file, a folder, or a shipped name, without a cockpit file that uses it."""
    path = where if isinstance(where, Path) else find("checklist", where, None)
    if path.suffix == ".md":
        return checked(read_markdown_file(path), str(path))
    loader = Loader()
    checklist, assembly, _, _ = assemble(path, read_parts(loader, path))
    checklist = with_needs(checklist, assembly.places_of_items)
    loader.throw()
    return checklist
