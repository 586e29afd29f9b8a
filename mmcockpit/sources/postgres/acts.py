"""Detects statements that act despite a read-only transaction: end sessions, write files, act on other systems."""

import re

_GAP = r"(?:\s|/\*.*?\*/|--[^\n]*(?:\n|$))*"
_FIRST = re.compile(rf"{_GAP}\(?(?:{_GAP}\()*{_GAP}(\S*)", re.DOTALL)
_READS = re.compile(r"(?:select|with|values|table|show|explain)\b", re.IGNORECASE)
_FUNCTIONS = re.compile(
    r"\b(pg_(?:terminate_backend|cancel_backend|reload_conf|rotate_logfile|logfile_rotate|switch_(?:wal|xlog)|promote"
    r"|prewarm|create_\w+|drop_\w+|copy_\w+|replication_\w+_(?:advance|reset|setup|create|drop)\w*"
    r"|sync_replication_slots|logical_(?:emit_message|slot_get_\w+)|(?:wal|xlog)_replay_(?:pause|resume)"
    r"|(?:start|stop)_backup|backup_(?:start|stop)|stat_\w*reset\w*|(?:try_)?advisory_\w+|log_\w+|notify"
    r"|file_(?:write|sync|rename|unlink)|import_system_collations|(?:set|clear|restore)_(?:relation|attribute)_stats"
    r"|background_\w+)"
    r"|lo_(?:import|export|creat|create|unlink|put|from_bytea|open)|lowrite|lo_truncate\w*"
    r"|dblink\w*|nextval|setval|set_config|brin_\w+|gin_clean_pending_list|query_to_xml\w*|cursor_to_xml\w*"
    r'|cron\.\w+|http|http_\w+|postgres_fdw_disconnect\w*)"?'
    rf"{_GAP}\(",
    re.IGNORECASE | re.DOTALL,
)


def acts(sql: str) -> str:
    """Return why a statement may change something in a read-only transaction, or an empty text.

    A rollback undoes changes of tables, but not signals to other sessions, files, session locks or what another
    connection does. The effects of the database's own functions are not known.
    """
    if re.search(r"\bu&\s*\"", sql, re.IGNORECASE):
        return "a name with escapes may change something"
    first = _FIRST.match(sql)
    word = first[1] if first else ""
    if not _READS.match(word):
        return f"{word[:20].upper() or 'it'} may change something"
    match = _FUNCTIONS.search(sql)
    return f"{match[1].lower()} may change something" if match else ""
