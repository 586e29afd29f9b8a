"""NEXT: the one action that helps most, as a value; `core/words/next_actions.py` makes it text."""

from enum import StrEnum

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import NoDataGroup
from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.model.verdict import Verdict


class NextKind(StrEnum):
    """What NEXT is about, the most urgent first; the comments name what `subject` is, if it has one."""

    STARTING = "starting"
    ENDED = "ended"
    NOT_FOLLOWED = "not followed"
    NO_OPERATOR = "no operator"
    STALLED = "engine stalled"
    STORE_AWAY = "no connection to the shared store"
    DRIVER_SILENT = "driver silent"
    NOT_RECORDING = "not recording"
    STEP_APPROVAL = "step waits for an approval"  # procedure
    OUTCOME_UNKNOWN = "outcome of a step unknown"  # procedure
    STOP = "new version to stop"  # procedure
    ROLLBACK = "rollback advised"  # procedure
    FIX_FORWARD = "fix forward"  # procedure
    FIND_CAUSE = "fix forward without a procedure"  # signal
    DECIDE = "advice to decide"
    STEP_FAILED = "step failed"  # procedure
    STEP_RUNNING = "step running"  # procedure
    STEP_SETTLING = "step settling"  # procedure
    STEP_READY = "step ready"  # procedure
    STEP_MANUAL = "manual step"  # procedure
    STEP_QUESTION = "step asks"  # procedure
    STEP_WAIT = "wait to begin"  # procedure
    STEP_WAITING = "step waiting"  # procedure
    STEP_RETRYING = "step starts again"  # procedure
    STEP_UNDECIDED = "condition of a step not met"  # procedure
    PROCEDURE_CALLED = "procedure called for"  # procedure
    CONTROLS_REQUESTED = "controls requested"  # person
    ITEM_PROCEDURE = "procedure of an item"  # item
    ADVANCE = "new version to promote"  # item
    FAILING = "failing"  # item or signal
    BLOCKED = "blocked"  # item
    ON_HOLD = "on hold"
    POLL = "poll open"  # role
    HANDOVER = "handover to acknowledge"
    NO_DATA = "no data"  # source, item or signal
    APPROVAL = "second person"  # item
    TICK = "tick"  # item
    ROLE = "tick by a role"  # item
    WARNING = "warning"  # item
    ACTIVE_CHECK = "active check to run"  # signal
    CONTACTS = "contacts unassigned"
    BASELINE = "baseline to record"
    CONFIGURE = "to configure"  # source or signal
    FIRST_RESULTS = "first results"  # signal
    WATCH = "layout to watch with"
    SETTLING = "settling"  # item
    GATE = "gate open"  # phase
    NOT_PROVEN = "point of no return not proven"  # item
    OPEN_ITEM = "open item"  # item
    FINISH = "everything done"
    NOTHING = "nothing to do"


class ViewpointKind(StrEnum):
    """What the screen can do: act in a live session, only show it, or replay it."""

    LIVE = "live"
    READ_ONLY = "read-only"
    REPLAY = "replay"


class Viewpoint(msgspec.Struct, frozen=True):
    """What NEXT depends on that no fact records; the default is the operator of a live session without trouble.

    `stalled_s` is how long the engine has not responded. `unrecorded` is set while facts cannot be written,
    `accepted` once an operator accepted that, `lost` while the journal is not followed any more, `gone` while a watched
    session has no operator. `cursor` is the item under the cursor: of several items that need the same, it is the one
    that the key acts on. `layout` is the name of the layout that is shown. `sharing` is set in a shared session.
    """

    operator: str = ""
    view: ViewpointKind = ViewpointKind.LIVE
    stalled_s: float = 0.0
    unrecorded: bool = False
    accepted: bool = False
    lost: bool = False
    gone: bool = False
    cursor: str = ""
    layout: str = ""
    sharing: Sharing | None = None


class Next(msgspec.Struct, frozen=True):
    """The one action that helps most: the `action` of a key or the name of a `:command`, empty if it is to wait.

    `subject` is the id that `kind` names, `step` the id of the procedure's step, `others` how many subjects of the same
    kind there are besides. The other fields are for its text: `number` and `title` of the subject, `text` a reason,
    `people` who has to act, `seconds` how long it takes or has taken, `count` of `total`, the result (`value` and
    `verdict`) of its signal, and for missing data its `group`, `at` this moment. `holder` has the controls that the
    action needs, if this seat has not got them.
    """

    kind: NextKind
    action: str = ""
    subject: str = ""
    step: str = ""
    others: int = 0
    number: int = 0
    title: str = ""
    text: str = ""
    people: tuple[str, ...] = ()
    seconds: float = 0.0
    count: int = 0
    total: int = 0
    value: str = ""
    verdict: Verdict | None = None
    group: NoDataGroup | None = None
    at: Stamp | None = None
    holder: str = ""
