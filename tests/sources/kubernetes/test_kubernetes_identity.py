"""Which cluster is watched, read from kubeconfigs as people have them."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.cli.compiled import compiled_clusters
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.sources.kubernetes.api.identity import differs, identity, watched
from tests.sources.kubernetes.kubeconfigs import kubeconfig


def spec(**options: Any) -> SourceSpec:
    return SourceSpec("cluster", "kubernetes", options)


def test_the_current_context_is_taken_where_none_is_given(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", prod="https://ana:secret@api.example.test:6443/", dev="https://dev")
    assert identity(spec(kubeconfig=str(path))) == Cluster(str(path), "prod", "https://api.example.test:6443")
    assert identity(spec(kubeconfig=str(path), context="dev")) == Cluster(str(path), "dev", "https://dev")
    assert identity(spec(kubeconfig=str(path), context="none")) == Cluster()


def test_of_several_files_the_first_that_names_the_context_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kubeconfig(tmp_path / "a", "", dev="https://dev")
    second = kubeconfig(tmp_path / "b", prod="https://prod", dev="https://other")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'missing'}:{first}:{second}")
    assert identity(spec()) == Cluster(str(second), "prod", "https://prod")
    assert identity(spec(context="dev")) == Cluster(str(first), "dev", "https://dev")


@pytest.mark.parametrize("text", ["", "- a", "a: [", "contexts: 3", "current-context: x\ncontexts: [{name: x}]", "\0"])
def test_what_is_no_kubeconfig_names_no_cluster(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    assert identity(spec(kubeconfig=str(tmp_path / "config"))) == Cluster()


def test_another_context_server_or_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "config"
    source = spec(kubeconfig=str(kubeconfig(path, prod="https://prod", dev="https://dev")))
    was = identity(source)
    assert differs(was, identity(source), "https://prod") == ""
    assert "the dialog showed https://dev" in differs(was, identity(source), "https://dev")
    kubeconfig(path, "dev", prod="https://prod", dev="https://dev")
    assert f"now points at dev at https://dev ({path})" in differs(was, identity(source), "https://prod")
    kubeconfig(path, prod="https://moved")
    assert "now points at prod at https://moved" in differs(was, identity(source), "https://prod")
    path.unlink()
    assert "no readable cluster" in differs(was, identity(source), "https://prod")
    assert "no kubernetes source" in differs(Cluster(), Cluster(), "")


def test_the_source_called_cluster_is_meant() -> None:
    others = (SourceSpec("cache", "redis"), SourceSpec("east", "kubernetes"))
    assert watched(others) == others[1]
    assert watched((*others, spec())) == spec()
    assert watched(others[:1]) is None


NAMES = st.sampled_from(("aa", "bb", "cc"))
CONFIGS = st.one_of(st.sampled_from((None, "no kubeconfig", "[]", "a: [")), st.tuples(NAMES, NAMES, NAMES))


def edit(path: Path, config: str | tuple[str, str, str] | None) -> None:
    """Write, replace or remove a kubeconfig; its time and mostly its length stay the same: only its bytes differ."""
    path.unlink(missing_ok=True)
    if config is None:
        return
    if isinstance(config, str):
        path.write_text(config, encoding="utf-8")
    else:
        current, name, at = config
        kubeconfig(path, current, **{name: f"https://{at}.example.test"})
    os.utime(path, (1, 1))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(CONFIGS, CONFIGS, st.sampled_from(("", "aa", "bb"))), min_size=1, max_size=4))
def test_a_known_cluster_is_always_that_of_the_present_files(
    edits: list[tuple[Any, Any, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first, second = tmp_path / "first", tmp_path / "second"
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")
    for one, other, context in edits:
        edit(first, one)
        edit(second, other)
        source = spec(context=context)
        for _ in range(2):
            assert compiled_clusters([source]) == {"cluster": identity(source)}


def test_a_cluster_is_computed_once_for_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "config"
    kept = set()
    for at in ("aa", "aa", "bb"):
        kubeconfig(path, prod=f"https://ana:secret@{at}.example.test")
        assert compiled_clusters([spec(kubeconfig=str(path))])["cluster"].server == f"https://{at}.example.test"
        (file,) = (tmp_path / "cache").rglob("*.msgpack")
        kept.add((file.stat().st_ino, file.stat().st_mtime_ns))
        assert b"secret" not in file.read_bytes()
    assert len(kept) == 2
