"""Words in commands that a person has to replace before they run."""

import re

_NOUNS = (
    "ADDRESS|APP|BACKUP|BRANCH|BUCKET|CLUSTER|COMMIT|CONTAINER|DATABASE|DATE|DB|DBNAME|DEPLOYMENT|DIR|DIRECTORY|DOMAIN"
    "|ENDPOINT|ENV|ENVIRONMENT|FILE|FILENAME|HASH|HERE|HOST|HOSTNAME|ID|IDS|IMAGE|INSTANCE|IP|KEY|NAME|NAMESPACE|NODE"
    "|NUMBER|PASS|PASSWORD|PATH|POD|PORT|PROJECT|REGION|RELEASE|REPO|REVISION|SECRET|SERVER|SERVICE|SHA|SNAPSHOT|TABLE"
    "|TAG|TENANT|TIMESTAMP|TOKEN|URL|USER|USERNAME|VERSION|ZONE"
)
_ANYWHERE = re.compile(
    "|".join(
        (
            r"(?<!<)<[A-Za-z][\w .-]*>",
            r"\[[A-Z_]{2,}\]",
            r"\[[A-Za-z][a-z]{2,}[\w -]*\]",
            r"\b(?:YOUR|your)[_-]\w+",
            r"[\"'][Yy]our [\w ]+[\"']",
            r"(?<![\w/.])(?:\.\.\.|\u2026)(?![\w/.])",
            r"\w\u2026|\u2026\w",
            # %TAG%, __TAG__, @TAG@
            r"(?<![\w%@])(?P<mark>[%@]|__)[A-Z][A-Z_]*[A-Z](?P=mark)(?!\w)",
            # X.Y.Z, v1.x, x.x.x.x
            r"\b[vV]?(?:\d+\.){0,3}[xXnN](?:\.[xXyYzZnN])*(?:\.[xXyYzZnN])\b|\b[vV]?\d+(?:\.\d+)*\.[xX]\b",
            r"(?<![A-Za-z0-9])(?:[xX]{3,}|XX)(?![A-Za-z0-9])",
            r"Y{4}-?M{2}",
            r"\bpath/to/",
        )
    )
)
_CAPITALS = re.compile(
    "|".join(
        (
            # POD_NAME, NEW-VERSION; no names of settings: LOG_LEVEL=debug
            rf"(?<![\w.$-])(?:[A-Z][A-Z0-9]*[_-])+(?:{_NOUNS})(?![\w=-])",
            r"(?<![\w.$-])(?:MY|NEW|OLD|PREV|PREVIOUS|LAST|TARGET|SOURCE|SOME|THE)[_-][A-Z][A-Z_-]*(?![\w=-])",
            # a word alone: kubectl delete pod NAME
            rf"(?:(?<=\s)|(?<=[/:=]))(?:{_NOUNS})(?=\s|$)",
        )
    )
)
_QUOTED = re.compile(r"'[^']*\s[^']*'|\"[^\"]*\s[^\"]*\"")
"""A text of several words, such as a statement of SQL, in which a word of capitals is no placeholder."""


def has_placeholder(written: str) -> bool:
    """Return whether a command has a word to replace: `<version>`, `vX.Y.Z`, `POD_NAME`, `path/to/backup`."""
    return bool(_ANYWHERE.search(written) or _CAPITALS.search(_QUOTED.sub(" ", written)))
