"""HTTP probes for GET and POST, and the shape of their results."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Protocol

import msgspec
from pydantic import Field, field_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.text import plain
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.common.http_status import error_message, refusal_words, status_words
from mmcockpit.sources.common.json_path import check_paths, json_value, value_at

TEXT_LIMIT = 4096
"""Characters kept of a response's text."""

REDACTED = 64 * 1024
"""Bytes of a body that are searched for secrets: all that is shown, and the rest of a secret that begins in it."""

MOST_PARTS = 100_000
"""Most lists and objects in the JSON of a response: parsing more would block the engine's loop for too long."""

_METHOD = re.compile(r"[?&](?:_method|_httpmethod|x-http-method(?:-override)?)=", re.IGNORECASE)


@dataclass(slots=True)
class Exchange:
    """The result of a request: status 0 with an error if the target refused; header names in lower case.

    `hung`: the target accepted the connection and did not begin to respond in time. `ours`: the request carried our
    token.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    ms: float = 0.0
    hung: bool = False
    ours: bool = False


class Exchanges(Protocol):
    """What a probe needs of its source."""

    endpoint: Endpoint

    async def exchange(
        self, method: str, path: str, timeout: float, headers: Mapping[str, str], content: bytes | None = None
    ) -> Exchange:
        """Send one request and read the whole response."""
        ...


class Get(Args):
    """A GET below the base URL."""

    shorthand: ClassVar[str] = "path"
    path: Annotated[str, Field(pattern=r"^/[^\s#]*$", description="Begins with a slash; may have a ?query.")]
    named: Annotated[
        dict[str, str],
        Field(
            alias="json",
            description="Name to path in the JSON of the response: data.items[0].name",
            default_factory=dict,
        ),
    ]
    headers: Annotated[tuple[str, ...], Field(description="Headers of the response to keep.")] = ()
    host: Annotated[str, Field(pattern=r"^[^\s/@]*$", description="Host header and TLS name, if not the URL's.")] = ""
    refused: Annotated[
        bool, Field(description="The source's token must be refused: a 401 is the value, not a fault.")
    ] = False

    @property
    def acts(self) -> str:
        """A server may treat a GET as the method that its query names."""
        return "its query sets another method" if _METHOD.search(self.path) else ""

    @field_validator("named")
    @classmethod
    def _paths(cls, named: dict[str, str]) -> dict[str, str]:
        check_paths(named)
        return named


class Post(Get):
    """A POST below the base URL; it may change something, so it runs only where the cockpit file allows it."""

    body: Annotated[Any, Field(description="Text is sent as it is, anything else as JSON.")] = ""

    @property
    def acts(self) -> str:
        """A POST is always active: only the server knows its effect."""
        return "a POST may change something"


@dataclass(frozen=True, slots=True)
class GetProbe(Connectionless):
    """The response to a GET.

    A refused connection or a failed TLS handshake is status 0 with an `error`; so is a hung service, which accepts the
    connection and does not respond within the timeout: then `hung` is true. A JSON path that does not exist is null if
    the status is 2xx, so that no rule passes on it, and left out otherwise: an error page need not have these fields. A
    401 for the token of the source is a fault, unless the signal tests a token that must be refused: `refused`, or a
    rule that passes only then. With `refused`, a source without a token is a fault, because no token was tried.
    """

    source: Exchanges
    question: Question
    method: ClassVar[str] = "GET"

    async def read(self) -> Reading:
        """Send one request; ProbeError for no connection, late, malformed and oversized responses, and invalid JSON."""
        args = self.question.args
        endpoint = self.source.endpoint
        if args.refused and not endpoint.credentials:
            raise endpoint.fault(
                FaultKind.CONFIGURATION, "no token was sent; set token to the one that must be refused"
            )
        headers = {"Host": args.host} if args.host else {}
        content = self._content(headers)
        exchange = await self.source.exchange(self.method, args.path, self.question.timeout, headers, content)
        if exchange.status == 401 and exchange.ours and not (self.question.refusable or args.refused):
            message = error_message(401, exchange.body, endpoint.redact)
            raise endpoint.fault(FaultKind.UNAUTHORISED, refusal_words(401, args.path, message))
        named = self._named(exchange)
        return Reading(
            {
                "status": exchange.status,
                "ms": exchange.ms,
                "hung": exchange.hung,
                "json": named,
                "headers": {name.lower(): exchange.headers.get(name.lower(), "") for name in args.headers},
                # Redact before cutting: a cut could leave a part of a secret.
                "text": endpoint.redact(exchange.body[:REDACTED].decode(errors="replace"))[:TEXT_LIMIT],
                "error": exchange.error or self._error(exchange),
            },
            remark=self._remark(exchange) if len(named) < len(args.named) else "",
        )

    def _content(self, headers: dict[str, str]) -> bytes | None:
        return None

    def _error(self, exchange: Exchange) -> str:
        status, redact = exchange.status, self.source.endpoint.redact
        return error_message(status, exchange.body, redact) if status >= 400 else ""

    def _remark(self, exchange: Exchange) -> str:
        """Return why fields of the JSON are left out: no response, or its status."""
        status, redact = exchange.status, self.source.endpoint.redact
        if 300 <= status < 400:
            target = redact(exchange.headers.get("location", "")).partition("?")[0]
            return plain(
                f"{status_words(status)}{f' to {target}' if target else ''}; set follow: true or url to it", 200
            )
        return exchange.error or status_words(status, self._error(exchange))

    def _named(self, exchange: Exchange) -> dict[str, Any]:
        paths, owed = self.question.args.named, 200 <= exchange.status < 300
        if not paths or not exchange.status:
            return {}
        if exchange.body.count(b"[") + exchange.body.count(b"{") > MOST_PARTS:
            raise self.source.endpoint.fault(
                FaultKind.TOO_LARGE, f"more than {MOST_PARTS} lists and objects in its JSON"
            )
        try:
            document = json_value(exchange.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if not owed:
                return {}
            raise self._not_json(exchange) from error
        values = {name: value_at(document, path) for name, path in paths.items()}
        return values if owed else {name: value for name, value in values.items() if value is not None}

    def _not_json(self, exchange: Exchange) -> ProbeError:
        encoding = exchange.headers.get("content-encoding", "identity")
        what = f"encoded as {encoding} instead of plain" if encoding != "identity" else "not valid"
        if exchange.body.lstrip().startswith(b"<"):
            what = "HTML instead of"
        return self.source.endpoint.fault(FaultKind.MALFORMED, f"{self.question.args.path} is {what} JSON")


class PostProbe(GetProbe):
    """Like GetProbe, but a POST with a body."""

    method: ClassVar[str] = "POST"

    def _content(self, headers: dict[str, str]) -> bytes:
        body = self.question.args.body
        if isinstance(body, str):
            return body.encode()
        headers["Content-Type"] = "application/json"
        return msgspec.json.encode(body)
