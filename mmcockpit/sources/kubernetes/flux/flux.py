"""An object of Flux: whether its latest specification is applied, at which revision, and what its source has."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field, field_validator, model_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.common.git_revision import is_revision
from mmcockpit.sources.kubernetes.api.custom import age_s, bounded, find_typed, installed, known_age_s
from mmcockpit.sources.kubernetes.api.permissions import Permission
from mmcockpit.sources.kubernetes.flux.objects import FLUX_KINDS, FluxObject, length_s
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace, ObjectName

PRODUCT = "Flux"
INTERVALS, LEAST_S = 3, 900.0
"""An object that reports its reconciliations and had none for so many intervals, and so many seconds, is stale."""
_OBJECT = msgspec.json.Decoder(FluxObject)


class FluxArgs(Args):
    """One object of Flux; the shorthand is `KIND/NAME`."""

    shorthand: ClassVar[str] = "kind"
    kind: Annotated[str, Field(description=f"{', '.join(FLUX_KINDS)}.")]
    name: ObjectName
    namespace: Namespace = ""
    revision: Annotated[
        str,
        Field(
            max_length=256,
            description="Commit (full, or at least 7 characters), branch, tag or chart version that must be applied.",
        ),
    ] = ""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        if isinstance(given, dict) and "name" not in given and "/" in str(given.get("kind", "")):
            kind, _, name = str(given["kind"]).partition("/")
            return {**given, "kind": kind, "name": name}
        return given

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        by_name = {name.lower(): name for name in FLUX_KINDS}
        if kind.lower() not in by_name:
            raise ValueError(f"unknown kind {kind!r}; known: {', '.join(FLUX_KINDS)}")
        return by_name[kind.lower()]


class Flux(ClusterProbe):
    """One object of Flux. A cluster without its kind is a fault; a source that may not be read is a remark.

    A ready Kustomization whose last reconciliation is older than three of its intervals (at least 15 minutes) is a
    fault (stale): its controller does not run. Other kinds do not report when they were reconciled.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        kind = FLUX_KINDS[args.kind]
        return (Permission("get", kind.plural, kind.group, namespace, args.name),)

    async def poll(self) -> Reading:
        known = FLUX_KINDS[self.args.kind]
        kind = await installed(self.cluster, f"{self.args.kind}.{known.group}", PRODUCT)
        found = await find_typed(self.cluster, kind, self.namespace, self.args.name, _OBJECT)
        if found is None:
            return Reading({**_absent(self.namespace), **({"at_revision": False} if self.args.revision else {})})
        written, now = found
        self._require_current(written, now)
        source, remark = (None, "") if known.is_source else await self._source(written)
        return Reading(bounded(self._value(written, known.is_source, source, now)), remark=remark)

    def _require_current(self, written: FluxObject, now: float | None) -> None:
        age, interval = known_age_s(self.cluster, _reconciled(written), now), length_s(written.spec.interval)
        ready = written.ready is not None and written.ready.status == "True"
        # A reconciliation that waits for health checks may take longer than its interval.
        if age is None or interval is None or not ready or written.spec.suspend or written.requested:
            return
        if age > max(LEAST_S, INTERVALS * interval):
            why = f"{self.cluster.host}: {self.args.kind} {self.args.name} was last reconciled {duration(age)} ago"
            raise ProbeError(FaultKind.STALE, f"{why}; its interval is {duration(interval)}: does its controller run?")

    async def _source(self, written: FluxObject) -> tuple[FluxObject | None, str]:
        """Return the source that is applied, or a remark why it is unknown."""
        ref = written.source()
        if ref is None or ref[0] not in FLUX_KINDS:
            return None, ""
        kind, namespace, name = ref
        try:
            where = await installed(self.cluster, f"{kind}.{FLUX_KINDS[kind].group}", PRODUCT)
            found = await find_typed(self.cluster, where, namespace or self.namespace, name, _OBJECT)
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise
            return None, f"revision of its source unknown: {error.message}"
        return (found[0], "") if found else (None, f"its source {kind} {name} does not exist")

    def _value(
        self, written: FluxObject, is_source: bool, source: FluxObject | None, now: float | None
    ) -> dict[str, Any]:
        status, ready = written.status, written.ready
        applied, fetched = written.revision(is_source), source.revision(True) if source else ""
        wanted = self.args.revision
        at_revision = is_revision(wanted, applied) if wanted else None
        behind = bool(fetched and applied and self.args.kind == "Kustomization" and fetched != applied)
        why = "; ".join(_why(written, applied, fetched if behind else ""))
        if at_revision is False:
            why = "; ".join(filter(None, (why, f"at {applied or 'no revision'}, not at {wanted}")))
        since = age_s(ready.last_transition_time, now) if ready else None
        reconciled = age_s(_reconciled(written), now)
        return {
            "exists": True,
            "ready": ready.status if ready else "True" if written.static else "Unknown",
            "reason": ready.reason if ready else "",
            "message": ready.message if ready else "",
            "complete": not why,
            **({} if at_revision is None else {"at_revision": at_revision}),
            "suspended": written.spec.suspend,
            "observed": written.observed or written.static,
            "revision": applied,
            "attempted_revision": status.last_attempted_revision,
            "source": "/".join((ref[0], ref[2])) if (ref := written.source()) else "",
            **({"source_revision": fetched} if source else {}),
            **({} if since is None else {"ready_since_s": since}),
            **({} if reconciled is None else {"reconciled_age_s": reconciled}),
            "why": why,
        }


def _absent(namespace: str) -> dict[str, Any]:
    texts = dict.fromkeys(("reason", "message", "revision", "attempted_revision", "source"), "")
    no = dict.fromkeys(("exists", "complete", "suspended", "observed"), False)
    return {**no, **texts, "ready": "Unknown", "why": f"not found in namespace {namespace}"}


def _reconciled(written: FluxObject) -> datetime | None:
    return max((one.last_reconciled for one in written.status.history or () if one.last_reconciled), default=None)


def _why(written: FluxObject, applied: str, fetched: str) -> Iterator[str]:
    """Yield every reason why an object is not complete; `fetched` is what its source has and it has not applied."""
    status, ready = written.status, written.ready
    if written.spec.suspend:
        yield "suspended"
    if written.static:
        return
    if written.requested:
        yield "a requested reconciliation is not done"
    if not written.observed:
        yield "its controller has not seen the latest specification"
    if ready is None:
        yield "without a condition Ready"
    elif ready.status != "True":
        yield ": ".join(filter(None, (ready.reason or f"Ready is {ready.status}", ready.message)))
    attempted = status.last_attempted_revision
    if applied and attempted and applied != attempted and status.last_applied_revision:
        yield f"applied {applied}, attempted {attempted}"
    if fetched:
        yield f"applied {applied}, its source has {fetched}"
