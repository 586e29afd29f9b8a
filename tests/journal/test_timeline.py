"""A timeline gives the session of any moment and the facts between two, whatever became of the journal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Advice, AnyBody, Event, Mark
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback.timeline import STRIDE, Timeline
from mmcockpit.journal.reader import Problem, read
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, Story, plan
from tests.journal.bodies import steps
from tests.journal.child import body
from tests.shapes import shape

FACTS = 3 * STRIDE + 40
"""One every half second, in several strides."""


def written(path: Path, events: list[Event]) -> Path:
    writer = Writer.create(path, "ana")
    for event in events:
        writer.append(event)
    writer.close()
    return path


@pytest.fixture(scope="module")
def story() -> Story:
    told = Story()
    for seq in range(2, FACTS + 1):
        told.wait(0.5)
        told.tell(body(seq))
    return told


@pytest.fixture
def path(tmp_path: Path, story: Story) -> Path:
    return written(tmp_path / "s1" / "journal.jsonl", story.events)


def test_a_timeline_knows_where_it_begins_and_ends(path: Path, story: Story) -> None:
    timeline = Timeline(path)
    assert (timeline.first, timeline.last) == (story.events[0].stamp, story.events[-1].stamp)
    assert timeline.count == FACTS


def test_the_session_of_any_moment_is_what_was_live_then(path: Path, story: Story) -> None:
    timeline = Timeline(path)
    live = Session()
    for event in story.events:
        evolve(live, event)
        if event.seq % 83 == 1 or event.seq > FACTS - 3:
            assert timeline.session_after(event.seq) == live
            assert timeline.session_at(event.stamp.at) == live
            assert timeline.session_at(event.stamp.at + 0.4) == live
            assert timeline.seq_at(event.stamp.at + 0.4) == event.seq
            assert timeline.at_of(event.seq) == event.stamp.at
    assert timeline.session_at(1e9) == timeline.session_after(10**9) == live


def test_changes_seen_in_readings_are_known_at_any_moment(tmp_path: Path) -> None:
    pods = Signal("pods", "the pods", "cluster", "pods", rule=Rule("true"), shape=shape("kubernetes", "pods"))
    story = Story(plan(signals=(pods,)))
    for restarts in range(100):
        story.see("pods", Reading({"ready": 1, "restarts": restarts // 7}))
    path, live = written(tmp_path / "s1" / "journal.jsonl", story.events), Session()
    timeline = Timeline(path, stride=16)
    for event in story.events:
        evolve(live, event)
        assert timeline.session_after(event.seq) == live
    assert len(live.changes) == 14


def test_log_lines_of_pods_are_not_in_the_log_of_facts_at_any_moment(tmp_path: Path) -> None:
    story, live = Story(), Session()
    for number in range(40):
        story.tell(facts.LogRead("pods", "app-1", lines=(f"line {number}",)))
        story.tell(facts.Noted(f"note {number}", "ana"))
    timeline = Timeline(written(tmp_path / "s1" / "journal.jsonl", story.events), stride=16)
    for event in story.events:
        evolve(live, event)
        assert timeline.session_after(event.seq) == live


def test_nothing_is_before_the_opening_and_nothing_behind_the_end(path: Path, story: Story) -> None:
    timeline = Timeline(path)
    assert timeline.session_at(-5.0) == timeline.session_after(-1) == fold(story.events[:1])
    assert timeline.seq_at(-5.0) == 1
    assert timeline.at_of(0) == 0.0
    assert timeline.at_of(FACTS + 1) is None
    assert timeline.seq_at(1e9) == FACTS


def test_each_session_is_one_of_its_own(path: Path, story: Story) -> None:
    timeline = Timeline(path)
    before = timeline.session_after(700)
    for event in story.events[700:]:
        evolve(before, event)
    assert timeline.session_after(700) == fold(story.events[:700])


def test_playing_gives_every_fact_once(path: Path, story: Story) -> None:
    timeline = Timeline(path)
    session, given, at = timeline.session_at(100.0), [], 100.0
    while session.seq < FACTS:
        at += 7.3
        for event in timeline.events(session.seq, at):
            evolve(session, event)
            given.append(event)
    assert given == story.events[201:]
    assert session == story.session


def test_leaving_off_in_the_middle_loses_no_fact(path: Path, story: Story) -> None:
    timeline = Timeline(path)
    first = next(iter(timeline.events(600, 1e9)))
    assert first.seq == 601
    assert [event.seq for event in timeline.events(601, 302.0)] == [602, 603, 604, 605]
    assert [event.seq for event in timeline.events(3, 2.5)] == [4, 5, 6]


TOLD: list[tuple[AnyBody, str]] = [
    (facts.Advised(Advice.HOLD), ""),
    (facts.Advised(Advice.NO_GO), "alarm"),
    (facts.Advised(Advice.NO_GO), ""),
    (facts.Advised(Advice.ROLLBACK), "alarm"),
    (facts.Advised(Advice.FIX_FORWARD), ""),
    (facts.Advised(Advice.GO), ""),
    (facts.Decided(Advice.GO, True, "ana", "well"), "decision"),
    (facts.PhaseChanged("ready", "cutover", "ana"), "decision"),
    (facts.PollOpened("ana"), ""),
    (facts.PollClosed(True, "ana", "all say so"), "decision"),
    (facts.Held(True, "ana"), "decision"),
    (facts.ItemMarked("ready/core/audit", Mark.DONE, "ana"), ""),
    (facts.ItemMarked("ready/core/audit", Mark.OVERRIDE, "ana", "why"), "decision"),
    (facts.ItemMarked("ready/core/audit", Mark.BLOCK, "ana", "why"), "decision"),
    (facts.ProcedureOpened("rollback", "ana"), "decision"),
    (facts.DriverChanged("bo", "bastion", 2, "the laptop died"), "decision"),
    (facts.Noted("a", "ana"), ""),
    (facts.Noted("b", "ana", marker=True), "marker"),
    (facts.Gap(3, Stamp(1.0, START), "disk full"), "gap"),
    (facts.Resumed("ana", "h", 5.0), "gap"),
    (body(3), ""),
    (facts.Closed("live", "ana"), "decision"),
]


def test_landmarks_are_what_one_jumps_to(tmp_path: Path) -> None:
    story = Story()
    for fact, _ in TOLD:
        story.wait(1)
        story.tell(fact)
    timeline = Timeline(written(tmp_path / "s" / "journal.jsonl", story.events))
    assert [(mark.seq, mark.kind) for mark in timeline.landmarks] == [
        (seq, kind) for seq, (_, kind) in enumerate(TOLD, 2) if kind
    ]
    assert all(mark.wall - START == mark.at == mark.seq - 1 for mark in timeline.landmarks)


def test_idle_is_where_only_readings_come(tmp_path: Path) -> None:
    story = Story()
    for seconds, fact in [(10.0, body(3)), (50.0, facts.Noted("x", "ana")), (30.0, body(3)), (0.0, body(3))]:
        story.wait(seconds)
        story.tell(fact)
    timeline = Timeline(written(tmp_path / "s" / "journal.jsonl", story.events))
    assert timeline.idle(0.0, 20.0) == 60.0
    assert timeline.idle(45.0, 20.0) is None
    assert timeline.idle(60.0, 20.0) == 90.0, "then comes the end"
    assert timeline.idle(60.0, 30.0) is None
    assert timeline.idle(90.0, 0.0) is None


def test_a_journal_that_is_being_written_is_taken_in_as_it_grows(tmp_path: Path, story: Story) -> None:
    path = tmp_path / "s" / "journal.jsonl"
    writer = Writer.create(path)
    writer.append(story.events[0])
    timeline = Timeline(path)
    session = timeline.session_at(0.0)
    assert not timeline.extend()
    for event in story.events[1:]:
        writer.append(event)
        if event.seq % 400 == 0:
            assert timeline.extend()
            assert not timeline.extend()
            assert (timeline.count, timeline.last) == (event.seq, event.stamp)
            for new in timeline.events(session.seq, timeline.last.at):
                evolve(session, new)
            assert session == timeline.session_at(event.stamp.at) == fold(story.events[: event.seq])
    os_torn = path.open("ab")
    os_torn.write(b'[99999,1.0,0,"No')
    os_torn.close()
    assert timeline.extend()
    assert timeline.count == FACTS
    writer.close()


def test_a_journal_that_became_shorter_is_an_error(path: Path) -> None:
    timeline = Timeline(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(SessionError, match="was truncated"):
        timeline.extend()


def test_what_cannot_be_read_is_reported_and_the_rest_is_there(path: Path, story: Story) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[9], lines[600] = b"hello\n", b"\xff" * 40 + b"\n"
    path.write_bytes(b"".join(lines))
    problems: list[Problem] = []
    timeline = Timeline(path, problems.append)
    assert [problem.line for problem in problems] == [10, 601]
    assert timeline.count == FACTS - 2
    assert timeline.session_after(700) == fold(event for event in story.events[:700] if event.seq not in (10, 601))


NOTHING = {"empty": b"", "no fact": b"hello\n", "torn": b'[1,0.0,0,"Op', "no opening": b'[1,0.0,0,"Closed",{},"A"]\n'}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING.keys())
def test_what_opens_no_session_is_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=r"journal\.jsonl:1: .*`mmcockpit log"):
        Timeline(path)
    with pytest.raises(SessionError, match="no such file"):
        Timeline(tmp_path / "gone.jsonl")


def doubled(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines for _ in range(2)]


def spliced(lines: list[bytes]) -> list[bytes]:
    return [*lines[:90], *lines[40:]]


DISORDER: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "doubled": doubled,
    "spliced": spliced,
    "backwards": lambda lines: [lines[0], *reversed(lines[1:])],
    "opened late": lambda lines: [*lines[1:50], lines[0], *lines[50:]],
}


@pytest.mark.parametrize("spoil", DISORDER.values(), ids=DISORDER.keys())
def test_a_journal_in_disorder_is_parted_in_the_same_way_by_all(
    spoil: Callable[[list[bytes]], list[bytes]], tmp_path: Path, story: Story
) -> None:
    path = written(tmp_path / "s" / "journal.jsonl", story.events[:120])
    path.write_bytes(b"".join(spoil(path.read_bytes().splitlines(keepends=True))))
    timeline = Timeline(path)
    whole = fold(read(path))
    session = timeline.session_after(-1)
    assert timeline.session_at(1e9) == timeline.session_after(10**9) == whole
    for step in range(-1, 125):
        for event in timeline.events(session.seq, step / 2):
            evolve(session, event)
        assert session == timeline.session_at(step / 2) == timeline.session_after(session.seq)
        assert timeline.seq_at(step / 2) == session.seq
    for seq in range(130):
        at = timeline.at_of(seq)
        assert at is None or timeline.session_at(at).seq >= seq
    assert session == whole


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(-3, 6), st.integers(-2_000, 9_000), st.sampled_from([body(2), body(10), body(20)])),
        max_size=40,
    )
)
def test_any_order_of_numbers_and_moments_is_played_as_it_is_sought(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, AnyBody]]
) -> None:
    events, seq, at = [Story().events[0]], 1, 0
    for more, passed, told in steps:
        seq, at = max(seq + more, 0), at + passed
        events.append(Event(seq, Stamp(at / 1000, START + at / 1000), told))
    timeline = Timeline(written(tmp_path_factory.mktemp("any") / "journal.jsonl", events))
    session = timeline.session_after(-1)
    for until in sorted({event.stamp.at for event in events}):
        for event in timeline.events(session.seq, until):
            evolve(session, event)
        assert session == timeline.session_at(until) == timeline.session_after(session.seq)
    assert session == fold(events)


@pytest.mark.parametrize("stride", [1, 2, 7])
@settings(max_examples=40, deadline=None)
@given(steps=steps)
def test_a_session_from_keyframes_is_the_live_one_after_every_fact(
    tmp_path_factory: pytest.TempPathFactory, stride: int, steps: list[tuple[AnyBody, int, int]]
) -> None:
    story = Story()
    events, at, drift = list(story.events), 0, 0
    for seq, (told, passed, moved) in enumerate(steps, 2):
        at, drift = at + passed, drift + moved
        events.append(Event(seq, Stamp(at / 1000, (round(START * 1000) + at + drift) / 1000), told))
    path = written(tmp_path_factory.mktemp("frames") / "journal.jsonl", events)
    timeline, live = Timeline(path, stride=stride), Session()
    for event in events:
        evolve(live, event)
        assert timeline.session_after(event.seq) == live
    assert live == fold(events)


def test_points_before_a_backfill_and_behind_it_are_kept_apart(tmp_path: Path) -> None:
    story = Story()
    for seq in range(30):
        if seq in (7, 19):
            points = tuple((START - 100.0 * seq - n, float(n)) for n in range(50, 0, -1))
            story.tell(facts.Backfilled("error_rate", points))
        story.answer("error_rate", seq / 1000)
    path = written(tmp_path / "s" / "journal.jsonl", story.events)
    timeline, live = Timeline(path, stride=2), Session()
    for event in story.events:
        evolve(live, event)
        assert timeline.session_after(event.seq) == live


def test_a_signal_keeps_no_more_points_in_a_keyframe_than_live(tmp_path: Path) -> None:
    story = Story()
    for seq in range(4_000):
        story.wait(1)
        story.tell(facts.Observed("error_rate", Reading(seq), Verdict(Level.PASS, Level.PASS)))
    timeline = Timeline(written(tmp_path / "s" / "journal.jsonl", story.events))
    for seq in (2, 1_440, 1_442, 2_881, 2_999, 3_500, 4_001):
        assert timeline.session_after(seq) == fold(story.events[:seq])
