"""The facts about operators and observers."""

from mmcockpit.core.facts.body import Body


class OperatorJoined(Body, frozen=True):
    """An operator joined the session."""

    operator: str
    host: str


class OperatorLeft(Body, frozen=True):
    """An operator left; polling stops until the session is resumed."""

    operator: str


class Resumed(Body, frozen=True):
    """The session was resumed after `blind_s` seconds without polling: every signal is unknown.

    `schema` and `minor` are the versions of the facts that follow; 0 in journals of schemas 1 and 2. `headless` is set
    if the driver has no screen: then the controls stay with the person who has them.
    """

    operator: str
    host: str
    blind_s: float
    schema: int = 0
    minor: int = 0
    headless: bool = False


class ObserverJoined(Body, frozen=True):
    """An observer on this machine opened the session in a process of their own; the name is not verified."""

    observer: str
    process: int


class ObserverLeft(Body, frozen=True):
    """An observer left."""

    observer: str
    process: int
