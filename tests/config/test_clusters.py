"""Several clusters in one cockpit file: what a step may name, and every mistake at its place."""

from pathlib import Path

import pytest

from tests.config.files import cockpit, loaded, mistakes

SOURCES = "sources:\n  eu: {kind: kubernetes, context: eu}\n  us: {kind: kubernetes, context: us}\n"
STEP = "procedures:\n  - {{id: p, title: P, steps: [{{title: Look, danger: reads, command: [{command}]}}]}}\n"


def written(tmp_path: Path, *words: str, sources: str = SOURCES) -> Path:
    """Write a cockpit file with a step that runs this command."""
    return cockpit(tmp_path, sources + STEP.format(command=", ".join(f'"{word}"' for word in words)))


def bound(kubeconfig: str, context: str, *words: str) -> tuple[str, ...]:
    return ("kubectl", f"--kubeconfig=${{{kubeconfig}.kubeconfig}}", f"--context=${{{context}.context}}", *words)


def test_a_step_names_the_cluster_of_any_kubernetes_source(tmp_path: Path) -> None:
    found = loaded(written(tmp_path, *bound("us", "us", "get", "pods"))).cockpit
    (step,) = found.checklist.procedures[0].steps
    assert step.argv == bound("us", "us", "get", "pods")
    assert step.cluster == "us"


def test_helm_is_bound_to_a_source_in_the_same_way(tmp_path: Path) -> None:
    words = ("helm", "--kubeconfig=${eu.kubeconfig}", "--kube-context", "${eu.context}", "status", "shop")
    assert loaded(written(tmp_path, *words)).cockpit.checklist.procedures[0].steps[0].cluster == "eu"


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (bound("eu", "us", "get", "pods"), "'eu' and 'us' are two clusters; write a step for each"),
        (bound("eu", "eu", "get", "${us.server}"), "'eu' and 'us' are two clusters; write a step for each"),
        (bound("eo", "eo", "get", "pods"), "unknown cluster 'eo'; known: eu, us"),
        (bound("prometheus", "prometheus", "get", "pods"), "unknown cluster 'prometheus'"),
        (
            bound("cluster", "cluster", "get", "pods"),
            "there are 2 clusters and no source with the name cluster; write ${eu.kubeconfig} or ${us.kubeconfig}",
        ),
        (("kubectl", "--kubeconfig=${eu.kubeconfig}", "get", "pods"), "missing --context of kubectl"),
        (
            ("kubectl", "--kubeconfig=${eu.context}", "--context=${eu.context}", "get", "pods"),
            "not the watched cluster; write --kubeconfig=${eu.kubeconfig}",
        ),
        (bound("eu", "eu", "get", "pods", "--context=us"), "not the watched cluster"),
    ],
)
def test_a_mistake_in_the_cluster_of_a_command_is_found_at_its_place(
    tmp_path: Path, words: tuple[str, ...], mistake: str
) -> None:
    path = written(tmp_path, *words)
    found = mistakes(path)
    assert any(mistake in one for one in found), found
    assert all(one.startswith(f"{path.name}:") for one in found)


def test_the_only_cluster_has_the_name_cluster_too(tmp_path: Path) -> None:
    one = "sources:\n  eu: {kind: kubernetes, context: eu}\n"
    for name in ("cluster", "eu"):
        assert loaded(written(tmp_path, *bound(name, name, "get", "pods"), sources=one))


def test_a_title_names_its_cluster_where_there_are_several(tmp_path: Path) -> None:
    signals = """\
signals:
  a: {title: Rollout, eu.rollout: app, pass: value.complete}
  b: {title: Rollout, us.rollout: app, pass: value.complete}
  c: {title: Pods of US, us.pods: app=app, pass: value.ready > 1}
  d: {title: Errors, prometheus.query: up, pass: value > 0.0}
"""
    other = "  prometheus: {kind: prometheus, url: 'http://127.0.0.1:1'}\n"
    found = loaded(cockpit(tmp_path, SOURCES + other + signals)).cockpit
    assert [one.title for one in found.signals] == ["eu: Rollout", "us: Rollout", "Pods of US", "Errors"]
    one = "sources:\n  eu: {kind: kubernetes}\n" + other + signals.replace(" us.", " eu.")
    assert [one.title for one in loaded(cockpit(tmp_path, one)).cockpit.signals][:2] == ["Rollout", "Rollout"]
