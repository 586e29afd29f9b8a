"""A session to which anything may happen, for what has to stay the same as if it were computed afresh."""

import random

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.states import Mark
from tests.core.rules.waves import waves
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, sensed


def story() -> Story:
    """Return a session with items that settle, in waves and by a rule, need each other, and need two people."""
    items = (
        manual("audit", needs=("ready/s/held",)),
        sensed("held", hold=Hold(3.0, 12.0)),
        attested("told", hold=Hold(2.0, 4.0), approvals=2),
        sensed("ruled", hold=Hold(rule="duration(string(int(value) + 3) + 's')")),
        sensed("settling", "deployment", hold=Hold(4.0, 4.0)),
        manual("last", "cutover", assignee="bo", estimate=60.0),
    )
    return Story(waves(*items))


def happens(story: Story, chance: random.Random) -> None:
    """Let something happen: a mark, the next phase, silence, or results."""
    names = list(story.session.signals)
    item, by = chance.choice(list(story.session.items)), chance.choice(["ana", "bo"])
    answers: list[float | Fault] = [*[GOOD] * 8, 0.5, 0.5, WARNS, BAD, GONE, Fault(FaultKind.TIMEOUT, "slow")]
    match chance.randrange(12):
        case 0:
            story.do(
                commands.MarkItem(
                    by, item, mark=chance.choice([Mark.DONE, Mark.BLOCK, Mark.OVERRIDE]), reason="because"
                )
            )
        case 1 if chance.random() < 0.3:
            story.do(commands.OpenPhase(by, story.phase, "it is time", override=True))
        case 2:
            story.wait(chance.choice([1.0, 5.0, 30.0]))
            story.settle()
        case _:
            for name in chance.sample(names, chance.randint(1, 3)):
                remark = chance.choice(["", "", "", "", "partly"])
                value = chance.choice(answers)
                story.answer(name, Reading(value, remark=remark) if isinstance(value, float) else value)
            if chance.random() < 0.5:
                story.settle()
