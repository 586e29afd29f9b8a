"""What an account may do in a namespace, through any Role or ClusterRole."""

import asyncio
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.kubernetes.access import CanI, CanIArgs
from mmcockpit.sources.kubernetes.api.permissions import REVIEW_OTHERS, Permission
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace

MAX_ASKED = 120
AT_ONCE = 4
NAMELESS = frozenset({"create", "deletecollection"})
"""Verbs that no rule can restrict to a name."""


class RightsArgs(Args):
    """Verbs on resources; each combination is checked by an access review."""

    shorthand: ClassVar[str] = "as_user"
    as_user: Annotated[str, Field(description="E.g. system:serviceaccount:NAMESPACE:NAME; else ourselves.")] = ""
    verbs: Annotated[tuple[str, ...], Field(min_length=1, description="E.g. create, update, patch, delete.")]
    resources: Annotated[tuple[str, ...], Field(min_length=1, description="Plural names, e.g. deployments, secrets.")]
    objects: Annotated[
        dict[str, tuple[str, ...]],
        Field(description="Resource to object names that are also checked: a Role may grant rights on single objects."),
    ] = Field(default_factory=dict)
    namespace: Namespace = ""

    @property
    def asked(self) -> list[tuple[str, str, str]]:
        """The combinations: verb, resource and name; an empty name is all objects."""
        every = [(verb, resource, "") for resource in self.resources for verb in self.verbs]
        by_name = [verb for verb in self.verbs if verb not in NAMELESS]
        named = [
            (verb, resource, name) for resource, names in self.objects.items() for name in names for verb in by_name
        ]
        return every + named

    @model_validator(mode="after")
    def _few(self) -> "RightsArgs":
        if len(self.asked) > MAX_ASKED:
            raise ValueError(f"more than {MAX_ASKED} combinations of verbs and resources; use two signals")
        return self


class Rights(ClusterProbe):
    """Combinations of verb, resource and name, decided by SubjectAccessReviews.

    Checks of another user need the right to create subjectaccessreviews; without it, or if an authoriser reported an
    error, the whole result is a fault.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (REVIEW_OTHERS,) if args.as_user else ()

    async def poll(self) -> Reading:
        slots = asyncio.Semaphore(AT_ONCE)
        asked = self.args.asked

        async def allowed(verb: str, resource: str, name: str) -> bool:
            args = CanIArgs(
                verb=verb, resource=resource, name=name, namespace=self.args.namespace, as_user=self.args.as_user
            )
            async with slots:
                answer = await CanI(self.cluster, Question(args, self.timeout, 0.0)).read()
            return bool(answer.value["allowed"])

        answers = await asyncio.gather(*(allowed(*permission) for permission in asked))
        named = [" ".join(filter(None, permission)) for permission in asked]
        return Reading(
            {
                "allowed": [name for name, yes in zip(named, answers, strict=True) if yes],
                "denied": [name for name, yes in zip(named, answers, strict=True) if not yes],
            }
        )
