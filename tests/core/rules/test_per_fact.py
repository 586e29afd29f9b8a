"""A rule that is asked for several times between two facts is computed once."""

from mmcockpit.core.rules.per_fact import per_fact
from mmcockpit.core.state.session import Session
from tests.core.sessions import GOOD, Story, plan, sensed

computed: list[tuple[int, str]] = []


@per_fact
def rule(session: Session, name: str = "") -> int:
    """Return the number of the last fact."""
    computed.append((session.seq, name))
    return session.seq


def test_a_rule_is_computed_again_after_a_fact_for_other_arguments_and_for_another_session() -> None:
    computed.clear()
    story, other = Story(plan(sensed("a"))), Story(plan(sensed("a")))
    first = story.session.seq
    assert [rule(story.session), rule(story.session)] == [first, first]
    assert computed == [(first, "")]
    story.see("a", GOOD)
    assert rule(story.session) == story.session.seq > first
    rule(story.session, "b")
    assert [name for _, name in computed] == ["", "", "b"]
    assert rule(other.session, "b") == other.session.seq != story.session.seq
