"""The kinds of facts about who is here."""

from mmcockpit.core.facts.body import Body


class OperatorJoined(Body, frozen=True):
    """An operator is here."""

    operator: str
    host: str


class OperatorLeft(Body, frozen=True):
    """An operator went; the session is not watched until somebody resumes it."""

    operator: str


class Resumed(Body, frozen=True):
    """The session went on after `blind_s` seconds in which nothing was watched: every signal is unknown."""

    operator: str
    host: str
    blind_s: float


class ObserverJoined(Body, frozen=True):
    """Somebody on this machine watches the session in a process of their own; the name is theirs to choose."""

    observer: str
    process: int


class ObserverLeft(Body, frozen=True):
    """An observer went."""

    observer: str
    process: int
