"""What the HTTP probes return."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field


class ResponseValue(Value, kw_only=True):
    """One response; a refused connection or a failed TLS handshake is status 0 with an error."""

    cells: ClassVar = (Cell("{status} in {ms}"),)
    causes: ClassVar = ("error",)

    status: int
    ms: Annotated[float, field("From the request to the whole response.", title="latency", unit="ms")]
    hung: Annotated[
        bool | UnsetType, field("Whether it accepted the connection and did not respond within the timeout.")
    ] = UNSET
    json: Annotated[dict[str, Any], field("The requested paths, by name.", generic=True)]
    headers: Annotated[dict[str, str], field("The requested headers, in lower case.")]
    text: Annotated[str, field("The beginning of the body.", shown=False)]
    error: Annotated[
        str, field("Why there is no response, or the message of an error response (JSON or plain text); else empty.")
    ]


class TlsValue(Value, kw_only=True):
    """A TLS handshake and the certificate; one that is not trusted is read as well."""

    cells: ClassVar = (Cell("{error}"), Cell("{days_left} days left"))
    causes: ClassVar = ("error",)

    verified: Annotated[bool, field("Whether the certificate is trusted.", title="chain verified")]
    error: Annotated[str, field("Why it is not, else empty.")]
    hung: Annotated[bool | UnsetType, field("Whether the handshake did not end in time.")] = UNSET
    version: Annotated[str, field("TLS version.")]
    names: Annotated[list[str], field("Names in the certificate.")]
    issuer: str
    days_left: Annotated[float | UnsetType, field("Until it expires; left out without a certificate.")] = UNSET


class TcpValue(Value):
    """A TCP connection."""

    cells: ClassVar = (Cell("open in {ms}", when="open"), Cell("closed"))
    causes: ClassVar = ("error",)

    open: Annotated[bool, field("Whether it was accepted.")]
    ms: Annotated[float, field("Until it was accepted or refused.", title="latency", unit="ms")]
    error: Annotated[str, field("Why it is closed, else empty.")]


_TRIAL = {"ms": 1.0, "hung": False, "json": {}, "headers": {}, "text": "", "error": ""}
CREDENTIAL_VALUES = ({**_TRIAL, "status": 401}, {**_TRIAL, "status": 200})
"""A response to a credential that is refused, and to one that is accepted."""
