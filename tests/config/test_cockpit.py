"""Cockpit files: what they resolve to, and every mistake at its place with a way out."""

from json import dumps
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.cli import main
from mmcockpit.config.models.cockpit import CockpitFile
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Contact, Mode
from mmcockpit.core.model.cockpit import Person, SourceSpec
from mmcockpit.core.model.layout import AttentionSettings
from mmcockpit.core.model.signal import Rule
from tests.config.files import HEAD, cockpit, loaded, mistakes, written

PROM = "sources:\n  prometheus: {kind: prometheus, url: 'https://prometheus.example.com'}\n"


def test_a_whole_file_resolves(tmp_path: Path) -> None:
    path = cockpit(
        tmp_path,
        """\
        t0: 2026-12-06T02:00:00Z
        vars: {version: 2.10, job: api, replicas: 3}
        people: [{name: ana, role: conductor}]
        theme: cockpit-light
        sources:
          prometheus: {kind: prometheus, url: "https://prom.example.com", token: {env: T}, every: 7s, budget: 4}
        signals:
          up:
            title: up of ${job}
            prometheus.query: |
              count(up{job="${job}"})
            unit: pods
            pass: value >= ${replicas}.0
            persist: {agree: 3, of: 5}
            stale_after: 2m
          slow:
            prometheus.query: {query: x, each: true}
            every: 500ms
        contacts: [{role: lead, name: "[nobody yet]"}]
        """,
    )
    cockpit_of = loaded(path).cockpit
    assert cockpit_of.t0 == 1796522400.0
    assert cockpit_of.vars == {"version": "2.10", "job": "api", "replicas": "3"}
    assert cockpit_of.people == (Person("ana", "conductor"),)
    assert cockpit_of.theme == "cockpit-light"
    assert cockpit_of.layout.name == "automatic"
    assert cockpit_of.checklist.contacts == (Contact("lead", "[nobody yet]"),)
    (source,) = cockpit_of.sources
    options = {"url": "https://prom.example.com", "token": {"env": "T"}}
    assert source == SourceSpec("prometheus", "prometheus", options, 7.0, 3.0, 4.0)
    up, slow = cockpit_of.signals
    assert (up.title, up.args) == ("up of api", {"query": 'count(up{job="api"})'})
    assert up.rule == Rule(passes="value >= 3.0", agree=3, of=5, numeric=True)
    assert (up.every, up.timeout, up.stale_after) == (7.0, 3.0, 120.0)
    assert (slow.title, slow.every, slow.rule.numeric) == ("slow", 0.5, False)


def test_variables_given_from_outside_win_and_two_dollars_escape(tmp_path: Path) -> None:
    path = cockpit(tmp_path, "vars: {a: file}\npeople: [{name: '${a} $${a}'}]\n")
    assert loaded(path, a="outside").cockpit.people[0].name == "outside ${a}"


def test_texts_ride_along_by_file_name(tmp_path: Path) -> None:
    written(tmp_path, list="title: L\n")
    path = cockpit(tmp_path, "checklist: list.yaml\n")
    assert set(loaded(path).texts) == {"cockpit.yaml", "list.yaml"}
    path = cockpit(tmp_path, "layout: go-live\n")
    assert set(loaded(path).texts) == {"cockpit.yaml", "go-live.yaml"}


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("enviroment: x\n", "cockpit.yaml:3:1: unknown key 'enviroment'; did you mean 'environment'?"),
        ("hold: 5m\n", "cockpit.yaml:3:1: unknown key 'hold'; known: abort, allow, anchor, baseline, checklist, "),
        ("people:\n  - {name: ana, rol: x}\n", "cockpit.yaml:4:17: unknown key 'rol'; did you mean 'role'?"),
        ("people:\n  - {role: x}\n", "cockpit.yaml:4:5: missing 'name' in people[0]; add `name: ...`"),
        ("people: ana\n", "cockpit.yaml:3:9: people must be a list"),
        ("people: [{name: [x]}]\n", "cockpit.yaml:3:17: people[0].name must be text"),
        ("t0: 12:30\n", "cockpit.yaml:3:5: t0 must be a time with a time zone in RFC 3339"),
        ("t0: 2026-12-06T02:00:00\n", "cockpit.yaml:3:5: t0 must be a time with a time zone"),
        ("t0: 2026-13-06T02:00:00Z\n", "cockpit.yaml:3:5: t0 is not a valid time (month must be in 1..12); write RFC"),
        ("theme: cockpit-drak\n", "cockpit.yaml:3:8: unknown theme 'cockpit-drak'; did you mean 'cockpit-dark'?"),
        ("layout: mine.yaml\n", "cockpit.yaml:3:9: layout 'mine.yaml' not found; the path is relative to "),
        ("checklist: C:\\shop.yaml\n", "cockpit.yaml:3:12: checklist 'C:\\shop.yaml' not found; write / for \\; the"),
        ("checklist: modelmuxr\n", "cockpit.yaml:3:12: unknown checklist 'modelmuxr'; did you mean 'modelmuxer'?"),
        ("vars: {a: [1]}\n", "cockpit.yaml:3:11: vars.a must be text: one value"),
        (
            "vars: {a: x, b: '${a}'}\n",
            "cockpit.yaml:3:17: vars.b contains a variable, which is not replaced",
        ),
        (
            "vars: {host: x}\npeople: [{name: 'x ${hsot}'}]\n",
            "cockpit.yaml:4:20: unknown variable 'hsot'; did you mean 'host'?",
        ),
        (
            "sources: {d: {kind: postgres, dsn: '${PG_DSN}'}}\n",
            "cockpit.yaml:3:37: unknown variable 'PG_DSN'; define it under vars:, or write {env: PG_DSN} for a",
        ),
        (
            "sources: {d: {kind: postgres, dsn: $PG_DSN}}\n",
            "cockpit.yaml:3:36: $PG_DSN is not replaced, because no shell reads this; write {env: PG_DSN} for a var",
        ),
        ("people: [{name: 'x ${host'}]\n", "cockpit.yaml:3:20: ${ without a closing }"),
        ("sources: {p: {kind: promteheus}}\n", "cockpit.yaml:3:21: unknown source kind 'promteheus'; did you mean"),
        ("sources: {p: {url: x}}\n", "cockpit.yaml:3:14: missing 'kind' in sources.p"),
        ("sources: {'p.q': {kind: http}}\n", "cockpit.yaml:3:18: sources.p.q is not a valid name"),
        (
            "sources:\n  p: {kind: redis, url: 'redis://h', evry: 5s}\n",
            "cockpit.yaml:4:38: unknown key 'evry'; did you mean 'every'?",
        ),
        (
            "sources:\n  p: {kind: redis, url: 'redis://h', every: 5}\n",
            "cockpit.yaml:4:45: sources.p.every must be a duration",
        ),
        (
            "sources:\n  p: {kind: redis, url: 'redis://h', every: 5 min}\n",
            "cockpit.yaml:4:45: sources.p.every must be a duration: numbers with a unit, such as "
            "500ms, 5s, 2m, 1h 30m or 1d; did you mean 5m?",
        ),
        (
            "sources:\n  p: {kind: prometheus, url: 'http://h:abc'}\n",
            "cockpit.yaml:4:30: sources.p.url is not valid: the port must be a number from 1 to 65535",
        ),
        (
            "sources:\n  p: {kind: redis, url: 'redis://h', every: 0s}\n",
            "cockpit.yaml:4:45: sources.p.every must be > 0s",
        ),
        (
            "sources:\n  p: {kind: redis, url: 'redis://h', budget: .inf}\n",
            "cockpit.yaml:4:46: sources.p.budget must be a finite number",
        ),
    ],
)
def test_a_mistake_is_found_at_its_character(tmp_path: Path, text: str, mistake: str) -> None:
    head = HEAD if "enviroment" not in text else "name: Night\n# no environment here\n"
    found = mistakes(cockpit(tmp_path, text, head))
    assert any(each.startswith(mistake) for each in found), found
    assert len(found) == 1, found


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("  s: {prometheus.query: x, pass: value < 'a'}\n", "6:40: signals.s.pass: found no matching overload"),
        (
            "  s:\n    prometheus.query: x\n    pass: 'valeu < 2.0'\n",
            "8:12: signals.s.pass: undeclared reference to 'valeu'",
        ),
        (
            "  s:\n    prometheus.query: x\n    pass: |\n      value < 2.0 &&\n        valeu > 1.0\n",
            "10:9: signals.s.pass: undeclared reference to 'valeu'",
        ),
        (
            "  s: {prometheus.query: x, pass: value <}\n",
            "6:41: signals.s.pass: Syntax error: mismatched input '<EOF>'; a rule is a CEL",
        ),
        ("  s: {prometheus.query: x, pass: value + 1.0}\n", "6:34: signals.s.pass: the rule returns a number"),
        ("  s: {prometheus.query: x, warn: value < 2.0}\n", "6:6: signals.s has a warn rule but no pass rule"),
        ("  s: {prometheus.query: x, message: \"'bad'\"}\n", "6:6: signals.s has a message but no pass rule"),
        (
            "  s: {prometheus.query: x, pass: value < 1.0, message: value}\n",
            "6:56: signals.s.message: the rule returns a number, not a text",
        ),
        ("  s: {prometheus.query: x, persist: 0}\n", "6:37: signals.s.persist must be >= 1"),
        ("  s: {prometheus.query: x, persist: {agree: 3, of: 2}}\n", "6:37: signals.s.persist must have agree <= of"),
        ("  s: {prometheus.query: x, empty: maybe}\n", "6:35: signals.s.empty must be 'unknown' or 'value'"),
        ("  s: {prometheus.query: x, baseline: 1}\n", "6:28: unknown key 'baseline'; "),
        ("  s: {pass: 'true'}\n", "6:6: signal 's' has no probe; add SOURCE.PROBE"),
        ("  s: {all_of: [a]}\n", "6:7: unknown key 'all_of' in signals.s; did you mean 'session.all_of'?"),
        ("  s: {query: up}\n", "6:7: unknown key 'query' in signals.s; did you mean 'prometheus.query'?"),
        ("  s: {titel: x}\n", "6:7: unknown key 'titel' in signals.s; did you mean 'title'?"),
        ("  s: up\n", "6:6: signal 's' must be a mapping"),
        ("  s: off\n", "6:3: unknown signal 's', which cannot be switched off"),
        ("  s: {prometheus.query: x, prometheus.range: x}\n", "6:28: signal 's' has two probes; remove one"),
        ("  s: {prometeus.query: x}\n", "6:7: unknown source 'prometeus'; did you mean 'prometheus'?"),
        (
            "  s: {prometheus.qery: x}\n",
            "6:7: unknown probe 'qery' of prometheus source 'prometheus'; did you mean 'query'?",
        ),
        ("  s: {prometheus.query: {qery: x}}\n", "6:26: unknown key 'qery'; did you mean 'query'?"),
        (
            "  s: {prometheus.query: {query: x, each: 7}}\n",
            "6:42: signals.s.prometheus.query.each must be true or",
        ),
        ("  s: {prometheus.query: {query: x, eahc: true}}\n", "6:36: unknown key 'eahc'; did you mean 'each'?"),
        (
            '  s: {prometheus.alert_rules: {names: [Slow]}, pass: "value.loadeds == 1"}\n',
            "6:61: signals.s.pass: unknown field 'loadeds' of the value of prometheus.alert_rules",
        ),
        ("  s: {prometheus.query: }\n", "6:25: missing 'query' in signals.s.prometheus.query"),
    ],
)
def test_a_signal_s_mistake_is_found_at_its_character(tmp_path: Path, text: str, mistake: str) -> None:
    found = mistakes(cockpit(tmp_path, PROM + "signals:\n" + text))
    assert any(each.startswith(f"cockpit.yaml:{mistake}") for each in found), found


@pytest.mark.parametrize(
    ("rule", "unknown"),
    [
        ("value.loadeds == 1", ["loadeds"]),
        ("value.expected > 0 && value . lode == 1", ["lode"]),
        ("has(value.lode)", ["lode"]),
        ("'value.lode' != 'value.it' && value.loaded == 1", []),
        ("value.missing.all(value, value.lode == 1)", []),
        ("size(value.missing) == 0 || vars.value.lode", []),
    ],
)
def test_a_field_that_the_value_of_a_probe_never_has_is_a_mistake(
    tmp_path: Path, rule: str, unknown: list[str]
) -> None:
    signal = f'signals:\n  s: {{prometheus.alert_rules: {{names: [Slow]}}, pass: "{rule}"}}\n'
    found = [each for each in mistakes(cockpit(tmp_path, PROM + signal)) if "unknown field" in each]
    assert [each.partition("unknown field '")[2].partition("'")[0] for each in found] == unknown


def test_a_value_with_fields_that_are_not_known_beforehand_is_not_checked_for_them(tmp_path: Path) -> None:
    sources = "sources: {cache: {kind: redis, url: {env: REDIS_URL}}}\n"
    signal = "signals: {s: {cache.info: {section: memory}, pass: value.used_memory_lua < 9}}\n"
    assert mistakes(cockpit(tmp_path, sources + signal)) == []


def test_several_mistakes_come_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = cockpit(
        tmp_path, PROM + "signals:\n  a: {prometheus.query: x, pass: y}\n  b: {prometheus.query: x, pas: y}\n"
    )
    with pytest.raises(FileError) as caught:
        loaded(path)
    lines = [error.line for error in caught.value.errors]
    assert lines == [6, 7]
    assert str(caught.value).count("\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        "sources: {c: {kind: redis, url: 'redis://:hunter2-canary@h:6379'}}\n",
        "sources: {c: {kind: redis, url: 'redis://u:hunter2-canary/x@h'}}\n",
        "sources: {d: {kind: postgres, dsn: 'host=h password=hunter2-canary'}}\n",
        "sources: {d: {kind: postgres, dsn: 'postgresql://h/db?password=hunter2-canary'}}\n",
        "sources: {p: {kind: prometheus, url: 'http://h:9090', token: hunter2-canary}}\n",
        "sources: {p: {kind: prometheus, url: 'http://h', token: {env: A, file: hunter2-canary}}}\n",
        "vars: {url: 'https://u:hunter2-canary@h/'}\n",
        "links: [{title: x, url: 'https://u:hunter2-canary@h/'}]\n",
    ],
)
def test_a_secret_in_a_file_is_an_error_that_never_repeats_it(tmp_path: Path, text: str) -> None:
    found = mistakes(cockpit(tmp_path, text))
    assert found
    assert not any("hunter2" in each for each in found), found
    assert any("{env: NAME}" in each for each in found), found


def test_a_password_that_comes_in_by_a_variable_is_found_too(tmp_path: Path) -> None:
    path = cockpit(tmp_path, "vars: {url: x}\nsources: {c: {kind: redis, url: '${url}'}}\n")
    (mistake,) = mistakes(path, url="redis://:hunter2-canary@h")
    assert mistake.startswith("cockpit.yaml:4:33: password in a URL")
    assert "hunter2" not in mistake


def test_ports_and_paths_are_no_passwords(tmp_path: Path) -> None:
    cockpit_of = loaded(cockpit(tmp_path, "sources: {p: {kind: prometheus, url: 'http://h:9090/a@b'}}\n")).cockpit
    assert cockpit_of.sources[0].options["url"] == "http://h:9090/a@b"


CHECKLIST = """\
name: list
title: List
vars: {limit: 0.5}
phases:
  - title: Night
    sections:
      - title: Steps
        items:
          - {title: One, signal: share, caveat: partly}
          - {title: Two, signal: memory, mode: attested}
signals:
  share: {prometheus.query: x, pass: 'value < ${limit}', warn: value < 0.9, persist: 3}
  memory: {cache.info: memory, pass: value.used_memory < 100}
"""


def test_the_cockpit_file_changes_replaces_and_switches_off_the_checklist_s_signals(tmp_path: Path) -> None:
    written(tmp_path, list=CHECKLIST)
    changed = loaded(
        cockpit(tmp_path, PROM + "checklist: list.yaml\nsignals:\n  share: {pass: value < 0.1}\n  memory: off\n")
    )
    (share,) = changed.cockpit.signals
    assert share.rule == Rule("value < 0.1", "value < 0.9", 3, 3, numeric=True)
    one, two = changed.cockpit.checklist.items
    assert (one.mode, one.signal) == (Mode.SENSED, "share")
    assert (two.mode, two.signal) == (Mode.MANUAL, "")
    replaced = loaded(
        cockpit(
            tmp_path,
            PROM
            + "vars: {limit: 0.7}\nchecklist: list.yaml\nsignals:\n  share: {prometheus.query: y, pass: value < 1.0}\n",
        )
    )
    share, memory = replaced.cockpit.signals
    assert (share.args, share.rule.warns, share.rule.of) == ({"query": "y"}, "", 1)
    assert memory.source == "cache"


def test_a_shipped_signal_whose_source_is_missing_stays_and_an_own_one_is_an_error(tmp_path: Path) -> None:
    written(tmp_path, list=CHECKLIST)
    kept = loaded(cockpit(tmp_path, "checklist: list.yaml\n")).cockpit
    assert [signal.name for signal in kept.signals] == ["share", "memory"]
    assert kept.signals[0].rule.numeric
    found = mistakes(cockpit(tmp_path, "signals: {s: {cache.info: memory}}\n"))
    assert found == ["cockpit.yaml:3:15: unknown source 'cache'"]


def test_a_mistake_in_the_checklist_is_reported_with_its_file(tmp_path: Path) -> None:
    written(tmp_path, list=CHECKLIST.replace("limit: 0.5", "limit: much").replace("signal: memory", "signal: memroy"))
    assert mistakes(cockpit(tmp_path, "checklist: list.yaml\n")) == [
        "list.yaml:10:34: unknown signal 'memroy'; did you mean 'memory'?",
        "list.yaml:12:47: signals.share.pass: undeclared reference to 'much'; a rule is a CEL expression over `value`",
    ]


def test_a_mistake_in_a_changed_signal_is_reported_where_it_was_written(tmp_path: Path) -> None:
    written(tmp_path, list=CHECKLIST)
    found = mistakes(cockpit(tmp_path, "checklist: list.yaml\nsignals:\n  share:\n    pass: vale < 0.1\n"))
    assert len(found) == 1
    assert found[0].startswith("cockpit.yaml:6:11: signals.share.pass: undeclared reference to 'vale'")


def test_a_mistake_in_a_file_of_the_user_s_keeps_no_session_from_beginning(tmp_path: Path, home: Path) -> None:
    (home / "themes").mkdir(parents=True)
    (home / "themes" / "mine.yaml").write_text("name: mine\ndrak: true\n")
    (home / "keymap.yaml").write_text("keys: {tick: x, undo: }\n")
    (home / "attention.yaml").write_text("attention: {bel: false}\n")
    appearance = loaded(cockpit(tmp_path, "")).appearance
    assert (appearance.keymap, appearance.attention) == ({}, AttentionSettings())
    assert [theme.name for theme in appearance.themes][:2] == ["cockpit-dark", "cockpit-light"]
    assert [problem.partition(f"{home}/")[2] for problem in appearance.problems] == [
        "keymap.yaml:1:23: keys.undo must be text: one value, in quotes if necessary",
        "attention.yaml:1:13: unknown key 'bel'; did you mean 'bell'?",
        "themes/mine.yaml:1:1: missing 'background'; add `background: ...`",
    ]
    (home / "keymap.yaml").write_text("keys: {tick: x}\n")
    assert loaded(cockpit(tmp_path, "")).appearance.keymap == {"tick": "x"}
    named = mistakes(cockpit(tmp_path, "theme: mine\n"))
    assert any("unknown key 'drak'" in each for each in named), "the theme that the cockpit file names is its own part"


def test_the_user_s_own_files_win_over_shipped_ones(tmp_path: Path, home: Path) -> None:
    (home / "layouts").mkdir(parents=True)
    (home / "layouts" / "go-live.yaml").write_text(
        "name: mine\npanels: {c: {kind: checklist}}\narrangements: [{min_width: 0, columns: [{slots: [c]}]}]\n"
    )
    (home / "keymap.yaml").write_text("keys: {tick: x, undo: [u, ctrl+u]}\n")
    found = loaded(cockpit(tmp_path, "layout: go-live\n"))
    assert found.cockpit.layout.name == "mine"
    assert found.appearance.keymap == {"tick": "x", "undo": "u,ctrl+u"}


def test_an_own_layout_names_signals_that_there_are(tmp_path: Path) -> None:
    panels = "panels: {s: {kind: stat, signals: [u, p59]}}\n"
    written(tmp_path, layout=f"name: l\n{panels}arrangements: [{{min_width: 0, columns: [{{slots: [s]}}]}}]\n")
    text = PROM + "layout: layout.yaml\nsignals: {p95: {prometheus.query: x}, u: {prometheus.query: y}}\n"
    assert mistakes(cockpit(tmp_path, text)) == ["layout.yaml:2:39: unknown signal 'p59'; did you mean 'p95'?"]


_KEYS = st.sampled_from([*CockpitFile.model_fields, "kind", "url", "title", "pass", "role"])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [
            "modelmuxer",
            "go-live",
            "${a}",
            "${",
            "off",
            "5s",
            "redis",
            "value < 1",
            "prometheus.query",
            ".",
            "../x.md",
            "\x1b[2J",
        ]
    )
    | st.text(max_size=8)
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.dictionaries(_KEYS, _VALUES, max_size=8))
def test_the_loader_raises_nothing_but_file_errors(tmp_path: Path, values: dict[str, object]) -> None:
    path = tmp_path / "cockpit.yaml"
    text = dumps({"name": "n", "environment": "e", **values}).replace("NaN", ".nan").replace("Infinity", ".inf")
    path.write_text(text, encoding="utf-8", errors="replace")
    assert all(len(each.splitlines()) == 1 and "\x1b" not in each for each in mistakes(path))


def test_a_nested_comprehension_is_a_warning_at_its_character_and_no_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = "value.all(a, value.exists(b, b != a))"
    signals = f"signals:\n  s: {{p.query: {{query: x, each: true}}, pass: '{pairs}'}}\n"
    path = cockpit(tmp_path, f"sources: {{p: {{kind: prometheus, url: 'http://p'}}}}\n{signals}")
    assert main(["check", str(path)]) == 0
    said = capsys.readouterr()
    column = path.read_text().splitlines()[4].index("exists") + 1
    assert said.err.startswith(f"{path}:5:{column}: warning: signals.s.pass: nested comprehension")
    assert said.out == f"{path}: ok, 1 warning\n"
    assert mistakes(path) == []


def test_a_checklist_checked_beside_its_cockpit_file_may_use_the_variables_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phases = "phases: [{title: P, sections: [{title: S, items: [{title: 'Deploy ${version}'}]}]}]\n"
    (tmp_path / "list.yaml").write_text(f"title: L\n{phases}")
    path = cockpit(tmp_path, "checklist: list.yaml\nvars: {version: 2.4.1}\n")
    assert main(["check", str(path), str(tmp_path / "list.yaml")]) == 0
    assert capsys.readouterr().err == ""
    assert main(["check", str(tmp_path / "list.yaml")]) == 3
    assert "unknown variable 'version'" in capsys.readouterr().err


def test_handovers_are_times_of_day_in_utc_unless_an_offset_follows(tmp_path: Path) -> None:
    path = cockpit(tmp_path, 'handovers: ["20:00", 08:00Z, "01:30+02:00", "23:30 -01:00"]\n')
    assert loaded(path).cockpit.handovers == (30 * 60.0, 8 * 3600.0, 20 * 3600.0, 23 * 3600.0 + 30 * 60.0)


@pytest.mark.parametrize("wrong", ["8:00", "24:00", "08:60", "08:00+15:00", "Europe/Berlin 08:00", "8", "true"])
def test_a_handover_that_is_no_time_of_day_is_a_mistake_with_the_way_out(wrong: str, tmp_path: Path) -> None:
    path = cockpit(tmp_path, f"handovers: [{wrong}]\n")
    (message,) = mistakes(path)
    assert "handovers[0] must be a time of day: 08:00 (UTC), 20:00Z, or with an offset, such as 08:00+02:00" in message


def test_the_same_handover_twice_is_a_mistake(tmp_path: Path) -> None:
    (message,) = mistakes(cockpit(tmp_path, 'handovers: ["08:00", "10:00+02:00"]\n'))
    assert "handovers must have each time once; two of them are the same time in UTC" in message
