"""Commands in the text of a step: `Run `./migrate.sh``, `Restart it: `systemctl restart app``."""

import re

from mmcockpit.config.markdown.shell.cases import case_of
from mmcockpit.config.markdown.shell.commands import KNOWN

_CODE = re.compile(r"^(`+)(?!`)([^`\n]+)\1$")
_RUN = r"(?:then |now )?(?:re-?run|run|execute)\b"
_AFTER = re.compile(
    rf"^(?:(?P<run>{_RUN}(?: the)?(?: following)?(?: command| script)?:?)|(?P<text>[^`\n]{{2,100}}):)\s+"
    r"(?P<mark>`+)(?!`)(?P<code>[^`\n]+)(?P=mark)\s*[.:;]?$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|avoid|instead|don['\u2019]t|expect(?:ed)?|should|must|old|before|output)\b", re.IGNORECASE
)
"""A word before a command that does not just run."""


def inline_commands(text: str) -> list[str]:
    """Return the commands of a step of which code is a whole line, or all that follows `Run` or a colon."""
    found = []
    for n, line in enumerate(map(str.strip, text.split("\n"))):
        alone, after = _CODE.match(line), _AFTER.match(line)
        if alone and (n == 0 or KNOWN.match(alone[2])):
            found.append(alone[2])
        elif after and _runs(after):
            found.append(after["code"])
    return found if found and not case_of(text) else found[:0]


def is_command(cell: str) -> bool:
    """Return whether a cell of a column of commands holds one: code, a known program or a path, no word as `manual`."""
    return "`" in cell or re.match(rf"\s*(?:sudo\s|\.{{0,2}}/\w|{KNOWN.pattern})", cell) is not None


def without_commands(text: str) -> str:
    """Return the text of a step without the lines after the first that are a command only."""
    first, *more = text.split("\n")
    kept = [line for line in more if not ((code := _CODE.match(line.strip())) and KNOWN.match(code[2]))]
    return "\n".join([first, *kept])


def _runs(after: re.Match[str]) -> bool:
    """Return whether code after a text is a command to run: a known one, or one after `Run the migration:`."""
    text = after["run"] or after["text"]
    begins = re.match(_RUN, text, re.IGNORECASE) is not None
    return not _NOT.search(text) and (begins or KNOWN.match(after["code"]) is not None)
