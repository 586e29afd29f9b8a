"""The files that `mmcockpit init` writes: commented and valid without changes, with the schemas that editors use."""

import json
from pathlib import Path

from mmcockpit.config.catalog import Catalog
from mmcockpit.config.schema import schema

STARTER = ("cockpit.yaml", "checklist.yaml")
SCHEMAS = ".schemas"
"""The folder of the schemas, beside the files that name them in their first line."""


def starter() -> dict[str, str]:
    """Return the starter files: file name to text."""
    folder = Path(__file__).parent / "starter"
    return {name: (folder / name).read_text(encoding="utf-8") for name in STARTER}


def write_schemas(folder: Path, catalog: Catalog) -> Path:
    """Write the JSON Schemas of cockpit and checklist files for editors into a folder; return where they are."""
    where = folder / SCHEMAS
    where.mkdir(exist_ok=True)
    for kind in ("cockpit", "checklist"):
        text = json.dumps(schema(kind, catalog), separators=(",", ":"))
        (where / f"{kind}.schema.json").write_text(text + "\n", encoding="utf-8")
    return where
