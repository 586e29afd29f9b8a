"""Finds the application's container of a pod: by name, annotation, workload or image."""

import re

from mmcockpit.core.model.reading import FaultKind, ProbeError

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""The annotation that names it."""


def main_container(boxes: list[tuple[str, str]], annotated: str, workload: str) -> str:
    """Return the name of the application's container among (name, image) pairs; empty if it is ambiguous.

    It is the annotated one, else the only one, else the one with the name of its workload, else the one whose image is
    (registry.test/team/NAME:tag), else the one whose name or image is the workload's name without a release name before
    or after it (modelmuxer in modelmuxer-production).
    """
    names = [name for name, _ in boxes]
    if annotated in names:
        return annotated
    if len(names) == 1:
        return names[0]
    if workload in names:
        return workload
    images = {name: re.split("[:@]", image.rpartition("/")[2])[0] for name, image in boxes}
    for chosen in (
        [name for name in names if images[name] == workload],
        [name for name in names if _is_part(name, workload)],
        [name for name in names if _is_part(images[name], workload)],
    ):
        if len(chosen) == 1:
            return chosen[0]
    return ""


def _is_part(name: str, workload: str) -> bool:
    return workload.startswith(f"{name}-") or workload.endswith(f"-{name}")


def chosen_container(boxes: list[tuple[str, str]], wanted: str, annotated: str, workload: str) -> str:
    """Return the requested container, or the application's; ProbeError(configuration) lists the names otherwise."""
    names = [name for name, _ in boxes]
    chosen = wanted if wanted in names else "" if wanted else main_container(boxes, annotated, workload)
    if not chosen and names:
        why = f"unknown container {wanted!r}" if wanted else "several containers, none is marked as the application's"
        raise ProbeError(FaultKind.CONFIGURATION, f"{why}; set container: to one of {', '.join(names)}")
    return chosen
