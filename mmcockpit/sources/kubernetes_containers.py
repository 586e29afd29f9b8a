"""Which container of a pod is the application's."""

import re

from mmcockpit.core.reading import FaultKind, ProbeError


def main_container(boxes: list[tuple[str, str]], annotated: str, workload: str) -> str:
    """Return the name of the application's container among (name, image) pairs; empty where nothing says which.

    It is the annotated one, else the only one, else the one that is named like its workload, else the one whose image
    is (registry.test/team/NAME:tag).
    """
    names = [name for name, _ in boxes]
    if annotated in names:
        return annotated
    if len(names) == 1:
        return names[0]
    if workload in names:
        return workload
    by_image = [name for name, image in boxes if re.split("[:@]", image.rpartition("/")[2])[0] == workload]
    return by_image[0] if len(by_image) == 1 else ""


def chosen_container(boxes: list[tuple[str, str]], wanted: str, annotated: str, workload: str) -> str:
    """Return the container that is asked for, or the application's; ProbeError(configuration) lists them otherwise."""
    names = [name for name, _ in boxes]
    found = wanted if wanted in names else "" if wanted else main_container(boxes, annotated, workload)
    if not found and names:
        why = f"no container is named {wanted!r}" if wanted else "which container is the application's is not clear"
        raise ProbeError(FaultKind.CONFIGURATION, f"{why}; set container: to one of {', '.join(names)}")
    return found
