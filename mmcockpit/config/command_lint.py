"""Checks the command of a step word by word: shell syntax that no shell reads, and options for another cluster."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

REFERENCE = re.compile(r"\$\{(values|cluster)\.([^}]*)\}")
"""A reference that is filled in when a step is shown and run: `${values.revision}`, `${cluster.context}`."""

BOUND = {
    "kubectl": {"--kubeconfig": "${cluster.kubeconfig}", "--context": "${cluster.context}"},
    "helm": {"--kubeconfig": "${cluster.kubeconfig}", "--kube-context": "${cluster.context}"},
}
"""Program to its required options, each with the only allowed value: the watched cluster."""

_ELSEWHERE = {
    "kubectl": frozenset({"--server", "-s", "--cluster", "--user", "--token", "--as", "--as-group"}),
    "helm": frozenset({"--kube-apiserver", "--kube-token", "--kube-as-user", "--kube-as-group"}),
}
"""Options that would select another cluster or impersonate another user."""

_SHELLS = frozenset({"sh", "ash", "bash", "dash", "zsh", "ksh", "fish", "busybox", "pwsh", "powershell", "cmd"})
_LINE = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
_FOR_A_SHELL = re.compile(r"\|\|?|&&?|;|\d?>{1,2}|<{1,2}|\d>&\d|[^|&;<>\s]+;")
_EXPANDED = re.compile(r"\$\(|`|\$[A-Za-z_]|~/")


def wrong_words(argv: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the index of every word that would not do what it looks like, and the reason."""
    program = argv[0]
    if re.search(r"\s", program):
        yield 0, "a program with a space in its name; every word is an item of its own: [kubectl, get, pods]"
    if "${" in program:
        yield 0, "the program is filled in from a value; write its name"
    for n, word in enumerate(argv):
        if _FOR_A_SHELL.fullmatch(word):
            yield n, f"'{word}' means something to a shell only, and none reads this; make it two steps"
        elif _EXPANDED.match(word):
            yield (
                n,
                f"only a shell replaces '{word[:2]}', and none reads this; write the value, or a variable ${{name}}",
            )
        if _named(word) in _SHELLS and _LINE.fullmatch(next(iter(argv[n + 1 :]), "")):
            yield n, f"a line for {_named(word)}: a step never runs a shell; name the program and its arguments"
    yield from _unbound(argv)


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
    for option, wanted in BOUND[tool].items():
        values = [(n, value) for n, name, value in given if name == option]
        if not values:
            yield begin, f"{tool} must say which cluster it is for; add {option}={wanted}"
        yield from (
            (n, f"another cluster than the watched one; write {option}={wanted}") for n, v in values if v != wanted
        )
    for n, name, _ in given:
        if name in _ELSEWHERE[tool] or (name.startswith("-s") and "-s" in _ELSEWHERE[tool]):
            yield n, f"{name} leads past the watched cluster; leave it out, {' and '.join(BOUND[tool])} say where"


def _options(argv: Sequence[str], begin: int, end: int) -> Iterator[tuple[int, str, str]]:
    """Yield (index, option, value) of the words that begin with a hyphen, `--option=value` or `--option value`."""
    for n in range(begin, end):
        name, equals, value = argv[n].partition("=")
        if name.startswith("-"):
            yield n, name, value if equals else next(iter(argv[n + 1 : end]), "")
