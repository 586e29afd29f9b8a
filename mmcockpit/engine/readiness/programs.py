"""The programs of steps: whether they are installed, and their versions."""

import os
import shutil
from pathlib import Path

from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.rules.read_only_commands import program_and_verbs
from mmcockpit.engine.readiness.outcomes import Check, failed, ok
from mmcockpit.engine.readiness.trial import Trials
from mmcockpit.engine.steps import environment, program_missing

VERSIONS = {
    "kubectl": ("version", "--client"),
    "helm": ("version", "--short"),
    "psql": ("--version",),
    "redis-cli": ("--version",),
}
"""How to query the version of a program."""

PLUGINS: dict[tuple[str, ...], str] = {("argo", "rollouts"): "kubectl-argo-rollouts"}
"""Words of kubectl that are a plugin, and its program."""


class Programs:
    """Looks for programs at every check; a version is queried once for each file."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._versions: dict[tuple[str, float], Check] = {}

    def missing(self, argv: tuple[str, ...], cluster: Cluster) -> str:
        """Return which program of a command cannot be started, and why; empty if it can."""
        why = program_missing(argv, cluster)
        if why:
            return f"{argv[0]}: {why}"
        program, verbs, _ = program_and_verbs(argv)
        plugin = PLUGINS.get(verbs[:2], "") if program == "kubectl" else ""
        why = program_missing((plugin,), cluster) if plugin else ""
        return f"{plugin}: {why}" if why else ""

    async def version(self, argv: tuple[str, ...], cluster: Cluster) -> Check | None:
        """Return the version of the program of a command; None if it is not known how to query it."""
        option = VERSIONS.get(Path(argv[0]).name)
        if option is None:
            return None
        key = _file(argv[0], cluster)
        if key not in self._versions:
            tried, printed = await self._trials.read((argv[0], *option), cluster)
            if tried.why:
                return failed(f"{argv[0]}: {tried.why}")
            first = printed.decode(errors="replace").strip().partition("\n")[0]
            self._versions[key] = ok(f"{argv[0]}: {first or 'installed'}")
        return self._versions[key]


def _file(program: str, cluster: Cluster) -> tuple[str, float]:
    """Return the file of an installed program, and when it was changed."""
    path = shutil.which(program, path=environment(cluster)["PATH"]) or program
    return path, os.stat(path).st_mtime
