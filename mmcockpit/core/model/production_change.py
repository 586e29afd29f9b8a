"""A change in production, as signals and sources show it."""

from enum import StrEnum

import msgspec

from mmcockpit.core.model.clock import Stamp


class ProductionChangeKind(StrEnum):
    """What kind of change it is: charts mark deployments and restarts with a letter of their own.

    APPEARED are new rows of a list, such as alerts and events: more often the effect of a change than a change.
    """

    DEPLOY = "deploy"
    RESTART = "restart"
    APPEARED = "appeared"
    OTHER = "other"


class ProductionChange(msgspec.Struct, frozen=True, array_like=True):
    """When production changed, and what changed, as text."""

    stamp: Stamp
    text: str
    kind: ProductionChangeKind = ProductionChangeKind.OTHER
