"""Which commands only read: for each known program, its reading verbs and the options with which it writes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple


class Reads(NamedTuple):
    """Which commands of a program only read.

    `verbs` are its first words that are not options, one or two: `get`, `rollout status`; without them any verb is
    allowed. `valued` are the options whose value is the next word. `unless` matches a whole word, or an option and the
    next word, with which the command writes nevertheless; `only` matches a word that is required; `tries` matches a
    word with which every verb is a dry run.
    """

    verbs: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    unless: str = ""
    only: str = ""
    tries: str = ""


def _words(text: str) -> frozenset[str]:
    """Return the words of a text; the two words of a verb are joined by a plus sign."""
    return frozenset(part.replace("+", " ") for part in text.split())


_SQL = (
    "insert|update|delete|merge|truncate|alter|drop|create|grant|revoke|copy|vacuum|reindex|cluster|call|do|lock|refresh"
    "|comment|reassign|import|into|analyze|set|reset|notify|nextval|setval|checkpoint|load|prepare|execute"
    r"|pg_\w*(?:terminate|cancel|reload|promote|switch|rotate|drop|create|write|advance|restore|wal_replay|advisory|reset|emit"
    r"|backup|start|stop|import|get_changes|copy)\w*"
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
            "-[a-zA-Z]*[oDc](?! ?(?:/dev/null|-)$).+|-[a-zA-Z]*O.*"
            "|--(?:output|dump-header|cookie-jar)[ =](?!/dev/null$|-$).*"
            "|--(?:remote-name|output-dir|expand|trace|stderr|libcurl|hsts|alt-svc|etag-save).*|"
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
    "date": Reads(unless=r"-[uR]*s.*|--set.*|\d{8,}(?:\.\d\d)?"),
    "git": Reads(
        _words("status log show rev-parse diff describe ls-remote ls-files ls-tree cat-file rev-list merge-base blame"),
        _words("-C --git-dir --work-tree"),
        "-c.*|--output.*|--upload-pack.*|--ext-diff|--exec.*|--textconv|--config-env.*",
    ),
    "gh": Reads(
        _words(
            "run+list run+view pr+list pr+view pr+checks pr+status pr+diff issue+list issue+view release+list"
            " release+view repo+view workflow+list workflow+view"
        ),
        _words("--repo -R --hostname"),
        "-w|--web",
    ),
    "gitleaks": Reads(
        _words("detect protect dir git version"), _words("--source -s -c --config"), "-r.*|--report-path.*|--log-opts.*"
    ),
    "trivy": Reads(
        _words("image i filesystem fs config conf repository repo rootfs sbom vm version"),
        _words("-f --format -s --severity -c --config --cache-dir --timeout --scanners --ignorefile --template -t"),
        "-o.*|--output.*|--reset|--clear-cache",
    ),
    "cosign": Reads(
        _words(
            "verify verify-attestation verify-blob verify-blob-attestation tree triangulate version"
            " download+attestation download+sbom download+signature"
        ),
        _words("--key --certificate --certificate-identity --certificate-oidc-issuer --output -o --type --rekor-url"),
        "--output-.*",
    ),
    "crane": Reads(_words("digest manifest ls config validate version catalog"), _words("--platform --format")),
    "skopeo": Reads(_words("inspect list-tags"), _words("--authfile --creds --format --tls-verify --command-timeout")),
    "docker": Reads(
        _words("inspect ps images version info logs port top manifest+inspect image+inspect image+ls container+ls"),
        _words("-H --host -c --context --config --format -f --filter"),
    ),
    "openssl": Reads(
        _words("s_client x509 verify version ciphers crl"),
        unless=r"-\w*out.*|-keylogfile.*|-engine.*|-provider.*|-writerand.*",
    ),
    "velero": Reads(
        _words("get version backup+get backup+describe backup+logs schedule+get schedule+describe restore+get"),
        _words("-n --namespace --kubeconfig --kubecontext -o --output"),
    ),
    "promtool": Reads(_words("check test query"), _words("-o --format")),
    "amtool": Reads(
        _words("check-config alert+query silence+query config+show config+routes cluster+show"),
        _words("--alertmanager.url -o --output"),
    ),
    "nc": Reads(only="-[a-zA-Z]*z[a-zA-Z]*", unless="-[a-zA-Z]*[ecl].*|--(?:exec|sh-exec|listen).*"),
    "ping": Reads(unless="-[a-zA-Z]*[fA].*|--flood"),
    **dict.fromkeys(
        _words(
            "pg_isready cat ls df du stat test [ true false echo printf head wc grep sha256sum md5sum readlink basename"
            " dirname uname uptime whoami free sleep jq ps pgrep dig host nslookup getent"
        ),
        Reads(),
    ),
}
"""Programs by name. For a program that is not in here, the author of the procedure declares what it does."""

_ALIKE = {"valkey-cli": "redis-cli"}
_DRY = _words(
    "apply create delete patch replace scale label annotate rollout set run expose autoscale drain cordon uncordon"
    " taint install upgrade rollback uninstall template"
)
"""Verbs of kubectl and helm that support --dry-run."""
_RUNNERS = frozenset({"sudo", "doas", "env", "timeout", "nice", "nohup", "time", "stdbuf"})


def not_read_only(argv: Sequence[str]) -> str:
    """Return why a command is not known as read-only, or an empty text."""
    begin = next((n for n, word in enumerate(argv) if _name(word) in READS), None)
    if begin is None or (begin and not _only_runs(argv[:begin])):
        return f"{_name(argv[0])} is not known as read-only"
    verb = may_write(argv)
    return f"{verb[1]} is not known as read-only" if verb else ""


def program_and_verbs(argv: Sequence[str]) -> tuple[str, tuple[str, ...], int]:
    """Return the program that a command runs, its words that are not options, and the program's index.

    Of a program that is not in READS, the words are unknown.
    """
    begin = next((n for n, word in enumerate(argv) if _name(word) in READS), None)
    if begin is None or (begin and not _only_runs(argv[:begin])):
        return _name(argv[0]), (), 0
    program = _name(argv[begin])
    return program, tuple(argv[n] for n in _verbs(argv, begin, READS[program].valued)), begin


def _only_runs(words: Sequence[str]) -> bool:
    """Return whether the words before a program only run it: a runner such as sudo, its options and assignments."""
    split = any(re.match(r"-[a-zA-Z]*S|--split-string|-o|--output", word) for word in words)
    return _name(words[0]) in _RUNNERS and not split


def may_write(argv: Sequence[str]) -> tuple[int, str] | None:
    """Return the index of the word by which a known program may change something, and that program with its verb."""
    begin = next((n for n, word in enumerate(argv) if _name(word) in READS), None)
    # Before a program only a runner is allowed: in [grep, kubectl] the program name is an argument.
    if begin is None or (begin and _name(argv[0]) not in _RUNNERS):
        return None
    program = _name(argv[begin])
    reads = READS[program]
    for n in range(begin + 1, len(argv)):
        if reads.unless and any(re.fullmatch(reads.unless, text) for text in (argv[n], " ".join(argv[n - 1 : n + 1]))):
            return n, f"{program} {argv[n]}"
    if reads.only and not any(re.fullmatch(reads.only, word) for word in argv[begin + 1 :]):
        return begin, f"{program} without a command to check"
    verbs = list(_verbs(argv, begin, reads.valued))
    verb = argv[verbs[0]] if verbs else ""
    if verb in _DRY and _only_tries(argv[begin + 1 :], reads.tries):
        return None
    inside = argv.index("--", begin) + 1 if "--" in argv[begin:] else len(argv)
    if program == "kubectl" and verb == "exec" and _name("".join(argv[inside : inside + 1])) in READS:
        wrong = may_write(argv[inside:])
        return (inside + wrong[0], wrong[1]) if wrong else None
    words = [argv[n].lower() for n in verbs[:2]]
    if not reads.verbs or " ".join(words) in reads.verbs or " ".join(words[:1]) in reads.verbs:
        return None
    return (verbs[0], " ".join([program, *words])) if verbs else (begin, f"{program} without a verb")


def _only_tries(words: Sequence[str], tries: str) -> bool:
    """Return whether a command is a dry run: every --dry-run matches `tries`, and none is after a `--`."""
    own = words[: words.index("--")] if "--" in words else words
    options = [word for word in own if word.partition("=")[0] == "--dry-run"]
    return bool(tries and options) and all(re.fullmatch(tries, word) for word in options)


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
