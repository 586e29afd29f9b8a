"""The fields of an item as people write them: role prefixes, `Owner:` entries, and notes in parentheses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mmcockpit.config.markdown.inline import inline
from mmcockpit.core.model.checklist import ItemStep
from mmcockpit.core.text import plain

LONGEST_ROLE = 80
_KINDS = {
    "role": "owner owners responsible assignee assigned assigned-to dri role who team lead by person contact",
    "evidence": "evidence proof",
    "command": "command commands cmd run",
    "time": "time when planned planned-time start starts due scheduled at",
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
_PLACED = re.compile(r"\s*\(([^()]{1,120})\)\s*$")
_PLANNED = re.compile(r"^T\s*[-+\u2212\u00b1]\s*\d+(?::\d\d|\s*(?:m|min|h|d))?(?::\d\d)?$|^T-?0$", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b\.?", re.IGNORECASE
)
MOST_STEPS = 50
LONGEST_COMMAND = 4000
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BETWEEN = re.compile(r"[\s,;.:]*(?:\b(?:and|then|or)\b[\s,;:]*)?")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(slots=True)
class Fields:
    """The fields of an item beside its title."""

    role: str = ""
    evidence: bool = False
    estimate: float = 0.0
    links: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Lines of its description."""
    steps: list[ItemStep] = field(default_factory=list)
    """Its commands, to copy."""
    count: int = 0

    def add(self, written: str) -> bool:
        """Take a line such as `Owner: network`; False if it is no field."""
        match = _FIELD.match(written)
        kind = _BY_WORD.get(re.sub(r"[ -]+", "-", match[1].strip().casefold())) if match else None
        if match is None or kind is None or not match[2].strip():
            return False
        self.put(kind, match[1].strip(), match[2])
        return True

    def put(self, kind: str, title: str, written: str) -> None:
        """Take the value of a field by its kind."""
        value = inline(written)
        text = value.text
        if not text:
            return
        self.count += 1
        self.links += [link for link in value.links if link not in self.links]
        seconds = length_s(text) if kind == "estimate" else 0.0
        if kind == "role" and not self.role and len(text) <= LONGEST_ROLE:
            self.role = text.removeprefix("@")
        elif seconds and not self.estimate:
            self.estimate = seconds
        elif kind == "command" and (lines := _commands(title, written, text)):
            for line in lines:
                self.add_command(line)
        elif kind == "time":
            self.texts.append(f"Planned time: {text}")
        else:
            self.evidence = self.evidence or kind == "evidence"
            self.texts.append(f"{title[:1].upper()}{title[1:]}: {text}")

    def add_command(self, command: str, about: str = "") -> None:
        """Take a line for a shell as a step; as a line of the description if there are too many, or it is too long."""
        if len(self.steps) < MOST_STEPS and len(command) <= LONGEST_COMMAND:
            self.steps.append(ItemStep(about, command))
        else:
            self.texts += [*filter(None, (about,)), f"Command: {command}"]

    def link(self, addresses: Iterable[str]) -> None:
        """Take the addresses of pages, each once; not those of mail."""
        self.links += [address for address in addresses if "://" in address and address not in self.links]

    def strip_prefix(self, title: str) -> str:
        """Return a title without a role before it: `**(QA)** Run it`; the role is taken."""
        match = _PREFIX.match(title)
        if match is None or not (match[1] or match[2] or "").strip():
            return title
        if not match[1] and not (match[2] and len(match[2].split()) <= 2):
            return title
        rest = title[match.end() :].strip()
        self.put("role", "Owner", match[2] or match[3])
        return rest

    def strip_note(self, title: str) -> str:
        """Return a title without fields in parentheses after it: `Warm the caches (Owner: backend, 20 min)`."""
        match = _PLACED.search(title)
        if match is None or match.start() == 0:
            return title
        parts = [part.strip() for part in re.split(r"[,;]", match[1]) if part.strip()]
        inner = Fields(role=self.role, estimate=self.estimate)
        for part in parts:
            if not inner.add(part) and not inner._add_bare(part):
                return title
        if not parts:
            return title
        self.role, self.estimate = inner.role, inner.estimate
        self.evidence = self.evidence or inner.evidence
        self.links += inner.links
        self.texts += inner.texts
        self.steps += inner.steps
        self.count += inner.count
        return title[: match.start()]

    def _add_bare(self, part: str) -> bool:
        """Take a value without a name: `20 min`, `T-0:15`, `@ana`."""
        if _PLANNED.match(part):
            self.put("time", "Time", part)
        elif length_s(part):
            self.put("estimate", "Estimate", part)
        elif re.fullmatch(r"@[\w.-]+", part):
            self.put("role", "Owner", part)
        else:
            return False
        return True


def _commands(title: str, written: str, text: str) -> list[str]:
    """Return the commands of a field: its code, or all of it; none for prose such as `Run: the script as root`."""
    code = [match[2].strip() for match in _CODE.finditer(written)]
    if code and all(map(_BETWEEN.fullmatch, _CODE.sub("\0", written).split("\0"))):
        return code
    return [] if code or title.casefold() == "run" else [text]


def field_kind(title: str) -> str:
    """Return the kind of a field by its name, such as the header of a column; empty for an unknown one."""
    return _BY_WORD.get(re.sub(r"[\s-]+", "-", plain(title).strip(" :*").casefold()), "")


def length_s(text: str) -> float:
    """Return the seconds of a length such as `20 min`, `1.5 hours` or `~1h 30m`; 0 for any other text."""
    rest = text.strip().lstrip("~≈ca. ").strip()
    parts = list(_AMOUNT.finditer(rest))
    if not parts or _AMOUNT.sub("", rest).strip(" +,and"):
        return 0.0
    return sum(float(part[1].replace(",", ".")) * _UNITS[part[2][0].lower()] for part in parts)
