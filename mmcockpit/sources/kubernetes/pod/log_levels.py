"""Levels of log lines: JSON, logfmt, klog, and plain lines with their level before the message."""

import re
from typing import Any

import msgspec

OTHER = "OTHER"
"""Lines without a known level."""
LEVELS = {
    **dict.fromkeys(("CRITICAL", "FATAL", "CRIT", "FTL", "PANIC", "DPANIC", "ALERT", "EMERG", "EMERGENCY"), "CRITICAL"),
    **dict.fromkeys(("ERROR", "EXCEPTION", "ERR", "SEVERE", "FAIL"), "ERROR"),
    **dict.fromkeys(("WARNING", "WARN", "WRN"), "WARNING"),
    **dict.fromkeys(("INFO", "INFORMATION", "INF", "NOTICE", "LOG"), "INFO"),
    **dict.fromkeys(("DEBUG", "DBG", "DBUG", "TRACE", "TRC", "TRCE", "VERBOSE", "VRB"), "DEBUG"),
}
"""Level in a line, as logging libraries and syslog name it, to the level that it is counted as."""
_STEPS = ((60, "CRITICAL"), (50, "ERROR"), (40, "WARNING"), (30, "INFO"), (10, "DEBUG"))
"""Numeric levels of pino and bunyan, highest first."""
_CLEAR = frozenset({"info", "warn", "warning", "error", "err", "debug", "fatal", "critical", "crit"})
"""Levels that also count in lower case without punctuation after a time; others may be words of a sentence."""
_HEAD = 512
"""Bytes of a plain line in which its level is searched."""
_LONGEST_LOGFMT = 8 * 1024
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_KLOG = re.compile(rb"([IWEF])(?:\d{4}|\d{8}) \d\d:\d\d:\d\d")
_KLOG_LEVELS = {b"I": "INFO", b"W": "WARNING", b"E": "ERROR", b"F": "CRITICAL"}
_DATE = (
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d?[-/.](?:\d\d?|[A-Z][a-z]{2})[-/.]\d{4}|\d\d? [A-Z][a-z]{2} \d{4}"
    r"|(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} [ \d]?\d(?:,? \d{4})?)"
)
_CLOCK = r"\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?: ?[AP]M)?"
_ZONE = r"(?: ?(?:Z|[+-]\d\d:?\d\d|UTC|GMT|[A-Z]{1,3}ST|[A-Z]{1,2}DT|CET|EET|WET|MSK))?"
_TIME = re.compile(rf"[\[(]?(?:{_DATE}(?:[T ,:]{{1,2}}{_CLOCK})?|{_CLOCK}|\d{{10}}(?:\.?\d+)?\b)(?: \d{{4}})?{_ZONE}")
_PAIR = re.compile(r'([A-Za-z_][\w.@/-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)')
_LEVEL_KEYS = frozenset({"level", "lvl", "severity"})
_BEFORE = re.compile(r"[\s:|,\])>-]+")
_BRACKETED = re.compile(r"[\[(<]([^\[\]()<>]{1,80})[\])>]")
_NAME = re.compile(r"([-|]) ?([\w.:/@-]{1,80}) +(?=\1 )")
"""A logger's name between two separators, as in `time - name - ERROR - message`."""
_WORD = re.compile(r"([A-Za-z]+)(?=([\s:|\]/,)>]|$))")
_MARKS = frozenset(":|]/>)\t")
"""Characters after a word that no sentence has after its first word."""
_NUMBER = re.compile(r"\d+(?=[\s\]:]|$)")
_MOST_PARTS = 5
"""Parts of a plain line, such as its process and its thread, that may precede the level."""


class _Fields(msgspec.Struct, gc=False):
    level: Any = ""
    severity: Any = ""
    levelname: Any = ""
    of_ecs: Any = msgspec.field(name="log.level", default="")
    lvl: Any = ""
    of_dotnet: Any = msgspec.field(name="LogLevel", default="")
    capital: Any = msgspec.field(name="Level", default="")
    log: Any = None

    @property
    def known(self) -> str:
        """The level of the first field that has a known one."""
        if isinstance(self.level, str) and (usual := LEVELS.get(self.level.upper())) is not None:
            return usual
        nested = self.log.get("level", "") if isinstance(self.log, dict) else ""
        fields = (
            self.level,
            self.severity,
            self.levelname,
            self.of_ecs,
            self.lvl,
            self.of_dotnet,
            self.capital,
            nested,
        )
        return next((level for one in fields if (level := _known(one)) != OTHER), OTHER)


_JSON = msgspec.json.Decoder(_Fields)


def level_of(line: bytes) -> str:
    """Return the level that a line counts as, or OTHER.

    A word counts only where loggers write the level: before the message, never in it.
    """
    line = line.lstrip()
    if line.startswith(b"{"):
        try:
            return _JSON.decode(line).known
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return OTHER
    klog = _KLOG.match(line)
    if klog is not None:
        return _KLOG_LEVELS[klog[1]]
    text = line[:_LONGEST_LOGFMT].decode(errors="replace")
    if "\x1b" in text:
        text = _COLOUR.sub("", text).lstrip()
    time = _TIME.match(text)
    start = time.end() if time is not None else 0
    before = _BEFORE.match(text, start)
    level = _logfmt(text, before.end() if before is not None else start)
    return level if level != OTHER else _plain(text[:_HEAD], start)


def _known(written: Any) -> str:
    """Return the level that a text or a number of pino and bunyan names."""
    if isinstance(written, str):
        if not written.isdecimal() or len(written) > 3:
            return LEVELS.get(written.strip().upper(), OTHER)
        written = int(written)
    if isinstance(written, bool) or not isinstance(written, int | float) or not 10 <= written <= 60:
        return OTHER
    return next(level for least, level in _STEPS if written >= least)


def _logfmt(text: str, at: int) -> str:
    """Return the level of a line that consists of pairs from here on."""
    while (pair := _PAIR.match(text, at)) is not None:
        if pair[1].lower() in _LEVEL_KEYS and (level := _known(pair[2].strip('"'))) != OTHER:
            return level
        at = pair.end()
    return OTHER


def _plain(text: str, at: int) -> str:
    """Return the level that is written before the message, after the time (which ends at `at`) and parts like it."""
    timed = at > 0
    for _ in range(_MOST_PARTS):
        name = _NAME.match(text, at + 1) if timed and text[at : at + 1] == " " else None
        if name is not None and not (name[2] in _CLEAR or (name[2].isupper() and name[2] in LEVELS)):
            at = name.end()
        before = _BEFORE.match(text, at)
        at = before.end() if before is not None else at
        word = _WORD.match(text, at)
        if word is not None:
            return _word(word[1], word[2], timed)
        part = _BRACKETED.match(text, at) or (_NUMBER.match(text, at) if timed else None)
        if part is None:
            return OTHER
        # Apache writes [module:level].
        level = LEVELS.get(part[1].rpartition(":")[2].strip().upper(), OTHER) if part.re is _BRACKETED else OTHER
        if level != OTHER:
            return level
        at = part.end()
    return OTHER


def _word(word: str, following: str, timed: bool) -> str:
    """Return the level of the first word of a line, or OTHER if it may be the first word of a sentence."""
    clear = word.isupper() or following in _MARKS or (timed and word in _CLEAR)
    return LEVELS.get(word.upper(), OTHER) if clear else OTHER
