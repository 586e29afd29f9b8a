"""A DSN for libpq: TLS verification by default, and what a pooler may refuse of it; imported with the first poll."""

import os
import re
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from mmcockpit.core.model.reading import FaultKind, ProbeError

LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})
ONE_HOST_S = 2
"""Seconds to connect to one of several hosts, so that the next one is tried within the time of a poll."""
_UNKNOWN = re.compile(r'invalid (?:connection option|URI query parameter:) "(\w+)"')
_WORD = re.compile(r"(?:[^\s\\]|\\.)+")
_SETTING = re.compile(r"(?:-c\s*|--)([\w.-]+)=(.*)", re.DOTALL)


def verified(dsn: str) -> dict[str, Any]:
    """Return the parts of the DSN, with TLS verification unless it sets another mode or the server is this machine."""
    try:
        words: dict[str, Any] = dict(conninfo_to_dict(dsn))
    except psycopg.Error as error:
        unknown = _UNKNOWN.search(str(error))
        why = f"unknown option '{unknown[1]}'" if unknown else "must be a postgresql:// URL or key=value pairs"
        raise ProbeError(FaultKind.CONFIGURATION, f"dsn: {why}") from None
    if words.get("replication"):
        why = "replication is not supported: probes read by SQL; remove it"
        raise ProbeError(FaultKind.CONFIGURATION, f"dsn: {why}")
    hosts = str(words.get("host") or words.get("hostaddr") or os.environ.get("PGHOST", "")).split(",")
    local = all(map(is_local, hosts))
    chosen = {"sslmode", "service"} & words.keys() or {"PGSSLMODE", "PGSERVICE"} & os.environ.keys()
    if not local and not chosen:
        words |= {"sslmode": "verify-full", "sslrootcert": words.get("sslrootcert", "system")}
    if len(hosts) > 1 and "PGCONNECT_TIMEOUT" not in os.environ:
        words = {"connect_timeout": ONE_HOST_S, **words}
    # Python has no codec for SQL_ASCII, and our own statements are not ASCII.
    return {"application_name": "mmcockpit", **words, "client_encoding": "UTF8"}


def is_local(host: str) -> bool:
    """Return whether a host of a DSN is this machine."""
    return host in LOOPBACK or host.startswith(("/", "@"))


def unverified(connected: Any) -> str:
    """Return why a connection's certificate was not verified; empty if it was, or if the server is this machine."""
    options = {option.keyword.decode(): (option.val or b"").decode() for option in connected.info}
    mode = options.get("sslmode", "")
    if is_local(options.get("host") or options.get("hostaddr", "")) or mode in ("verify-ca", "verify-full"):
        return ""
    # As in libpq: `require` with a root certificate is verify-ca.
    if mode == "require" and os.path.exists(options.get("sslrootcert") or os.path.expanduser("~/.postgresql/root.crt")):
        return ""
    return f"sslmode={mode}"


def options_of(words: dict[str, Any]) -> str:
    """Return the command-line options that the server gets with the login, from the DSN or the environment."""
    return str(words.get("options", os.environ.get("PGOPTIONS", "")) or "")


def settings_of(options: str) -> str:
    """Return SQL that sets the options `-c name=value` for one transaction; empty without any.

    A pooler refuses or ignores them, as it shares connections. ProbeError(configuration) for other options.
    """
    words = [re.sub(r"\\(.)", r"\1", word) for word in _WORD.findall(options)]
    statements = []
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            word += words.pop(0)
        setting = _SETTING.fullmatch(word)
        if setting is None:
            why = f"cannot be set through a pooler: options '{word}'; write -c name=value, or connect to the server"
            raise ProbeError(FaultKind.CONFIGURATION, f"dsn: {why}")
        name, value = sql.Literal(setting[1].replace("-", "_")), sql.Literal(setting[2])
        statements.append(f"SELECT set_config({name.as_string()}, {value.as_string()}, true)")
    return "; ".join(statements)
