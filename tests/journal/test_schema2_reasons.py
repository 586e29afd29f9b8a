"""The reasons, decisions and causes of schema 2, which were texts and keys of joined words, are read as values."""

import msgspec
import pytest

from mmcockpit.core.decide.rejudge import is_derived
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.facts.procedures import Cause
from mmcockpit.core.facts.reasons import Coverage, Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Basis, Level, Verdict
from mmcockpit.core.state.procedure_runs import Call
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.journal import schema2
from mmcockpit.journal.codec import decode, encode


def line(tag: str, body: str) -> AnyBody:
    """Return the fact of a line as a cockpit of schema 2 recorded it."""
    return decode(f'[9,1.0,0,"{tag}",{body},"AAAAAAAAAAAAAAAA"]'.encode(), 0, schema=2).body


def test_the_keys_of_reasons_become_values_and_their_sentences_stay() -> None:
    said = "5xx share fail 3/3: 7 % (must be < 1 %) for 120 s"
    advised = line(
        "Advised",
        '{"advice":"ROLLBACK","reasons":['
        f'{{"key":"abort error_rate deployment 120","says":"{said}","since":{{"at":1.0,"wall":2.0}},"before":"x"}},'
        '{"key":"blocked deployment/s/cache","says":"[#] 94 Cache","parts":["a"]},'
        '{"key":"open","says":"[ ] 78 items are open"},{"key":"unproven","says":"nothing is proven"},'
        '{"key":"blind p95","says":"blind"},{"key":"unknown","says":"[?] 3 more","count":3}]}',
    )
    assert isinstance(advised, facts.Advised)
    rule, item, items, proof, blind, unknown = advised.reasons
    assert rule.about == (ReasonKind.ABORT, "error_rate", "deployment", 120.0, None)
    assert (reason_text(rule), rule.since, rule.before) == (said, Stamp(1.0, 2.0), "x")
    assert item.about == (ReasonKind.ITEM, "deployment/s/cache", "", 0.0, State.BLOCKED)
    assert item.parts == ("a",)
    assert (items.kind, items.state, proof.kind) == (ReasonKind.ITEMS, State.OPEN, ReasonKind.NOTHING_PROVEN)
    assert (blind.kind, blind.subject) == (ReasonKind.ABORT_NO_DATA, "p95")
    assert (unknown.state, unknown.count) == (State.UNKNOWN, 3)


def test_the_keys_of_a_decision_cover_the_same_reasons_as_before() -> None:
    decided = line(
        "Decided",
        '{"advice":"NO-GO","accepted":false,"by":"ana","reason":"known","seen":'
        '{"abort p95 cutover 60":1,"fails both":1,"fails both one":1,"fails both two":1,"bad a/s/b":1,"open":4}}',
    )
    assert isinstance(decided, facts.Decided)
    assert decided.seen == (
        Coverage(ReasonKind.ABORT, "p95", "cutover", 60.0),
        Coverage(ReasonKind.SIGNAL, "both", parts=("one", "two")),
        Coverage(ReasonKind.ITEM, "a/s/b", state=State.BAD),
        Coverage(ReasonKind.ITEMS, state=State.OPEN, count=4),
    )


def test_the_causes_of_a_queued_procedure_become_values() -> None:
    queued = line(
        "ProcedureQueued",
        '{"procedure":"rollback","because":"5xx share fail for 120 s","causes":["abort error_rate","alert critical"]}',
    )
    assert isinstance(queued, facts.ProcedureQueued)
    assert queued.causes == (Cause(ReasonKind.ABORT, "error_rate"), Cause(ReasonKind.ALERT, "critical"))
    assert reason_text(queued.reason) == "5xx share fail for 120 s"
    assert queued.reason.subject == "error_rate"


def test_a_call_in_a_carried_state_is_converted() -> None:
    calls = {"rollback": {"because": "5xx", "since": {"at": 1.0, "wall": 2.0}, "causes": ["alert critical"]}}
    body = schema2.converted("Opened", {"continues": {"file": "x", "state": {"calls": calls}}})
    call = msgspec.convert(body["continues"]["state"]["calls"]["rollback"], Call)
    assert (reason_text(call.reason), call.causes) == ("5xx", (Cause(ReasonKind.ALERT, "critical"),))


def observed(body: str) -> facts.Observed:
    observation = line("o", body)
    assert isinstance(observation, facts.Observed)
    return observation


def test_what_a_verdict_was_based_on_is_read_from_its_text() -> None:
    passes = observed('["mesh",{"total":0},1.5,3,3,null,"pass","pass","does not apply here"]')
    assert passes.verdict == Verdict(Level.PASS, Level.PASS, "", 3, 3, Basis.NOT_APPLICABLE)
    assert not passes.verdict.applies
    quoted = observed('["rate",0.07,1.5,3,3,null,"fail","fail","not value < 0.01"]')
    assert quoted.verdict.because == "0.07: not value < 0.01"
    refused = observed('["key",200,1.5,1,1,null,"fail","fail","not refused as an invalid key: HTTP 200"]')
    assert refused.verdict.because == "not refused as an invalid key: HTTP 200"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("no answer for 65 s", FaultKind.SILENT),
        ("the result counted for 600 s: run the check again", FaultKind.EXPIRED),
        ("the newest sample is 400 s old", FaultKind.STALE),
    ],
)
def test_a_fault_that_the_cockpit_set_is_known_from_its_message(message: str, kind: FaultKind) -> None:
    body = observed(f'["p95",null,0.0,1,1,null,"unknown","unknown","stale: {message}","{message}","stale"]')
    assert body.answer == Fault(kind, message)
    assert is_derived(body) is (kind is not FaultKind.STALE)


@pytest.mark.parametrize(
    "body",
    [
        facts.Observed("mesh", Reading(0), Verdict(Level.PASS, Level.PASS, "", 3, 3, Basis.NOT_APPLICABLE)),
        facts.Observed("p95", Fault(FaultKind.SILENT, "no result for 1m"), Verdict(Level.UNKNOWN, Level.UNKNOWN, "x")),
        facts.Advised(Advice.HOLD, (Reason(ReasonKind.HOLD, by="ana", text="wait"),)),
        facts.Decided(Advice.HOLD, True, "ana", "yes", (Coverage(ReasonKind.HOLD),)),
        facts.ProcedureQueued("rollback", Reason(ReasonKind.ABORT, "p95"), (Cause(ReasonKind.ABORT, "p95"),)),
    ],
    ids=lambda body: type(body).__name__,
)
def test_a_fact_in_the_current_shape_is_read_the_same_in_a_session_that_began_with_schema_2(body: AnyBody) -> None:
    encoded = encode(Event(9, Stamp(1.0, 1.0), body), base=0)
    assert decode(encoded[:-1], 0, schema=2).body == body
