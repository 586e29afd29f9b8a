"""What `import --from` writes and reports: the examples of the docs, a file of every shape, and invalid input."""

import re
from pathlib import Path

import pytest

from mmcockpit.cli import BAD_FILE, FAILED, main
from mmcockpit.config.text.error import FileError
from mmcockpit.imports.kinds import KINDS, import_file
from tests.config.files import load_checklist
from tests.importers.converted import DATA, checked, written

PAGE = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"`([a-z-]+)` reads.*?```yaml\n(.*?)```\n\nbecomes\n\n```yaml\n(title: \w+ of (\S+)\n.*?)```\n\n"
    r"not carried over:\n\n```\n(.*?)```",
    re.DOTALL,
)
EXAMPLES = {kind: found for kind, *found in EXAMPLE.findall(PAGE)}
FILES = sorted(DATA.glob("*/*.yaml"))
ONE = {
    "prometheus-rules": "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n",
    "analysis-template": "kind: AnalysisTemplate\nspec: {metrics: [{name: m, successCondition: 'result[0] > 1', "
    "provider: {prometheus: {query: up}}}]}\n",
    "sloth": "version: prometheus/v1\nslos: [{name: s, objective: 99, sli: {events: "
    "{error_query: 'sum(rate(a[{{.window}}]))', total_query: 'sum(rate(b[{{.window}}]))'}}}]\n",
    "openslo": "apiVersion: openslo/v1\nkind: SLO\nspec: {objectives: [{target: 0.99, ratioMetrics: "
    "{good: {source: prometheus, query: 'rate(a[1h])'}, total: {source: prometheus, query: 'rate(b[1h])'}}}]}\n",
}
"""The shortest file of each kind."""


def test_every_kind_has_an_example_and_inputs() -> None:
    assert set(EXAMPLES) == set(KINDS) == {path.parent.name for path in FILES} == set(ONE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_the_docs_is_what_the_import_writes(kind: str, tmp_path: Path) -> None:
    text, output, name, notes = EXAMPLES[kind]
    (tmp_path / name).write_text(text, encoding="utf-8")
    draft = import_file(kind, tmp_path / name)
    assert draft.text() == output
    assert [f"{name}:{note.line}: {note.message}" for note in draft.notes] == notes.splitlines()
    checked(draft, tmp_path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_output_passes_check_and_every_signal_has_its_place(path: Path, tmp_path: Path) -> None:
    draft = import_file(path.parent.name, path)
    checklist = load_checklist(checked(draft, tmp_path))
    assert [item.signal for item in checklist.items] == [each.name for each in draft.signals if each.judged]
    # Every note is on a line that exists, and that mentions what the note is about.
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(1 <= note.line <= len(lines) and lines[note.line - 1].strip() for note in draft.notes)
    assert written(draft).keys() == {each.name for each in draft.signals}


def test_what_is_lost_of_alert_rules_is_reported_line_by_line() -> None:
    draft = import_file("prometheus-rules", DATA / "prometheus-rules" / "shop.yaml")
    lost = {(note.line, note.message.split(": ", 1)[1]) for note in draft.lost}
    assert lost == {
        (5, "`query_offset` is not carried over"),
        (7, "not a signal; Prometheus has to keep it"),
        (14, "keep_firing_for is not carried over; the signal passes again after 10m"),
        (15, "labels team are not carried over; they route it in Alertmanager"),
        (20, "the template of description is not filled in; its values are shown as <…>"),
        (22, "dashboard is not carried over: not a plain URL"),
        (23, "annotation `impact` is not carried over"),
        (33, "its expression selects no series, so that it always has the same result"),
        (40, "message is not carried over: its template needs Prometheus"),
    }
    signals = written(draft)
    assert signals["ManyErrors"]["persist"] == 21
    assert (signals["SlowRequests"]["every"], signals["SlowRequests"]["persist"]) == ("1m 13s", 100)
    assert signals["TargetDown-2"]["may_be_absent"] == ["maintenance"]


def test_what_is_lost_of_slos_is_reported_line_by_line() -> None:
    lost = {(note.line, note.message) for note in import_file("sloth", DATA / "sloth" / "shop.yaml").lost}
    assert lost == {
        (3, "service shop: `labels` is not carried over"),
        (16, "SLO availability: annotation `summary` is not carried over"),
        (18, "SLO availability: the ticket alert has no equivalent; the signal warns when the budget is used up"),
        (24, "SLO satisfaction: its page alert is disabled in Sloth; the signal fails at that burn rate all the same"),
        (
            25,
            "SLO from-a-plugin: plugin sloth-common/kubernetes/apiserver/availability is not run; run `sloth generate`",
        ),
        (28, "SLO all-of-them: objective 100 must be more than 1 and less than 100 percent"),
    }
    lost = {(note.line, note.message) for note in import_file("openslo", DATA / "openslo" / "shop.yaml").lost}
    assert lost == {
        (1, "DataSource metrics: its connection is not carried over; set a source prometheus"),
        (29, "SLO availability: alertPolicies are not carried over; the signal has its own rule"),
        (44, "SLO latency: a calendar window is not carried over; the window of a signal is rolling"),
        (50, "SLO slices: Timeslices has no equivalent; a signal counts events"),
        (
            59,
            "SLO threshold, objective 1: a thresholdMetric has no equivalent; "
            "write its share of failed events as a ratioMetric",
        ),
        (61, "AlertPolicy page: not carried over; the signal fails and warns by its own rule"),
    }


HELM = "a Helm template that is not rendered; run `helm template CHART` and import its output"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("---\n---\n", 1, "the file is empty"),
        ("a: [1, 2\nb: 3\n", 2, "close the bracket"),
        ("a: 1\n\tb: 2\n", 2, "indent with spaces, not tabs"),
        ("just text\n", 1, "not a mapping with keys"),
        ("- 1\n- 2\n", 1, "not a mapping with keys"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n", 1, " to import"),
        ("kind: List\nitems: 5\n", 2, "`items` must be a list"),
        ("kind: List\nitems: [5]\n", 2, "must be a mapping"),
        ("kind: {a: b}\n", 1, "`kind` must be a text"),
        ("spec:\n  name: {{ .Values.name }}\n", 2, HELM),
        ("{{- if true }}\nspec: 5\n{{- end }}\n", 1, HELM),
        ("a: " + "x" * (5 * 1024 * 1024), 1, "larger than 4 MiB"),
    ],
)
def test_invalid_input_is_refused_with_its_line(kind: str, text: str, line: int, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "input.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        import_file(kind, path)
    assert reason in str(caught.value)
    assert caught.value.line == line


def test_invalid_values_of_rules_are_refused_at_their_place(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    for value, line, reason in (
        ("for: soon", 6, "`for` must be a duration, such as 5m"),
        ("labels: 5", 6, "`labels` must be a mapping"),
        ("annotations: {summary: [a]}", 6, "`summary` must be a text"),
    ):
        path.write_text(f"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    {value}\n")
        with pytest.raises(FileError) as caught:
            import_file("prometheus-rules", path)
        assert (caught.value.line, caught.value.message) == (line, reason)


def test_what_rules_inherit_from_anchors_and_groups_counts(tmp_path: Path) -> None:
    """Prometheus resolves merge keys, and gives the labels of a group to each of its rules."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "shared: &shared {for: 0, expr: up == 0}\n"
        "groups:\n"
        "- name: g\n"
        "  labels: {severity: warning, team: shop}\n"
        "  rules:\n"
        "  - {<<: *shared, alert: Warns}\n"
        "  - {alert: Fails, <<: [*shared], labels: {severity: critical}, for: '0'}\n"
        "  - {<<: *shared, alert: ''}\n"
    )
    draft = import_file("prometheus-rules", path)
    checked(draft, tmp_path)
    signals = written(draft)
    assert {name: (signal.get("warn"), signal.get("persist")) for name, signal in signals.items()} == {
        "Warns": ("true", None),
        "Fails": (None, None),
    }
    assert [(note.line, note.message) for note in draft.notes] == [
        (1, "`shared` is not carried over"),
        (4, "group g: labels team are not carried over; they route it in Alertmanager"),
        (8, "an alert without a name"),
    ]


def test_labels_that_a_text_inserts_are_shown_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    text = "{{ $value | humanize }} in {{ $externalLabels.region }}: {{- .Labels.pod }}, {{$labels}}"
    path.write_text(ONE["prometheus-rules"].replace("expr:", f"annotations: {{description: '{text}'}}, expr:"))
    (signal,) = written(import_file("prometheus-rules", path)).values()
    assert str(signal["about"]).startswith("<value> in <region>: <pod>, <labels>\n")


def test_a_list_of_groups_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "- {name: one, rules: [{alert: A, expr: up == 0}]}\n- {name: two, rules: [{alert: B, expr: a > 1}]}\n"
    )
    draft = import_file("prometheus-rules", path)
    checked(draft, tmp_path)
    assert [(signal.name, signal.section) for signal in draft.signals] == [("A", "one"), ("B", "two")]


def test_a_query_of_loki_and_keys_beside_the_groups_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    logs = "sum(rate({app='shop'} |= 'error' [5m])) > 1"
    path.write_text(
        "namespace: shop\ngroups:\n- name: g\n  rules:\n"
        f'  - {{alert: Logs, expr: "{logs}"}}\n'
        "  - {alert: Up, expr: up == 0, labels: {severity: page}}\n"
    )
    draft = import_file("prometheus-rules", path)
    checked(draft, tmp_path)
    assert list(written(draft)) == ["Up"]
    assert [(note.line, note.message) for note in draft.notes] == [
        (1, "`namespace` is not carried over"),
        (5, "alert Logs: a query of Loki; write it as a signal with loki.query"),
    ]


SLO_V2 = """\
- apiVersion: openslo.com/v2alpha
  kind: SLO
  metadata: {name: availability}
  spec:
    serviceRef: shop
    timeWindow: [{duration: 4w, isRolling: true}]
    sliRef: ratio
    objectives: [{target: 0.99, compositeWeight: 2}]
- apiVersion: openslo.com/v2alpha
  kind: SLI
  metadata: {name: ratio}
  spec:
    ratioMetric:
      counter: true
      good: {dataSourceRef: metrics, spec: {query: 'sum(http_requests_total{code!~"5.."})'}}
      total: {dataSourceRef: metrics, spec: {query: sum(http_requests_total)}}
- {apiVersion: openslo.com/v2alpha, kind: SLI, metadata: {name: unused}, spec: {}}
- {apiVersion: openslo.com/v2alpha, kind: DataSource, metadata: {name: metrics}, spec: {type: Prometheus}}
"""


def test_an_slo_of_v2alpha_is_taken_and_what_it_leaves_out_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(SLO_V2)
    draft = import_file("openslo", path)
    checked(draft, tmp_path)
    (slo,) = [signal["slo"] for signal in written(draft).values()]
    assert isinstance(slo, dict)
    assert (slo["objective"], slo["window"], slo["total"]) == (99.0, "28d", "sum(rate(http_requests_total[$window]))")
    assert [(note.line, note.message) for note in draft.notes] == [
        (8, "SLO availability: `compositeWeight` is not carried over"),
        (17, "SLI unused: no SLO of this file uses it"),
        (18, "DataSource metrics: its connection is not carried over; set a source prometheus"),
    ]
    path.write_text(SLO_V2.replace("metadata: {name: metrics}", "metadata: {name: other}"))
    with pytest.raises(FileError, match=r"data source metrics is not in this file; put its DataSource into the same"):
        import_file("openslo", path)


def test_a_metric_without_a_query_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(ONE["analysis-template"].replace("query: up", "query: ' ', address: http://metrics"))
    with pytest.raises(FileError, match="metric m: it has no query"):
        import_file("analysis-template", path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_not_taken(kind: str, tmp_path: Path) -> None:
    for other, text in ONE.items():
        (tmp_path / "input.yaml").write_text(text, encoding="utf-8")
        if other == kind:
            assert len(import_file(kind, tmp_path / "input.yaml").signals) == 1
            continue
        with pytest.raises(FileError, match=" to import"):
            import_file(kind, tmp_path / "input.yaml")


def test_the_command_writes_the_checklist_and_counts_what_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, output, _, notes = EXAMPLES["prometheus-rules"]
    Path("rules.yaml").write_text(text, encoding="utf-8")
    call = ["import", "--from", "prometheus-rules", "rules.yaml"]
    assert main(call) == 0
    printed = capsys.readouterr()
    assert printed.out == output
    assert printed.err == notes + "taken: 2 signals; not taken: 3 places\n"
    assert main([*call, "--strict", "-o", "alerts.yaml"]) == BAD_FILE
    assert not Path("alerts.yaml").exists()
    assert main([*call, "-o", "alerts.yaml"]) == 0
    assert Path("alerts.yaml").read_text(encoding="utf-8") == output
    assert "alerts.yaml written; next: mmcockpit check alerts.yaml" in capsys.readouterr().out
    assert main(["check", "alerts.yaml"]) == 0
    for wrong, code, says in (
        ([*call, "-o", "alerts.yaml"], FAILED, "alerts.yaml already exists"),
        ([*call, "--plain"], FAILED, "--plain and --column are for Markdown only"),
        (["import", "--from", "sloth", "rules.yaml"], BAD_FILE, "rules.yaml:1:1: no SLOs to import"),
    ):
        capsys.readouterr()
        assert main(wrong) == code
        assert says in capsys.readouterr().err
