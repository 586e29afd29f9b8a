"""What a registry asks for with a 401: WWW-Authenticate, as in RFC 9110 and the token flow of OCI registries."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from mmcockpit.sources.common.endpoint import checked_url

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)\s+(?=[A-Za-z_-]+\s*=)", re.ASCII)
_FIELD = re.compile(r'([A-Za-z_-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to prove who we are: its scheme in lower case, and its fields."""

    scheme: str
    fields: dict[str, str] = field(default_factory=dict)


def challenges(header: str) -> list[Challenge]:
    """Return the challenges of a WWW-Authenticate header, in its order."""
    # Commas separate challenges, and the fields inside of one.
    masked = re.sub(r'"(?:\\.|[^"\\])*"', lambda text: '"' + "x" * (len(text[0]) - 2) + '"', header)
    begins = [*_SCHEME.finditer(masked)]
    ends = [*(one.start() for one in begins[1:]), len(header)][: len(begins)]
    return [Challenge(one[1].lower(), _fields(header[one.end() : end])) for one, end in zip(begins, ends, strict=True)]


def _fields(text: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare for name, quoted, bare in _FIELD.findall(text)
    }


@dataclass(frozen=True, slots=True)
class TokenServer:
    """Where a registry's tokens come from: base URL, path, and the query of a request."""

    url: str
    path: str

    @classmethod
    def of(cls, challenge: Challenge, scope: str, registry: str) -> "TokenServer":
        """Return the token server of a Bearer challenge.

        ValueError if its address is invalid, or not encrypted although the registry at `registry` is.
        """
        realm = urlsplit(challenge.fields.get("realm", ""))
        url = checked_url(f"{realm.scheme}://{realm.netloc}")
        if realm.scheme != "https" and urlsplit(registry).scheme == "https":
            raise ValueError("is not encrypted, and would get the password")
        wanted = challenge.fields.get("scope") or scope
        fields = {"service": challenge.fields.get("service", ""), "scope": wanted}
        query = "&".join(filter(None, (realm.query, urlencode({key: one for key, one in fields.items() if one}))))
        return cls(url, f"{realm.path or '/'}{'?' if query else ''}{query}")
