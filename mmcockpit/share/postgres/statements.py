"""The SQL of the store's calls; each is one statement, so that a pooler in transaction mode is sufficient."""

import re

LOGIN = """
SELECT session_user, rolsuper, current_database(), current_setting('server_version'), pg_is_in_recovery(),
  extract(epoch FROM clock_timestamp())::float8, EXISTS (SELECT FROM pg_namespace WHERE nspname = 'mmcockpit')
FROM pg_roles WHERE rolname = session_user
"""
SYSTEM = "SELECT system_identifier::text FROM pg_control_system()"
RIGHT = "SELECT mmcockpit.right_of(session_user)"
RIGHTS = "SELECT login, mmcockpit.right_of(login) FROM unnest(%s::text[]) AS each (login)"
SCHEMA = "SELECT max(number) FROM mmcockpit.version"

OPEN_SESSION = "SELECT mmcockpit.open_session(%s, %s, %s, %s, %s, %s)"
TAKE_OVER = "SELECT epoch, last_seq, head FROM mmcockpit.take_over(%s, %s, %s, %s, %s, %s)"
RENEW = "SELECT mmcockpit.renew(%s, %s, %s)"
RELEASE = "SELECT mmcockpit.release(%s, %s, %s, %s, %s)"
APPEND = "SELECT mmcockpit.append(%s, %s, %s, %s, %s, %s, %s, %b, %s, %s)"
DECIDE = "SELECT mmcockpit.decide(%s, %s, %s, %s, %s, %s)"

CHUNKS = """
SELECT first_seq, last_seq, head, lines, epoch FROM (
  SELECT *, sum(octet_length(lines)) OVER (ORDER BY last_seq) - octet_length(lines) AS before
  FROM (SELECT * FROM mmcockpit.chunk WHERE session = %s AND last_seq > %s ORDER BY last_seq LIMIT 1000) AS following
) AS measured WHERE before < %s ORDER BY last_seq
"""

_SESSION = """
SELECT id, name, environment, opened_by, extract(epoch FROM opened_at)::float8, extract(epoch FROM ended_at)::float8,
  last_seq, head, epoch, holder, host, reason, granted_to,
  extract(epoch FROM until - clock_timestamp())::float8,
  extract(epoch FROM clock_timestamp() - seen_at)::float8
FROM mmcockpit.session JOIN mmcockpit.lease ON lease.session = session.id
"""
SESSION = f"{_SESSION} WHERE id = %s"
SESSIONS = f"{_SESSION} ORDER BY opened_at DESC LIMIT %s"

_COMMAND = """
SELECT id, who, coalesce(mmcockpit.right_of(who), ''), seat, command,
  extract(epoch FROM clock_timestamp() - sent_at)::float8, decided_seq, answer
FROM mmcockpit.inbox WHERE session = %s AND
"""
PUT_COMMAND = """
INSERT INTO mmcockpit.inbox (session, id, who, seat, command) VALUES (%s, %s, session_user, %s, %s)
ON CONFLICT DO NOTHING
"""
COMMAND = f"{_COMMAND} id = %s"
OWN_COMMAND = "SELECT id FROM mmcockpit.inbox WHERE session = %s AND id = %s AND who = session_user"
UNDECIDED = f"{_COMMAND} decided_seq IS NULL ORDER BY sent_at, id LIMIT %s"

TOUCH_SEAT = """
UPDATE mmcockpit.seat SET takeover = %s
WHERE session = %s AND id = %s AND who = session_user RETURNING id
"""
PUT_SEAT = """
INSERT INTO mmcockpit.seat (session, id, who, host, process, program, takeover)
VALUES (%s, %s, session_user, %s, %s, %s, %s)
"""
REMOVE_SEAT = "DELETE FROM mmcockpit.seat WHERE session = %s AND id = %s AND who = session_user"
SEATS = """
SELECT id, who, coalesce(mmcockpit.right_of(who), ''), host, process, program, takeover,
  extract(epoch FROM joined_at)::float8, extract(epoch FROM clock_timestamp() - seen_at)::float8
FROM mmcockpit.seat WHERE session = %s ORDER BY joined_at, id LIMIT %s
"""

RIGHT_OF = {
    **dict.fromkeys((PUT_COMMAND, COMMAND, OWN_COMMAND, UNDECIDED), "operator"),
    **dict.fromkeys((OPEN_SESSION, TAKE_OVER, RENEW, RELEASE, APPEND, DECIDE), "driver"),
}
"""Statement to the right that it needs; all others need that of a viewer."""


def identifier(name: str) -> str:
    """Return a name as SQL, quoted where necessary."""
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'
