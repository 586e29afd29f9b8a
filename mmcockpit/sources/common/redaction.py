"""Strikes secrets out of text: known values in clear and encoded, and what looks like a credential."""

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import cache, cached_property

STRUCK_OUT = "•••"

LINE = 16
"""Least characters for a single line of a secret with several lines (a PEM key) to count as a secret itself."""

_LONGEST_FORM = 24
"""Most characters that one character of a secret takes in any form."""

_WRAPPED = (76, 64)
"""Columns at which base64 is wrapped: by coreutils and MIME, by OpenSSL and PEM."""

_RUN = re.compile(r"[A-Za-z0-9]+")
_SHORTEST_BASE64 = 4


class Needle:
    """A secret value and all its written forms; fast on text that contains none of them."""

    def __init__(self, value: str) -> None:
        self.value = value
        raw = value.encode("utf-8", "surrogateescape")
        self._base64 = tuple(_base64_forms(raw))
        self._hex = (raw.hex(), raw.hex().upper())
        # The longest part that no encoding changes; text without it contains none of the forms.
        self._plain = max(_RUN.findall(value), key=len, default="")
        before, _, after = value.partition(self._plain) if self._plain else (value, "", value)
        self._before, self._after = _longest(before), _longest(after)
        self._parts = tuple(max(_RUN.findall(form), key=len, default="") for form in self._base64)

    @property
    def longest(self) -> int:
        """The length of the longest form that is searched for."""
        return 2 * _longest(self.value)

    def strike(self, text: str) -> str:
        """Return the text with every form of the value struck out."""
        if self._plain in text:
            if self._plain == self.value:
                text = text.replace(self.value, STRUCK_OUT)
            else:
                text = "".join(self._without_encoded(text))
        if any(part in text for part in self._parts):
            text = self._in_base64.sub(STRUCK_OUT, text)
        for form in self._hex:
            text = text.replace(form, STRUCK_OUT)
        return text

    def begun(self, text: str) -> int:
        """Return how many characters at the end of a text may be the beginning of the value."""
        end = text[-len(self.value) + 1 :]
        at = end.find(self.value[0])
        while at >= 0:
            if self.value.startswith(end[at:]):
                return len(end) - at
            at = end.find(self.value[0], at + 1)
        return 0

    def _without_encoded(self, text: str) -> Iterator[str]:
        """Yield the text in pieces, encoded forms struck out; only what surrounds the plain part is searched."""
        if not self._plain:
            yield self._encoded.sub(STRUCK_OUT, text)
            return
        done, at = 0, text.find(self._plain)
        while at >= 0:
            start, end = max(done, at - self._before), at
            while 0 <= at <= end + self._before:
                end = at + len(self._plain) + self._after
                at = text.find(self._plain, at + max(1, len(self._plain)))
            yield text[done:start]
            yield self._encoded.sub(STRUCK_OUT, text[start:end])
            done = end
        yield text[done:]

    @cached_property
    def _encoded(self) -> re.Pattern[str]:
        """The pattern of the value with each character in any form."""
        pieces = (_run_of_backslashes(len(part)) if part[0] == "\\" else _any_form(part) for part in _parts(self.value))
        return re.compile("".join(pieces))

    @cached_property
    def _in_base64(self) -> re.Pattern[str]:
        """The pattern of the base64 forms, with the characters at both ends that hold a few bits of the value."""
        forms = ("".join(_any_base64(char) for char in form) for form in self._base64)
        return re.compile(f"[A-Za-z0-9+/_-]?(?:{'|'.join(forms)})(?:[A-Za-z0-9+/_-]{{0,2}}(?:=|%3[dD]){{0,2}})")


def lines_of(value: str) -> Iterator[str]:
    """Yield a value and, if it has several lines, each line that is long enough to be a secret itself."""
    yield value
    if "\n" in value:
        lines = (line.strip() for line in value.splitlines())
        yield from (line for line in lines if len(line) >= LINE and not line.startswith("-----"))


def _longest(value: str) -> int:
    """Return the most characters that a value takes in any encoding."""
    return sum(1 if char.isascii() and char.isalnum() else _LONGEST_FORM for char in value)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield the base64 forms of bytes in the middle of others: at each of three offsets, and wrapped into lines."""
    for offset in range(3):
        encoded = b64encode(bytes(offset) + raw).decode("ascii")
        first, last = (offset * 8 + 5) // 6, (offset + len(raw)) * 8 // 6
        if last - first >= _SHORTEST_BASE64:
            yield encoded[first:last]
    encoded = b64encode(raw).decode("ascii").rstrip("=")
    for width in _WRAPPED:
        if len(encoded) > width:
            lines = (encoded[at : at + width] for at in range(0, len(encoded), width))
            yield from (line for line in lines if len(line) >= LINE)


def _any_base64(char: str) -> str:
    match char:
        case "+":
            return r"(?:[+-]|%(?:25)*2[bB])"
        case "/":
            return r"(?:\\*/|_|%(?:25)*2[fF])"
    return char


def _parts(value: str) -> Iterator[str]:
    """Yield the characters of a value; a run of backslashes is one part."""
    yield from (match[0] for match in re.finditer(r"\\+|.", value, re.DOTALL))


def _run_of_backslashes(count: int) -> str:
    # One pattern for the run: a pattern for each backslash would take exponential time on a long run in the text.
    named = "|".join(_named("\\"))
    return rf"(?:\\{{{count},{8 * count}}}|(?:{named}){{{count}}})"


def _any_form(char: str) -> str:
    """Return the pattern of a character that may be escaped, also more than once."""
    if char.isascii() and char.isalnum():
        return char
    return f"(?:{'|'.join([_escaped(char), *_named(char)])})"


def _escaped(char: str) -> str:
    """Return the pattern of a character as itself, after backslashes, doubled, or quoted by a shell."""
    match char:
        case "'":
            return r"''|'(?:\"'\"|\\+')'|\\{0,8}'"
        case '"':
            return r'""|\\{0,8}"'
        case "\n":
            return r"\r?\n|\\{1,8}(?:r\\{1,8})?n"
        case "\t" | "\r":
            return rf"{re.escape(char)}|\\{{1,8}}{'t' if char == chr(9) else 'r'}"
        case " ":
            return r" |\+"
        case _ if not char.isascii():
            # Text decoded with the wrong encoding has a replacement character, or the single bytes.
            return f"{re.escape(char)}|\ufffd|{re.escape(char.encode('utf-8', 'replace').decode('latin-1'))}"
    return rf"\\{{0,8}}{re.escape(char)}"


def _named(char: str) -> list[str]:
    """Return the patterns of a character by number or name: JSON, Python, URLs, HTML."""
    # Imported here: most secrets are never searched for in their encoded forms.
    from html.entities import codepoint2name

    code, raw = ord(char), char.encode("utf-8", "surrogatepass")
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    units = [_either_case(utf16[n : n + 4]) for n in range(0, len(utf16), 4)]
    spellings = [
        "".join(rf"\\{{1,8}}u{unit}" for unit in units),
        "".join(rf"\\{{1,8}}x{_either_case(f'{byte:02x}')}" for byte in raw),
        "".join(f"%(?:25)*{_either_case(f'{byte:02x}')}" for byte in raw),
        f"&(?:amp;)*#0*{code};",
        f"&(?:amp;)*#[xX]0*{_either_case(f'{code:x}')};",
        rf"\\{{1,8}}{code:03o}" if code < 0o400 else "",
        rf"\\{{1,8}}x{_either_case(f'{code:02x}')}" if 0x80 <= code < 0x100 else "",
        rf"\\{{1,8}}U{_either_case(f'{code:08x}')}",
    ]
    name = "apos" if char == "'" else codepoint2name.get(code, "")
    return [form for form in [*spellings, f"&(?:amp;)*{name};" if name else ""] if form]


def _either_case(digits: str) -> str:
    """Return the pattern of hexadecimal digits in upper or lower case."""
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in digits)


_CREDENTIAL_NAME = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|(?:access|api|auth|private|secret|session)[_-]?(?:key|token)"
    r"|token|credentials?)"
)
"""Ends of the names of fields that hold a credential."""


_SHAPES = (
    # A private key, also one that is cut, on one line or several.
    (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", ""),
    (r"(?i)\b((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:[a-z]+\s+)?)[^\s\"',;]+", r"\1"),
    (r"(?i)\b((?:bearer|basic)\s+)(?=[^\s\"',;]*\d)[A-Za-z0-9._~+/=-]{8,}", r"\1"),
    (r"(?i)\b(cookie[\"']?\s*[:=]\s*[\"']?)[^\s\"']+", r"\1"),
    # JSON Web Tokens, among them those of service accounts.
    (r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?", ""),
    # Prefixes by which services mark their keys: AWS, GitHub, GitLab, Slack, Google, Stripe, npm, PyPI, OpenAI, Vault.
    (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", ""),
    (r"\b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|hv[sbr]\.|dop_v1_)[A-Za-z0-9_-]{16,}", ""),
    (r"\bxox[abeprs]-[A-Za-z0-9-]{10,}", ""),
    (r"\bAIza[0-9A-Za-z_-]{30,}", ""),
    (r"\b(?:sk|pk|rk)[-_](?:live_|test_|ant-|proj-)?[A-Za-z0-9_-]{16,}", ""),
    (r"(://[^\s/@:]{0,200}:)[^\s/@]{1,200}(?=@)", r"\1"),
    # After `=`, and between quotes, every value; after a colon only one with a digit: `token: expired` is a message.
    (rf"(?i)({_CREDENTIAL_NAME}\s*=\s*[\"']?)[^\s\"',;&]+", r"\1"),
    (rf"(?i)({_CREDENTIAL_NAME}\\*[\"']\s*:\s*\\*[\"'])(?:\\.|[^\"'\\])+", r"\1"),
    (rf"(?i)({_CREDENTIAL_NAME}\s*:\s+)(?=[^\s\"',;]*\d)[^\s\"',;]{{6,}}", r"\1"),
)
"""The pattern of each kind, and what stays in front of the mark."""


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the compiled patterns: the first frame needs none."""
    return tuple((re.compile(pattern), kept) for pattern, kept in _SHAPES)


def strike_tokens(text: str) -> str:
    """Return a text in which everything that has the form of a password, key or token is struck out."""
    for pattern, kept in _shapes():
        text = pattern.sub(f"{kept}{STRUCK_OUT}", text)
    return text
