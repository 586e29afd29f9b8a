"""A session without a screen: runs until it is done, or its time is over."""

from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.headless import Progress, opened, run
from tests.core.sessions import plan, sensed


def test_a_session_without_a_screen_runs_until_it_is_done() -> None:
    clock = SessionClock()
    session = opened(plan(sensed("errors")), "gate", clock)

    def look(session: Session, passed_s: float) -> Progress:
        return Progress(session.signals["errors"].asked_at is not None, frozenset({"errors"}))

    run(session, "gate", clock, look, 60.0)
    assert session.signals["errors"].asked_at is not None


def test_a_session_without_a_screen_ends_when_its_time_is_over() -> None:
    clock = SessionClock()
    looks: list[float] = []

    def look(session: Session, passed_s: float) -> Progress:
        looks.append(passed_s)
        return Progress(False)

    run(opened(plan(sensed("errors")), "gate", clock), "gate", clock, look, 0.0)
    assert len(looks) == 1
