"""What the probe of Helm releases returns."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field
from mmcockpit.sources.kubernetes.values.objects import Exists


class ReleaseRevisionValue(Value, kw_only=True):
    """One revision of a Helm release."""

    named_by: ClassVar = ("revision {revision}",)
    noun: ClassVar = ("revision", "revisions")

    revision: int
    status: Annotated[str, field(levels={"failed": "fail"})]
    age_s: Annotated[int | UnsetType, field("Since it was modified, by the server's clock.", unit="age")] = UNSET


class ReleaseValue(Value, kw_only=True):
    """One Helm release. If it does not exist, the other fields are empty or left out."""

    cells: ClassVar = (Cell("revision {revision} {status}", when="exists"), Cell("does not exist"))
    causes: ClassVar = ("why",)
    good: ClassVar = "complete"

    exists: Exists
    status: Annotated[
        str,
        field(
            "Of its newest revision: deployed, failed, pending-install, pending-upgrade, pending-rollback, "
            "uninstalling, uninstalled or superseded."
        ),
    ]
    revision: Annotated[
        int, field("Its newest revision, for `helm rollback`; 0 without one.", tracked="changed", role="revision")
    ]
    complete: Annotated[bool, field("Whether its newest revision is deployed.", title="deployed")]
    pending: Annotated[bool, field("Whether an installation, upgrade or rollback runs.")]
    stuck: Annotated[
        bool,
        field(
            "Whether it has been pending for longer than `stuck_after`: its Helm process is gone.",
            alarm=True,
            alarm_text="stuck",
        ),
    ]
    deployed_revision: Annotated[
        int, field("The newest revision that is deployed; 0 if there is none.", title="last deployed")
    ]
    age_s: Annotated[
        int | UnsetType, field("Since its newest revision was modified.", title="modified", unit="age")
    ] = UNSET
    why: Annotated[str, field("Why it is not deployed, as a sentence; empty if it is.", shown=False, role="why")]
    history: Annotated[list[ReleaseRevisionValue], field("The last ten revisions, the newest first.")]
