"""The text of the status of an item: what is true now, the same everywhere."""

from math import inf

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Hold, Mode
from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.item_status import ItemStatus
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.item_status import item_text, present_reason
from mmcockpit.core.words.item_status import status_text
from tests.core.sessions import BAD, GOOD, WARNS, Story, attested, manual, number, plan, sensed

TOLD = plan(
    manual("audit"),
    attested("access"),
    sensed("errors"),
    manual("pay", approvals=2),
    sensed("slow", hold=Hold(30.0, 120.0)),
    attested("both", hold=Hold(120.0, 120.0)),
)


def story() -> Story:
    return Story(msgspec.structs.replace(TOLD, people=(Person("ana"), Person("bo"))))


def text(at: Story, title: str) -> str:
    return item_text(at.session, at.session.items[f"ready/s/{title}"], at.now)


def test_a_manual_item_needs_no_more_words_until_it_is_marked() -> None:
    at = story()
    assert text(at, "audit") == "manual"
    at.do(commands.MarkItem("ana", "ready/s/audit"))
    assert text(at, "audit") == "ticked by ana"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "not polled yet"),
        (GOOD, "0, needs your tick"),
        (WARNS, "warning: 2 (must be < 1)"),
        (BAD, "9 (must be < 5)"),
        (Fault(FaultKind.TIMEOUT, "3s"), "timeout: 3s"),
    ],
)
def test_an_attested_item_shows_its_signal_until_it_passes_and_then_asks_for_a_tick(
    answer: float | Fault | None, words: str
) -> None:
    at = story()
    if answer is not None:
        at.see("access", answer)
    assert text(at, "access") == words


@pytest.mark.parametrize(
    ("operator", "words"),
    [("ana", "0, needs a tick by bo"), ("Bo", "0, needs your tick"), ("", "0, needs your tick")],
)
def test_a_tick_of_another_person_names_them(operator: str, words: str) -> None:
    at = Story(plan(attested("access", assignee="bo")))
    at.see("access", GOOD)
    assert item_text(at.session, at.session.items["ready/s/access"], at.now, operator) == words


def test_a_check_without_a_number_just_passes() -> None:
    signal = msgspec.structs.replace(number("access"), rule=Rule("value.exists"))
    at = Story(plan(attested("access"), signals=(signal,)))
    at.see("access", Reading({"exists": True, "names": ["a", "b", "c"]}))
    assert text(at, "access") == "check passes, needs your tick"
    at.do(commands.MarkItem("ana", "ready/s/access"))
    assert text(at, "access") == "ticked by ana"


def test_a_combination_counts_its_checks() -> None:
    group = Signal("all", "all", "session", "all_of", {"signals": ("a", "b", "c")})
    at = Story(plan(sensed("all"), signals=(group, number("a"), number("b"), number("c"))))
    for name in "abc":
        at.see(name, GOOD)
    assert text(at, "all") == "3 of 3 checks pass"
    at.see("b", Fault(FaultKind.TIMEOUT, "3s"))
    assert text(at, "all") == "2 of 3 checks pass, 1 without data"


def test_the_words_follow_the_signal_and_not_the_last_change_of_the_item() -> None:
    at = story()
    at.see("errors", Fault(FaultKind.TIMEOUT, "3s"))
    assert at.state("errors") is State.UNKNOWN
    at.see("errors", Fault(FaultKind.REFUSED, "connection refused"))
    assert at.session.items["ready/s/errors"].because == "timeout: 3s", "recorded with the change of its state"
    assert text(at, "errors") == "refused: connection refused"
    at.see("errors", BAD, 7.0)
    assert text(at, "errors") == "7 (must be < 5)"


def test_a_settle_time_shows_how_much_of_it_passed_and_what_comes_then() -> None:
    at = story()
    for _ in range(9):
        at.see("slow", GOOD, every=5.0)
        at.see("both", GOOD, every=0.0)
    assert text(at, "slow") == "settling 40s of 2m, enough for the gate"
    assert text(at, "both") == "settling 40s of 2m, then your tick"
    at.do(commands.MarkItem("ana", "ready/s/both"))
    assert text(at, "both").endswith("of 2m")


def test_a_settle_time_that_cannot_be_evaluated_is_why_an_item_has_no_data() -> None:
    at = Story(plan(sensed("errors", hold=Hold(rule="duration(vars.missing)"))))
    at.see("errors", GOOD)
    assert text(at, "errors").startswith("settle time unknown: ")


@pytest.mark.parametrize("title", ["audit", "access", "errors"])
def test_a_claim_shows_on_items_of_every_mode(title: str) -> None:
    at = story()
    at.see("access", GOOD)
    at.see("errors", BAD)
    at.do(commands.MarkItem("bo", f"ready/s/{title}", mark=Mark.CLAIM))
    rest = {"audit": "", "access": ", 0, needs your tick", "errors": ", 9 (must be < 5)"}[title]
    assert text(at, title) == f"claimed by bo{rest}"


def test_a_second_person_is_needed_until_one_agrees() -> None:
    at = story()
    at.do(commands.MarkItem("ana", "ready/s/pay"))
    assert text(at, "pay") == "needs a second person"
    at.do(commands.MarkItem("bo", "ready/s/pay", mark=Mark.VERIFY))
    assert text(at, "pay") == "ticked by ana"


def test_an_override_shows_the_time_that_is_left() -> None:
    at = story()
    at.do(commands.MarkItem("ana", "ready/s/errors", "flaky", Mark.OVERRIDE, 900.0))
    at.wait(300)
    assert text(at, "errors") == "override, 9m left (ana)"


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (Mark.NOT_APPLICABLE, "not applicable by ana: no mesh"),
        (Mark.DEFER, "deferred by ana: no mesh"),
        (Mark.BLOCK, "blocked by ana: no mesh"),
    ],
)
def test_a_mark_with_a_reason_shows_who_and_why(mark: Mark, words: str) -> None:
    at = story()
    at.do(commands.MarkItem("ana", "ready/s/audit", "no mesh", mark))
    assert text(at, "audit") == words


def test_an_item_that_does_not_apply_by_its_signal_names_no_person() -> None:
    at = Story(plan(sensed("mesh"), signals=(number("mesh", applies="value > 100.0"),)))
    at.see("mesh", GOOD)
    assert text(at, "mesh") == "does not apply here"


def test_a_satisfied_item_whose_signal_warns_shows_the_warning() -> None:
    at = story()
    at.see("errors", GOOD, WARNS)
    assert at.state("errors") is State.GOOD
    assert text(at, "errors") == "warning: 2 (must be < 1)"


def test_an_unknown_signal_is_named() -> None:
    told = msgspec.structs.replace(plan(sensed("errors")), signals=())
    assert text(Story(told), "errors") == "unknown signal errors"


def test_an_endless_settle_time_has_no_end() -> None:
    status = ItemStatus(State.HOLDING, Mode.SENSED, Level.PASS, settled_s=40.0, settle_s=inf)
    assert status_text(status) == "settling 40s, its settle time cannot be evaluated"


def test_the_reason_in_a_report_follows_the_signal_and_not_the_last_change_of_the_item() -> None:
    at = story()
    at.see("errors", Fault(FaultKind.TIMEOUT, "3s"), Fault(FaultKind.REFUSED, "connection refused"))
    state = at.session.items["ready/s/errors"]
    assert state.because == "timeout: 3s"
    assert present_reason(at.session, state) == "refused: connection refused"
    at.do(commands.MarkItem("ana", "ready/s/audit", "no access", Mark.BLOCK))
    assert present_reason(at.session, at.session.items["ready/s/audit"]) == "no access"
