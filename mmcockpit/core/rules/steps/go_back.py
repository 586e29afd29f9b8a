"""Commands that go back to an earlier revision of a workload or of a release."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.core.rules.read_only_commands import program_and_verbs
from mmcockpit.core.rules.steps.proofs import ROLLOUT, objects_in, option, verb_of


class GoBack(NamedTuple):
    """Which program goes back, what it takes back (`TYPE/NAME`, or a release of helm), and to which revision.

    `revision` 0 is the one before the present one; -1 is a text that is no number.
    """

    program: str
    target: str
    revision: int


def revisions_back(argv: Sequence[str]) -> tuple[GoBack, ...]:
    """Return to which revisions a command goes back, one for each workload; none for any other command."""
    program, verbs, begin = program_and_verbs(argv)
    if program == "helm" and verbs[:1] == ("rollback",) and len(verbs) > 1:
        return (GoBack(program, verbs[1], _number(verbs[2] if len(verbs) > 2 else "")),)
    verb, rest = verb_of(verbs)
    if program != "kubectl" or verb not in ("rollout undo", "argo rollouts undo"):
        return ()
    targets = objects_in(rest) if verb == "rollout undo" else tuple(f"{ROLLOUT}/{name}" for name in rest[:1])
    revision = _number(option(argv[begin:], "--to-revision"))
    return tuple(GoBack(program, target, revision) for target in targets if "/" in target)


def _number(text: str) -> int:
    return int(text or "0") if not text or (text.isascii() and text.isdecimal()) else -1
