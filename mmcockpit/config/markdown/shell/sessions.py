"""Commands that wait for a person, such as `ssh host`, `su -` and `vi`; what follows one of them is typed into it."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

_SHELLS = frozenset({"sh", "ash", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh", "pwsh", "cmd"})
_EDITORS = frozenset(
    [
        "vi",
        "vim",
        "nvim",
        "view",
        "nano",
        "emacs",
        "pico",
        "less",
        "more",
        "man",
        "visudo",
        "vigr",
        "vipw",
        "vimdiff",
        "ncdu",
        "mc",
        "passwd",
    ]
)
_CLOSED = _EDITORS | {"telnet"}
_CLIENTS = {
    "psql": r" (?:-[a-zA-Z]*[cfl]|--command|--file|--list|--version|-V|--help)",
    "mysql": r" (?:-[a-zA-Z]*e|--execute|--version|-V|--help)",
    "mariadb": r" (?:-[a-zA-Z]*e|--execute|--version|-V|--help)",
    "mongo": r" --(?:eval|version|help)|\.js ",
    "mongosh": r" (?:--(?:eval|version|help|file)|-f)|\.js ",
    "cqlsh": r" (?:-e|-f|--execute|--file|--version)",
    "clickhouse-client": r" (?:-q|--query|--version)",
    "sqlplus": r" @|-v ",
    "sqlcmd": r" -[qQi]",
    "influx": r" (?:-execute|query|write|backup|restore|bucket|version)",
}
"""Program to the options with which it does not wait for a statement."""
_ALONE = frozenset(
    [
        "python",
        "python2",
        "python3",
        "node",
        "irb",
        "ghci",
        "lua",
        "php",
        "julia",
        "scala",
        "R",
        "bc",
        "ftp",
        "sftp",
        "telnet",
        "screen",
        "tmux",
    ]
)
"""Programs that wait for input if they have no argument."""
_STATEMENTS = frozenset({*_CLIENTS, *_ALONE, "redis-cli", "valkey-cli", "sqlite3"} - {"screen", "tmux"})
"""Programs whose input are statements."""
_REMOTE = {
    "gcloud": r" ssh (?!.*--command)",
    "aws": r" ssm start-session (?!.*--document-name)",
    "az": r" (?:vm|ssh) (?:ssh|vm) ",
    "heroku": r" (?:ps:exec|run (?:bash|sh)|pg:psql|redis:cli) ",
    "fly": r" ssh console (?!.*-C)",
    "flyctl": r" ssh console (?!.*-C)",
    "vagrant": r" ssh (?!.*-c )",
    "multipass": r" shell ",
    "toolbox": r" enter",
    "rails": r" (?:c|console|dbconsole) ",
    "bundle": r" exec rails (?:c|console|dbconsole) ",
    "sqlite3": r"^ [^ ]+ $",
    "screen": r" (?:-r|-S|-x|-d)",
    "tmux": r"^ (?:a|attach|new|at|attach-session|new-session)\b(?!.* -d )",
    "nsenter": r"^(?: -\S+(?: \d+)?)* $",
    "chroot": r"^ \S+ $",
    "mosh": "",
    "telnet": "",
    "kubectl": r"^(?: -\S+)* (?:edit|attach|debug) ",
    "oc": r"^(?: -\S+)* (?:edit|attach|debug|rsh) ",
    "crontab": r" -[a-z]*e",
    "git": r" rebase (?:.*)-i |(?: add)(?:.*) -p ",
    "manage.py": r"^ (?:shell|dbshell|shell_plus) ",
}
"""Program to what is searched for in its other words, with spaces around each of them."""
_VALUED = {
    "ssh": "-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w",
    "sudo": "-u -g -h -p -C -D -R -T -U --user --group --host --prompt --chdir",
    "exec": "-n --namespace -c --container --context --kubeconfig -e --env -u --user -w --workdir --index"
    " --env-file --detach-keys -f --file -p --project-name",
    "redis-cli": "-h -p -a -n -u -s --user --pass --cacert --cert --key -r -i --sni",
}
_AFTER_OPTION = {name: frozenset(options.split()) for name, options in _VALUED.items()}
_STRIPPED = frozenset({"time", "nohup", "env", "doas", "exec", "command", "nice"})
_CONTAINERS = frozenset({"kubectl", "oc", "docker", "podman", "nerdctl", "docker-compose", "crictl"})


def is_interactive(words: Sequence[str]) -> bool:
    """Return whether a command waits for a person: a shell, also of another host, a client, or an editor."""
    if not words:
        return False
    name, rest = PurePosixPath(words[0]).name, list(words[1:])
    text = f" {' '.join(rest)} " if rest else " "
    if name == "sudo":
        inner = _after_options(rest, "sudo")
        return is_interactive(inner) or (
            not inner and re.search(r" -[a-z]*[is] | --login | --shell ", text) is not None
        )
    if name in _STRIPPED:
        return is_interactive(rest)
    if name == "su":
        return re.search(r" (?:-c|--command\b)", text) is None
    if name == "ssh":
        return len(_after_options(rest, "ssh")) < 2 and not re.search(r" -[VQG]", text)
    if name in ("redis-cli", "valkey-cli"):
        return not _after_options(rest, "redis-cli") and "--" not in text.replace(" --tls ", " ")
    if name in _SHELLS:
        return not any(not word.startswith("-") for word in rest) and "--version" not in rest
    if name in _CLIENTS:
        return re.search(_CLIENTS[name], text) is None
    if name in _CONTAINERS and "exec" in rest:
        return is_interactive(_in_container(rest[rest.index("exec") + 1 :]))
    if name in _CONTAINERS and "run" in rest[:3] and re.search(r" (?:-[a-z]*i[a-z]*|--stdin|--interactive)[ =]", text):
        return "--" not in rest or is_interactive(_in_container(rest))
    found = _REMOTE.get(name)
    return (
        name in _EDITORS
        or (name in _ALONE and not rest)
        or (found is not None and re.search(found, text) is not None)
        or (
            name.startswith("python")
            and "manage.py" in text
            and re.search(r" (?:db)?shell(?:_plus)? ", text) is not None
        )
    )


def stays_open(words: Sequence[str]) -> bool:
    """Return whether the lines after an interactive command are typed into it; an editor is closed before them."""
    names = {PurePosixPath(word).name for word in words[:2]}
    return not (names & _CLOSED) and not ({"edit", "crontab", "rebase", "add"} & set(words[:3]))


def opens_shell(words: Sequence[str]) -> bool:
    """Return whether an interactive command is a shell, also of another host, which may stay open in later steps."""
    return PurePosixPath(words[0]).name not in _STATEMENTS


def _in_container(words: Sequence[str]) -> list[str]:
    """Return the command that is run in a container, without the name of that."""
    if "--" in words:
        return list(words[words.index("--") + 1 :])
    return _after_options(words, "exec")[1:]


def _after_options(words: Sequence[str], program: str) -> list[str]:
    """Return the words from the first on that is neither an option nor the value of one."""
    valued, at = _AFTER_OPTION[program], 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in valued else 1
    return list(words[at:])
