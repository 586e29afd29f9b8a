"""What the probes of any object return, and those of networks and permissions."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell, ValueColumn
from mmcockpit.sources.common.values import Value, field

EXISTS = (Cell("exists", when="exists"), Cell("does not exist"))
Exists = Annotated[bool, field(alarm=False, alarm_text="does not exist", alone=True)]
SECRET_KEY = (ValueColumn("bytes", unit="bytes", generic=True), ValueColumn("decoded_bytes", generic=True))
"""Fields of the keys of a Secret: the length of the value, and its decoded length if it is base64 text."""


READINESS = {"Failed": "fail", "NotFound": "fail", "InProgress": "warn", "Terminating": "warn"}
"""Statuses of kstatus to the level in which they are shown."""


class ObjectValue(Value, forbid_unknown_fields=False):
    """One object as in the API, without nulls and managed fields; of a Secret, the properties of its keys.

    Beside the object's own fields it has `ready`, its readiness by kstatus.
    """

    inner: ClassVar = (ValueColumn("exists", alarm=False, alarm_text="does not exist", alone=True), *SECRET_KEY)
    table: ClassVar = (
        ValueColumn("metadata.name", title="name"),
        ValueColumn("kind", rank=3),
        ValueColumn("ready.status", title="ready", levels=READINESS, normal=("Current",)),
        ValueColumn("ready.message", title="message", rank=2),
        ValueColumn("metadata.creationTimestamp", title="age", unit="since", rank=1),
    )
    cells: ClassVar = (
        Cell("{ready.status}: {ready.message}", when="exists"),
        Cell("{ready.message}", when="exists"),
        Cell("keys {data:first}", when="exists"),
        *EXISTS,
    )
    named_by: ClassVar = ("{metadata.name}", "{name}", "{type}")
    causes: ClassVar = ("message", "reason")
    noun: ClassVar = ("object", "objects")
    settles: ClassVar = ("spec.minReadySeconds",)
    restart_count: ClassVar = "status.containerStatuses.restartCount"


class NetworkValue(Value):
    """Effect of policies on the pods that match a selector."""

    pods: int
    policies: Annotated[list[str], field("Those that select a pod.")]
    unselected: Annotated[list[str], field("Pods that none selects.", title="pods not selected")]
    ingress_isolated: Annotated[bool, field("Whether a policy restricts it for every pod.")]
    egress_isolated: Annotated[bool, field("Whether a policy restricts it for every pod.")]
    ingress: Annotated[dict[str, bool], field("Namespace to whether it reaches the port of every pod.")]
    egress: Annotated[dict[str, bool], field("Port to whether every pod reaches it at a destination that exists.")]
    open: Annotated[bool, field("Whether a namespace that no rule names reaches the port.")]


class ServicePortValue(Value):
    """One port of a Service."""

    named_by: ClassVar = ("{name}", "{port}")
    noun: ClassVar = ("port", "ports")

    name: str
    port: int
    ready: Annotated[int, field("Ready endpoints.")]
    not_ready: Annotated[int, field("Other endpoints.")]


class ServiceValue(Value, kw_only=True):
    """A Service."""

    cells: ClassVar = EXISTS

    exists: Exists
    type: str | UnsetType = UNSET
    external: Annotated[str | UnsetType, field("Host name of an ExternalName, which has no endpoints.")] = UNSET
    addresses: Annotated[list[str], field("Of its load balancer.")]
    ready: Annotated[int, field("Ready endpoints of the port with the fewest.")]
    not_ready: Annotated[int, field("Other endpoints of the port with the most.")]
    ports: list[ServicePortValue]


class BackendValue(Value):
    """One path of an Ingress."""

    named_by: ClassVar = ("{host}{path}",)
    causes: ClassVar = ("why",)
    noun: ClassVar = ("backend", "backends")

    host: str
    path: str
    service: Annotated[str, field("Its name and port.", rank=1)]
    ready: Annotated[int, field("Ready endpoints.", rank=1)]
    why: Annotated[str, field("Why there are none, else empty.", rank=2)]


class IngressValue(Value, kw_only=True):
    """An Ingress."""

    cells: ClassVar = EXISTS

    exists: Exists
    class_: Annotated[str, field()] = msgspec.field(name="class")
    addresses: Annotated[list[str], field("Of its load balancer.")]
    annotations: dict[str, str]
    covered: Annotated[dict[str, bool], field("Host of `hosts` to whether a rule serves it.")]
    backends: Annotated[list[BackendValue], field("One for each path.")]
    broken: Annotated[list[str], field("Backends without a ready endpoint.")]


class AccessValue(Value):
    """The decision of the API server's authorisers."""

    causes: ClassVar = ("reason",)

    allowed: bool
    reason: Annotated[str, field("Empty if they give none.")]


class RightsValue(Value):
    """Combinations of verb, resource and name: `delete deployments NAME`."""

    cells: ClassVar = (Cell("{allowed:count} allowed, {denied:count} denied"),)

    allowed: list[str]
    denied: list[str]
