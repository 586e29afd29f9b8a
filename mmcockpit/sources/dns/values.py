"""What the DNS probe returns."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.sources.common.values import Value, field


class ResolverValue(Value):
    """The answer of one server."""

    named_by: ClassVar = ("{resolver}",)
    noun: ClassVar = ("resolver", "resolvers")

    resolver: str
    authoritative: Annotated[bool, field("Whether it is one of the zone's own servers.", rank=2)]
    answers: Annotated[list[str], field(rank=1)]
    rcode: Annotated[
        str, field("noerror, nxdomain, or why there is no answer: servfail, refused, timeout, malformed, lame.", rank=1)
    ]
    ms: Annotated[float, field(title="latency", unit="ms", rank=3)]
    ttl: Annotated[int | UnsetType, field(unit="s", rank=3)] = UNSET


class ResolveValue(Value, kw_only=True):
    """What a name resolves to."""

    answers: Annotated[list[str], field("The sorted union of all answers.")]
    agree: Annotated[bool, field("Whether all servers gave the same set.", title="resolvers agree")]
    differing: Annotated[
        list[str],
        field("Servers that did not give the expected set (or that of the first).", title="differing answers"),
    ]
    nxdomain: Annotated[bool, field("Whether all servers report that the name does not exist.")]
    ttl: Annotated[
        int | UnsetType, field("The shortest TTL from a resolver, which counts down in its cache.", unit="s")
    ] = UNSET
    authoritative_ttl: Annotated[int | UnsetType, field("The TTL from the zone's own servers.", unit="s")] = UNSET
    expected: Annotated[bool | UnsetType, field("Whether all servers gave exactly the set of `expect`.")] = UNSET
    per_resolver: list[ResolverValue]
