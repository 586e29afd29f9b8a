"""The sources that the options of `init --discover` name, as they are written into the cockpit file."""

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from mmcockpit import sources
from mmcockpit.cli.errors import CommandError
from mmcockpit.core.model.cockpit import SourceSpec

_REFERENCE = re.compile(r"(env|file):(.+)")
_PASSWORD = re.compile(r"://[^/@\s]*:[^@/\s]*@|\bpassword\s*=", re.IGNORECASE)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that name a source."""
    group = parser.add_argument_group("sources of --discover; secrets only as env:NAME or file:PATH")
    group.add_argument("--context", metavar="NAME", help="a context of the kubeconfig")
    group.add_argument("--kubeconfig", metavar="FILE", help="the kubeconfig; default: $KUBECONFIG, ~/.kube/config")
    group.add_argument(
        "--namespace", metavar="NAME", default="", help="the namespace of the service, in Kubernetes and in metrics"
    )
    group.add_argument("--prometheus", metavar="URL", help="Prometheus, or a system with its API")
    group.add_argument("--prometheus-token", metavar="REF", help="its bearer token: env:NAME or file:PATH")
    group.add_argument("--prometheus-login", metavar="USER:REF", help="its user, and the password: ana:env:NAME")
    group.add_argument(
        "--job", metavar="JOB", action="append", default=[], help="only this job of Prometheus; may be repeated"
    )
    group.add_argument("--alertmanager", metavar="URL", help="Alertmanager")
    group.add_argument("--alertmanager-token", metavar="REF", help="its bearer token: env:NAME or file:PATH")
    group.add_argument("--alertmanager-login", metavar="USER:REF", help="its user, and the password: ana:env:NAME")
    group.add_argument("--loki", metavar="URL", help="Loki, or a system with its API")
    group.add_argument("--loki-token", metavar="REF", help="its bearer token: env:NAME or file:PATH")
    group.add_argument("--loki-login", metavar="USER:REF", help="its user, and the password: ana:env:NAME")
    group.add_argument("--loki-tenant", metavar="TENANT", help="its tenant, sent as X-Scope-OrgID")
    group.add_argument("--ca", metavar="FILE", help="PEM file of the only trusted authorities, for every URL")
    group.add_argument(
        "--redis", metavar="URL", action="append", default=[], help="Redis: a URL or env:NAME; may be repeated"
    )
    group.add_argument(
        "--postgres", metavar="DSN", action="append", default=[], help="PostgreSQL: a DSN or env:NAME; may be repeated"
    )
    group.add_argument(
        "--http",
        metavar="URL",
        action="append",
        default=[],
        help="an address of the service, whose health paths are found; may be repeated",
    )


def is_given(args: argparse.Namespace) -> bool:
    """Return whether an option names a source."""
    single = (args.kubeconfig, args.context, args.namespace, args.prometheus, args.alertmanager, args.loki)
    return any(single) or any((args.redis, args.postgres, args.http))


def specs(args: argparse.Namespace) -> list[SourceSpec]:
    """Return the sources, checked as those of a cockpit file; CommandError with the way out for an invalid one."""
    return [_checked(name, kind, option, options) for name, kind, option, options in _named(args)]


def _named(args: argparse.Namespace) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield name, kind, option of the command line, and options of each source."""
    if args.context or args.namespace or args.kubeconfig:
        given = {"kubeconfig": args.kubeconfig, "context": args.context, "namespace": args.namespace}
        yield "cluster", "kubernetes", "--context", {key: value for key, value in given.items() if value}
    if args.loki_tenant and not args.loki:
        raise CommandError("--loki-tenant needs --loki URL", 2)
    for kind in ("prometheus", "alertmanager", "loki"):
        url, token, login = (getattr(args, name) for name in (kind, f"{kind}_token", f"{kind}_login"))
        if (token or login) and not url:
            raise CommandError(f"--{kind}-{'token' if token else 'login'} needs --{kind} URL", 2)
        if url:
            credential = {**_token(f"--{kind}-token", token), **_login(f"--{kind}-login", login)}
            tenant = {"tenant": args.loki_tenant} if kind == "loki" and args.loki_tenant else {}
            yield kind, kind, f"--{kind}", {"url": url, **credential, **tenant, **_trust(args)}
    for kind, key, name in (("redis", "url", "cache"), ("postgres", "dsn", "database"), ("http", "url", "web")):
        values = [_base(url) for url in args.http] if kind == "http" else getattr(args, kind)
        for each, number in _numbered(values):
            yield (
                f"{name}{number}",
                kind,
                f"--{kind}",
                ({key: each, **_trust(args)} if kind == "http" else {key: _reference(each)}),
            )


def _numbered(values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each different value with its number as text; the first has none."""
    for number, value in enumerate(dict.fromkeys(values), start=1):
        yield value, f"_{number}" if number > 1 else ""


def _base(url: str) -> str:
    """Return a URL without a usual health path at its end, which is found again below the rest."""
    from mmcockpit.discovery.http import HEALTH_PATHS

    bare = url.rstrip("/")
    ended = max((path for path in HEALTH_PATHS if bare.endswith(path)), key=len, default="")
    return bare.removesuffix(ended) if ended else url


def _reference(text: str) -> str | dict[str, str]:
    found = _REFERENCE.fullmatch(text)
    return {found[1]: found[2]} if found else text


def _token(option: str, text: str | None) -> dict[str, dict[str, str]]:
    if not text:
        return {}
    reference = _reference(text)
    if isinstance(reference, str):
        raise CommandError(f"{option} must be a reference: put the token into a variable and write env:NAME", 2)
    return {"token": reference}


def _login(option: str, text: str | None) -> dict[str, Any]:
    """Return user and password of a text such as `ana:env:NAME`."""
    user, _, password = (text or "").partition(":")
    reference = _reference(password)
    if text and (not user or isinstance(reference, str)):
        raise CommandError(f"{option} must be a user and a reference to the password, such as ana:env:NAME", 2)
    return {"user": user, "password": reference} if text else {}


def _trust(args: argparse.Namespace) -> dict[str, str]:
    return {"ca": str(Path(args.ca).resolve())} if args.ca else {}


def _checked(name: str, kind: str, option: str, options: dict[str, Any]) -> SourceSpec:
    for value in options.values():
        if isinstance(value, str) and _PASSWORD.search(value):
            raise CommandError(_without_password(option, kind), 2)
    described = sources.kind(kind)
    try:
        described.options.model_validate(options)
    except ValidationError as error:
        why = error.errors(include_input=False, include_url=False)[0]["msg"].removeprefix("Value error, ")
        way_out = "; on the command line write env:NAME or file:PATH" if kind in ("redis", "postgres") else ""
        raise CommandError(f"{option}: {why}{way_out}", 2) from None
    return SourceSpec(name, kind, options)


def _without_password(option: str, kind: str) -> str:
    if kind in ("redis", "postgres"):
        variable = f"{kind.upper()}_URL"
        return (
            f"{option}: must not contain a password, which other users could read; "
            f"export {variable}=… and write {option} env:{variable}"
        )
    return f"{option}: a URL must not contain a password" + (
        f"; put a token into a variable and write {option}-token env:NAME" if kind != "http" else ""
    )


def host(spec: SourceSpec) -> str:
    """Return what a source points to, without secrets."""
    described = sources.kind(spec.kind)
    target = described.target(described.options.model_validate(spec.options))
    return urlsplit(target).netloc or target
