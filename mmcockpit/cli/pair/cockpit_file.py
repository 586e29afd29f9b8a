"""The cockpit file of `demo --pair`: that of the demo at its present addresses, shared, for three people.

It is a file of its own, so that a seat can take the session over with it, as with any other cockpit file.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmcockpit.cli.demo_world import COCKPITS
from mmcockpit.cli.pair.store import APPROVER, ENV, PEOPLE
from mmcockpit.config.load import shipped_file
from mmcockpit.config.text.yaml import read
from mmcockpit.core.model.seat import Right

HANDOVERS = ("00:00", "08:00", "16:00")
"""Three shifts a day, in UTC."""
DANGEROUS = "dangerous"


def cockpit_file(service: str, variables: Mapping[str, str], commands: Mapping[str, str]) -> str:
    """Return the text of the file: of a demo's service, with its addresses as `variables`.

    Its links have the `commands` by which people join; its dangerous steps need the approval of a second person.
    """
    shipped = _values(shipped_file("checklists", COCKPITS[service]))
    links = [{"title": f"Join as {one.name} ({one.right})", "url": commands[one.name]} for one in PEOPLE]
    procedures = _approved(shipped_file("checklists", str(shipped["checklist"])))
    changed = {
        "vars": {**shipped.get("vars", {}), **variables},
        "people": [{"name": one.name, "role": one.role, "db_user": one.name} for one in PEOPLE],
        "poll": [one.role for one in PEOPLE if one.right is not Right.VIEWER],
        "share": {"postgres": {"env": ENV}},
        "handovers": list(HANDOVERS),
        "links": [*links, *shipped.get("links", [])],
        "procedures": [*shipped.get("procedures", []), *procedures],
    }
    head = "# The demo for three people, while it runs. Each value is JSON, which is YAML, too.\n"
    return head + "".join(f"{key}: {json.dumps(value)}\n" for key, value in {**shipped, **changed}.items())


def _values(path: Path) -> dict[str, Any]:
    value = read(path).value
    return value if isinstance(value, dict) else {}


def _approved(checklist: Path) -> Iterator[dict[str, Any]]:
    """Yield the procedures with dangerous steps, each of which needs an approval."""
    for path in sorted(checklist.glob("*.yaml")):
        for procedure in _values(path).get("procedures", []):
            steps = procedure.get("steps", [])
            if any(step.get("danger") == DANGEROUS for step in steps):
                approved = [
                    {**step, "approve": {"role": APPROVER}} if step.get("danger") == DANGEROUS else step
                    for step in steps
                ]
                yield {**procedure, "steps": approved}
