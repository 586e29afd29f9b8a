"""The tables in which migration tools record what they applied, and how their state is read."""

import re
from typing import Any, NamedTuple

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class Recorded(NamedTuple):
    """How the state of one tool is read: the tool, its table, a column that it must have, the statement, the rule.

    `{table}` in the statement is the name of the table with its schema. A rule over a text is over the last version.
    """

    tool: str
    table: str
    column: str
    probe: str
    sql: str
    passing: str
    comment: str


_APPLIED = 'value != "none"'
_VERSION = 'The last applied version. For this release, write `pass: value == "VERSION"`.'

TABLES = (
    Recorded(
        "Alembic",
        "alembic_version",
        "version_num",
        "scalar",
        "SELECT coalesce(string_agg(version_num, ', ' ORDER BY version_num), 'none') FROM {table}",
        _APPLIED,
        _VERSION,
    ),
    Recorded(
        "golang-migrate",
        "schema_migrations",
        "dirty",
        "row",
        "SELECT coalesce(max(version)::text, 'none') AS version, coalesce(bool_or(dirty), false) AS dirty FROM {table}",
        'value.version != "none" && !value.dirty',
        'A failed migration leaves the table dirty. For this release, add `&& value.version == "VERSION"`.',
    ),
    Recorded(
        "Rails or dbmate",
        "schema_migrations",
        "version",
        "scalar",
        "SELECT coalesce(max(version)::text, 'none') FROM {table}",
        _APPLIED,
        _VERSION,
    ),
    Recorded(
        "Flyway",
        "flyway_schema_history",
        "success",
        "row",
        "SELECT coalesce((array_agg(version ORDER BY installed_rank DESC) FILTER (WHERE version IS NOT NULL))[1], "
        "'none') AS version, count(*) FILTER (WHERE NOT success) AS failed FROM {table}",
        'value.version != "none" && value.failed == 0',
        'No migration failed. For this release, add `&& value.version == "VERSION"`.',
    ),
    Recorded(
        "Django",
        "django_migrations",
        "applied",
        "scalar",
        "SELECT coalesce((array_agg(app || '.' || name ORDER BY id DESC))[1], 'none') FROM {table}",
        _APPLIED,
        'The migration that was applied last. For this release, write `pass: value == "APP.NAME"`.',
    ),
    Recorded(
        "Prisma",
        "_prisma_migrations",
        "finished_at",
        "row",
        "SELECT coalesce((array_agg(migration_name ORDER BY started_at DESC))[1], 'none') AS version, "
        "count(*) FILTER (WHERE finished_at IS NULL AND rolled_back_at IS NULL) AS failed FROM {table}",
        'value.version != "none" && value.failed == 0',
        'No migration failed. For this release, add `&& value.version == "NAME"`.',
    ),
    Recorded(
        "Liquibase",
        "databasechangelog",
        "orderexecuted",
        "scalar",
        "SELECT coalesce((array_agg(id ORDER BY orderexecuted DESC))[1], 'none') FROM {table}",
        _APPLIED,
        _VERSION,
    ),
    Recorded(
        "goose",
        "goose_db_version",
        "is_applied",
        "scalar",
        "SELECT coalesce((max(version_id) FILTER (WHERE is_applied))::text, 'none') FROM {table}",
        _APPLIED,
        _VERSION,
    ),
)
"""In the order in which they are tried: of two with the same table, the first whose column exists."""

SEARCH = f"""
SELECT n.nspname AS schema, c.relname AS name, has_table_privilege(c.oid, 'SELECT')
  AND has_schema_privilege(n.oid, 'USAGE') AS readable, array_agg(a.attname::text) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relname IN ({", ".join(sorted({f"'{one.table}'" for one in TABLES}))})
GROUP BY n.oid, n.nspname, c.oid, c.relname ORDER BY n.nspname, c.relname LIMIT 10
"""
"""SQL: the tables of TABLES that exist in any schema."""


def recorded(row: dict[str, Any]) -> Recorded | None:
    """Return how the state in a table of SEARCH is read, with its name in the statement; None if no tool fits."""
    for one in TABLES:
        if one.table == row["name"] and one.column in row["columns"]:
            table = f"{_quoted(row['schema'])}.{_quoted(row['name'])}"
            return one._replace(sql=one.sql.format(table=table))
    return None


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
