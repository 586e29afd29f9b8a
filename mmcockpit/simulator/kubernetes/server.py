"""The simulated API server as a whole: TLS, tokens, a kubeconfig, objects, and a control plane."""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import trustme
import yaml
from aiohttp import web

from mmcockpit.simulator.kubernetes.api.access import MASTERS, Access, User, user_named
from mmcockpit.simulator.kubernetes.api.defaults import complete
from mmcockpit.simulator.kubernetes.api.registry import Registry
from mmcockpit.simulator.kubernetes.api.resources import BY_KIND, NAMESPACES, NODES
from mmcockpit.simulator.kubernetes.api.routes import ApiRoutes
from mmcockpit.simulator.kubernetes.api.store import Store
from mmcockpit.simulator.kubernetes.controllers.controller import Controllers
from mmcockpit.simulator.kubernetes.controllers.logs import PodLogs
from mmcockpit.simulator.kubernetes.objects import Object
from mmcockpit.simulator.ports import HOST, bound

Answer = TypeVar("Answer")

ADMIN = User("admin", (MASTERS, "system:authenticated"))
STRANGER = {"simulated-stranger-token": "stranger"}
"""A user who is authenticated and has no permissions."""
SYSTEM_NAMESPACES = ("default", "kube-system")
BODY_LIMIT = 3 * 1024 * 1024
PATIENCE_S = 20.0


class SimulatedKubernetes:
    """An API server on loopback, and its cluster.

    `url` and `kubeconfig` are valid once started; `store` holds the objects. The bearer of `token` has all permissions,
    those of `users` (token → user name) what the RBAC objects in the store allow. The kubeconfig has a context for
    each: `admin`, the current one, and one named after every user.

    `controllers`: by default they run if the objects contain nodes to run pods on. Without them it is only an API
    server: objects change only when clients change them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        objects: Iterable[Object] = (),
        token: str = "simulated-admin-token",
        users: Mapping[str, str] | None = None,
        pod_start_s: float = 3.0,
        controllers: bool | None = None,
        seed: int = 0,
    ) -> None:
        """Takes a port; does not listen yet. OSError if the port is taken."""
        self._socket = bound(port)
        self._port: int = self._socket.getsockname()[1]
        self.url = f"https://{HOST}:{self._port}"
        self.token = token
        self.kubeconfig = folder / "kubeconfig"
        self.store = Store(seed=seed)
        registry = Registry(self.store)
        self.logs = PodLogs(self.store)
        self._users = dict(STRANGER if users is None else users)
        tokens = {token: ADMIN} | {key: user_named(name) for key, name in self._users.items()}
        self._access = Access(self.store, tokens)
        self.routes = ApiRoutes(registry, self._access, self.logs)
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._authority = trustme.CA(organization_name="simulated kubernetes")
        self._fill(objects)
        controlled = bool(self.store.items(NODES)) if controllers is None else controllers
        self.controllers = Controllers(registry, self.logs, pod_start_s=pod_start_s) if controlled else None

    async def start(self) -> None:
        """Starts the controllers, listens, and writes the kubeconfig."""
        if self.controllers:
            self.controllers.start()
        application = web.Application(client_max_size=BODY_LIMIT)
        application.router.add_route("*", "/{path:.*}", self.routes.answer)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(HOST, "localhost").configure_cert(context)
        if self._socket.fileno() < 0:
            self._socket = bound(self._port)
        await web.SockSite(self._runner, self._socket, ssl_context=context).start()
        self._write_kubeconfig()

    async def stop(self) -> None:
        """Closes all connections and stops the controllers; a later start reuses the objects and the address."""
        if self.controllers:
            await self.controllers.stop()
        if self._runner:
            served = self._runner.server
            open_ones = [handler.transport for handler in served.connections] if served else []
            await self._runner.cleanup()
            self._runner = None
            # A TLS connection waits for its peer's close_notify, which open ones will not get now: abort them.
            for transport in filter(None, open_ones):
                transport.abort()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self._socket.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def rotate(self, token: str) -> None:
        """Replace the token of the admin, not yet in the kubeconfig: the previous one is rejected."""
        self._access.rotate(self.token, token)
        self.token = token

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Runs the server in its own event loop in a thread, for callers without a loop; `call` runs code in it."""
        loop = self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="simulated kubernetes", daemon=True)
        thread.start()
        try:
            self.call(self.start())
            yield self
        finally:
            self.call(self.stop())
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE_S)
            loop.close()
            self._loop = None

    def call(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Awaits a coroutine in the loop of `in_thread` and returns its result."""
        if self._loop is None:
            work.close()
            raise RuntimeError("not running in a thread: await it instead")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def _fill(self, objects: Iterable[Object]) -> None:
        for value in objects:
            resource = BY_KIND[value["apiVersion"], value["kind"]]
            self.store.create(resource, complete(resource, value))
        for name in SYSTEM_NAMESPACES:
            if self.store.find(NAMESPACES, "", name) is None:
                labels = {"kubernetes.io/metadata.name": name}
                self.store.create(NAMESPACES, complete(NAMESPACES, {"metadata": {"name": name, "labels": labels}}))

    def _write_kubeconfig(self) -> None:
        certificate = self._authority.cert_pem.bytes()
        server = {"server": self.url, "certificate-authority-data": base64.b64encode(certificate).decode()}
        tokens = {"admin": self.token} | {name: token for token, name in self._users.items()}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "simulated", "cluster": server}],
            "users": [{"name": name, "user": {"token": token}} for name, token in tokens.items()],
            "contexts": [
                {"name": name, "context": {"cluster": "simulated", "user": name, "namespace": "default"}}
                for name in tokens
            ],
            "current-context": "admin",
        }
        self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self.kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w") as file:
            yaml.safe_dump(config, file)
