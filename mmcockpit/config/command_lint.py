"""Checks the command of a step word by word: shell syntax that no shell reads, and options for another cluster."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from mmcockpit.core.model.cockpit import CLUSTER
from mmcockpit.core.model.procedure import VALUES

REFERENCE = re.compile(
    r"\$\{(?=(?:values|cluster)\.|[^.}]+\.(?:kubeconfig|context|server)\})([A-Za-z_][A-Za-z0-9_-]*)\.([^}]*)\}"
)
"""A reference that is filled in when a step is shown and run: `${values.revision}`, `${cluster.context}`.

Other sources of kind kubernetes are named in the same way: `${eu.context}`.
"""

BOUND = {
    "kubectl": {"--kubeconfig": "${cluster.kubeconfig}", "--context": "${cluster.context}"},
    "helm": {"--kubeconfig": "${cluster.kubeconfig}", "--kube-context": "${cluster.context}"},
}
"""Program to its required options, each with its value for the source `cluster`; other sources have other names."""

_ELSEWHERE = {
    "kubectl": frozenset({"--server", "-s", "--cluster", "--user", "--token", "--as", "--as-group"}),
    "helm": frozenset({"--kube-apiserver", "--kube-token", "--kube-as-user", "--kube-as-group"}),
}
"""Options that would select another cluster or impersonate another user."""

_SHELLS = frozenset({"sh", "ash", "bash", "dash", "zsh", "ksh", "fish", "busybox", "pwsh", "powershell", "cmd"})
_LINE = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
_FOR_A_SHELL = re.compile(r"\|\|?|&&?|;|\d?>{1,2}|<{1,2}|\d>&\d|[^|&;<>\s]+;")
_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_EXPANDED = re.compile(r"\$\(|`|\$[A-Za-z_]|~/")


def wrong_words(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the index of every word that has no effect or another one than it seems, and the reason."""
    program = argv[0]
    if re.search(r"\s", program):
        yield 0, "the name of the program contains a space; write each word as its own entry: [kubectl, get, pods]"
    if "${" in program:
        yield 0, "the program cannot be a value; write its name"
    for n, word in enumerate(argv):
        if _FOR_A_SHELL.fullmatch(word):
            yield n, f"'{word}' is shell syntax, and no shell runs this command; split it into two steps"
        elif template := _TEMPLATE.fullmatch(word):
            yield n, f"'{word}' is a template of another tool; write ${{{template[1]}}}"
        elif _EXPANDED.match(word):
            yield n, f"only a shell replaces '{word[:2]}', and no shell runs this command; write the value or ${{name}}"
        if _named(word) in _SHELLS and _LINE.fullmatch(next(iter(argv[n + 1 :]), "")):
            yield (
                n,
                f"command line for {_named(word)}: a step must not run a shell; name the program instead",
            )
    yield from _of_several_clusters(argv)
    yield from _unbound(argv)


def _of_several_clusters(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the first word that names another cluster than the words before it."""
    named = _sources(argv)
    for n, source in named:
        if source != named[0][1]:
            yield n, f"'{named[0][1]}' and '{source}' are two clusters; write a step for each"
            return


def _sources(argv: Sequence[str]) -> list[tuple[int, str]]:
    """Return the sources whose cluster the words name, each with the index of its word."""
    return [(n, source) for n, word in enumerate(argv) for source, _ in REFERENCE.findall(word) if source != VALUES]


def _named(word: str) -> str:
    return PurePosixPath(word).name


def _unbound(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield what prevents kubectl or helm from connecting to the watched cluster and to no other."""
    begin = next((n for n, word in enumerate(argv) if _named(word) in BOUND), None)
    if begin is None:
        return
    tool = _named(argv[begin])
    end = list(argv).index("--", begin) if "--" in argv[begin:] else len(argv)
    given = list(_options(argv, begin + 1, end))
    source = next((source for _, source in _sources(argv)), CLUSTER)
    for option, of_cluster in BOUND[tool].items():
        value = of_cluster.replace(CLUSTER, source)
        written = [(n, text) for n, name, text in given if name == option]
        if not written:
            yield begin, f"missing {option} of {tool}; add {option}={value}"
        yield from (
            (n, f"not the watched cluster; write {option}={value}")
            for n, text in written
            if not _of_source(text, value)
        )
    for n, name, _ in given:
        if name in _ELSEWHERE[tool] or (name.startswith("-s") and "-s" in _ELSEWHERE[tool]):
            yield n, f"{name} selects another cluster or user; remove it, and use only {' and '.join(BOUND[tool])}"


def _of_source(text: str, value: str) -> bool:
    """Return whether a text is the value of an option, of any source: `${eu.context}` for `${cluster.context}`."""
    written, needed = REFERENCE.fullmatch(text), REFERENCE.fullmatch(value)
    return written is not None and needed is not None and written[1] != VALUES and written[2] == needed[2]


def _options(argv: Sequence[str], begin: int, end: int) -> Iterator[tuple[int, str, str]]:
    """Yield (index, option, value) of the words that begin with a hyphen, `--option=value` or `--option value`."""
    for n in range(begin, end):
        name, equals, value = argv[n].partition("=")
        if name.startswith("-"):
            yield n, name, value if equals else next(iter(argv[n + 1 : end]), "")
