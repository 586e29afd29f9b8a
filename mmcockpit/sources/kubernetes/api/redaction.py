"""Objects without their secrets; a Secret only by size, encoding and whether its values are placeholders."""

import base64
import binascii
import re
from functools import lru_cache
from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.secrets import STRUCK_OUT
from mmcockpit.sources.kubernetes.api.kinds import ObjectKind

PLACEHOLDERS = (
    *("REPLACE_WITH_", "REPLACE_ME", "REPLACEME", "CHANGE_ME", "CHANGE-ME", "CHANGEME", "PLACEHOLDER"),
    *("YOUR_", "YOUR-", "INSERT_", "TODO", "FIXME", "DUMMY"),
)
"""Beginnings, in capitals, of values that have not been filled in."""
KEY_LENGTH = 43
"""Characters of 32 bytes in base64: from this length, the URL alphabet and missing padding also count as base64."""
_TEMPLATE = re.compile(r"<[^<>]*>|\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}", re.DOTALL)
"""A value that is a variable or a hint: <your-password>, ${PASSWORD}, {{ .Values.password }}."""
_DROPPED = re.compile(
    "managedFields|.*/last-applied-configuration|.*/last-handled-configuration|banzaicloud.com/last-applied"
    "|objectset.rio.cattle.io/applied|kapp.k14s.io/original"
)
"""Fields, and annotations that repeat the whole object, of a Secret with its values."""
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|_KEY$|DSN", re.IGNORECASE)
_URL_SAFE = str.maketrans("-_", "+/")
_LOGIN = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
"""The password in a URL."""
_SUFFIX = (
    r"(?:passw(?:or)?d|passphrase|token|api[_-]?key|(?:secret|access|private)[_-]?(?:access[_-]?)?key"
    r"|client[_-]?secret|credentials?|dsn|connection[_-]?string)"
)
_FIELD = re.compile(rf".*{_SUFFIX}", re.IGNORECASE)
"""A field whose text is a secret, in any kind of object: adminPassword, apiKey."""
_LINE = re.compile(rf"^([ \t-]*[\"']?[\w.-]*{_SUFFIX}[\"']?[ \t]*[:=])[ \t]*\S.*$", re.IGNORECASE | re.MULTILINE)
"""A line of a file inside a text, such as the values of a Helm chart: `password: hunter2`."""
_FLAG = re.compile(rf"(--?[\w-]*{_SUFFIX}=).+", re.IGNORECASE | re.DOTALL)
"""An argument of a command: --db-password=hunter2."""
_RELEASE = {"owner": "helm"}
"""The labels of a ConfigMap that holds a release of Helm: its data contain the values of the chart."""


def reduced(kind: ObjectKind, written: dict[str, Any]) -> dict[str, Any]:
    """Return an object without nulls, managed fields and likely secrets; of a Secret only the properties of its keys.

    Struck out are texts in fields with names such as adminPassword, values with names such as DB_PASSWORD in `env`
    lists and ConfigMaps, lines such as `password: …` of longer texts, `--token=…`, and passwords in URLs.
    """
    if (kind.group, kind.plural) == ("", "secrets") or _is_secret(written):
        return _secret(written)
    kept: dict[str, Any] = _reduced(written)
    if (kind.group, kind.plural) == ("", "configmaps") and isinstance(kept.get("data"), dict):
        labels = (kept.get("metadata") or {}).get("labels") or {}
        whole = labels.items() >= _RELEASE.items()
        kept["data"] = {
            name: STRUCK_OUT if value and (whole or _SECRET_NAME.search(name)) else value
            for name, value in kept["data"].items()
        }
    return kept


def reduced_text(text: str) -> str:
    """Return a text without likely secrets."""
    if "://" in text:
        text = _LOGIN.sub(rf"\1{STRUCK_OUT}@", text)
    if "\n" in text:
        return _LINE.sub(rf"\1 {STRUCK_OUT}", text)
    return _FLAG.sub(rf"\1{STRUCK_OUT}", text) if text.startswith("-") else text


def _is_secret(written: dict[str, Any]) -> bool:
    return written.get("kind") == "Secret" and written.get("apiVersion") == "v1"


def _reduced(value: Any) -> Any:
    match value:
        case {"name": str(name), "value": str(text)} if text and _SECRET_NAME.search(name):
            return {"name": name, "value": STRUCK_OUT}
        case dict():
            return {
                name: _field(name, part) for name, part in value.items() if part is not None and not _is_dropped(name)
            }
        case list():
            return [_reduced(part) for part in value if part is not None]
        case str():
            return reduced_text(value)
    return value


def _field(name: str, value: Any) -> Any:
    """Return the value of a field; a text is struck out if the field's name is that of a secret."""
    return STRUCK_OUT if isinstance(value, str) and value and _is_secret_field(name) else _reduced(value)


@lru_cache(maxsize=4096)
def _is_dropped(name: str) -> bool:
    return _DROPPED.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _is_secret_field(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None


def _secret(secret: dict[str, Any]) -> dict[str, Any]:
    """Reduce a Secret: per key {bytes, base64, placeholder}, and decoded_bytes if the value is base64 text.

    `bytes` is the length of the value without trailing line ends, `base64` whether the value is itself base64 text (of
    either alphabet, padded or not), `placeholder` whether it is empty, a template or begins like one of PLACEHOLDERS.
    """
    metadata = secret.get("metadata") or {}
    data = secret.get("data") or {}
    if not isinstance(metadata, dict) or not isinstance(data, dict):
        raise ProbeError(FaultKind.MALFORMED, "a Secret without metadata or data")
    return {
        "metadata": {name: metadata[name] for name in ("name", "namespace", "creationTimestamp") if metadata.get(name)},
        "type": str(secret.get("type") or "Opaque"),
        "data": {str(key): _key(value) for key, value in data.items()},
    }


def _key(encoded: Any) -> dict[str, Any]:
    try:
        value = base64.b64decode(str(encoded or ""), validate=True)
    except (binascii.Error, ValueError):
        raise ProbeError(FaultKind.MALFORMED, "a key of a Secret is not base64") from None
    text = value.decode("utf-8", "replace").strip()
    placeholder = not text or text.upper().startswith(PLACEHOLDERS) or bool(_TEMPLATE.fullmatch(text))
    decoded = _decoded_bytes(text)
    reduced_value = {"bytes": len(value.rstrip(b"\r\n")), "base64": decoded > 0, "placeholder": placeholder}
    return {**reduced_value, "decoded_bytes": decoded} if decoded else reduced_value


def _decoded_bytes(text: str) -> int:
    """Return the decoded length of base64 text, 0 for any other text."""
    if len(text) >= KEY_LENGTH:
        # Short words with a hyphen would look like the URL alphabet.
        text = text.translate(_URL_SAFE).rstrip("=")
        text += "=" * (-len(text) % 4)
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return 0
