"""Sites around the service: Grafana, log store, tracer, status page, runbooks, the image registry and GitHub."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
DASHBOARDS = (
    ("modelmuxer-obsv", "ModelMuxer Observability"),
    ("modelmuxer-cost", "ModelMuxer Cost"),
    ("modelmuxer-main", "ModelMuxer Overview"),
)
WORKFLOWS = ("ci", "test", "container-security", "deploy-production")


def _json(body: object, status: int = 200, **headers: str) -> Respond:
    async def respond(request: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return respond


def _text(body: str, kind: str = "text/plain") -> Respond:
    async def respond(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type=kind)

    return respond


def _page(title: str) -> Respond:
    return _text(f"<!doctype html><title>{title}</title><h1>{title}</h1>\n", "text/html")


def _found(request: web.Request) -> web.Response:
    """Search of Grafana: every word of the query is in the title."""
    words = request.query.get("query", "").lower().split()
    rows = [
        {"uid": uid, "title": title, "uri": f"db/{uid}", "url": f"/d/{uid}", "type": "dash-db", "tags": []}
        for uid, title in DASHBOARDS
        if all(word in title.lower() for word in words)
    ]
    return web.json_response(rows)


async def _search(request: web.Request) -> web.Response:
    return _found(request)


async def _runs(request: web.Request) -> web.Response:
    """Workflow runs of GitHub's API, of every workflow or of the file in the path."""
    file = request.match_info.get("file", "")
    names = [name for name in WORKFLOWS if not file or file == f"{name}.yaml"]
    commit = request.query.get("head_sha", "")
    runs = [
        {"id": number, "name": name, "head_sha": commit, "status": "completed", "conclusion": "success"}
        for number, name in enumerate(names, 4201)
    ]
    return web.json_response({"total_count": len(runs), "workflow_runs": runs})


async def _reviews(request: web.Request) -> web.Response:
    return web.json_response([{"id": 77, "state": "APPROVED", "user": {"login": "bo"}}])


def _registry(repository: str, digests: Mapping[str, str]) -> dict[str, Respond]:
    """Return the registry's routes: a HEAD or GET of a manifest has the digest in a header."""

    async def manifest(request: web.Request) -> web.Response:
        digest = digests.get(request.match_info["reference"])
        if digest is None:
            return web.json_response({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, status=404)
        kind = "application/vnd.oci.image.manifest.v1+json"
        return web.Response(text="{}", content_type=kind, headers={"Docker-Content-Digest": digest})

    return {"/v2/": _json({}), f"/v2/{repository}/manifests/{{reference}}": manifest}


def sites(repository: str, digests: Mapping[str, str]) -> Mapping[str, web.Application]:
    """Return the application of each site by its name; `digests` are those of the tags in the image repository."""
    runs, reviews = "/repos/{owner}/{name}/actions", "/repos/{owner}/{name}/pulls/{number}/reviews"
    routes: dict[str, dict[str, Respond]] = {
        "grafana": {"/api/health": _json({"database": "ok", "version": "11.2.0"}), "/api/search": _search},
        "logging": {"/ready": _text("ready\n")},
        "tracing": {"/api/services": _json({"data": ["modelmuxer", "postgresql"], "total": 2, "errors": None})},
        "status": {"/": _page("All systems operational")},
        "runbooks": {"/": _page("Runbooks"), "/{page:.+}": _page("Runbook")},
        "registry": _registry(repository, digests),
        "github": {f"{runs}/runs": _runs, f"{runs}/workflows/{{file}}/runs": _runs, reviews: _reviews},
    }
    return {name: _application(each) for name, each in routes.items()}


def _application(routes: Mapping[str, Respond]) -> web.Application:
    application = web.Application()
    for path, respond in routes.items():
        application.router.add_get(path, respond)
    return application
