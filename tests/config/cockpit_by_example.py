"""The cockpit file of docs/cockpit-by-example.md, and the Roles that belong to it.

`python -m tests.config.cockpit_by_example` writes docs/roles.yaml anew.
"""

import asyncio
import re
from pathlib import Path

from mmcockpit import sources
from mmcockpit.cli.doctor.permissions import roles
from mmcockpit.config.load import load_cockpit
from mmcockpit.sources.common.secrets import Secrets

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "docs" / "roles.yaml"


def example() -> str:
    """Return the cockpit file for the shipped checklist as the guide writes it."""
    page = (ROOT / "docs" / "cockpit-by-example.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (found,) = [block for block in blocks if "checklist: modelmuxer" in block]
    return str(found)


def written(cockpit: Path) -> str:
    """Return what docs/roles.yaml holds for a cockpit file."""
    return asyncio.run(roles(load_cockpit(cockpit, sources).cockpit, Secrets(), None))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cockpit.yaml"
        path.write_text(example(), encoding="utf-8")
        ROLES.write_text(written(path), encoding="utf-8")
