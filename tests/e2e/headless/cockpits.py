"""A cockpit for drivers without a screen: two manual items, and a site that is up or down."""

from tests.e2e.pty_session import Place
from tests.servers.http import HttpServer
from tests.share.postgres.stores import StoreDatabase


def cockpit(place: Place, site: HttpServer, more: str = "") -> str:
    """Write a cockpit of two manual items and a signal that fails unless the site responds 200; return its name."""
    place.write("list.md", "# Small\n\n## Ready\n\n- [ ] Audit\n- [ ] Backup\n")
    place.write(
        "cockpit.yaml",
        f"""\
name: Small
environment: test
checklist: list.md
sources:
  site: {{kind: http, url: "{site.url}", every: 200ms}}
signals:
  up:
    title: site
    site.get: {{path: /}}
    pass: value.status == 200
{more}""",
    )
    return "cockpit.yaml"


def people(database: StoreDatabase) -> str:
    """Return the people of the database's logins, and the store."""
    listed = "".join(
        f"  - {{name: {name}, role: {role}, db_user: {database.user(name)}}}\n"
        for name, role in (("ana", "conductor"), ("dora", "network"), ("bo", "database"), ("carla", "support"))
    )
    return f"people:\n{listed}share: {{postgres: {{env: MMCOCKPIT_SHARE}}}}\n"
