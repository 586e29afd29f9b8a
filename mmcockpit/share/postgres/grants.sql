-- What each group role may do; granted again by every `mmcockpit share init`.
REVOKE ALL ON SCHEMA mmcockpit FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA mmcockpit FROM PUBLIC, mmcockpit_viewer, mmcockpit_operator, mmcockpit_driver;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mmcockpit FROM PUBLIC, mmcockpit_viewer, mmcockpit_operator, mmcockpit_driver;

GRANT USAGE ON SCHEMA mmcockpit TO mmcockpit_viewer;
GRANT SELECT ON version, session, chunk, seat TO mmcockpit_viewer;
-- Without the token: only the process that took the lease knows it.
GRANT SELECT (session, epoch, holder, host, process, reason, granted_to, taken_at, seen_at, until) ON lease TO mmcockpit_viewer;
GRANT INSERT (session, id, who, host, process, program, takeover) ON seat TO mmcockpit_viewer;
GRANT UPDATE (takeover) ON seat TO mmcockpit_viewer;
GRANT DELETE ON seat TO mmcockpit_viewer;
GRANT EXECUTE ON FUNCTION right_of(text) TO mmcockpit_viewer;

GRANT SELECT ON inbox TO mmcockpit_operator;
GRANT INSERT (session, id, who, seat, command) ON inbox TO mmcockpit_operator;

GRANT EXECUTE ON FUNCTION open_session(text, text, text, text, text, uuid) TO mmcockpit_driver;
GRANT EXECUTE ON FUNCTION take_over(text, text, text, text, uuid, bigint) TO mmcockpit_driver;
GRANT EXECUTE ON FUNCTION renew(text, bigint, uuid) TO mmcockpit_driver;
GRANT EXECUTE ON FUNCTION release(text, bigint, uuid, text, boolean) TO mmcockpit_driver;
GRANT EXECUTE ON FUNCTION append(text, bigint, uuid, bigint, bigint, text, text, bytea, jsonb, boolean)
  TO mmcockpit_driver;
GRANT EXECUTE ON FUNCTION decide(text, bigint, uuid, text, bigint, text) TO mmcockpit_driver;
