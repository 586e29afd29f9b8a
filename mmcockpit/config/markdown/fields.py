"""The fields of an item as people write them: role prefixes, `Owner:` entries, and notes in parentheses."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mmcockpit.config.markdown.boxes import is_mark, is_no
from mmcockpit.config.markdown.inline import inline
from mmcockpit.config.markdown.lengths import length_s
from mmcockpit.core.model.checklist import ItemStep
from mmcockpit.core.text import plain

LONGEST_ROLE = 80
_KINDS = {
    "role": "owner owners responsible dri role who team lead by person contact",
    "assignee": "assignee assignees assigned assigned-to",
    "needs": "needs depends-on dependencies dependency prerequisite prerequisites blocked-by",
    "required": "required mandatory blocking optional",
    "evidence": "evidence proof",
    "command": "command commands cmd run",
    "time": "time when planned planned-time planned-start start starts due scheduled at",
    "estimate": "duration estimate estimated estimated-time estimated-duration eta takes effort time-needed",
    "link": "link links runbook docs documentation url dashboard ticket reference",
    "expected": "expected expected-result expected-output expect result verify verification check",
    "note": "note notes comment comments details description how why warning caution rollback impact risk",
    "status": "status state done",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_FIELD = re.compile(
    r"^\s*(?:\*{1,3}|_{1,3})?([A-Za-z][A-Za-z -]{0,24}?)\s*(?::\s*(?:\*{1,3}|_{1,3})|(?:\*{1,3}|_{1,3})?\s*:)\s*(.*)$",
    re.DOTALL,
)
_PREFIX = re.compile(
    r"^\s*(\*{1,3}|_{1,3})?(?:\(([^()\d][^()]{0,38})\)|\[([^\[\]\d][^\[\]]{1,38})\](?!\())\s*:?(?(1)\1)\s*:?\s+(?=\S)"
)
_OPTIONAL = re.compile(r"^\s*(?:\*\*)?(?:[(\[]optional[)\]]|optional(?=:))\s*:?(?:\*\*)?:?\s+(?=\S)", re.IGNORECASE)
_MENTION = re.compile(r"^\s*@([\w.-]+):?\s+(?=\S)")
_EVIDENCE = re.compile(r"^evidence(?: is)? (?:required|needed)\.?$", re.IGNORECASE)
_NO_ROLE = re.compile(
    r"(?:optional|required|mandatory|recommended|new|wip|todo|tb[dca]|draft|done|blocked|manual|automatic|automated"
    r"|(?:if|when|where) .*|nice to have|must|should|may|critical|important|urgent|high|medium|low|deprecated"
    r"|(?:p|sev|v)-?\d.*|t\s*[-+\u2212].*)",
    re.IGNORECASE,
)
"""What people write in brackets before a title that is no role."""
_PLACED = re.compile(r"\s*[*_]{0,3}\(([^()]{1,120})\)[*_]{0,3}\s*$")
_PLANNED = re.compile(r"^T\s*[-+\u2212\u00b1]\s*\d+(?::\d\d|\s*(?:m|min|h|d))?(?::\d\d)?$|^T-?0$", re.IGNORECASE)
MOST_STEPS = 50
LONGEST_COMMAND = 4000
_VALUED = frozenset({"role", "assignee", "needs", "evidence", "estimate", "command", "link"})
"""Kinds of fields whose values are more than a line of text."""
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BETWEEN = re.compile(r"[\s,;.:]*(?:\b(?:and|then|or)\b[\s,;:]*)?")
_MOST_NOTES = 4
"""Maximum number of notes in parentheses after a title."""


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
    line: int = 0
    """The line that is read."""
    count: int = 0

    def add(self, written: str) -> bool:
        """Take a line such as `Owner: network`; False if it is no field."""
        if _EVIDENCE.match(written.strip()):
            self.put("evidence", "Evidence", "required")
            return True
        match = _FIELD.match(written)
        kind = _BY_WORD.get(re.sub(r"[ -]+", "-", match[1].strip().casefold())) if match else None
        if match is None or kind is None or not match[2].strip():
            return False
        self.put(kind, match[1].strip(), match[2])
        return True

    def add_wrapped(self, written: str) -> bool:
        """Take a line of a title as a field: with a capital, in bold, or of a kind that no wrapped title has."""
        match = _FIELD.match(written)
        named = match is not None and field_kind(match[1]) in _VALUED
        return (named or written.lstrip()[:1].isupper() or written.lstrip()[:1] in "*_") and self.add(written)

    def put(self, kind: str, title: str, written: str) -> None:
        """Take the value of a field by its kind."""
        if kind == "required" and written.strip() and (is_mark(written) or is_no(written)):
            self._require(is_mark(written) is not (title.casefold() == "optional"))
            return
        value = inline(written)
        text = value.text
        if not text:
            return
        self.count += 1
        self.links += [link for link in value.links if link not in self.links]
        timed = kind == "estimate" or (kind, title.casefold()) == ("time", "time")
        seconds = length_s(text) if timed else 0.0
        if kind in ("role", "assignee") and not getattr(self, kind) and len(text) <= LONGEST_ROLE:
            setattr(self, kind, text.removeprefix("@"))
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

    def _require(self, required: bool) -> None:
        self.required = required
        if not required:
            self.problems.append("optional: the gate of its phase does not wait for it")

    def strip_prefix(self, title: str) -> str:
        """Return a title without a role before it: `**(QA)** Run it`; the role is taken."""
        if optional := _OPTIONAL.match(title):
            self._require(False)
            return self.strip_prefix(title[optional.end() :])
        if mention := _MENTION.match(title):
            self.put("role", "Owner", mention[1])
            return title[mention.end() :]
        match = _PREFIX.match(title)
        if match is not None and _NO_ROLE.fullmatch((match[2] or match[3]).strip()):
            return title
        if match is None or not (match[1] or match[2] or "").strip():
            return title
        if not match[1] and not (match[2] and len(match[2].split()) <= 2):
            return title
        rest = title[match.end() :].strip()
        self.put("role", "Owner", match[2] or match[3])
        return rest

    def strip_note(self, title: str) -> str:
        """Return a title without fields in parentheses after it: `Warm the caches (Owner: backend, 20 min)`."""
        title = " ".join(title.split())
        for _ in range(_MOST_NOTES):
            match = _PLACED.search(title)
            if match is None or match.start() == 0 or not self._add_note(match[1]):
                break
            title = title[: match.start()]
        return title

    def _add_note(self, note: str) -> bool:
        """Take the fields of a note in parentheses; False, and nothing taken, if it has any other word."""
        inner = Fields(role=self.role, assignee=self.assignee, estimate=self.estimate, line=self.line)
        parts = list(_parts(note))
        if not parts or not all(inner.add(part) or inner._add_bare(part) for part in parts):
            return False
        self.role, self.assignee, self.estimate = inner.role, inner.assignee, inner.estimate
        self.evidence = self.evidence or inner.evidence
        self.required = self.required and inner.required
        self.count += inner.count
        for name in ("links", "texts", "steps", "needs", "problems"):
            getattr(self, name).extend(getattr(inner, name))
        return True

    def _add_bare(self, part: str) -> bool:
        """Take a value without a name: `20 min`, `T-0:15`, `@ana`, `optional`."""
        if part.casefold() == "optional":
            self._require(False)
        elif _PLANNED.match(part):
            self.put("time", "Time", part)
        elif length_s(part):
            self.put("estimate", "Estimate", part)
        elif re.fullmatch(r"@[\w.-]+", part):
            self.put("role", "Owner", part)
        else:
            return False
        return True


def field_commands(title: str, written: str, text: str) -> list[str]:
    """Return the commands of a field: its code, or all of it; none for prose such as `Run: the script as root`."""
    written = re.sub(r"<br\s*/?>", " ", written, flags=re.IGNORECASE)
    code = [match[2].strip() for match in _CODE.finditer(written)]
    if code and all(map(_BETWEEN.fullmatch, _CODE.sub("\0", written).split("\0"))):
        return code
    return [] if code or title.casefold() == "run" else [text]


def field_kind(title: str) -> str:
    """Return the kind of a field by its name, such as the header of a column; empty for an unknown one."""
    word = plain(title).strip(" :*?").casefold().replace("(s)", "s")
    return _BY_WORD.get(re.sub(r"[\s-]+", "-", word), "")


def list_title(written: str) -> str:
    """Return the name of a field whose values are in a list below it, such as `Needs:`; empty for any other text."""
    match = _FIELD.match(written)
    named = match is not None and not match[2].strip() and field_kind(match[1]) in _VALUED
    return match[1].strip() if match is not None and named else ""


def _parts(note: str) -> Iterator[str]:
    """Yield the fields of a note; a value with commas is one: `Owner: ana, bo`."""
    latest = ""
    for part in filter(None, map(str.strip, re.split(r"[,;]", note))):
        if latest and not _FIELD.match(part) and not Fields()._add_bare(part) and _FIELD.match(latest):
            latest = f"{latest}, {part}"
            continue
        if latest:
            yield latest
        latest = part
    if latest:
        yield latest
