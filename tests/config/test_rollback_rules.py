"""What conducts the go-live: holds, conditions, aborts, baseline, readiness, window, poll, and what is allowed."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.config.rules.expressions import OVER_VALUE
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.cockpit import Abort, Allowed, BaselinePlan, Window
from mmcockpit.core.rules.judged_signals import judged_signals
from tests.config.files import cockpit, load_checklist, loaded, mistakes, written

HEAD = "name: c\ntitle: C\n"
PHASES = """\
phases:
  - title: Take Off
    sections:
      - title: S
        items:
          - ITEM
  - {id: cruise, title: In the Air}
"""
SIGNALS = """\
signals:
  mesh: {cluster.list: {kind: pod}, pass: 'value.all(pod, has(pod.sidecar))'}
  share: {prometheus.query: a, pass: value < 0.1}
  rate: {prometheus.query: b, pass: value > 0.5 * baseline}
  shown: {prometheus.query: c}
  chat: {api.post: {path: /chat}, active: true, valid_for: 1h, pass: value.status == 200}
  both: {session.all_of: [share, chat], pass: size(value.failing) == 0}
"""
CONDUCT = """\
abort: [{signal: share, for: 2m, from: Take Off}, {signal: share, for: 30s, from: cruise}]
baseline: {over: 30m, signals: [rate]}
readiness: [share]
"""


def text(item: str = "{title: a}", conduct: str = CONDUCT) -> str:
    return HEAD + PHASES.replace("ITEM", item) + SIGNALS + conduct


def test_an_item_defines_its_settle_time_rules_and_approvals(tmp_path: Path) -> None:
    rest = "judge: until_gate, approvals: 2, evidence: required, point_of_no_return: true"
    path = written(tmp_path, c=text(f"{{title: a, signal: share, {rest}}}")) / "c.yaml"
    (item,) = load_checklist(path).items
    assert (item.until_gate, item.approvals, item.evidence_required, item.no_return) == (True, 2, True, True)
    assert item.hold == Hold()


def test_only_an_attested_item_accepts_a_warning(tmp_path: Path) -> None:
    accepts = "{title: a, signal: share, mode: %s, warning: accept}"
    path = written(tmp_path, c=text(accepts % "attested")) / "c.yaml"
    (item,) = load_checklist(path).items
    assert item.warning_accepted
    path.write_text(text(accepts % "sensed"), encoding="utf-8")
    with pytest.raises(FileError, match="only an attested item can have `warning: accept`; this item is sensed"):
        load_checklist(path)


@pytest.mark.parametrize(
    ("written_hold", "hold"),
    [
        ("15m", Hold(900.0, 900.0)),
        ("{first: 60m, full: 24h}", Hold(3600.0, 86_400.0)),
        ("{full: 24h}", Hold(86_400.0, 86_400.0)),
        ("{first: 60m}", Hold(3600.0, 3600.0)),
        ("\"duration('10m')\"", Hold(rule="duration('10m')")),
        (
            "\"duration(string(2 * value.ttl) + 's')\"",
            Hold(rule="duration(string(2 * value.ttl) + 's')"),
        ),
    ],
)
def test_a_hold_is_a_duration_two_of_them_or_a_rule(tmp_path: Path, written_hold: str, hold: Hold) -> None:
    path = written(tmp_path, c=text(f"{{title: a, signal: share, hold: {written_hold}}}")) / "c.yaml"
    (item,) = load_checklist(path).items
    assert item.hold == hold


@pytest.mark.parametrize(
    ("item", "mistake"),
    [
        (
            "{title: a, signal: share, hold: 15 minutes}",
            "c.yaml:8:48: must be a duration such as 15m, or CEL that returns one: Syntax error",
        ),
        (
            "{title: a, signal: share, hold: '2 * 3'}",
            "c.yaml:8:46: must be a duration such as 15m, or CEL that returns one: the rule returns a whole number",
        ),
        (
            "{title: a, signal: share, hold: {first: 2h, full: 1h}}",
            "c.yaml:8:45: phases[0].sections[0].items[0].hold must have first <= full",
        ),
        ("{title: a, signal: share, hold: {frist: 2h}}", "c.yaml:8:46: unknown key 'frist'; did you mean 'first'?"),
        ("{title: a, signal: share, hold: 0s}", "c.yaml:8:45: phases[0].sections[0].items[0].hold must be > 0s"),
        ("{title: a, hold: 5m}", "c.yaml:8:30: a manual item cannot have `hold`"),
        ("{title: a, applicable: 'true'}", "c.yaml:8:36: a manual item cannot have `applicable`"),
        ("{title: a, judge: later}", "c.yaml:8:31: phases[0].sections[0].items[0].judge must be 'always' or 'until"),
        ("{title: a, approvals: 0}", "c.yaml:8:35: phases[0].sections[0].items[0].approvals must be >= 1"),
        ("{title: a, evidence: yes}", "c.yaml:8:34: phases[0].sections[0].items[0].evidence must be 'required' or"),
        (
            "{title: a, signal: mesh, applicable: size(valeu) > 0}",
            "c.yaml:8:55: signals.mesh.applies: undeclared reference to 'valeu'",
        ),
        (
            "{title: a, signal: mesh, applicable: size(value)}",
            "c.yaml:8:50: signals.mesh.applies: the rule returns a whole number, not true or false",
        ),
        (
            "{title: a, signal: mesh, applicable: 'now > timestamp(\"tomorrow\")'}",
            "c.yaml:8:57: signals.mesh.applies: a text cannot be read as a number or a time; write it like timestamp",
        ),
        (
            "{title: a, signal: share, hold: \"duration('1d')\"}",
            "c.yaml:8:46: must be a duration such as 15m, or CEL that returns one: a text cannot be read as a number "
            "or a time; write duration('24h')",
        ),
    ],
)
def test_a_mistake_in_an_item_is_found_at_its_character(tmp_path: Path, item: str, mistake: str) -> None:
    written(tmp_path, c=text(item))
    found = mistakes(cockpit(tmp_path, "checklist: c.yaml\n"))
    assert len(found) == 1, found
    assert found[0].startswith(mistake), found


def test_a_condition_that_a_signal_of_the_cockpit_file_replaces_is_checked_too(tmp_path: Path) -> None:
    written(tmp_path, c=text("{title: a, signal: share, applicable: size(valeu) > 0}"))
    own = "checklist: c.yaml\nsources: {metrics: {kind: prometheus, url: 'http://127.0.0.1:1'}}\n"
    path = cockpit(tmp_path, f"{own}signals: {{share: {{metrics.query: a, pass: value < 0.1}}}}\n")
    found = [one for one in mistakes(path) if "valeu" in one]
    assert found == [f"c.yaml:8:56: applicable: undeclared reference to 'valeu'; {OVER_VALUE}"]


def test_a_condition_of_an_item_is_one_of_its_signal(tmp_path: Path) -> None:
    written(tmp_path, c=text("{title: a, signal: mesh, applicable: size(value) > 0}"))
    found = loaded(cockpit(tmp_path, "checklist: c.yaml\n")).cockpit
    assert next(signal for signal in found.signals if signal.name == "mesh").rule.applies == "size(value) > 0"
    own = "sources: {cache: {kind: redis, url: 'redis://h'}}\nsignals: {mesh: {cache.info: x, pass: 'true'}}\n"
    replaced = loaded(cockpit(tmp_path, f"checklist: c.yaml\n{own}")).cockpit
    assert next(signal for signal in replaced.signals if signal.name == "mesh").rule.applies == ""


def test_a_signal_that_decides_several_items_has_one_condition(tmp_path: Path) -> None:
    items = "{title: a, signal: mesh, applicable: size(value) > 0}\n          - {title: b, signal: mesh}"
    written(tmp_path, c=text(items))
    (mistake,) = mistakes(cockpit(tmp_path, "checklist: c.yaml\n"))
    assert mistake.startswith("c.yaml:8:50: signal 'mesh' decides other items too; write `applies:`")


def test_a_checklist_defines_abort_rules_and_the_cockpit_file_overrides_them(tmp_path: Path) -> None:
    written(tmp_path, c=text())
    found = loaded(cockpit(tmp_path, "checklist: c.yaml\n")).cockpit
    assert found.aborts == (Abort("share", 120.0, "take-off"), Abort("share", 30.0, "cruise"))
    assert found.baseline == BaselinePlan(("rate",), 1800.0)
    assert found.readiness == ("share",)
    own = "abort: []\nbaseline: {signals: [rate, share]}\nreadiness: [rate, share]\n"
    changed = loaded(cockpit(tmp_path, f"checklist: c.yaml\n{own}")).cockpit
    assert (changed.aborts, changed.readiness) == ((), ("rate", "share"))
    assert changed.baseline == BaselinePlan(("rate", "share"), 3600.0)
    own = "abort: [{signal: share, for: 2m, from: cruise}]\n"
    derived = loaded(cockpit(tmp_path, f"checklist: c.yaml\n{own}")).cockpit
    assert derived.baseline.before == "cruise", "the first phase that arms an abort rule, unless one is named"
    own = "baseline: {signals: [rate], before: In the Air}\n"
    assert loaded(cockpit(tmp_path, f"checklist: c.yaml\n{own}")).cockpit.baseline.before == "cruise"
    off = loaded(cockpit(tmp_path, "checklist: c.yaml\nsignals: {share: off}\n")).cockpit
    assert (off.aborts, off.readiness) == ((), ())
    assert next(signal for signal in off.signals if signal.name == "both").args == {"signals": ["chat"]}
    both_off = loaded(cockpit(tmp_path, "checklist: c.yaml\nsignals: {share: off, chat: off}\n")).cockpit
    assert "both" not in {signal.name for signal in both_off.signals}


def test_a_cockpit_file_defines_poll_window_and_permissions(tmp_path: Path) -> None:
    written(tmp_path, c=text())
    own = """\
    checklist: c.yaml
    window: {from: 2026-12-06T02:00:00Z, to: 2026-12-06T06:00:00Z}
    poll: [database, conductor]
    allow: {procedures: true, probe_commands: [trivy, cosign], active: [chat]}
    sources: {tools: {kind: command}, cache: {kind: redis, url: 'redis://h'}}
    signals:
      scan: {tools.run: {argv: [trivy]}, pass: value.exit == 0}
      inside: {session.window: , pass: value.inside}
    """
    found = loaded(cockpit(tmp_path, own)).cockpit
    assert found.window == Window(1796522400.0, 1796536800.0)
    assert found.poll == ("database", "conductor")
    assert found.allow == Allowed(True, ("trivy", "cosign"), ("chat",))
    signals = {signal.name: signal for signal in found.signals}
    assert (signals["chat"].active, signals["chat"].valid_for) == (True, 3600.0)
    assert (signals["scan"].every, signals["inside"].every) == (600.0, 5.0)
    assert {spec.name for spec in found.sources} == {"tools", "cache"}


def test_nothing_is_allowed_unless_the_cockpit_file_allows_it(tmp_path: Path) -> None:
    assert loaded(cockpit(tmp_path, "")).cockpit.allow == Allowed()


def test_a_checklist_cannot_grant_itself_anything(tmp_path: Path) -> None:
    path = written(tmp_path, c=text(conduct="allow: {active: [chat]}\nbaseline: {signals: [rate]}\n")) / "c.yaml"
    message = "a checklist cannot give permissions; write allow: in the cockpit file"
    assert mistakes(cockpit(tmp_path, "checklist: c.yaml\n")) == [f"c.yaml:17:1: {message}"]
    assert [error.message for error in check_file(path, sources)] == [message]


@pytest.mark.parametrize(
    ("own", "mistake"),
    [
        (
            "abort: [{signal: shaer, for: 2m, from: cruise}]\n",
            "4:18: unknown signal 'shaer'; did you mean 'share'?",
        ),
        (
            "abort: [{signal: share, for: 2m, from: crusie}]\n",
            "4:40: unknown phase 'crusie'; did you mean 'cruise'",
        ),
        (
            "abort: [{signal: shown, for: 2m, from: cruise}]\n",
            "4:18: signal 'shown' has no pass rule, so it is never judged",
        ),
        (
            "abort: [{signal: share, for: 2, from: cruise}]\n",
            "4:30: abort[0].for must be a duration",
        ),
        ("abort: [{signal: share, from: cruise}]\n", "4:9: missing 'for' in abort[0]; add `for: ...`"),
        ("abort: [{signal: share, for: 2m, form: cruise}]\n", "4:34: unknown key 'form'; did you mean 'for'?"),
        ("readiness: [shrae]\n", "4:13: unknown signal 'shrae'; did you mean 'share'?"),
        ("readiness: [shown]\n", "4:13: signal 'shown' has no pass rule"),
        ("signals: {share: off}\nreadiness: [share]\n", "5:13: signal 'share' is switched off; remove it here"),
        ("baseline: {signals: [rate, raet]}\n", "4:28: unknown signal 'raet'; did you mean 'rate'?"),
        ("baseline: {signals: [rate], before: crusie}\n", "4:37: unknown phase 'crusie'; did you mean 'cruise'?"),
        ("baseline: {signals: []}\n", "4:21: baseline.signals must have at least 1 entry"),
        ("window: {from: 2026-12-06T02:00:00Z}\n", "4:9: missing 'to' in window; add `to: ...`"),
        (
            "window: {from: 2026-12-06T02:00:00Z, to: 2026-12-06T01:00:00Z}\n",
            "4:9: window must have `from` before `to`",
        ),
        ("allow: {active: [chta]}\n", "4:18: unknown signal 'chta'; did you mean 'chat'?"),
        ("allow: {active: [share]}\n", "4:18: signal 'share' is not active, so it needs no permission; remove it here"),
        ("allow: {procedure: true}\n", "4:9: unknown key 'procedure'; did you mean 'procedures'?"),
        ("poll: conductor\n", "4:7: poll must be a list"),
        (
            "sources: {session: {kind: redis, url: x}}\n",
            "4:11: source 'session' always exists and cannot be defined",
        ),
        ("signals: {s: {session.widnow: }}\n", "4:15: unknown probe 'widnow' of session source 'session'; did you"),
        ("signals: {s: {session.any_of: []}}\n", "4:31: signals.s.session.any_of.signals must have at least 1 entry"),
        ("signals: {s: {session.any_of: [shaer]}}\n", "4:31: unknown signal 'shaer'; did you mean 'share'?"),
        ("signals: {s: {session.any_of: {signals: [s]}}}\n", "4:42: signal 's' cannot be a member of itself"),
        (
            "signals: {s: {session.any_of: [t]}, t: {session.all_of: [share, s]}}\n",
            "4:31: signal 's' cannot contain 't', which contains 's'",
        ),
        ("signals: {s: {cluster.pods: , applies: 'true'}}\n", "4:14: signals.s has a condition but no pass rule"),
    ],
)
def test_a_mistake_in_the_go_live_rules_is_reported_at_its_position(tmp_path: Path, own: str, mistake: str) -> None:
    written(tmp_path, c=text())
    found = mistakes(cockpit(tmp_path, f"checklist: c.yaml\n{own}"))
    assert any(each.startswith(f"cockpit.yaml:{mistake}") for each in found), found


def test_a_rule_that_compares_with_a_baseline_needs_one(tmp_path: Path) -> None:
    written(tmp_path, c=text(conduct=""))
    (mistake,) = mistakes(cockpit(tmp_path, "checklist: c.yaml\n"))
    assert mistake.startswith("c.yaml:13:37: signals.rate.pass needs a baseline; add rate to baseline.signals")


def test_a_checklist_on_its_own_is_checked_as_far_as_it_can_be(tmp_path: Path) -> None:
    path = written(tmp_path, c=text(conduct="readiness: [quite_different, shaer]\n")) / "c.yaml"
    assert [error.message for error in check_file(path, sources)] == ["unknown signal 'shaer'; did you mean 'share'?"]


def test_two_parts_of_a_checklist_cannot_say_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "list"
    folder.mkdir()
    written(folder, a=text(), b="readiness: [share]\n")
    assert [error.message for error in check_file(folder, sources)] == [
        "duplicate 'readiness' in this checklist; write all of it in one file"
    ]


OWN = """\
checklist: checklist.yaml
sources: {prometheus: {kind: prometheus, url: "http://127.0.0.1:9"}}
signals:
  share: {pass: value < 0.2, persist: 2}
  own: {prometheus.query: d, pass: value < 1}
  seen: {prometheus.query: e, pass: value < 1, informational: true}
"""


def test_only_what_the_cockpit_file_defines_first_is_judged_and_what_it_overrides_keeps_its_role(
    tmp_path: Path,
) -> None:
    checklist = HEAD + PHASES.replace("ITEM", "{title: a, signal: share}")
    signals = (
        "signals: {share: {prometheus.query: a, pass: value < 0.1}, rate: {prometheus.query: b, pass: value < 1}}\n"
    )
    written(tmp_path, checklist=checklist + signals)
    path = cockpit(tmp_path, OWN)
    assert judged_signals(loaded(path).cockpit) == ("own",)
    for name in ("share", "rate"):
        again = cockpit(tmp_path, f"{OWN}abort: [{{signal: {name}, for: 1m, from: cruise}}]\n")
        assert set(judged_signals(loaded(again).cockpit)) == {"own", name}
    replaced = cockpit(tmp_path, OWN.replace("share: {", "share: {prometheus.query: z, "))
    assert judged_signals(loaded(replaced).cockpit) == ("own",), "another question under a name of the checklist"


def test_an_informational_signal_of_an_abort_rule_is_refused(tmp_path: Path) -> None:
    refused = "signal 'seen' is informational and cannot have an abort rule; remove one of the two"
    written(tmp_path, checklist=HEAD + PHASES.replace("ITEM", "{title: a}"))
    text_ = OWN.replace("  share: {pass: value < 0.2, persist: 2}\n", "")
    path = cockpit(tmp_path, f"{text_}abort: [{{signal: seen, for: 1m, from: cruise}}]\n")
    (mistake,) = mistakes(path)
    assert mistake.endswith(refused)
    alone = text("{title: a}", "abort: [{signal: share, for: 1m, from: cruise}]\n")
    folder = written(tmp_path, alone=alone.replace("pass: value < 0.1", "pass: value < 0.1, informational: true"))
    assert any("'share' is informational" in one.message for one in check_file(folder / "alone.yaml", sources))
