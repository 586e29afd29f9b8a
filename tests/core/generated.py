"""A cockpit for property tests, and strategies for what happens to its signals and items."""

from math import inf, nan

import msgspec
from hypothesis import strategies as st

from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.cockpit import Abort, Allowed, BaselinePlan, Cockpit
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading, normalise
from tests.core.sessions import attested, manual, number, plan, sensed

ITEMS = (
    manual("audit"),
    manual("pay", approvals=2, evidence_required=True),
    sensed("errors", hold=Hold(6.0, 6.0)),
    attested("access"),
    sensed("backup", until_gate=True),
    sensed("rate", "deployment", hold=Hold(4.0, 30.0)),
    attested("pods", "deployment", signal="errors", approvals=2, hold=Hold(4.0, 8.0)),
    sensed("dns", "cutover", no_return=True),
    sensed("mesh", "cutover", hold=Hold(rule="duration('5s')")),
)


OWN = msgspec.structs.replace(number("own"), first_in_cockpit=True)
SIGNALS = (OWN, number("rate", agree=2, of=3), number("mesh", applies="value >= 0.0"))
ABORTS = (Abort("rate", 8.0, "deployment"), Abort("errors", 5.0, "cutover"), Abort("rate", 3.0, "cutover"))
NAMES = ("own", "errors", "access", "backup", "rate", "dns", "mesh")
PEOPLE = ("ana", "bo")


answers: st.SearchStrategy[object] = st.sampled_from(
    [*[0.0] * 8, *[9.0] * 4, 2.0, 2.0, -1.0, nan, inf, -inf, None, [], "0", True, {"value": 0.0}, *list(FaultKind)[:4]]
)


item_ids = st.sampled_from([item.id for item in ITEMS])


def night() -> Cockpit:
    return plan(
        *ITEMS,
        signals=SIGNALS,
        aborts=ABORTS,
        poll=PEOPLE,
        baseline=BaselinePlan(("rate",), 60.0, "deployment"),
        allow=Allowed(),
    )


def given(value: object) -> Answer:
    if isinstance(value, FaultKind):
        return Fault(value, "gone")
    harmless, defect = normalise(value)
    return Reading(harmless, defect=defect)
