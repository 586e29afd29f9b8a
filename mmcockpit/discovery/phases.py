"""The phases of a written checklist: those of the discovery, or of the checklist that a team has, in its own words."""

from typing import NamedTuple

from mmcockpit.config.text.slug import is_id
from mmcockpit.core.model.checklist import Checklist, Phase, Section
from mmcockpit.discovery.findings import BEFORE, ROLLOUT, VERIFY, FoundItem


class WrittenPhase(NamedTuple):
    """A phase by its id: its title, its own sections, and the manual items of the discovery."""

    id: str
    title: str
    sections: tuple[Section, ...] = ()
    manual: tuple[FoundItem, ...] = ()


_OWN = (
    (BEFORE, "Before the change", "Service is healthy", ("Team informed", "Rollback prepared and tested")),
    (ROLLOUT, "Change", "Steps", ("Release deployed",)),
    (VERIFY, "Verification", "Decision", ("Smoke test by a person",)),
)
"""Id and title of each phase, and the section with its manual items."""


def phases_of(checklist: Checklist | None) -> list[WrittenPhase]:
    """Return the phases to write: found items go to those with the ids BEFORE, ROLLOUT and VERIFY.

    The first phase of a given checklist is BEFORE, its second ROLLOUT, and its last VERIFY; what it lacks follows it.
    """
    given = checklist.phases if checklist is not None else ()
    written = [_given(phase, n, len(given)) for n, phase in enumerate(given)]
    there = {phase.id for phase in written}
    for phase, title, section, items in _OWN:
        if phase not in there:
            manual = tuple(FoundItem(item, section, phase) for item in items)
            written.append(WrittenPhase(phase, title, (), manual))
    return written


def _given(phase: Phase, n: int, count: int) -> WrittenPhase:
    name = BEFORE if n == 0 else ROLLOUT if n == 1 else VERIFY if n == count - 1 else phase.id
    if 1 < n < count - 1 and (not is_id(name) or name in (BEFORE, ROLLOUT, VERIFY)):
        name = f"phase-{n + 1}"
    return WrittenPhase(name, phase.title, phase.sections)
