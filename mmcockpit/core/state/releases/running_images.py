"""What a session saw run in production: the images that signals report, and whether the abort signals passed."""

from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.ran import Ran, image_in, reported
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState


class SeenImages(NamedTuple):
    """The times of each image, and the images that run now."""

    times: tuple[Ran, ...] = ()
    now: frozenset[str] = frozenset()


def see_image(session: Session, state: SignalState, stamp: Stamp) -> None:
    """Note the running image in a signal's latest reading, if it has one."""
    image = "" if state.fault is not None else image_in(state.value, state.signal.shape)
    if not image:
        return
    levels = [one.verdict.level for one in abort_signals(session, state.signal.target)]
    failing = Level.FAIL in levels
    reported(state.ran, image, stamp, Level.PASS in levels and not failing, failing)


def abort_signals(session: Session, target: str) -> list[SignalState]:
    """Return the signals of abort rules that show whether a new version works: not those of other targets."""
    known = [session.signals[one.signal] for one in session.cockpit.aborts if one.signal in session.signals]
    return [one for one in known if not target or one.signal.target in ("", target)]


def seen_images(session: Session, source: str = "") -> SeenImages:
    """Return what the session saw run, by every signal that reports an image; of one source if it is given."""
    reporting = [state.ran for state in session.signals.values() if state.ran and source in ("", state.signal.source)]
    return SeenImages(
        tuple(ran for times in reporting for ran in times), frozenset(times[-1].image for times in reporting)
    )
