"""HTTP interface of the registry: paths, verbs, bodies, and status codes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec
import yaml
from aiohttp import web

from mmcockpit.simulator.kubernetes.api import discovery, protobuf
from mmcockpit.simulator.kubernetes.api.access import Access, AccessRequest
from mmcockpit.simulator.kubernetes.api.errors import (
    ApiError,
    bad_request,
    method_not_allowed,
    no_such_resource,
    unsupported_media_type,
)
from mmcockpit.simulator.kubernetes.api.listing import Watch, page, query_of
from mmcockpit.simulator.kubernetes.api.patch import APPLY_PATCH, apply_patch
from mmcockpit.simulator.kubernetes.api.registry import ObjectPath, Registry
from mmcockpit.simulator.kubernetes.api.resources import BY_PATH, PODS
from mmcockpit.simulator.kubernetes.api.table import Form, form_of
from mmcockpit.simulator.kubernetes.controllers.logs import PodLogs
from mmcockpit.simulator.kubernetes.objects import Object, name_of, namespace_of

JSON = "application/json"
HEALTH = ("healthz", "livez", "readyz")
NO_CACHE = {"Cache-Control": "no-cache, private"}
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
BY_NAME = VERBS | {"GET": "get", "DELETE": "delete"}
BY_COLLECTION = VERBS | {"GET": "list", "DELETE": "deletecollection"}


class NoSuchPath(LookupError):
    """The path is not served: 404 without a Status."""


class ApiRoutes:
    """Handles every request to the API server."""

    def __init__(self, registry: Registry, access: Access, logs: PodLogs) -> None:
        self._registry = registry
        self._store = registry.store
        self._access = access
        self._logs = logs
        self.refusal: ApiError | None = None
        """While set, every request fails with it: simulates a failing API server."""
        self.delay_s = 0.0
        """Delay of every response, in seconds."""
        self.proxies: dict[int, str] = {}
        """Container port → base URL that pods/NAME:PORT/proxy/ forwards to."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The only aiohttp handler; converts errors to Status objects."""
        try:
            return await self._answer(request)
        except ApiError as error:
            return _json(error.status(), error.code)
        except NoSuchPath:
            return web.Response(status=404, text="404 page not found\n")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.refusal:
            raise self.refusal
        head, *rest = request.path.strip("/").split("/")
        if head in HEALTH:
            return web.Response(text="ok")
        if head == "version":
            return _json(discovery.VERSION)
        user = self._access.user(request.headers)
        if (page := _discover([head, *rest], request.headers.get("Accept", ""))) is not None:
            return page
        target = parse(request.path)
        verb = (BY_NAME if target.name else BY_COLLECTION).get(request.method, "")
        if verb in ("list", "get") and _yes(request, "watch"):
            verb = "watch"
        allowed = discovery.SUBRESOURCES[target.part][1] if target.part else target.resource.verbs
        if verb not in allowed:
            raise method_not_allowed()
        row, path = target.resource, f"{target.resource.plural}/{target.part}".rstrip("/")
        action = AccessRequest(verb, row.group, path, target.namespace, target.name)
        self._access.require(user, row, action)
        if row.group in ("authorization.k8s.io", "authentication.k8s.io"):
            return _json(self._access.review(row, user, await _body(request)), 201)
        return await self._serve(request, verb, target)

    async def _serve(self, request: web.Request, verb: str, target: ObjectPath) -> web.StreamResponse:
        form = form_of(request.headers.get("Accept", ""), request.query.get("includeObject", ""))
        match verb, target.part:
            case "get", "log":
                return await self._logs.answer(request, target)
            case "get", "proxy":
                return await self._proxy(request, target)
            case "get", _:
                return self._one(target, form, self._registry.get(target))
            case "list", _:
                return _json(page(self._store, query_of(target, form, request.query)))
            case "watch", _:
                return await Watch(self._store, query_of(target, form, request.query)).run(request)
            case "delete", _:
                return _json(self._registry.delete(target, await _options(request)))
            case "deletecollection", _:
                return await self._delete_all(request, target, form)
        return await self._write(request, verb, target, form)

    async def _write(self, request: web.Request, verb: str, target: ObjectPath, form: Form) -> web.Response:
        dry = request.query.get("dryRun") == "All"
        if verb == "create":
            body = await _body(request)
            return self._one(target, form, self._registry.create(target, body, dry=dry), 201)
        if verb == "update":
            body = await _body(request)
            return self._one(target, form, self._registry.update(target, lambda _: body, dry=dry))
        kind, raw = request.content_type, await request.read()
        if kind == APPLY_PATCH:
            created = self._registry.apply(target, await _body(request), dry=dry)
            if created is not None:
                return self._one(target, form, created, 201)
        change: Callable[[Object], Object] = lambda present: apply_patch(target.resource, kind, present, raw)  # noqa: E731
        return self._one(target, form, self._registry.update(target, change, dry=dry))

    def _one(self, target: ObjectPath, form: Form, value: Object, code: int = 200) -> web.Response:
        plain = target.part == "scale" or value.get("kind") != target.resource.kind
        return _json(value if plain else form.one(target.resource, value), code)

    async def _delete_all(self, request: web.Request, target: ObjectPath, form: Form) -> web.Response:
        query, options = query_of(target, form, request.query), await _options(request)
        doomed = [v for v in self._store.items(target.resource, target.namespace) if query.matches(v)]
        for value in doomed:
            path = ObjectPath(target.resource, namespace_of(value), name_of(value))
            self._registry.delete(path, options)
        metadata = {"resourceVersion": str(self._store.revision)}
        return _json(Form().many(target.resource, doomed, metadata))

    async def _proxy(self, request: web.Request, target: ObjectPath) -> web.Response:
        name, _, port = target.name.partition(":")
        self._store.get(PODS, target.namespace, name)
        base = self.proxies.get(int(port)) if port.isdigit() else None
        if base is None:
            raise ApiError(503, "ServiceUnavailable", f"no endpoints available for pod {target.name!r}")
        timeout = aiohttp.ClientTimeout(total=10)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"{base}/{target.rest}") as got:
                return web.Response(status=got.status, body=await got.read(), content_type=got.content_type)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(503, "ServiceUnavailable", f"error trying to reach service: {error}") from error


def parse(path: str) -> ObjectPath:
    """Return the target of a request's path; NoSuchPath, or ApiError 404 for an unknown resource of a known group."""
    parts = path.strip("/").split("/")
    root, rest = parts[0], parts[1:]
    if root == "api" and len(rest) >= 2:
        group, version, rest = "", rest[0], rest[1:]
    elif root == "apis" and len(rest) >= 3:
        group, version, rest = rest[0], rest[1], rest[2:]
    else:
        raise NoSuchPath(path)
    namespace = ""
    inner = BY_PATH.get((group, version, rest[2])) if rest[0] == "namespaces" and len(rest) > 2 else None
    if inner and inner.namespaced:
        namespace, rest = rest[1], rest[2:]
    resource = BY_PATH.get((group, version, rest[0]))
    if resource is None and (group, version) in discovery.groups().items():
        raise no_such_resource()
    if resource is None:
        raise NoSuchPath(path)
    name, part = [*rest, "", ""][1:3]
    if (part and part not in resource.subresources) or (name and resource.namespaced and not namespace):
        raise NoSuchPath(path)
    return ObjectPath(resource, namespace, name, part, "/".join(rest[3:]))


def _discover(parts: list[str], accept: str) -> web.Response | None:
    """Return discovery documents; None for paths of objects, NoSuchPath for unknown ones."""
    try:
        return _document(parts, accept)
    except KeyError as error:
        raise NoSuchPath("/".join(parts)) from error


def _document(parts: list[str], accept: str) -> web.Response | None:
    whole = "as=APIGroupDiscoveryList" in accept and "v=v2;" in accept.replace(" ", "") + ";"
    match parts:
        case ["api" | "apis" as root] if whole:
            return _json(discovery.aggregated(root == "api"), content_type=discovery.AGGREGATED)
        case ["api"]:
            return _json(discovery.core_versions())
        case ["apis"]:
            return _json(discovery.group_list())
        case ["api", version]:
            return _json(discovery.resource_list("", version))
        case ["apis", group]:
            return _json(discovery.group(group))
        case ["apis", group, version]:
            return _json(discovery.resource_list(group, version))
        case ["openapi", "v3"]:
            return _json(discovery.openapi_index())
        case ["openapi", "v3", *path]:
            return _json(discovery.openapi("/".join(path)))
    return None


async def _body(request: web.Request) -> Object:
    """Return the body as an object; ApiError 400 or 415."""
    accepted = (JSON, "application/yaml", protobuf.MEDIA_TYPE, APPLY_PATCH)
    kind = request.content_type
    if kind not in accepted and kind != "application/octet-stream":
        raise unsupported_media_type(kind, accepted)
    raw = await request.read()
    if kind == protobuf.MEDIA_TYPE:
        return protobuf.decode(raw)
    try:
        value = yaml.safe_load(raw) if "yaml" in kind else msgspec.json.decode(raw)
    except (msgspec.DecodeError, yaml.YAMLError) as error:
        raise bad_request(f"couldn't read the body: {error}") from error
    if not isinstance(value, dict):
        raise bad_request("the body is not an object")
    return value


async def _options(request: web.Request) -> Object:
    """Return DeleteOptions from the body, and from the query for those missing in the body."""
    options = await _body(request) if request.can_read_body else {}
    for name in ("propagationPolicy", "gracePeriodSeconds"):
        if name in request.query:
            options.setdefault(name, request.query[name])
    if "dryRun" in request.query:
        options.setdefault("dryRun", [request.query["dryRun"]])
    return options


def _yes(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() in ("1", "true")


def _json(value: Object, code: int = 200, *, content_type: str = JSON) -> web.Response:
    headers = NO_CACHE | {"Content-Type": content_type}
    return web.Response(status=code, body=msgspec.json.encode(value), headers=headers)
