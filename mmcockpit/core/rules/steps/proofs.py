"""How a command that changes something is proven without running it: its dry run, its targets, the rights it needs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mmcockpit.core.rules.read_only_commands import program_and_verbs
from mmcockpit.core.rules.steps.dry_runs import dry_run

ROLLOUT = "rollouts.argoproj.io"

_CONNECTION = (
    *("--kubeconfig", "--context", "--namespace", "-n", "--cluster", "--user", "--as", "--as-group", "--as-uid"),
    *("--server", "-s", "--token", "--certificate-authority", "--client-certificate", "--client-key"),
    *("--tls-server-name", "--request-timeout", "--cache-dir", "--kube-context", "--kube-apiserver", "--kube-token"),
    *("--kube-as-user", "--kube-as-group", "--kube-ca-file", "--kube-tls-server-name"),
)
"""Options of kubectl and helm, each with a value, that say which API server is asked, and as whom."""

_OF_HELM = {
    "--kube-context": "--context",
    "--kube-apiserver": "--server",
    "--kube-token": "--token",
    "--kube-as-user": "--as",
    "--kube-as-group": "--as-group",
    "--kube-ca-file": "--certificate-authority",
    "--kube-tls-server-name": "--tls-server-name",
}
"""Options of helm, and what they are for kubectl."""

_SILENT = frozenset({"rollout undo", "set", "label", "annotate", "cordon", "uncordon", "drain", "taint"})
"""Verbs of kubectl that send no request where nothing would change, so that their dry run proves no right then."""

_NODES = frozenset({"cordon", "uncordon", "drain"})

_ROLLOUT_PLUGIN = {
    "abort": ("status",),
    "retry": ("status",),
    "promote": ("", "status"),
    **dict.fromkeys(("pause", "restart", "undo", "set"), ("",)),
}
"""Verbs of the plugin of Argo Rollouts, and the subresources that they patch; the empty one is the Rollout itself.

Source: https://github.com/argoproj/argo-rollouts/tree/master/pkg/kubectl-argo-rollouts/cmd
"""


class NeededRight(NamedTuple):
    """A right that a command needs: a verb on `TYPE` or `TYPE/NAME`, or on a subresource of it."""

    verb: str
    target: str
    subresource: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.target}" + (f"/{self.subresource}" if self.subresource else "")


class StepProof(NamedTuple):
    """What proves a command: a dry run (empty if it has none), objects that have to exist, and rights.

    `unproven` are sentences on what none of this proves. `unchanged_rights`: a right to patch is needed for each object
    that the dry run reports as unchanged.
    """

    dry_run: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    rights: tuple[NeededRight, ...] = ()
    unproven: tuple[str, ...] = ()
    unchanged_rights: bool = False


def step_proof(argv: Sequence[str]) -> StepProof:
    """Return what proves a changing command.

    A dry run on the server proves target, rights and admission at once, because the API server authorises and admits
    it like the command itself, as far as it sends a request. Other commands of kubectl are proven by their target, and
    by a SelfSubjectAccessReview for each right.
    """
    tried = dry_run(argv)
    program, verbs, begin = program_and_verbs(argv)
    if program == "helm" and tried.argv:
        return StepProof(tried.argv, unproven=("rights are not checked: helm's dry run changes no object",))
    if program != "kubectl":
        return (
            StepProof(unproven=(f"target and rights are not checked: {tried.why}",))
            if not tried.argv
            else StepProof(tried.argv)
        )
    verb, rest = verb_of(verbs)
    if tried.argv:
        objects = objects_in(rest, "node" if verb in _NODES else "") if verb in _SILENT else ()
        rights = tuple(NeededRight("patch", one) for one in objects)
        return StepProof(tried.argv, rights=rights, unchanged_rights=verb == "apply")
    return _by_review(verb, rest, tuple(argv[begin:]), tried.why)


def kubectl_prefix(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the beginning of a kubectl command that asks the same API server as a command of kubectl or helm."""
    program, _, begin = program_and_verbs(argv)
    before = argv[:begin]
    name = argv[begin] if program == "kubectl" else "kubectl"
    return (*before, name, *_connection(argv[begin + 1 :]))


def helm_prefix(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the beginning of another helm command for the same API server and namespace."""
    _, _, begin = program_and_verbs(argv)
    return (*argv[: begin + 1], *_options(argv[begin + 1 :]))


def namespace_in(argv: Sequence[str]) -> str:
    """Return the namespace that a command of kubectl or helm names; empty if it names none."""
    options = [*_pairs(argv)]
    return next((value for name, value in reversed(options) if name in ("--namespace", "-n")), "")


def option(argv: Sequence[str], name: str) -> str:
    """Return the value of an option, written as `--name=value` or as two words; empty if it is not there."""
    for n, word in enumerate(argv):
        if word == "--":
            break
        if word == name:
            return argv[n + 1] if n + 1 < len(argv) else ""
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return ""


def reading_check(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return a reading command as a check runs it: one that follows what happens returns at once."""
    program, verbs, begin = program_and_verbs(argv)
    if program != "kubectl":
        return argv
    if verbs[:2] == ("rollout", "status"):
        return (*argv, "--watch=false") if option(argv, "--watch") != "false" else argv
    end = argv.index("--") if "--" in argv else len(argv)
    follows = {"get": r"-w|--watch(?:=true)?|--watch-only(?:=true)?", "logs": r"-f|--follow(?:=true)?"}.get(
        verbs[0] if verbs else "", ""
    )
    kept = (word for word in argv[begin + 1 : end] if not follows or not re.fullmatch(follows, word))
    return (*argv[: begin + 1], *kept, *argv[end:])


def verb_of(verbs: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the verb of a kubectl command, of one or more words, and the words after it."""
    length = 1
    if verbs[:1] == ("rollout",):
        length = 2
    elif verbs[:2] == ("argo", "rollouts"):
        length = 3
    elif verbs[:1] == ("set",):
        return "set", tuple(verbs[2:])
    return " ".join(verbs[:length]), tuple(verbs[length:])


def _by_review(verb: str, rest: tuple[str, ...], argv: tuple[str, ...], why: str) -> StepProof:
    plugin = verb.removeprefix("argo rollouts ") if verb.startswith("argo rollouts ") else ""
    if verb in ("rollout pause", "rollout resume", "rollout restart"):
        objects = objects_in(rest)
        return StepProof(targets=objects, rights=tuple(NeededRight("patch", one) for one in objects))
    if plugin in _ROLLOUT_PLUGIN:
        names = rest[1:2] if plugin == "set" else rest[:1]
        objects = tuple(f"{ROLLOUT}/{name}" for name in names)
        patched = (NeededRight("patch", one, part) for one in objects for part in _ROLLOUT_PLUGIN[plugin])
        return StepProof(targets=objects, rights=tuple(patched))
    if verb in ("exec", "cp"):
        inside = "what it does inside the container is not checked"
        return StepProof(
            targets=_container(verb, argv), rights=(NeededRight("create", "pods", "exec"),), unproven=(inside,)
        )
    return StepProof(unproven=(f"target and rights are not checked: {why}",))


def _container(verb: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the pod or the workload in which a command runs; none for a copy, whose pod is a part of a path."""
    end = argv.index("--") if "--" in argv else len(argv)
    words = program_and_verbs(argv[:end])[1][1:2]
    return tuple(word if "/" in word else f"pod/{word}" for word in words) if verb == "exec" else ()


def objects_in(words: Sequence[str], kind: str = "") -> tuple[str, ...]:
    """Return the objects that the words after a verb name: `deployment/shop`; only a type where no name is given."""
    own = [word for word in words if "=" not in word and not word.endswith("-")]
    if not own:
        return ()
    if kind:
        return tuple(f"{kind}/{word}" for word in own)
    if any("/" in word for word in own):
        return tuple(word for word in own if "/" in word)
    return tuple(f"{own[0]}/{name}" for name in own[1:]) or (own[0],)


def _pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that say which API server is asked, with their values."""
    pending = ""
    for word in words:
        if pending:
            yield pending, word
            pending = ""
        elif word == "--":
            return
        elif word in _CONNECTION:
            pending = word
        elif word.partition("=")[0] in _CONNECTION:
            name, _, value = word.partition("=")
            yield name, value


def _connection(words: Iterable[str]) -> Iterator[str]:
    for name, value in _pairs(words):
        yield f"{_OF_HELM.get(name, name)}={value}"


def _options(words: Iterable[str]) -> Iterator[str]:
    for name, value in _pairs(words):
        yield f"{name}={value}"
