"""What channels announce: which facts, in which words, and nothing twice."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.cockpit import Abort, Cockpit
from mmcockpit.core.model.messages.channels import Announced
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.messages.announcements import QUIET_S, Announcement, Announcements
from tests.core.sessions import BAD, GOOD, Story, manual, plan, sensed


class Listening(Story):
    """A session whose facts are passed on as they happen, and what is announced about them."""

    def __init__(self, told: Cockpit) -> None:
        self._announcements: Announcements | None = None
        self._news: list[Announcement] = []
        super().__init__(told)
        self.begin()

    def begin(self) -> None:
        """Announce from now on, as a driver does that starts or resumes."""
        self._announcements = Announcements(self.session)

    def tell(self, *bodies: AnyBody) -> None:
        for body in bodies:
            super().tell(body)
            self._news += self._announcements.of(self.events[-1]) if self._announcements else []

    def news(self) -> list[tuple[tuple[Announced, ...], str]]:
        """Return what the facts since the last call announce, without its head."""
        news, self._news = self._news, []
        return [(one.kinds, one.text.removeprefix("Night (staging): ")) for one in news]

    def announced_now(self) -> list[str]:
        """Return what the present time announces."""
        return [one.text for one in self._announcements.at(self.now)] if self._announcements else []


def listening() -> Listening:
    return Listening(plan(sensed("errors"), manual("audit"), aborts=(Abort("errors", 10.0, "deployment"),)))


def test_actions_of_operators_are_announced_with_their_reason() -> None:
    story = listening()
    story.see("errors", GOOD)
    story.do(commands.MarkItem("ana", "ready/s/audit", "vendor agrees", Mark.OVERRIDE, 600.0))
    ((kinds, text),) = story.news()
    assert kinds == (Announced.OVERRIDE,)
    assert "vendor agrees" in text
    story.go()
    assert story.news() == [((Announced.PHASE,), "Ready → Deployment, gate passed by ana")]
    story.do(commands.HoldSession("bo", True, "vendor"))
    assert story.news() == [((Announced.HOLD,), "hold by bo: vendor")]
    story.do(commands.HoldSession("bo", False))
    assert [kinds for kinds, _ in story.news()] == [(Announced.HOLD,)]
    story.do(commands.EndSession("ana", "done"))
    assert story.news() == [((Announced.END,), "session ended by ana: done")]


def test_a_forced_gate_is_a_phase_and_an_override() -> None:
    story = listening()
    story.go("the vendor waits")
    ((kinds, text),) = [one for one in story.news() if Announced.PHASE in one[0]]
    assert kinds == (Announced.PHASE, Announced.OVERRIDE)
    assert "overridden" in text
    assert text.endswith("the vendor waits")


def test_the_advice_is_announced_when_it_gets_worse_and_once_in_five_minutes() -> None:
    story = listening()
    story.see("errors", GOOD)
    story.go("early")
    story.news()
    story.see("errors", BAD)
    ((kinds, text),) = story.news()
    assert kinds == (Announced.REGRESSION, Announced.NO_GO)
    assert text.startswith("regressed: 1 errors; NO-GO: ")
    story.see("errors", *[BAD] * 15)
    ((kinds, text),) = story.news()
    assert kinds == (Announced.ROLLBACK,)
    assert text.startswith("ROLLBACK: errors ")
    for _ in range(3):
        story.see("errors", GOOD, BAD)
    assert story.news() == [], "the same came and went"
    story.see("errors", GOOD)
    story.wait(QUIET_S)
    story.see("errors", GOOD, BAD)
    assert [kinds for kinds, _ in story.news()] == [(Announced.REGRESSION, Announced.NO_GO)]


def test_a_resumed_session_announces_nothing_again() -> None:
    story = listening()
    story.see("errors", GOOD)
    story.go("early")
    story.see("errors", *[BAD] * 15)
    story.news()
    story.tell(facts.Resumed("ana", "here", 60.0, facts.SCHEMA, facts.MINOR))
    story.begin()
    story.see("errors", *[BAD] * 15)
    assert story.news() == []


def test_t0_is_announced_once_when_it_is_reached() -> None:
    story = listening()
    assert story.announced_now() == []
    story.do(commands.SetT0("ana", story.now.wall + 30))
    assert story.announced_now() == []
    story.wait(31)
    assert story.announced_now() == ["Night (staging): T0: the planned start is reached"]
    story.wait(31)
    assert story.announced_now() == []


def test_t0_is_announced_when_it_is_reached_before_anyone_looks_at_the_time() -> None:
    story = listening()
    story.do(commands.SetT0("ana", story.now.wall + 1))
    story.news()
    story.wait(2)
    assert story.announced_now() == ["Night (staging): T0: the planned start is reached"]
