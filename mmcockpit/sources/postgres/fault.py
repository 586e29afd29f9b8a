"""Turns psycopg errors into faults; imported with the first poll."""

import re

import psycopg

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain

_BY_STATE = {
    "08": FaultKind.UNREACHABLE,
    "28": FaultKind.UNAUTHORISED,
    "3D000": FaultKind.CONFIGURATION,
    "42501": FaultKind.FORBIDDEN,
    "55P03": FaultKind.TIMEOUT,
    "57014": FaultKind.TIMEOUT,
    "40": FaultKind.SERVER_ERROR,
    "53": FaultKind.SERVER_ERROR,
    "54": FaultKind.SERVER_ERROR,
    "55": FaultKind.SERVER_ERROR,
    "57": FaultKind.SERVER_ERROR,
    "58": FaultKind.SERVER_ERROR,
    "XX": FaultKind.SERVER_ERROR,
}
"""SQLSTATE, or its class, to the kind of fault; all others are query errors."""
STATEMENT_POOLING = "transaction blocks not allowed in statement pooling"
_BY_POOLER = {
    "no more connections allowed": FaultKind.SERVER_ERROR,
    "query_wait_timeout": FaultKind.SERVER_ERROR,
    "server login": FaultKind.SERVER_ERROR,
    "cannot connect to server": FaultKind.SERVER_ERROR,
    "server conn crashed": FaultKind.SERVER_ERROR,
    "pgbouncer": FaultKind.SERVER_ERROR,
    "no such database": FaultKind.CONFIGURATION,
    "no such user": FaultKind.UNAUTHORISED,
    "unsupported startup parameter": FaultKind.CONFIGURATION,
    STATEMENT_POOLING: FaultKind.CONFIGURATION,
}
"""Text of PgBouncer to the kind of fault: its SQLSTATE is always that of a protocol violation, 08P01."""
_BY_SETUP = {
    "private key file": FaultKind.CONFIGURATION,
    "could not open certificate file": FaultKind.CONFIGURATION,
    "could not read certificate file": FaultKind.CONFIGURATION,
    "root certificate file": FaultKind.CONFIGURATION,
    "could not read root certificate": FaultKind.CONFIGURATION,
    "service file": FaultKind.CONFIGURATION,
    "definition of service": FaultKind.CONFIGURATION,
    "value: ": FaultKind.CONFIGURATION,
    "could not match": FaultKind.CONFIGURATION,
    "channel binding": FaultKind.UNAUTHORISED,
    "requires a valid client certificate": FaultKind.TLS,
}
"""Text of libpq about options of the DSN and files that it names."""
_BY_WORDS = {
    **_BY_POOLER,
    **_BY_SETUP,
    "closed the connection": FaultKind.UNREACHABLE,
    "connection has been closed": FaultKind.UNREACHABLE,
    "the connection is": FaultKind.UNREACHABLE,
    "Connection reset": FaultKind.UNREACHABLE,
    "EOF detected": FaultKind.UNREACHABLE,
    "unexpected eof": FaultKind.UNREACHABLE,
    "does not resolve": FaultKind.UNREACHABLE,
    "Connection refused": FaultKind.REFUSED,
    "authentication failed": FaultKind.UNAUTHORISED,
    "no password supplied": FaultKind.UNAUTHORISED,
    "no pg_hba.conf entry": FaultKind.UNAUTHORISED,
    "too many": FaultKind.SERVER_ERROR,
    "connection slots": FaultKind.SERVER_ERROR,
    "the database system is": FaultKind.SERVER_ERROR,
    "timeout expired": FaultKind.TIMEOUT,
    "certificate": FaultKind.TLS,
    "SSL": FaultKind.TLS,
    "does not exist": FaultKind.CONFIGURATION,
    "invalid": FaultKind.MALFORMED,
    "expected": FaultKind.MALFORMED,
}
"""Text in libpq's message to the kind of fault: libpq does not pass on the SQLSTATE of a refused connection."""

_POOLER_STATE = "08P01"
_PREFIX = re.compile(
    r"^(?:(?:connection failed|connection is bad|consuming input failed|sending query failed|flushing failed"
    r'|could not receive data from server|connection to server at "[^"]*"(?: \([^)]*\))?, port \d+ failed): )+'
)
"""libpq's prefix before the cause; it is dropped, as the fault names the host itself."""
_GUESS = re.compile(r"\n\t(?:Is the server|This probably means)", re.DOTALL)
"""The beginning of libpq's guess at the cause."""
_NAME = re.compile(r"(?:failed to resolve|could not translate) host (?:name )?['\"]([^'\"]*)['\"].*", re.DOTALL)


def fault(error: psycopg.Error, host: str) -> ProbeError:
    """Return a client error as a fault that names the host, and the position in the statement if there is one."""
    state, place = error.sqlstate or "", error.diag.statement_position
    why = _GUESS.split(_PREFIX.sub("", error.diag.message_primary or str(error)))[0]
    why = plain(_NAME.sub(r"host name \1 does not resolve", why), 300)
    pooler = next((kind for words, kind in _BY_POOLER.items() if words in why), None)
    if STATEMENT_POOLING in why:
        why = f"{why}; probes read in transactions: use pool_mode=transaction or session, or connect to the server"
    if pooler is not None and state in ("", _POOLER_STATE):
        kind = pooler
    elif state:
        kind = _BY_STATE.get(state) or _BY_STATE.get(state[:2]) or FaultKind.QUERY
    elif isinstance(error, psycopg.errors.ConnectionTimeout):
        kind = FaultKind.TIMEOUT
    elif isinstance(error, psycopg.DataError):
        kind = FaultKind.MALFORMED
    elif isinstance(error, psycopg.ProgrammingError):
        kind, why = FaultKind.QUERY, "the statement returns no rows; use a SELECT"
    elif isinstance(error, psycopg.InternalError):
        # The client's own: behind a pooler whose server has died, two results come for one command.
        kind, why = FaultKind.UNREACHABLE, "connection closed during the response"
    else:
        kind = next((kind for words, kind in _BY_WORDS.items() if words in why), FaultKind.UNREACHABLE)
    if kind is FaultKind.UNAUTHORISED and "password" in why:
        why = f"{why}; check the user and password"
    if "does not match host name" in why:
        # Imported here: only this fault needs it.
        from mmcockpit.sources.common.network import OTHER_NAME

        why = f"{why}; {OTHER_NAME}"
    where = f" at character {place}" if place else ""
    return ProbeError(kind, f"{host}: {why}{where}")


def refuses_options(error: psycopg.Error) -> bool:
    """Return whether a pooler refused the startup parameter `options`."""
    return "unsupported startup parameter: options" in str(error)


def is_distrust(error: psycopg.Error) -> bool:
    """Return whether libpq did not trust the server's certificate, for which it gives no reason."""
    return "certificate verify failed" in str(error)
