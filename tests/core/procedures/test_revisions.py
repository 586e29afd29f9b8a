"""Which revision a rollback offers first: one that is known to have been good, and never the one that runs."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.facts.event import Backfilled, Event, Observed, Opened, SessionMode, StepChanged, StepState
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.procedure import Capture, Meaning, Procedure, Step
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.shape import Shape, ValueColumn
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.rules.releases.known_revisions import known_options
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.options import Option, options, preselected
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.releases.running_images import seen_images
from mmcockpit.core.state.session import Session
from tests.ui.go_lives import go_live_file

SHAPE = Shape((ValueColumn("version", role="image"), ValueColumn("ready")))
CAPTURE = Capture(
    "revision",
    r"^(\d+)\s(?P<container>\S+)\s(?P<good>\S*)\s(?P<bad>\S*)$",
    running="highest",
    differs="container",
    means={"container": Meaning.IMAGE},
)
IMAGES = ("app:1", "app:2", "app:3")
LEVELS = (Level.PASS, Level.FAIL, Level.UNKNOWN, Level.WARN)


def cockpit() -> CockpitFile:
    """Return a cockpit whose rollout reports its image in a field of any name."""
    base = go_live_file()
    signals = (Signal("errors", "Errors", "p", "query"), Signal("rollout", "Rollout", "k", "rollout", shape=SHAPE))
    return type(base)(
        **{name: getattr(base, name) for name in base.__struct_fields__} | {
            "signals": signals, "aborts": (Abort("errors", 60.0, ""),)
        }
    )  # fmt: skip


def night(seen: Sequence[tuple[str, Level]]) -> Session:
    """Return a session that saw these images run, with this verdict on the signal of the abort rule."""
    events = [Event(1, Stamp(0.0, 0.0), Opened("s", "1", "ana", "h", SessionMode.LIVE, cockpit()))]
    for n, (image, level) in enumerate(seen):
        stamp = Stamp(10.0 * (n + 1), 10.0 * (n + 1))
        answer = Reading({"version": image, "ready": 3}) if image else Fault(FaultKind.TIMEOUT, "no answer")
        for body in (
            Observed("errors", Reading(0.1), Verdict(level, level)),
            Observed("rollout", answer, Verdict(Level.PASS, Level.PASS)),
        ):
            events.append(Event(len(events) + 1, stamp, body))
    return fold(events)


def offered(session: Session, listed: Sequence[tuple[str, str, str]]) -> tuple[Option, ...]:
    """Return the revisions 1, 2, … of these images, with texts for and against them, as the picker offers them."""
    return options(listing(listed), "revision", seen_images(session))


def listing(listed: Sequence[tuple[str, str, str]], since: str = "") -> ProcedureRun:
    """Return a run whose step listed these revisions, all of them created at the same time."""
    procedure = Procedure("back", "Back", (Step("list", "List", argv=("kubectl",), captures=(CAPTURE,)),))
    run = ProcedureRun(procedure, Stamp(0.0, 0.0), "ana")
    found = {"revision": tuple(str(n + 1) for n in range(len(listed)))}
    details = {
        "revision": tuple({"container": image, "good": good, "bad": bad, "since": since} for image, good, bad in listed)
    }
    run.take(StepChanged("back", "list", StepState.OK, found=found, details=details))
    return run


sightings = st.lists(st.tuples(st.sampled_from((*IMAGES, "")), st.sampled_from(LEVELS)), max_size=12)
listings = st.lists(
    st.tuples(st.sampled_from(IMAGES), st.sampled_from(("", "3")), st.sampled_from(("", "failed"))), max_size=6
)


@given(sightings, listings)
def test_the_offered_revision_is_good_and_never_the_one_that_runs(
    seen: list[tuple[str, Level]], listed: list[tuple[str, str, str]]
) -> None:
    value = preselected(offered(night(seen), listed))
    if not value:
        return
    image, good, bad = listed[int(value) - 1]
    assert int(value) != len(listed)
    assert image != listed[-1][0]
    ran = [each for each in seen if each[0]]
    assert not ran or image != ran[-1][0]
    assert not bad
    levels = [level for each, level in ran if each == image]
    assert good or Level.PASS in levels
    assert not levels or Level.PASS in levels or Level.FAIL not in levels


@given(sightings, listings)
def test_what_a_session_saw_run_survives_in_a_journal_that_continues_it(
    seen: list[tuple[str, Level]], listed: list[tuple[str, str, str]]
) -> None:
    session = night(seen)
    opened = carry(session)
    assert opened is not None
    assert offered(fold([Event(1, Stamp(500.0, 500.0), opened)]), listed) == offered(session, listed)


def test_a_version_that_failed_in_this_session_is_not_offered_after_a_second_one_failed_too() -> None:
    seen = [("app:1", Level.PASS), ("app:2", Level.PASS), ("app:2", Level.FAIL), ("app:3", Level.FAIL)]
    choices = offered(night(seen), [("app:1", "", ""), ("app:2", "3", ""), ("app:3", "", "")])
    assert [one.broken for one in choices] == [True, True, False]
    assert preselected(choices) == "1"


def test_the_old_version_stays_good_while_the_rollback_to_it_takes_effect() -> None:
    seen = [("app:1", Level.PASS), ("app:2", Level.FAIL), ("app:1", Level.FAIL)]
    choices = offered(night(seen), [("app:2", "", ""), ("app:1", "", "")])
    assert [one.broken for one in choices] == [False, True]


def test_nothing_is_offered_where_nothing_is_known_to_have_been_good() -> None:
    choices = offered(night([("app:3", Level.FAIL)]), [("app:1", "", ""), ("app:2", "", ""), ("app:3", "", "")])
    assert preselected(choices) == ""


def charted(*before: float) -> tuple[Option, ...]:
    """Return the revisions of a deployment that began before the session, with these values of errors before it."""
    points = tuple((1000.0 + 10 * n, value) for n, value in enumerate(before))
    file = cockpit()
    errors = msgspec.structs.replace(file.signals[0], rule=Rule("value < 0.05"))
    file = msgspec.structs.replace(file, signals=(errors, *file.signals[1:]))
    start = Stamp(0.0, 2000.0)
    events = [Event(1, start, Opened("s", "1", "ana", "h", SessionMode.LIVE, file))]
    events.append(Event(2, start, Backfilled("errors", points)))
    session = fold(events)
    run = listing([("app:1", "", ""), ("app:2", "", ""), ("app:3", "", "")], "1970-01-01T00:20:00Z")
    return known_options(session, run, "revision", Stamp(5.0, 2005.0))


def test_the_charts_show_that_the_revision_before_the_present_one_was_good() -> None:
    choices = charted(0.0, 0.01, 0.02)
    assert preselected(choices) == "2"
    assert [one.passed is not None for one in choices] == [False, True, False]
    assert choices[1].passed == Stamp(-800.0, 1200.0)


@pytest.mark.parametrize("before", [(), (0.0, 0.2)], ids=["no data", "it failed"])
def test_a_revision_that_the_charts_do_not_show_as_good_is_not_offered(before: tuple[float, ...]) -> None:
    assert preselected(charted(*before)) == ""
