"""Dry runs: a command as the API server checks it without changing anything."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.core.rules.read_only_commands import program_and_verbs

_SERVER = "--dry-run=server"
_OPTIONS = {
    "kubectl": {
        **dict.fromkeys(
            (
                *("apply", "create", "delete", "patch", "replace", "scale", "label", "annotate", "set", "run"),
                *("expose", "autoscale", "drain", "cordon", "uncordon", "taint"),
            ),
            _SERVER,
        ),
        "rollout undo": _SERVER,
    },
    # Helm 3 asks the server in a dry run of these two, and knows the option only without a value.
    "helm": {"install": _SERVER, "upgrade": _SERVER, "rollback": "--dry-run", "uninstall": "--dry-run"},
}
"""The option of a dry run, by program and verb."""


class DryRun(NamedTuple):
    """The argv of a dry run; empty if the command has none, and `why`."""

    argv: tuple[str, ...]
    why: str = ""


def dry_run(argv: Sequence[str]) -> DryRun:
    """Return the dry run of a command of kubectl or helm."""
    program, verbs, begin = program_and_verbs(argv)
    known = _OPTIONS.get(program, {})
    option = known.get(" ".join(verbs[:2])) or known.get(" ".join(verbs[:1]))
    if option is None:
        verb = " ".join(verbs[: 2 if verbs[:1] == ("rollout",) else 1]) if known else ""
        return DryRun((), f"{program} {verb}".strip() + " has no dry run")
    end = argv.index("--", begin) if "--" in argv[begin:] else len(argv)
    own = [word for word in argv[:end] if not re.fullmatch("--dry-run(?:=.*)?", word)]
    return DryRun((*own, option, *argv[end:]))
