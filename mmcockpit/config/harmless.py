"""Which commands only read: for each program known here the words that do, and the options with which it writes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple


class Reads(NamedTuple):
    """What of a program only reads.

    `verbs` are its first words that are no options, one or two: `get`, `rollout status`; without them any will do.
    `valued` are the options whose value is the next word. `unless` matches a whole word, or an option and the word
    behind it, with which it writes all the same; `only` a word that has to be there; `tries` one with which every verb
    only shows what it would do.
    """

    verbs: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    unless: str = ""
    only: str = ""
    tries: str = ""


def _words(text: str) -> frozenset[str]:
    """Return the words of a text; where a verb has two, a plus sign stands between them."""
    return frozenset(part.replace("+", " ") for part in text.split())


_SQL = (
    "insert|update|delete|merge|truncate|alter|drop|create|grant|revoke|copy|vacuum|reindex|cluster|call|do|lock|refresh"
    "|comment|reassign|import|into|analyze|set|reset|notify|nextval|setval|checkpoint|load|prepare|execute"
    r"|pg_\w*(?:terminate|cancel|reload|promote|switch|rotate|drop|create|write|advance|restore|wal_replay|advisory)\w*"
    r"|lo_\w+|dblink\w*"
)

READS: Mapping[str, Reads] = {
    "kubectl": Reads(
        _words(
            "get describe logs top events explain diff version api-resources api-versions cluster-info wait"
            " rollout+history rollout+status auth+can-i auth+whoami config+view config+get-contexts"
            " config+current-context"
        ),
        _words(
            "--kubeconfig --context --namespace -n --selector -l --output -o --field-selector --container -c --filename"
            " -f --request-timeout -v --v --cache-dir --since --tail --timeout --sort-by --for --revision --template"
        ),
        tries="--dry-run=(?:client|server)",
    ),
    "helm": Reads(
        _words(
            "list ls status history get version env show template lint search+repo search+hub dependency+list repo+list"
        ),
        _words("--kubeconfig --kube-context --namespace -n --output -o --revision --max --filter -f --timeout"),
        "--post-renderer.*|--output-dir.*",
        tries="--dry-run(?:=(?:client|server))?",
    ),
    "redis-cli": Reads(
        _words(
            "get mget strlen exists type ttl pttl keys scan hget hgetall hlen llen lrange scard smembers zcard zrange"
            " dbsize info ping time role lastsave client+list client+info config+get cluster+info cluster+nodes"
            " cluster+slots cluster+shards memory+usage memory+stats memory+doctor slowlog+get slowlog+len"
            " latency+latest latency+doctor acl+whoami acl+list object+encoding"
        ),
        _words("-h -p -s -a -u -n -t --user --pass --cacert --cert --key --sni -r -i -d"),
        r"--(?:eval|pipe|cluster|rdb|functions-rdb|lru-test).*|-x|-X",
    ),
    "psql": Reads(
        unless=rf"-f.*|--file.*|(?is:(?:-[a-z]*c|--command)(?:.*\b)?(?:{_SQL})\b.*|.*\\[!iogcw].*)",
        only="-[A-Za-z]*c.*|--command.*|-[A-Za-z]*l|--list",
    ),
    "curl": Reads(
        unless=(
            "(?:-[a-zA-Z]*X ?|--request[ =])(?! ?(?:GET|HEAD|OPTIONS)(?: |$)).+"
            "|-[a-zA-Z]*[dFTQK].*|--(?:data|form|json|upload|quote|config|mail).*"
        )
    ),
    "systemctl": Reads(
        _words(
            "status show cat is-active is-enabled is-failed is-system-running list-units list-unit-files list-timers"
            " list-sockets list-dependencies list-jobs get-default show-environment"
        ),
        _words("-t --type -p --property -n --lines -H --host -M --machine -o --output --state"),
    ),
    "pg_restore": Reads(only="-l|--list"),
    **dict.fromkeys(("pg_isready", "cat", "ls", "df", "date"), Reads()),
}
"""Programs by name. What one that is not here does to production is the author's word."""

_ALIKE = {"valkey-cli": "redis-cli"}
_RUNNERS = frozenset({"sudo", "doas", "env", "timeout", "nice", "nohup", "time", "stdbuf"})


def may_write(argv: Sequence[str]) -> tuple[int, str] | None:
    """Return the word for which a known program may change something, and that program with its verb."""
    begin = next((n for n, word in enumerate(argv) if _name(word) in READS), None)
    # Before a program there is only what runs it: in [grep, kubectl] the name is just a word.
    if begin is None or (begin and _name(argv[0]) not in _RUNNERS):
        return None
    program = _name(argv[begin])
    reads = READS[program]
    for n in range(begin + 1, len(argv)):
        if reads.unless and any(re.fullmatch(reads.unless, text) for text in (argv[n], " ".join(argv[n - 1 : n + 1]))):
            return n, f"{program} {argv[n]}"
    if reads.only and not any(re.fullmatch(reads.only, word) for word in argv[begin + 1 :]):
        return begin, f"{program} without a command that can be looked at"
    if reads.tries and any(re.fullmatch(reads.tries, word) for word in argv[begin + 1 :]):
        return None
    verbs = list(_verbs(argv, begin, reads.valued))
    inside = argv.index("--", begin) + 1 if "--" in argv[begin:] else len(argv)
    if (
        program == "kubectl"
        and verbs
        and argv[verbs[0]] == "exec"
        and _name("".join(argv[inside : inside + 1])) in READS
    ):
        wrong = may_write(argv[inside:])
        return (inside + wrong[0], wrong[1]) if wrong else None
    said = " ".join(argv[n].lower() for n in verbs[:2])
    if not reads.verbs or said in reads.verbs or said.partition(" ")[0] in reads.verbs:
        return None
    return (verbs[0], f"{program} {said}") if verbs else (begin, f"{program} without a verb")


def _name(word: str) -> str:
    name = PurePosixPath(word).name
    return _ALIKE.get(name, name)


def _verbs(argv: Sequence[str], begin: int, valued: frozenset[str]) -> Iterator[int]:
    """Yield the index of every word that is neither an option nor the value of one."""
    n = begin + 1
    while n < len(argv):
        if argv[n] in valued:
            n += 1
        elif not argv[n].startswith("-"):
            yield n
        n += 1
