"""Whatever discoverers find, the written files pass `check` and mean what was found."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit import sources
from mmcockpit.config.load import check_file, load_cockpit
from mmcockpit.discovery.files import CHECKLIST, COCKPIT, FileHead, written_files
from mmcockpit.discovery.findings import (
    BEFORE,
    ROLLOUT,
    VERIFY,
    Findings,
    FoundItem,
    FoundLink,
    FoundSignal,
    FoundSource,
    NotFound,
    together,
)
from mmcockpit.discovery.names import slug
from mmcockpit.discovery.prometheus.inventory import selector

SOURCE = FoundSource("prometheus", "prometheus", {"url": "http://127.0.0.1:9090", "token": {"env": "TOKEN"}})
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
ODD = st.sampled_from(
    ["on", "null", "1e3", "a: b", "# no", "${vars}", "- x", "'", '"', "\\", "a\nb", "\x85", "{}", "[", "%", "&a", "*a"]
)
WORDS = TEXT | ODD
LINE = WORDS.map(lambda text: text.replace("\n", " ").strip() or "x")


@st.composite
def signals(draw: st.DrawFn) -> FoundSignal:
    job = draw(WORDS)
    query = f"sum(rate({selector('http_requests_total', (('job', job),))}[5m]))"
    query = draw(st.sampled_from([query, f"{query}\n/ {query}\n"]))
    judged = draw(st.booleans())
    return FoundSignal(
        slug(job),
        draw(LINE),
        "prometheus",
        "query",
        draw(st.sampled_from([query, {"query": query}])),
        "value < 0.5" if judged else "",
        draw(st.sampled_from(["", "value < 0.7"])) if judged else "",
        draw(st.integers(1, 5)),
        draw(st.sampled_from(["", "ratio", "s"])),
        ("errors",),
        informational=not judged,
        comment=draw(WORDS),
        section=draw(WORDS),
        abort_for=draw(st.sampled_from(["", "2m"])) if judged else "",
        baseline=draw(st.booleans()),
        unanswered=draw(st.just("") | WORDS),
    )


@st.composite
def findings(draw: st.DrawFn) -> Findings:
    found = draw(st.lists(signals(), max_size=4, unique_by=lambda signal: signal.name))
    items = [
        FoundItem(draw(LINE), draw(LINE), draw(st.sampled_from([BEFORE, ROLLOUT, VERIFY])), signal.name, draw(WORDS))
        for signal in found
        if signal.passing
    ]
    missing = draw(st.lists(st.builds(NotFound, WORDS, WORDS, WORDS), max_size=3))
    links = [FoundLink(draw(LINE), "http://127.0.0.1:9090/graph")]
    return Findings((SOURCE,), tuple(found), tuple(items), tuple(missing), links=tuple(links))


@given(findings(), LINE)
@settings(max_examples=60)
def test_every_output_passes_check(found: Findings, name: str) -> None:
    with TemporaryDirectory() as folder:
        for file, text in written_files(found, FileHead(name, "staging")).items():
            (Path(folder) / file).write_text(text, encoding="utf-8")
        for file in (COCKPIT, CHECKLIST):
            assert [str(error) for error in check_file(Path(folder) / file, sources, [])] == []
        cockpit = load_cockpit(Path(folder) / COCKPIT, sources).cockpit
    live = [signal for signal in found.signals if not signal.unanswered]
    assert sorted(signal.name for signal in cockpit.signals) == sorted(signal.name for signal in live)
    queries = {signal.name: signal.args["query"] for signal in cockpit.signals}
    for signal in live:
        written = signal.args["query"] if isinstance(signal.args, dict) else signal.args
        assert queries[signal.name].strip() == written.strip()


@given(st.lists(WORDS, max_size=8))
def test_a_name_is_one_that_a_file_may_have(words: list[str]) -> None:
    for word in words:
        name = slug(word)
        assert name[0] in string.ascii_lowercase
        assert set(name) <= set(string.ascii_lowercase + string.digits + "_")


def test_the_same_name_in_two_systems_is_kept_apart() -> None:
    memory = [FoundSignal("cache_memory", "memory", source, "query", "1") for source in ("cache", "prometheus")]
    parts = [Findings(signals=(signal,), items=(FoundItem("Room", "Room", VERIFY, signal.name),)) for signal in memory]
    joined = together(parts)
    assert [signal.name for signal in joined.signals] == ["cache_memory", "prometheus_cache_memory"]
    assert [item.signal for item in joined.items] == ["cache_memory", "prometheus_cache_memory"]
