"""The fields of an item as people write them in lines such as `Owner: ana`, and in columns of tables."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.boxes import is_mark, is_no
from mmcockpit.config.markdown.inline import inline
from mmcockpit.config.markdown.lengths import length_s
from mmcockpit.core.model.checklist import ItemStep
from mmcockpit.core.text import plain

LONGEST_ROLE = 80
_KINDS = {
    "role": "owner owners responsible responsible-person responsible-team responsible-party responsibility dri role who"
    " team lead by person person-in-charge pic poc contact performed-by done-by executed-by operator"
    " assigned-group assignment-group assigned-team",
    "assignee": "assignee assignees assigned assigned-to",
    "needs": "needs depends-on dependencies dependency prerequisite prerequisites blocked-by requires waits-for after",
    "required": "required mandatory blocking optional",
    "evidence": "evidence proof",
    "command": "command commands cmd run",
    "time": "time when planned planned-time planned-start start starts start-time due due-date deadline scheduled at",
    "estimate": "duration dur est timebox time-box time-required expected-duration"
    " estimate estimated estimated-time estimated-duration eta takes effort time-needed",
    "link": "link links runbook docs documentation url dashboard ticket reference",
    "expected": "expected expected-result expected-output expect result verify verification check",
    "note": "note notes comment comments details description how why warning caution rollback impact risk",
    "status": "status state done",
    "yaml": "signal signals approvals",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_FIELD = re.compile(
    r"^\s*(?:\*{1,3}|_{1,3})?([A-Za-z][A-Za-z -]{0,24}?\.?(?:\s?\([a-z]{1,8}\))?)\s*"
    r"(?:[:\uff1a]\s*(?:\*{1,3}|_{1,3})|(?:\*{1,3}|_{1,3})?\s*(?:::?|\uff1a)|(?:\*{1,3}|_{1,3})\s*[\u2013\u2014-](?=\s)|\s=(?=\s))"
    r"\s*(.*)$",
    re.DOTALL,
)
"""A field with its value: `Owner: ana`, `**Owner:** ana`, `**Owner** - ana`, `Owner = ana`, `Duration (min): 5`."""
_UNIT = re.compile(r"\(([a-z]+)\)\W*$", re.IGNORECASE)
"""The unit in the name of a field: `Duration (min)`."""
_PLACEHOLDER = re.compile(r"unassigned|none|nobody|n/?a|tb[dca]|\?+|[-\u2013\u2014]|[.\u2026]{1,3}", re.IGNORECASE)
"""What people write where a person is not known yet."""
_MENTIONED = re.compile(r"(?<![\w.])@(?:<([^<>]+)>|(?=[\w-]))|\[~([\w.-]+)\]")
"""A person as tools write it: `@ana`, `@<Ana Pop>`, `[~ana]`."""
_EVIDENCE = re.compile(r"^evidence(?: is)? (?:required|needed)\.?$", re.IGNORECASE)
_ATTACH = re.compile(
    r"^(?:please )?(?:attach|upload|paste|include|save|post|add) (?:an? |the |your |its )?(?:[\w-]+ )?"
    r"(?:screen ?shots?|evidence|proof|recordings?|logs?|outputs?|reports?|links?|exports?)\b[^.]{0,60}\.?$",
    re.IGNORECASE,
)
"""A request for evidence: `attach screenshot`."""
_FURTHER = re.compile(r"\s*[;|\u00b7]\s*(?=(?:\*\*|__)?[A-Z][\w -]{1,24}\.?(?:\*\*|__)?:)")
"""What separates the fields in one line: `Owner: Ana; Backup: Bo`."""
MOST_STEPS = 50
LONGEST_COMMAND = 4000
_MOST_WORDS = 3
"""Maximum number of words in the name of an unknown field."""
_VALUED = frozenset({"role", "assignee", "needs", "evidence", "estimate", "command", "link"})
"""Kinds of fields whose values are more than a line of text."""
_SHORT = frozenset({"role", "assignee", "estimate", "time", "evidence"})
"""Kinds of fields after which others may follow in the same line."""
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BETWEEN = re.compile(r"[\s,;.:]*(?:\b(?:and|then|or)\b[\s,;:]*)?")


class WrittenNeed(NamedTuple):
    """What an item needs, as written: the line, the name of the field, and its text, which may name several items."""

    line: int
    title: str
    text: str

    @property
    def strict(self) -> bool:
        """Whether it can only name items; dependencies and prerequisites may be anything."""
        return self.title.casefold() == "needs"


@dataclass(slots=True)
class Fields:
    """The fields of an item beside its title."""

    role: str = ""
    assignee: str = ""
    required: bool = True
    evidence: bool = False
    estimate: float = 0.0
    links: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Lines of its description."""
    steps: list[ItemStep] = field(default_factory=list)
    """Its commands, to copy."""
    needs: list[WrittenNeed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What a person should know about its fields."""
    only_text: list[tuple[int, str]] = field(default_factory=list)
    """Lines with fields that only items of YAML have, and their names: they do nothing."""
    line: int = 0
    """The line that is read."""
    count: int = 0

    def add(self, written: str) -> bool:
        """Take a line such as `Owner: network`; False if it is no field."""
        if _EVIDENCE.match(written.strip()):
            self.put("evidence", "Evidence", "required")
            return True
        if is_evidence(written):
            self.put("evidence", "Evidence", written.strip())
            return True
        match = _FIELD.match(without_emoji(written))
        kind = field_kind(match[1]) if match else ""
        if match is None or not kind or not match[2].strip():
            return False
        value, *further = _FURTHER.split(match[2]) if kind in _SHORT else [match[2]]
        self.put(kind, match[1].strip(), value)
        for part in further:
            if not self.add(part):
                self.texts.append(inline(part).text)
        return True

    def add_wrapped(self, written: str) -> bool:
        """Take a line of a title as a field: with a capital, in bold, or of a kind that no wrapped title has.

        An unknown field with a capital, such as `Backup: Bo`, is a line of the description.
        """
        match = _FIELD.match(written)
        named = match is not None and field_kind(match[1]) in _VALUED
        begins = written.lstrip()[:1]
        if (named or begins.isupper() or begins in "*_") and self.add(written):
            return True
        if match is None or not begins.isupper() or not match[2].strip() or len(match[1].split()) > _MOST_WORDS:
            return False
        self.texts.append(inline(written).text)
        return True

    def put(self, kind: str, title: str, written: str) -> None:
        """Take the value of a field by its kind."""
        if kind == "required" and written.strip() and (is_mark(written) or is_no(written)):
            self.require(is_mark(written) is not (title.casefold() == "optional"))
            return
        value = inline(written)
        text = value.text
        if not text:
            return
        self.count += 1
        self.links += [link for link in value.links if link not in self.links]
        timed = kind == "estimate" or (kind, title.casefold()) == ("time", "time")
        seconds = length_s(_with_unit(text, title)) if timed else 0.0
        if kind in ("role", "assignee") and not getattr(self, kind) and _is_person(text):
            setattr(self, kind, _MENTIONED.sub(r"\1\2", text))
        elif kind == "needs":
            self.needs.append(WrittenNeed(self.line, title, text))
        elif seconds and not self.estimate:
            self.estimate = seconds
        elif kind == "command" and (lines := field_commands(title, written, text)):
            for line in lines:
                self.add_command(line)
        elif kind == "time":
            self.texts.append(f"Planned time: {text}")
        else:
            self.evidence = self.evidence or kind == "evidence"
            self.only_text += [(self.line, title)] if kind == "yaml" else []
            if kind == "estimate" and not self.estimate:
                self.problems.append(f"estimate '{text}' is not a length of time; write 90 min or 1h 30m")
            self.texts.append(f"{title[:1].upper()}{title[1:]}: {text}")

    def add_command(self, command: str, about: str = "") -> None:
        """Take a command as a step; as a part of the description if there are too many, or if it is no short line."""
        if len(self.steps) < MOST_STEPS and len(command) <= LONGEST_COMMAND and "\n" not in command:
            self.steps.append(ItemStep(about, command))
        else:
            self.texts += [*filter(None, (about,)), f"Command: {command}"]

    def link(self, addresses: Iterable[str]) -> None:
        """Take the addresses of pages, each once; not those of mail."""
        self.links += [address for address in addresses if "://" in address and address not in self.links]

    def require(self, required: bool) -> None:
        """Take whether the gate waits for the item."""
        self.required = required
        if not required:
            self.problems.append("optional: the gate of its phase does not wait for it")

    def merge(self, other: "Fields") -> None:
        """Take the fields of another object, which began with the role, assignee and estimate of this one."""
        self.role, self.assignee, self.estimate = other.role, other.assignee, other.estimate
        self.evidence = self.evidence or other.evidence
        self.required = self.required and other.required
        self.count += other.count
        for name in ("links", "texts", "steps", "needs", "problems", "only_text"):
            getattr(self, name).extend(getattr(other, name))


def is_evidence(written: str) -> bool:
    """Return whether a text asks for evidence: `attach screenshot`."""
    return _ATTACH.match(written.strip()) is not None


def _with_unit(text: str, title: str) -> str:
    """Return a number with the unit that the name of its field has; any other text as it is."""
    unit = _UNIT.search(title)
    return f"{text} {unit[1]}" if unit and re.fullmatch(r"\d+(?:[.,]\d+)?", text) else text


def _is_person(text: str) -> bool:
    return len(text) <= LONGEST_ROLE and not _PLACEHOLDER.fullmatch(text)


def field_commands(title: str, written: str, text: str) -> list[str]:
    """Return the commands of a field: its code, or all of it; none for prose such as `Run: the script as root`."""
    written = re.sub(r"<br\s*/?>", " ", written, flags=re.IGNORECASE)
    code = [match[2].strip() for match in _CODE.finditer(written)]
    if code and all(map(_BETWEEN.fullmatch, _CODE.sub("\0", written).split("\0"))):
        return code
    return [] if code or title.casefold() == "run" else [text]


@lru_cache(maxsize=1024)
def field_kind(title: str) -> str:
    """Return the kind of a field by its name, such as the header of a column; empty for an unknown one."""
    word = plain(title).strip(" :*?.").casefold().replace("(s)", "s")
    word = re.sub(r"\s*\([^()]*\)$", "", word)
    return _BY_WORD.get(re.sub(r"[\s-]+", "-", word), "")


def field_name(written: str) -> str:
    """Return the name of the field that a line may be, known or not; empty for any other text."""
    match = _FIELD.match(written)
    return match[1].strip() if match else ""


def list_title(written: str) -> str:
    """Return the name of a field whose values are in a list below it, such as `Needs:`; empty for any other text."""
    match = _FIELD.match(written)
    named = match is not None and not match[2].strip() and field_kind(match[1]) in _VALUED
    return match[1].strip() if match is not None and named else ""
