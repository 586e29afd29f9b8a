"""Fields in the title of an item: `**(QA)** Run it`, `Warm it (Owner: ops, 20 min)`, `Tag it - Owner: ana`."""

import re
from collections.abc import Iterator

from mmcockpit.config.markdown.fields import Fields, field_kind, field_name, is_evidence
from mmcockpit.config.markdown.lengths import length_s
from mmcockpit.config.markdown.roles import is_role, may_be_role, starting_role
from mmcockpit.config.markdown.times import starting_time

_PREFIX = re.compile(
    r"^\s*(\*{1,3}|_{1,3}|==)?(?:\(([^()\d][^()]{0,38})\)|\[([^\[\]\d][^\[\]]{1,38})\](?!\())\s*:?(?(1)\1)\s*:?\s+(?=\S)"
)
_TEAM = re.compile(r"[A-Z][A-Z/&+]{1,11}")
"""A role in square brackets without emphasis; anything else in them may be the name of a link."""
_HTML = re.compile(r"^\s*<(b|strong)>([^<>]{1,60})</\1>", re.IGNORECASE)
_OPTIONAL = re.compile(r"^\s*(?:\*\*)?(?:[(\[]optional[)\]]|optional(?=:))\s*:?(?:\*\*)?:?\s+(?=\S)", re.IGNORECASE)
_OR_OPTIONAL = re.compile(r"^optional\s*[,;/]\s*|\s*[,;/]\s*optional$", re.IGNORECASE)
_PEOPLE = r"@[\w.-]*\w(?:\s*(?:,|&|\+|/|\band\b)\s*@[\w.-]*\w)*"
_MENTION = re.compile(rf"^\s*({_PEOPLE}):?\s+(?=\S)")
_MENTION_AFTER = re.compile(
    rf"(?<=\S)\s+(?:\\?[\u2013\u2014-]){{1,2}}\s*({_PEOPLE})(?:(?:\s*[,;|]|\s+\\?[\u2013\u2014-])\s*([^,;|@]{{1,20}}))?\s*$"
)
"""People after a title, and how long it takes them: `- @bo`, `- @bo, 10m`."""
_PLACED = re.compile(
    r"\s*[*_]{0,3}(?:\(([^()]{1,120})\)|\[([^\[\]]{1,120})\]|\{([^{}]{1,120})\}|\uff08([^\uff08\uff09]{1,120})\uff09)"
    r"[*_]{0,3}\s*$"
)
_SEPARATOR = re.compile(r"\s+(?:\\?[|\u00b7\u2013\u2014-]){1,2}\s+|\s*;\s+|\s+(?=(?:\*\*|__)[A-Z])")
_BARE_AFTER = re.compile(
    r"(?<=\S)\s*(?:\s\\?(?P<bar>[|\u00b7])|\s(?:\u2192|->|=>|(?:\\?[\u2013\u2014-]){1,2}))\s+([^|\u00b7]{1,40})$"
)
"""A value without a name after a title: `| 10 min`, `\u2192 DBA`."""
_OWNED = re.compile(r"(?:assigned to|owned by|owner|done by)\s*[:\u2013-]?\s*(.+)", re.IGNORECASE)
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
    title = _HTML.sub(r"**\2**", title)
    if optional := _OPTIONAL.match(title):
        fields.require(False)
        return strip_prefix(title[optional.end() :], fields)
    planned, rest = starting_time(title)
    if planned:
        fields.put("time", "Planned", planned)
        return strip_prefix(rest, fields)
    role, rest = starting_role(title)
    if role:
        fields.put("role", "Owner", role)
        return rest
    if mention := _MENTION.match(title):
        fields.put("role", "Owner", mention[1])
        return title[mention.end() :]
    match = _PREFIX.match(title)
    if match is None or not (role := _prefixed(match)):
        return title
    if _OR_OPTIONAL.search(match[2] or match[3]):
        fields.require(False)
    fields.put("role", "Owner", role)
    return title[match.end() :].strip()


def _prefixed(match: re.Match[str]) -> str:
    """Return the role in brackets before a title; empty if it is a state, a time or a part of the title."""
    role = _OR_OPTIONAL.sub("", (match[2] or match[3]).strip())
    short = len(role.split()) <= 2 if match[2] else _TEAM.fullmatch(role) is not None
    return role if may_be_role(role) and (match[1] or short or is_role(role)) else ""


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
        elif (end := _named_field(title, fields)) < len(title) or (end := _bare_value(title, fields)) < len(title):
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


def _bare_value(title: str, fields: Fields) -> int:
    """Take a value without a name after a title, such as `| QA`; return where it begins, else the length."""
    after = _BARE_AFTER.search(title)
    if after is None:
        return len(title)
    value = after[2].strip("*_ ")
    known = is_role(value) or re.fullmatch(_PEOPLE, value) is not None
    taken = (after["bar"] is not None or known) and _add_bare(value, fields)
    return after.start() if taken else len(title)


def _add_note(note: str, fields: Fields) -> bool:
    """Take the fields of a note in parentheses; False, and nothing taken, if it has any other word."""
    inner = Fields(role=fields.role, assignee=fields.assignee, estimate=fields.estimate, line=fields.line)
    parts = [note.strip()] if re.fullmatch(_PEOPLE, note.strip()) else list(_parts(note))
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
    elif re.fullmatch(_PEOPLE, part) or is_role(part):
        fields.put("role", "Owner", part)
    elif (owned := _OWNED.fullmatch(part)) and (re.fullmatch(_PEOPLE, owned[1]) or is_role(owned[1])):
        fields.put("role", "Owner", owned[1])
    elif is_evidence(part):
        fields.put("evidence", "Evidence", part)
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
