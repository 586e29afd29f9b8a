"""The whole state of a session, carried over into another journal."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.journal import Continuation
from mmcockpit.core.state.carried import carried_events, freeze
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import decode, encode
from tests.core.sessions import Story
from tests.journal.bodies import json_values, steps, texts
from tests.journal.child import body


def told(count: int) -> Story:
    story = Story()
    for seq in range(2, count + 1):
        story.wait(0.5)
        story.tell(body(seq))
    return story


def continuing(session: Session, state: dict[str, object] | None = None) -> facts.Event:
    """Return the first fact of a journal that continues this session, as it is read from its file."""
    assert session.opened is not None
    assert session.last is not None
    carried = freeze(session) if state is None else state
    continues = Continuation("journal.jsonl", "h" * 16, session.seq, "was truncated", carried)
    opened = msgspec.structs.replace(session.opened, continues=continues)
    return decode(encode(facts.Event(session.seq + 1, session.last, opened))[:-1])


@settings(max_examples=60, deadline=None)
@given(steps)
def test_a_session_is_the_same_from_what_it_carried_over(happened: list[tuple[facts.AnyBody, int, int]]) -> None:
    story = told(25)
    for made, after_ms, _ in happened:
        story.wait(after_ms / 1000)
        story.tell(made)
    first = continuing(story.session)
    from_file = fold([first])
    evolve(story.session, first)
    assert from_file == story.session
    again = continuing(from_file)
    assert fold([again]).items == from_file.items
    assert len(encode(again)) < 2 * len(encode(first)) + 10_000


def test_what_is_carried_names_its_facts() -> None:
    story = told(60)
    first = continuing(story.session)
    assert isinstance(first.body, facts.Opened)
    marks = [event for event in story.events if isinstance(event.body, facts.ItemMarked)]
    assert [one for one in carried_events(first.body, 0) if isinstance(one.body, facts.ItemMarked)] == marks
    assert carried_events(first.body, 45) == [one for one in marks if one.seq > 45]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*Session.__dataclass_fields__]), json_values(texts)))
def test_any_state_makes_a_session(state: dict[str, object]) -> None:
    session = fold([continuing(told(12).session, state)])
    assert session.opened is not None
    assert set(session.items) == {item.id for item in session.cockpit.checklist.items}
    assert len(session.opened_at) == session.phase + 1
