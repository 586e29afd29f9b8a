"""The header's lines fit every width; what gives way is never the state, the key or the subject."""

import re
from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Decided, Event, Held, OperatorLeft, PhaseChanged, Resumed
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChange
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.model.states import Advice, Mark
from mmcockpit.core.rules.advice import coverage
from mmcockpit.core.rules.changes import change_before
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.plans.time_plan import time_plan
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.next_actions import next_words
from mmcockpit.ui.render.header.identity import identity_line
from mmcockpit.ui.render.header.next_line import next_line, seat_of
from mmcockpit.ui.render.header.phases import phase_line
from mmcockpit.ui.render.header.state_line import state_line
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import text_of, width_of
from mmcockpit.ui.session_view import Sight
from tests.ui.emergencies import HISTORY, SERVER, argv
from tests.ui.go_lives import cutover
from tests.ui.situations import OLD, SITUATIONS, feed_of, gate_ready

LENS = Lens(keys={"tick": "Space", "emergency": "E", "details": "Enter", "run_step": "!", "next_match": "n"})


def sight_of(name: str, folder: Path) -> Sight:
    sight = Sight()
    sight.take(feed_of(name, folder).drain())
    return sight


def left(gone_s: float, leaves: bool) -> str:
    """Return the second line of a session without an operator for this time."""
    night, sight = gate_ready(), Sight()
    if leaves:
        night.tell(OperatorLeft("ana"))
    now = Stamp(night.now.at + gone_s, night.now.wall + gone_s)
    sight.take(Batch(now, base=night.session, gone=night.now))
    return text_of(state_line(sight, LENS, 120))


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_line_has_exactly_the_width_of_the_screen(name: str, tmp_path: Path) -> None:
    sight = sight_of(name, tmp_path)
    seat = seat_of(sight, "ana", False, "")
    given, phases = next_action(sight.session, sight.now, seat), time_plan(sight.session, sight.now).phases
    for width in (20, 40, 60, 79, 80, 81, 120, 200):
        following, badges = next_line(sight, given, seat, LENS, width)
        lines = (
            identity_line(sight, LENS, "ana", False, width),
            state_line(sight, LENS, width),
            following,
            phase_line(phases, sight.session.phase, badges, width),
        )
        assert [width_of(line) for line in lines] == [width] * 4


@pytest.mark.parametrize("name", SITUATIONS)
def test_eighty_columns_show_the_mode_the_state_the_key_and_the_subject(name: str, tmp_path: Path) -> None:
    sight = sight_of(name, tmp_path)
    seat = seat_of(sight, "ana", False, "")
    given = next_action(sight.session, sight.now, seat)
    words = next_words(given, LENS.keys)
    shown = text_of(next_line(sight, given, seat, LENS, 80)[0])
    assert words.key in shown
    assert words.subject in shown
    assert text_of(identity_line(sight, LENS, "ana", False, 80)).startswith("LIVE PROD")
    phases = text_of(phase_line(time_plan(sight.session, sight.now).phases, sight.session.phase, (), 80))
    assert "[" in phases


@pytest.mark.parametrize("name", SITUATIONS)
def test_eighty_columns_cut_neither_the_state_nor_what_goes_live(name: str, tmp_path: Path) -> None:
    sight = sight_of(name, tmp_path)
    assert "…" not in text_of(state_line(sight, LENS, 80))
    assert "modelmuxer v2.4.1" in text_of(identity_line(sight, LENS, "ana", False, 80))
    sight.session.held = Held(True, "ana", "vendor")
    assert "modelmuxer v2.4.1" in text_of(identity_line(sight, LENS, "ana", False, 80))


def test_what_changed_before_is_named_in_short_where_it_does_not_fit(tmp_path: Path) -> None:
    sight = sight_of("rollback advised", tmp_path)
    shown = [text_of(state_line(sight, LENS, width)).rstrip() for width in (200, 90, 80)]
    main = "ROLLBACK  5xx share on chat routes 8.1% for 2m (limit 5%)"
    assert shown[0].startswith(f"{main}, since 1m after Rollout: ")
    assert shown[1:] == [f"{main}, since 1m after a deploy", main]


def test_a_long_change_is_whole_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sight = sight_of("rollback advised", tmp_path)
    long = "Pods ready in the cluster of the first region of Europe: restarts of the new pods 0 to 17, of others 0 to 1"
    found = change_before

    def renamed(session: Session, at: Stamp) -> ProductionChange | None:
        change = found(session, at)
        return msgspec.structs.replace(change, text=long) if change is not None else None

    monkeypatch.setattr("mmcockpit.ui.render.header.state_line.change_before", renamed)
    assert text_of(state_line(sight, LENS, 200)).rstrip().endswith(f"since 1m after {long}")
    assert text_of(state_line(sight, LENS, 150)).rstrip().endswith("…")


FAILS = "5xx share on chat routes 8.1% for 2m (limit 5%)"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (200, r"; dismissed by ana: the vendor promises a fix within ten minutes"),
        (110, r"; dismissed by ana: the vendor [^;]*…"),
        (80, r"; dismissed by ana"),
        (72, r"; dismissed"),
        (60, ""),
    ],
)
def test_the_failing_signal_comes_before_who_dismissed_the_advice(width: int, expected: str, tmp_path: Path) -> None:
    sight = sight_of("rollback advised", tmp_path)
    assert sight.session.advised is not None
    seen = coverage(sight.session.advised.reasons)
    sight.session.decided = Decided(Advice.ROLLBACK, False, "ana", "the vendor promises a fix within ten minutes", seen)
    line = text_of(state_line(sight, LENS, width)).rstrip()
    assert line.startswith(f"ROLLBACK  {FAILS}")
    assert re.search(f"{expected}$", line)


@pytest.mark.parametrize(
    ("width", "frozen"),
    [(120, "FROZEN 7s: paused, 0 updates queued; p resumes.  "), (82, "FROZEN 7s; p resumes.  "), (80, "FROZEN 7s.  ")],
)
def test_a_frozen_display_does_not_hide_the_failing_signal(width: int, frozen: str, tmp_path: Path) -> None:
    sight = sight_of("rollback advised", tmp_path)
    sight.freeze()
    sight.now = Stamp(sight.now.at + 7, sight.now.wall + 7)
    lens = msgspec.structs.replace(LENS, keys={**LENS.keys, "freeze": "p"})
    assert text_of(state_line(sight, lens, width)).rstrip().startswith(f"ROLLBACK  {frozen}{FAILS}")


def test_a_long_title_does_not_hide_the_value_and_the_limit(tmp_path: Path) -> None:
    sight = sight_of("rollback advised", tmp_path)
    assert sight.session.advised is not None
    state = sight.session.signals[sight.session.advised.reasons[0].subject]
    state.signal = msgspec.structs.replace(
        state.signal, title="5xx share on all routes of the chat service in Frankfurt"
    )
    line = text_of(state_line(sight, LENS, 80)).rstrip()
    assert re.fullmatch(r"ROLLBACK  5xx share on all [^%]*… 8\.1% for 2m \(limit 5%\)", line)


def test_a_long_reason_does_not_hide_when_a_rollback_is_advised() -> None:
    night, sight = cutover(bad=False), Sight()
    night.ask(*(commands.MarkItem("ana", name, "agreed", Mark.DEFER) for name in night.session.items))
    night.watched(60, error_rate=0.081)
    state = night.session.signals["error_rate"]
    state.signal = msgspec.structs.replace(
        state.signal, title="eu-1: Share of failed orders", rule=Rule("", message='"x"')
    )
    state.verdict = msgspec.structs.replace(state.verdict, because="share 0.05 (must be < 0.02)")
    sight.take(Batch(night.now, base=night.session))
    line = text_of(state_line(sight, LENS, 80)).rstrip()
    assert re.fullmatch(r"NO-GO     eu-1: Share… share 0\.05 \(must be < 0\.02\) for .*, ROLLBACK in .*", line), line


def test_the_open_phase_stays_in_brackets_where_the_names_do_not_fit(tmp_path: Path) -> None:
    sight = sight_of("ticking", tmp_path)
    line = text_of(phase_line(time_plan(sight.session, sight.now).phases, 0, (), 40))
    assert line.startswith("[Readiness 3/13]  Dep")


def test_a_demo_that_runs_faster_shows_its_speed() -> None:
    night, sight = gate_ready(), Sight()
    assert night.session.opened is not None
    night.session.opened = msgspec.structs.replace(night.session.opened, speed=10.0)
    sight.take(Batch(night.now, base=night.session))
    assert text_of(identity_line(sight, LENS, "ana", False, 80)).rstrip().endswith(" x10")
    assert text_of(identity_line(sight, LENS, "ana", False, 81)).rstrip().endswith(" x10  ana")


def test_operators_who_left_are_not_shown_as_missing() -> None:
    assert left(240.0, leaves=True) == "HOLD      ana left 4m ago; polling stopped until resumed"
    assert left(240.0, leaves=False) == "HOLD      no operator for 4m; polling stopped until resumed"


def test_a_step_with_an_unknown_outcome_is_not_hidden_by_a_go() -> None:
    night, sight = gate_ready(), Sight()
    night.ask(commands.OpenProcedure("ana", "rollback-kubectl"))
    night.ask(commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER))
    night.tell(Resumed("ana", "bastion", 10.0)).watched(300, rollout=OLD)
    sight.take(Batch(night.now, base=night.session))
    shown = text_of(state_line(sight, LENS, 120))
    assert shown.startswith("GO        1 step with an unknown outcome; all 13 required items so far are satisfied; ")


def test_just_after_a_gate_the_advice_go_is_not_that_of_the_next_gate() -> None:
    night, sight = gate_ready(), Sight()
    before, after = (phase.id for phase in night.session.cockpit.checklist.phases[:2])
    passed = Event(len(night.events) + 1, night.now, PhaseChanged(before, after, "ana"))
    sight.take(Batch(night.now, base=fold([*night.events, passed])))
    assert text_of(state_line(sight, LENS, 120)).rstrip() == "GO        Deployment is open"


LATE = commands.HoldSession("ana", True, "the vendor is late")
REFUSED = Fault(FaultKind.REFUSED, "127.0.0.1:9090")


def on_hold(**values: object) -> Sight:
    """Return a go-live on hold, in which these signals get these results."""
    night, sight = cutover().good().ask(LATE), Sight()
    for _ in range(3):
        night.wait(1).see(**values)
    sight.take(Batch(night.now, base=night.session))
    return sight


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        ({"error_rate": REFUSED}, 80, "HOLD      abort rule has no data: 5xx share on chat routes; on hold by ana"),
        (
            {"error_rate": REFUSED},
            160,
            "HOLD      abort rule has no data: 5xx share on chat routes: refused: 127.0.0.1:9090; "
            "on hold by ana for 3s: the vendor is late",
        ),
        ({"error_rate": 0.9}, 80, "ROLLBACK  5xx share on chat routes 90% for 2m (limit 5%)"),
    ],
)
def test_what_fails_comes_before_the_hold(values: dict[str, object], width: int, expected: str) -> None:
    assert text_of(state_line(on_hold(**values), LENS, width)).rstrip().startswith(expected)
