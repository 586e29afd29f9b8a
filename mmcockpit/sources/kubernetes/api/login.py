"""Signs in to a Kubernetes API with the official client, which is imported with this module; runs in a thread."""

import asyncio
import base64
import hashlib
import json
import os
import re
import shutil
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.library_modules import library_module
from mmcockpit.sources.common.own_file import require_file
from mmcockpit.sources.common.proxy import has_proxy
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.supervised import run_supervised
from mmcockpit.sources.kubernetes.api.aiohttp_library import aiohttp_library
from mmcockpit.sources.kubernetes.api.identity import bare
from mmcockpit.sources.kubernetes.api.kubeconfig import SignInFiles, choose, kubeconfigs, written

PLUGIN_WITHIN = 15.0
"""Seconds that a credential plugin may take; it cannot prompt for anything."""

_aiohttp: Any = aiohttp_library()
_PACKAGES = ("kubernetes", "kubernetes.aio")
_client: Any = library_module("kubernetes.aio.client", _PACKAGES)
_config: Any = library_module("kubernetes.aio.config.kube_config", _PACKAGES)
_MALFORMED = (_config.ConfigException, LookupError, TypeError, ValueError, AttributeError)
"""Exceptions of the client for an invalid kubeconfig."""
_unpacking = threading.Lock()
_CERTIFICATE = re.compile(f"{ssl.PEM_HEADER}.*?{ssl.PEM_FOOTER}", re.DOTALL)
_SECRET_KEYS = frozenset(
    {
        "access-token",
        "client-key-data",
        "client-secret",
        "clientKeyData",
        "id-token",
        "password",
        "refresh-token",
        "token",
        # Environment variable of a plugin.
        "value",
    }
)


@dataclass(slots=True)
class Login:
    """A signed-in client, the host it connects to and the namespace of its context.

    `context` is its name, `server` the API server's URL, `authorities` the fingerprints of its CA (empty if it is the
    machine's or not verified), `digest` that of everything it was made from. `connections` counts the opened
    connections, `proven` how many of those are known to lead to the system `identity`.
    """

    client: Any
    host: str
    namespace: str
    verified: bool
    context: str
    server: str
    authorities: tuple[str, ...]
    digest: str
    connections: int = 0
    proven: int = -1
    identity: Identity | None = None
    proving: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self) -> None:
        """Close the client and abort its connections: the loop may end before a server has closed its side."""
        session = self.client.rest_client.pool_manager
        if session is not None and session.connector is not None:
            await session.connector.close(abort_ssl=True)
        await self.client.close()
        # Aborted connections are closed within the next turns of the loop.
        for _ in range(2):
            await asyncio.sleep(0)


def sign_in(kubeconfig: str, context: str, secrets: Secrets, former: Login | None) -> tuple[Login | None, SignInFiles]:
    """Read the kubeconfig and fetch credentials; any failure is a ProbeError.

    Also returns the files that were read. Without a login if everything that the `former` one was made from is
    unchanged, whatever the current context is now.
    """
    paths = kubeconfigs(kubeconfig)
    try:
        _require_files(paths)
        merged = _config.KubeConfigMerger(paths)
        # First, so that no error can contain them.
        for user in merged.config["users"].value:
            _protect(user.value, secrets)
        chosen = choose(merged, context)
        for path in chosen.files:
            require_file(path)
        read = written((*merged.paths, *chosen.files))
        if former is not None and _unchanged(merged, former):
            return None, read
        _run_plugin(chosen.user, secrets)
        loader = _config.KubeConfigLoader(merged.config, active_context=context or None, config_base_path=None)
        client, authorities = _signed_in(loader)
        settings = client.configuration
        for token in settings.api_key.values():
            secrets.protect(token.removeprefix("Bearer ").removeprefix("Basic "))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.name}:{mark.line + 1}" if mark else paths
        raise ProbeError(FaultKind.CONFIGURATION, f"kubeconfig {where}: not YAML") from None
    except OSError as error:
        why = error.strerror or "invalid certificate or key"
        raise ProbeError(FaultKind.CONFIGURATION, f"kubeconfig {error.filename or paths}: {why}") from None
    except _MALFORMED as error:
        why = plain(secrets.redact(str(error)), 200)
        raise ProbeError(FaultKind.CONFIGURATION, f"kubeconfig {paths}: {why}") from None
    host, namespace = urlsplit(settings.host).netloc, chosen.context["context"].safe_get("namespace") or "default"
    name = str(chosen.context.value["name"])
    login = Login(client, host, namespace, settings.verify_ssl, name, bare(settings.host), authorities, chosen.digest)
    settings.trace_configs[0].on_connection_create_end.append(_counts(login))
    return login, read


def _require_files(paths: str) -> None:
    files = [Path(path).expanduser() for path in paths.split(os.pathsep) if path]
    if not any(path.exists() for path in files):
        raise ProbeError(FaultKind.CONFIGURATION, f"kubeconfig {paths}: no such file")
    for path in files:
        require_file(path)


def _unchanged(merged: Any, former: Login) -> bool:
    try:
        return choose(merged, former.context).digest == former.digest
    except _MALFORMED:
        return False


def _counts(login: Login) -> Any:
    """Return a hook that counts the connections of a client."""

    async def count(session: Any, context: Any, connected: Any) -> None:
        login.connections += 1

    return count


def _signed_in(loader: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the client of a kubeconfig and the fingerprints of its CA.

    The temporary files to which the library writes keys are deleted before this returns.
    """
    settings = _client.Configuration()
    with _unpacking:
        try:
            asyncio.run(loader.load_and_set(settings))
            settings.trace_configs = [_straight(urlsplit(settings.host).netloc)]
            # Otherwise the client looks for a proxy and for ~/.netrc with every request, in two other threads.
            settings.client_session_kwargs = {"trust_env": has_proxy(settings.host)}
            return _client.ApiClient(settings), _fingerprints(settings.ssl_ca_cert if settings.verify_ssl else None)
        finally:
            # The client's TLS context has the keys now; the library would keep the files until the process ends.
            _config._cleanup_temp_files()


def _fingerprints(path: str | None) -> tuple[str, ...]:
    if path is None:
        return ()
    certificates = _CERTIFICATE.findall(Path(path).read_text(encoding="ascii", errors="replace"))
    return tuple(sorted({hashlib.sha256(ssl.PEM_cert_to_DER_cert(each)).hexdigest()[:32] for each in certificates}))


def _straight(host: str) -> Any:
    """Return a trace that raises at a redirect: an API server does not redirect."""

    async def refuse(session: Any, context: Any, answer: Any) -> None:
        raise ProbeError(
            FaultKind.CONFIGURATION,
            f"kubernetes {host}: redirects are not followed; check that the URL is an API server",
        )

    trace = _aiohttp.TraceConfig()
    trace.on_request_redirect.append(refuse)
    return trace


def _protect(entry: Any, secrets: Secrets) -> None:
    """Register the secrets of a user's entry, or of a plugin's output, for redaction."""
    match entry:
        case dict():
            for key, value in entry.items():
                if key in _SECRET_KEYS and isinstance(value, str):
                    secrets.protect(value)
                _protect(value, secrets)
        case list():
            for part in entry:
                _protect(part, secrets)


def _run_plugin(user: Any, secrets: Secrets) -> None:
    """Put the credentials of an exec plugin into the user's entry, in place of static ones."""
    entry = user.value.get("user") or {}
    if "exec" not in entry and "auth-provider" not in entry:
        return
    if not _own(user.path):
        why = "it runs a program, but others can change the file; chown it and chmod go-w"
        raise ProbeError(FaultKind.CONFIGURATION, f"kubeconfig {user.path}: {why}")
    if "exec" not in entry:
        return
    status = _credentials(entry.pop("exec"), Path(user.path).parent)
    _protect(status, secrets)
    if status.get("token"):
        entry["token"] = status["token"]
    if status.get("clientCertificateData"):
        for theirs, ours in (("clientCertificateData", "client-certificate"), ("clientKeyData", "client-key")):
            entry[f"{ours}-data"] = base64.b64encode(status[theirs].encode()).decode()


def _own(path: str) -> bool:
    state = os.stat(path)
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022


def _credentials(plugin: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the `status` that a client-go credential plugin prints."""
    command = plugin["command"]
    program = str(folder / command) if "/" in command and not command.startswith("/") else shutil.which(command)
    if program is None:
        raise ProbeError(FaultKind.CONFIGURATION, f"credential plugin {command}: not found on PATH")
    request = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    variables = {each["name"]: each["value"] for each in plugin.get("env") or ()}
    try:
        environment = {**os.environ, **variables, "KUBERNETES_EXEC_INFO": json.dumps(request)}
        code, printed = run_supervised([program, *(plugin.get("args") or ())], environment, PLUGIN_WITHIN)
        if code != 0:
            # Its output may contain credentials.
            raise ProbeError(FaultKind.CONFIGURATION, f"credential plugin {command}: exit {code}")
        status = json.loads(printed)["status"]
    except TimeoutError:
        raise ProbeError(
            FaultKind.TIMEOUT, f"credential plugin {command}: did not end within {PLUGIN_WITHIN:g}s"
        ) from None
    except (ValueError, LookupError, TypeError):
        raise ProbeError(FaultKind.MALFORMED, f"credential plugin {command}: no ExecCredential") from None
    if not isinstance(status, dict):
        raise ProbeError(FaultKind.MALFORMED, f"credential plugin {command}: no status")
    return status
