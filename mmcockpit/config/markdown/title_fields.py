"""Fields in the title of an item: `**(QA)** Run it`, `Warm it (Owner: ops, 20 min)`, `Tag it - Owner: ana`."""

import re
from collections.abc import Iterator

from mmcockpit.config.markdown.fields import Fields, field_kind, field_name
from mmcockpit.config.markdown.lengths import length_s

_PREFIX = re.compile(
    r"^\s*(\*{1,3}|_{1,3})?(?:\(([^()\d][^()]{0,38})\)|\[([^\[\]\d][^\[\]]{1,38})\](?!\())\s*:?(?(1)\1)\s*:?\s+(?=\S)"
)
_TEAM = re.compile(r"[A-Z][A-Z/&+]{1,11}")
"""A role in square brackets without emphasis; anything else in them may be the name of a link."""
_OPTIONAL = re.compile(r"^\s*(?:\*\*)?(?:[(\[]optional[)\]]|optional(?=:))\s*:?(?:\*\*)?:?\s+(?=\S)", re.IGNORECASE)
_PEOPLE = r"@[\w.-]*\w(?:\s*(?:,|&|\+|/|\band\b)\s*@[\w.-]*\w)*"
_MENTION = re.compile(rf"^\s*({_PEOPLE}):?\s+(?=\S)")
_MENTION_AFTER = re.compile(
    rf"(?<=\S)\s+(?:\\?[\u2013\u2014-]){{1,2}}\s*({_PEOPLE})(?:(?:\s*[,;|]|\s+\\?[\u2013\u2014-])\s*([^,;|@]{{1,20}}))?\s*$"
)
"""People after a title, and how long it takes them: `- @bo`, `- @bo, 10m`."""
_NO_ROLE = re.compile(
    r"(?:optional|required|mandatory|recommended|new|wip|todo|tb[dca]|draft|done|blocked|manual|automatic|automated"
    r"|(?:if|when|where) .*|nice to have|must|should|may|critical|important|urgent|high|medium|low|deprecated"
    r"|prod|production|preprod|staging|stage|uat|test|dev|eu|us|go|no-go|n/a|ok|asap|fyi|nb|rfc"
    r"|(?:p|sev|v)-?\d.*|t\s*[-+\u2212].*)",
    re.IGNORECASE,
)
"""What people write in brackets before a title that is no role."""
_PLACED = re.compile(
    r"\s*[*_]{0,3}(?:\(([^()]{1,120})\)|\[([^\[\]]{1,120})\]|\{([^{}]{1,120})\}|\uff08([^\uff08\uff09]{1,120})\uff09)"
    r"[*_]{0,3}\s*$"
)
_SEPARATOR = re.compile(r"\s+(?:\\?[|\u00b7\u2013\u2014-]){1,2}\s+|\s*;\s+|\s+(?=(?:\*\*|__)[A-Z])")
_NAMED = frozenset({"role", "assignee", "needs", "evidence", "estimate", "time"})
"""Kinds of fields after a title without parentheses."""
_PLANNED = re.compile(r"^T\s*[-+\u2212\u00b1]\s*\d+(?::\d\d|\s*(?:m|min|h|d))?(?::\d\d)?$|^T-?0$", re.IGNORECASE)
_DUE = re.compile(r"(?:due(?:\s+(?:on|at|by))?\s+(?=.*\d)|(?:at|by)\s+(?=.*\d(?::\d\d|-\d\d-)))(.*)", re.IGNORECASE)
_AFTER = re.compile(r"(depends on|depending on|blocked by|waits for)\s+(.*)", re.IGNORECASE)
"""What an item needs, as people write it in parentheses without a colon."""
_DATED = re.compile(r"\s+(?:[📅🗓⏳🛫]\ufe0f?\s*(\d{4}-\d\d-\d\d)|[⏫🔺🔼🔽⏬]\ufe0f?|\^[A-Za-z][\w-]*)(?=\s|$)")
"""The date, priority or name of a task in Obsidian: `📅 2026-12-01`, `⏫`, `^task-1`."""
_MOST_NOTES = 4
"""Maximum number of notes in parentheses, and of other fields, after a title."""


def strip_prefix(title: str, fields: Fields) -> str:
    """Return a title without a role before it: `**(QA)** Run it`; the role is taken."""
    if optional := _OPTIONAL.match(title):
        fields.require(False)
        return strip_prefix(title[optional.end() :], fields)
    if mention := _MENTION.match(title):
        fields.put("role", "Owner", mention[1])
        return title[mention.end() :]
    match = _PREFIX.match(title)
    role = (match[2] or match[3]).strip() if match is not None else ""
    if match is None or not role or _NO_ROLE.fullmatch(role):
        return title
    if not match[1] and not (len(role.split()) <= 2 if match[2] else _TEAM.fullmatch(role)):
        return title
    fields.put("role", "Owner", role)
    return title[match.end() :].strip()


def strip_notes(title: str, fields: Fields) -> str:
    """Return a title without the fields after it: `Warm it (Owner: ops, 20 min)`, `Warm it | Owner: ops`."""
    title = " ".join(title.split())
    for dated in _DATED.finditer(title):
        fields.put("time", "Due", dated[1] or "")
    title = _DATED.sub("", title)
    for _ in range(_MOST_NOTES):
        placed, mention = _PLACED.search(title), _MENTION_AFTER.search(title)
        if placed is not None and placed.start() and _add_note(placed[placed.lastindex or 1], fields):
            title = title[: placed.start()]
        elif mention is not None and (not mention[2] or length_s(mention[2])):
            fields.put("role", "Owner", mention[1])
            fields.put("estimate", "Estimate", mention[2] or "")
            title = title[: mention.start()]
        elif (end := _named_field(title, fields)) < len(title):
            title = title[:end]
        else:
            break
    return title


def _named_field(title: str, fields: Fields) -> int:
    """Take the last field of a title, such as `Owner: ops` after a dash; return where it begins, else the length."""
    start, end = 0, 0
    for separator in _SEPARATOR.finditer(title):
        start, end = separator.span()
    named = field_kind(field_name(title[end:])) in _NAMED and (end > 0 or title[:1] in ("*", "_"))
    return start if named and fields.add(title[end:]) else len(title)


def _add_note(note: str, fields: Fields) -> bool:
    """Take the fields of a note in parentheses; False, and nothing taken, if it has any other word."""
    inner = Fields(role=fields.role, assignee=fields.assignee, estimate=fields.estimate, line=fields.line)
    parts = list(_parts(note))
    if not parts or not all(inner.add(part) or _add_bare(part, inner) for part in parts):
        return False
    fields.merge(inner)
    return True


def _add_bare(part: str, fields: Fields) -> bool:
    """Take a value without a name: `20 min`, `T-0:15`, `due 02:30`, `@ana`, `depends on X`, `optional`."""
    due, after = _DUE.fullmatch(part), _AFTER.fullmatch(part)
    if part.casefold() == "optional":
        fields.require(False)
    elif _PLANNED.match(part) or due:
        fields.put("time", "Time", due[1] if due else part)
    elif after:
        fields.put("needs", after[1].capitalize(), after[2])
    elif length_s(part):
        fields.put("estimate", "Estimate", part)
    elif re.fullmatch(r"@[\w.-]+", part):
        fields.put("role", "Owner", part)
    else:
        return False
    return True


def _parts(note: str) -> Iterator[str]:
    """Yield the fields of a note; a value with commas is one: `Owner: ana, bo`."""
    latest = ""
    for part in filter(None, map(str.strip, re.split(r"[,;]", note))):
        if latest and not field_name(part) and not _add_bare(part, Fields()) and field_name(latest):
            latest = f"{latest}, {part}"
            continue
        if latest:
            yield latest
        latest = part
    if latest:
        yield latest
