"""Whether a changing command may run: its dry run, its targets, and a SelfSubjectAccessReview for each right."""

from collections.abc import AsyncIterator

from mmcockpit.core.model.procedure import Capture, Cluster, Step
from mmcockpit.core.rules.steps.proofs import NeededRight, StepProof, kubectl_prefix
from mmcockpit.engine.readiness.outcomes import Check, failed, ok, unproven
from mmcockpit.engine.readiness.trial import WITHIN_S, Trials

UNCHANGED = Capture("unchanged", r"^(\S+/\S+) unchanged\b")
"""The objects that a dry run of kubectl apply reports as unchanged, for which it sends no request."""
MOST_OBJECTS = 20


async def changing_checks(
    proof: StepProof, argv: tuple[str, ...], cluster: Cluster, step: Step, trials: Trials
) -> AsyncIterator[Check]:
    """Yield the checks of a command that changes something; `proof` is how it is proven."""
    rights = proof.rights
    if proof.dry_run:
        captures = (UNCHANGED,) if proof.unchanged_rights else ()
        tried, output = await trials.run(proof.dry_run, cluster, min(step.timeout, WITHIN_S), captures)
        yield failed(tried.why) if tried.why else ok(tried.last_line or "its dry run succeeds")
        names = output.captured()[0].get(UNCHANGED.name, ())[:MOST_OBJECTS]
        rights = (*rights, *(NeededRight("patch", name) for name in names))
        if tried.why:
            return
    prefix = kubectl_prefix(argv) if proof.targets or rights else ()
    for target in proof.targets:
        tried, _ = await trials.run((*prefix, "get", target, "--output=name"), cluster, WITHIN_S)
        yield failed(tried.why) if tried.why else ok(tried.last_line)
    for right in rights:
        yield await right_check(prefix, right, cluster, trials)
    for sentence in proof.unproven:
        yield unproven(sentence)


async def right_check(prefix: tuple[str, ...], right: NeededRight, cluster: Cluster, trials: Trials) -> Check:
    """Return whether the identity has a right, by a SelfSubjectAccessReview."""
    allowed, why = await is_allowed(prefix, right, cluster, trials)
    if allowed is None:
        return failed(why)
    return ok(f"the identity may {right}") if allowed else failed(f"the identity may not {right}")


async def is_allowed(
    prefix: tuple[str, ...], right: NeededRight, cluster: Cluster, trials: Trials
) -> tuple[bool | None, str]:
    """Return whether the identity has a right; None, with the reason, if the API server did not decide it."""
    part = (f"--subresource={right.subresource}",) if right.subresource else ()
    tried, printed = await trials.read((*prefix, "auth", "can-i", right.verb, right.target, *part), cluster)
    word = printed.decode(errors="replace").partition("\n")[0].split()[:1]
    if word in (["yes"], ["no"]):
        return word == ["yes"], ""
    return None, tried.why or f"kubectl auth can-i {right} reported nothing"
