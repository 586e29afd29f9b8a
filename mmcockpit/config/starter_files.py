"""The files that `mmcockpit init` writes: commented and valid without changes, with the schemas that editors use."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mmcockpit.config.catalog import Catalog
from mmcockpit.config.schema import schema
from mmcockpit.config.text.write import write_text

STARTER = ("cockpit.yaml", "checklist.yaml")
SCHEMAS = ".schemas"
"""The folder of the schemas, beside the files that name them in their first line."""


def starter() -> dict[str, str]:
    """Return the starter files: file name to text."""
    folder = Path(__file__).parent / "starter"
    return {name: (folder / name).read_text(encoding="utf-8") for name in STARTER}


def write_folder(folder: Path, files: Mapping[str, str], catalog: Catalog) -> Path:
    """Write files into a folder, with the JSON Schemas for editors; return where those are.

    After an OSError none of them is left: it would refuse the next try.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    try:
        for name, text in {**files, **_schemas(catalog)}.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            written.append(path)
            write_text(path, text)
    except OSError:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    return folder / SCHEMAS


def _schemas(catalog: Catalog) -> dict[str, str]:
    """Return the schemas of cockpit and checklist files: path in the folder to text."""
    return {
        f"{SCHEMAS}/{kind}.schema.json": json.dumps(schema(kind, catalog), separators=(",", ":")) + "\n"
        for kind in ("cockpit", "checklist")
    }
