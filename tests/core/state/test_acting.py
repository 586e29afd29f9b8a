"""What may act comes from the file of today; what was judged stays as it was recorded."""

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Allowed, Anchor, Cockpit, Person, Share, SourceSpec
from mmcockpit.core.model.procedure import Cluster, Procedure, Step
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.state.acting import REMOVED, acting, differences, taken
from mmcockpit.core.state.evolve import evolve
from tests.core.sessions import Story, cockpit

OURS = Procedure("back", "Back", (Step("undo", "Undo", argv=("kubectl", "rollout", "undo")), Step("look", "Look")))


def with_procedures(base: Cockpit, *procedures: Procedure) -> Cockpit:
    return msgspec.structs.replace(base, checklist=msgspec.structs.replace(base.checklist, procedures=procedures))


def edited(base: Cockpit) -> Cockpit:
    """Return a recorded cockpit as an attacker would rewrite it."""
    evil = Procedure("back", "Back", (Step("undo", "Undo", argv=("rm", "-r", "/")), Step("extra", "X", argv=("sh",))))
    signals = tuple(
        msgspec.structs.replace(one, args={"query": "evil"}, source="evil", active=False) for one in base.signals
    )
    return msgspec.structs.replace(
        with_procedures(base, evil),
        sources=(*base.sources, SourceSpec("evil", "command", {"url": "x"})),
        allow=Allowed(True, ("sh",), ("access",)),
        webhook={"env": "HOME"},
        anchor=Anchor("/tmp/evil.pub"),
        cluster=Cluster("/tmp/kubeconfig", "evil", "https://evil"),
        signals=signals,
    )


def test_nothing_that_may_act_is_taken_from_the_record() -> None:
    today = with_procedures(cockpit(), OURS)
    result = taken(edited(today), today)
    assert msgspec.json.encode(result) == msgspec.json.encode(today)
    assert set(differences(edited(today), result)) == {
        "source evil removed",
        "signal error_rate changed",
        "signal access changed",
        "procedure back changed",
        "allow changed",
        "webhook changed",
        "anchor removed",
        "cluster changed",
    }
    assert differences(today, taken(today, today)) == ()


def test_in_a_shared_session_whose_login_may_act_comes_from_the_file_of_today() -> None:
    people = (Person("ana", "conductor", "ana"), Person("bo", "database", "bo"))
    today = msgspec.structs.replace(cockpit(), people=people, share=Share("oncall", "/run/shop"))
    forged = (Person("ana", "conductor", "mallory"), people[1])
    recorded = msgspec.structs.replace(today, people=forged, share=Share(postgres={"env": "EVIL"}))
    result = taken(recorded, today)
    assert (result.people, result.share) == (people, today.share)
    assert set(differences(recorded, result)) == {"person ana changed", "share changed"}
    assert 'person who may act: {"name":"ana","role":"conductor","login":"mallory"}' in acting(recorded)
    alone = msgspec.structs.replace(cockpit(), people=forged)
    assert taken(alone, msgspec.structs.replace(alone, people=people)).people == forged


def test_rules_stay_as_they_were_recorded() -> None:
    recorded = cockpit()
    first = msgspec.structs.replace(recorded.signals[0], rule=Rule("value > 7"), every=60.0)
    today = msgspec.structs.replace(recorded, signals=(first,))
    result = taken(recorded, today)
    assert result.signals[0].rule == recorded.signals[0].rule
    assert result.signals[0].every == 60.0
    assert result.signals[1].source == REMOVED
    assert differences(recorded, result) == ("signal error_rate changed", "signal access changed")


def test_an_open_procedure_goes_by_the_steps_of_today() -> None:
    today = with_procedures(cockpit(), OURS)
    story = Story(edited(today))
    story.tell(facts.ProcedureOpened("back", "ana"))
    result = taken(story.session.cockpit, today)
    evolve(story.session, facts.Event(99, Stamp(9.0, 9.0), facts.Reconfigured("ana", "/c.yaml", result)))
    steps = story.session.procedures["back"].steps
    assert steps["undo"].step.argv == ("kubectl", "rollout", "undo")
    assert steps["extra"].step.argv == ()
    assert {one.signal.args.get("query") for one in story.session.signals.values()} == {"up", None}
    assert story.session.opened is not None
    assert story.session.opened.file == "/c.yaml"


def test_what_is_to_be_confirmed_names_everything_that_acts() -> None:
    lines = "\n".join(acting(edited(with_procedures(cockpit(), OURS))))
    assert 'source evil (command): {"url":"x"}' in lines
    assert "steps with a command: 2" in lines
    assert "commands that probes may run: sh" in lines
    assert "active signals: access" in lines
    assert 'webhook: {"env":"HOME"}' in lines
    assert 'anchor: {"key":"/tmp/evil.pub"}' in lines
    assert "cluster: evil at https://evil (/tmp/kubeconfig)" in lines
