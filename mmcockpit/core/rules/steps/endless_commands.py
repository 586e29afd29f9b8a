"""Which commands do not end by themselves, because they follow something or serve: a step of one always times out."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

_FOLLOW = r" -[a-z]*f | --follow(?:=true)? "
_CONTAINERS = (
    rf"^ (?:compose (?:-\S+ \S+ )*)?(?:logs\b.*(?:{_FOLLOW})|stats\b(?!.* --no-stream )|events\b(?!.* --until))"
    r"|^ compose (?:-\S+ \S+ )*up\b(?!.* (?:-d |--detach |--wait |--abort-on|--exit-code-from))"
)
_ENDLESS: Mapping[str, str] = {
    "kubectl": rf" (?:logs\b.*(?:{_FOLLOW})|get\b.* (?:-w |--watch(?:-only)?(?:=true)? )|port-forward |proxy )",
    "docker": _CONTAINERS,
    "podman": _CONTAINERS,
    "tail": r" -[a-z0-9]*[fF][0-9]* | --follow\S* ",
    "journalctl": _FOLLOW,
    "ping": r"^(?!.* -[a-zA-Z]*[cw] ?\d)",
    "top": r"^(?!.* -[a-zA-Z]*n ?\d)",
    "redis-cli": r" (?:monitor|p?subscribe|--stat|--latency(?:-history|-dist)?) ",
    **dict.fromkeys(("watch", "htop", "stern", "k9s"), ""),
}
"""Program to what is searched for in its other words, with spaces around each of them."""


def never_ends(argv: Sequence[str]) -> bool:
    """Return whether a command is known to run until it is stopped: `kubectl get pods -w`, `tail -f`, `watch`."""
    words = [*argv[: argv.index("--")]] if "--" in argv else [*argv]
    program, *rest = words[words[:1] == ["sudo"] :] or [""]
    pattern = _ENDLESS.get(PurePosixPath(program).name)
    return pattern is not None and re.search(pattern, f" {' '.join(rest)} ", re.IGNORECASE) is not None
