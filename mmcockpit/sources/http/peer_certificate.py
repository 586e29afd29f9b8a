"""The certificate that a server presented: what is shown of it."""

import ipaddress
import re
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

DAY_S = 86_400.0
_SHORT = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "userId": "UID",
}
"""The names of attributes that RFC 4514 abbreviates."""
_SPECIAL = re.compile(r'[\\"+,;<>]')


def verified_certificate(verified: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the same as `parsed_certificate`, of a certificate that the `ssl` module verified and parsed.

    None if it contains something for which only `cryptography` has a text. That library takes 8 MB.
    """
    from ssl import cert_time_to_seconds

    known: list[tuple[str, str]] = [entry for entry in verified.get("subjectAltName", ()) if len(entry) == 2]
    parts = [[(_SHORT.get(name, ""), value) for name, value in part] for part in verified.get("issuer", ())]
    # Both read other characters of the older kinds of texts differently.
    plain = all(value.isascii() for _, value in (*known, *(pair for part in parts for pair in part)))
    if not plain or not all(name for part in parts for name, _ in part):
        return None
    names = [value for kind, value in known if kind == "DNS"]
    try:
        names += [str(ipaddress.ip_address(value)) for kind, value in known if kind == "IP Address"]
        expires = cert_time_to_seconds(verified["notAfter"])
    except ValueError:
        return None
    issuer = ",".join("+".join(f"{name}={_escaped(value)}" for name, value in part) for part in reversed(parts))
    return _shown(expires, names, issuer)


def parsed_certificate(der: bytes) -> dict[str, Any]:
    """Return {days_left, names, issuer} of a certificate; empty for one that cannot be parsed.

    Uses `cryptography`, because the standard library parses only certificates that it trusts.
    """
    x509 = import_module("cryptography.x509")
    try:
        parsed = x509.load_der_x509_certificate(der)
        names = [*_names(x509, parsed)]
    except ValueError:
        return {}
    return _shown(parsed.not_valid_after_utc.timestamp(), names, parsed.issuer.rfc4514_string())


def _names(x509: Any, parsed: Any) -> Iterator[str]:
    try:
        alternatives = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for kind in (x509.DNSName, x509.IPAddress):
        yield from map(str, alternatives.get_values_for_type(kind))


def _shown(expires: float, names: list[str], issuer: str) -> dict[str, Any]:
    # Certificates expire by the clock of the machine that verifies them, as for every client.
    left = expires - time.time()  # noqa: TID251
    return {"days_left": round(left / DAY_S, 2), "names": names, "issuer": issuer}


def _escaped(value: str) -> str:
    """Return a value as RFC 4514 writes it (section 2.4)."""
    escaped = _SPECIAL.sub(r"\\\g<0>", value).replace("\0", r"\00")
    if escaped.startswith("#") or (escaped.startswith(" ") and len(escaped) > 1):
        escaped = f"\\{escaped}"
    return f"{escaped[:-1]}\\ " if escaped.endswith(" ") else escaped
