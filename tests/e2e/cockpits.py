"""Small cockpit files: twenty manual items, and a signal of a real Valkey."""

from tests.e2e.pty_session import Place

ITEMS = (
    "Audit", "Backup", "Capacity", "Dashboards", "Encryption", "Failover", "Guards", "Headroom", "Indexes", "Journal",
    "Keys", "Limits", "Migrations", "Network", "Owners", "Policies", "Quotas", "Runbook", "Secrets", "Tracing",
)  # fmt: skip


def checklist() -> str:
    """Return twenty manual items as a Markdown task list."""
    rows = [f"- [ ] {name}" for name in ITEMS]
    return "\n".join(["# Small go-live", "", "## Readiness", "", "### Hands", "", *rows, ""])


def light(place: Place, redis_url: str, every: str = "1s") -> str:
    """Write a cockpit of twenty items and one signal; return its file's name."""
    place.write("list.md", checklist())
    place.write(
        "cockpit.yaml",
        f"""\
name: Small
environment: test
checklist: list.md
layout: go-live
sources:
  cache: {{kind: redis, url: "{redis_url}", every: {every}}}
signals:
  clients:
    title: clients
    cache.info: {{section: clients}}
    pass: value.connected_clients >= 1
""",
    )
    return "cockpit.yaml"
