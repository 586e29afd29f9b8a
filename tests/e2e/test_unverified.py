"""`verify: false` and its like are named by check and doctor, and are facts of the session."""

import json
from pathlib import Path

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Checklist, Phase
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.journal.reader import read
from mmcockpit.sources import kind
from tests.e2e.pty_session import Place
from tests.engine.engine_run import running
from tests.servers.tls import TlsServers

COCKPIT = """\
name: Test
environment: test
checklist: list.md
sources:
  web: {kind: http, url: "URL", verify: false}
  metrics: {kind: prometheus, url: "https://127.0.0.1:1", verify: false}
  alerts: {kind: alertmanager, url: "https://127.0.0.1:1", verify: false}
  cluster: {kind: kubernetes, kubeconfig: KUBECONFIG}
  database: {kind: postgres, dsn: "postgresql://db.example.com/x?sslmode=require"}
  local: {kind: postgres, dsn: "postgresql://127.0.0.1:1/x?sslmode=disable"}
  safe: {kind: http, url: "https://127.0.0.1:1"}
"""
UNSAFE = ("web", "metrics", "alerts", "cluster", "database")


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    written = tmp_path / "insecure-kubeconfig"
    cluster = {"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": True}
    written.write_text(
        json.dumps(
            {
                "current-context": "c",
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": {"token": "canary-token"}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    return written


def test_check_and_doctor_name_every_source_whose_certificate_is_not_verified(
    place: Place, kubeconfig: Path, tls_servers: TlsServers
) -> None:
    place.write("list.md", "# List\n\n## Phase\n\n- [ ] one\n")
    url = f"https://127.0.0.1:{tls_servers.self_signed[1]}"
    place.write("cockpit.yaml", COCKPIT.replace("KUBECONFIG", str(kubeconfig)).replace("URL", url))
    checked = place.call("check", "cockpit.yaml")
    assert (checked.returncode, checked.stdout) == (0, "cockpit.yaml: ok, 5 warnings\n")
    warned = checked.stderr.splitlines()
    assert [line.split("source '")[1].split("'")[0] for line in warned] == list(UNSAFE)
    column = COCKPIT.splitlines()[4].replace("URL", url).index("verify") + 1
    told = "warning: source 'web': TLS certificates are not verified (verify: false)"
    assert warned[0] == f"cockpit.yaml:5:{column}: {told}"
    lines = {line.split()[1]: line for line in place.call("doctor").stdout.splitlines() if len(line.split()) > 1}
    assert [name for name in (*UNSAFE, "local", "safe") if "TLS not verified (" in lines[name]] == list(UNSAFE)


def test_what_is_not_verified_is_a_fact_of_the_session_from_the_start(tmp_path: Path) -> None:
    journal = tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"
    source = SourceSpec("web", "http", {"url": "https://127.0.0.1:1", "verify": False})
    asked = Cockpit("T", "test", Checklist("c", "C", (Phase("p", "P", ()),)), (), Layout("none", ()), (source,))
    with running(asked, journal) as (_, screen):
        screen.until(lambda session: session.unverified == {"web": "verify: false"}, "it is a fact")
    with running(journal) as (_, screen):
        at = screen.batch.now.at
        screen.until(lambda _: screen.batch.now.at > at + 1.0, "the session runs")
        assert screen.session.unverified == {"web": "verify: false"}
    assert len([event for event in read(journal) if isinstance(event.body, facts.VerificationChanged)]) == 1


@pytest.mark.parametrize(
    ("dsn", "off"),
    [
        ("postgresql://db.example.com/x?sslmode=disable", "sslmode=disable"),
        ("postgresql://db.example.com/x?sslmode=allow", "sslmode=allow"),
        ("postgresql://db.example.com/x?sslmode=prefer", "sslmode=prefer"),
        ("host=db.example.com sslmode=require", "sslmode=require"),
        ("postgresql://db.example.com/x?sslmode=verify-full", None),
        ("postgresql://db.example.com/x", None),
        ("postgresql://localhost:5432/x?sslmode=disable", None),
        ("host=/run/postgresql sslmode=disable", None),
        ("postgresql://a.example.com:5432,127.0.0.1:5433/x?sslmode=prefer", "sslmode=prefer"),
    ],
)
def test_a_dsn_that_turns_verification_off_for_another_machine_is_reported(dsn: str, off: str | None) -> None:
    described = kind("postgres")
    assert described.unverified(described.options.model_validate({"dsn": dsn})) == off
