"""The command of a step with the values that it has at the moment."""

import re
from collections.abc import Callable, Mapping

import msgspec

from mmcockpit.core.model.procedure import REFERENCE, VALUES, Cluster, Step


def resolved(
    step: Step, values: Mapping[str, str], cluster_of: Callable[[str], Cluster]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the argv of a step with its references replaced, and the names of those that have no value yet."""
    missing: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        source, name = match[1], match[2]
        of_cluster = msgspec.structs.asdict(cluster_of(source))
        value = values.get(name, "") if source == VALUES else of_cluster.get(name, "")
        if not value:
            missing.append(name if source == VALUES else f"{source}.{name}")
        return value or match[0]

    return tuple(REFERENCE.sub(value_of, word) for word in step.argv), tuple(dict.fromkeys(missing))
