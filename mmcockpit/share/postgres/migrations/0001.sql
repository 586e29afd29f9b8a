-- Version 1: sessions as chunks of their journal's lines, one lease for each, an inbox of commands, and seats.

CREATE TABLE session (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
  name text NOT NULL CHECK (length(name) <= 200),
  environment text NOT NULL CHECK (length(environment) <= 200),
  opened_by text NOT NULL DEFAULT session_user,
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  last_seq bigint NOT NULL DEFAULT 0,
  head text NOT NULL CHECK (head ~ '^[A-Za-z0-9_-]{16}$')
);

-- The very bytes of the journal's lines, one row for each commit.
CREATE TABLE chunk (
  session text NOT NULL REFERENCES session ON DELETE CASCADE,
  first_seq bigint NOT NULL CHECK (first_seq > 0),
  last_seq bigint NOT NULL CHECK (last_seq >= first_seq),
  epoch bigint NOT NULL,
  head text NOT NULL CHECK (head ~ '^[A-Za-z0-9_-]{16}$'),
  lines bytea NOT NULL CHECK (octet_length(lines) BETWEEN 1 AND 33554432),
  PRIMARY KEY (session, last_seq)
);

CREATE TABLE lease (
  session text PRIMARY KEY REFERENCES session ON DELETE CASCADE,
  epoch bigint NOT NULL,
  holder text NOT NULL,
  host text NOT NULL CHECK (length(host) <= 200),
  process text NOT NULL CHECK (length(process) <= 200),
  reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
  token uuid NOT NULL,
  granted_to text NOT NULL DEFAULT '',
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  until timestamptz NOT NULL
);

CREATE TABLE seat (
  session text NOT NULL REFERENCES session ON DELETE CASCADE,
  id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  who text NOT NULL DEFAULT session_user,
  host text NOT NULL DEFAULT '' CHECK (length(host) <= 200),
  process text NOT NULL DEFAULT '' CHECK (length(process) <= 200),
  program text NOT NULL DEFAULT '' CHECK (length(program) <= 80),
  takeover text NOT NULL DEFAULT '' CHECK (length(takeover) <= 500),
  joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (session, id)
);

CREATE TABLE inbox (
  session text NOT NULL REFERENCES session ON DELETE CASCADE,
  id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  who text NOT NULL DEFAULT session_user,
  seat text NOT NULL DEFAULT '',
  command text NOT NULL CHECK (octet_length(command) <= 65536),
  sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  decided_seq bigint,
  answer text NOT NULL DEFAULT '' CHECK (length(answer) <= 2000),
  PRIMARY KEY (session, id)
);
CREATE INDEX inbox_undecided ON inbox (session, sent_at) WHERE decided_seq IS NULL;

-- The right of a login: driver, operator, viewer, or empty.
CREATE FUNCTION right_of(login text) RETURNS text
LANGUAGE sql STABLE SET search_path = mmcockpit, pg_temp AS $$
  SELECT CASE
    WHEN pg_has_role(oid, 'mmcockpit_driver', 'USAGE') THEN 'driver'
    WHEN pg_has_role(oid, 'mmcockpit_operator', 'USAGE') THEN 'operator'
    WHEN pg_has_role(oid, 'mmcockpit_viewer', 'USAGE') THEN 'viewer'
    ELSE '' END
  FROM pg_roles WHERE rolname = login
$$;

ALTER TABLE inbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY inbox_read ON inbox FOR SELECT
  USING (who = session_user OR right_of(session_user) = 'driver');
CREATE POLICY inbox_write ON inbox FOR INSERT
  WITH CHECK (who = session_user AND (seat = '' OR EXISTS (
    SELECT FROM seat AS own WHERE own.session = inbox.session AND own.id = inbox.seat AND own.who = session_user)));

ALTER TABLE seat ENABLE ROW LEVEL SECURITY;
CREATE POLICY seat_read ON seat FOR SELECT USING (true);
CREATE POLICY seat_add ON seat FOR INSERT WITH CHECK (who = session_user);
CREATE POLICY seat_change ON seat FOR UPDATE USING (who = session_user) WITH CHECK (who = session_user);
CREATE POLICY seat_remove ON seat FOR DELETE USING (who = session_user);

-- MC001 another driver, MC002 does not continue the chain, MC003 not lines of a journal, MC004 unknown session,
-- MC005 the lease is held, MC006 another session has this id, MC007 too many rows.

-- Locks the lease of the caller's own term; refuses every other caller, epoch and token.
CREATE FUNCTION hold(p_session text, p_epoch bigint, p_token uuid) RETURNS lease
LANGUAGE plpgsql SET search_path = mmcockpit, pg_temp AS $$
DECLARE
  held lease;
BEGIN
  SELECT * INTO held FROM lease WHERE session = p_session FOR UPDATE;
  IF held IS NULL THEN
    RAISE EXCEPTION 'unknown session %', p_session USING ERRCODE = 'MC004';
  END IF;
  IF held.epoch IS DISTINCT FROM p_epoch OR held.token IS DISTINCT FROM p_token OR held.holder <> session_user THEN
    RAISE EXCEPTION 'epoch % is over: % on % drives epoch %', p_epoch, held.holder, held.host, held.epoch
      USING ERRCODE = 'MC001',
      DETAIL = json_build_object('epoch', held.epoch, 'holder', held.holder, 'host', held.host, 'reason', held.reason);
  END IF;
  -- A commit that is acknowledged must be on the disk, whatever the default of the database.
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  RETURN held;
END
$$;

CREATE FUNCTION open_session(
  p_session text, p_name text, p_environment text, p_host text, p_process text, p_token uuid
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  -- The link of a first line: it has no previous one.
  INSERT INTO session (id, name, environment, head) VALUES (p_session, p_name, p_environment, 'uOHdo6wKo4IK0pkL')
    ON CONFLICT DO NOTHING;
  IF FOUND THEN
    INSERT INTO lease (session, epoch, holder, host, process, token, until)
      VALUES (p_session, 1, session_user, p_host, p_process, p_token, clock_timestamp() + interval '10 s');
    RETURN 1;
  END IF;
  -- The same call again, after its answer was lost.
  IF EXISTS (SELECT FROM lease WHERE session = p_session AND epoch = 1 AND token = p_token AND holder = session_user) THEN
    RETURN 1;
  END IF;
  RAISE EXCEPTION 'session % exists already', p_session USING ERRCODE = 'MC006';
END
$$;

-- Begins a new term once the lease has ended, or for the login that the driver granted it to. p_least is the epoch of
-- the caller's own journal, which a failover may have lost here.
CREATE FUNCTION take_over(
  p_session text, p_host text, p_process text, p_reason text, p_token uuid, p_least bigint
) RETURNS TABLE (epoch bigint, last_seq bigint, head text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
  held lease;
BEGIN
  SELECT * INTO held FROM lease WHERE session = p_session FOR UPDATE;
  IF held IS NULL THEN
    RAISE EXCEPTION 'unknown session %', p_session USING ERRCODE = 'MC004';
  END IF;
  IF held.token <> p_token OR held.holder <> session_user THEN
    IF held.until > clock_timestamp() AND held.granted_to <> session_user THEN
      RAISE EXCEPTION '% on % drives this session', held.holder, held.host
        USING ERRCODE = 'MC005', DETAIL = json_build_object('epoch', held.epoch, 'holder', held.holder,
          'host', held.host, 'left_s', extract(epoch FROM held.until - clock_timestamp()));
    END IF;
    UPDATE lease SET epoch = greatest(held.epoch + 1, least(p_least, held.epoch + 1000)), holder = session_user,
      host = p_host, process = p_process, reason = p_reason, token = p_token, granted_to = '',
      taken_at = clock_timestamp(), seen_at = clock_timestamp(), until = clock_timestamp() + interval '10 s'
      WHERE session = p_session;
    UPDATE session SET ended_at = NULL WHERE id = p_session;
  ELSE
    UPDATE lease SET seen_at = clock_timestamp(), until = clock_timestamp() + interval '10 s'
      WHERE session = p_session;
  END IF;
  PERFORM pg_notify('mmcockpit', '0 ' || p_session);
  RETURN QUERY SELECT lease.epoch, session.last_seq, session.head
    FROM lease JOIN session ON session.id = lease.session WHERE lease.session = p_session;
END
$$;

-- Extends the caller's lease by 10 s, by the clock of the database.
CREATE FUNCTION renew(p_session text, p_epoch bigint, p_token uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  PERFORM hold(p_session, p_epoch, p_token);
  UPDATE lease SET seen_at = clock_timestamp(), until = clock_timestamp() + interval '10 s'
    WHERE session = p_session;
END
$$;

-- Ends the caller's lease at once; with p_to only grants it to another login, which takes it over.
CREATE FUNCTION release(p_session text, p_epoch bigint, p_token uuid, p_to text, p_ended boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  PERFORM hold(p_session, p_epoch, p_token);
  UPDATE lease SET granted_to = p_to, seen_at = clock_timestamp(),
    until = CASE WHEN p_to = '' THEN clock_timestamp() ELSE until END
    WHERE session = p_session;
  UPDATE session SET ended_at = clock_timestamp() WHERE id = p_session AND p_ended;
  PERFORM pg_notify('mmcockpit', '0 ' || p_session);
END
$$;

-- The only way to add lines: one transaction that refuses another driver, a gap, and a line that does not continue the
-- chain. Numbers may only jump where a journal continues after it could not be written.
CREATE FUNCTION append(
  p_session text, p_epoch bigint, p_token uuid, p_first bigint, p_last bigint, p_prev text, p_head text,
  p_lines bytea, p_decided jsonb, p_wake boolean
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  stored session;
  lines text[];
  first_line text;
  wrong bigint;
BEGIN
  PERFORM hold(p_session, p_epoch, p_token);
  SELECT * INTO stored FROM session WHERE id = p_session;
  -- Bytes that are not ASCII become escapes, so that the encoding of the database does not matter.
  lines := string_to_array(encode(p_lines, 'escape'), E'\n');
  IF lines[array_length(lines, 1)] IS DISTINCT FROM '' THEN
    RAISE EXCEPTION 'the last line is not complete' USING ERRCODE = 'MC003';
  END IF;
  lines := lines[1:array_length(lines, 1) - 1];
  first_line := lines[1];
  IF first_line IS NULL OR first_line NOT LIKE '[' || p_first || ',%'
    OR lines[array_length(lines, 1)] NOT LIKE '[' || p_last || ',%' THEN
    RAISE EXCEPTION 'the lines are not facts #% to #%', p_first, p_last USING ERRCODE = 'MC003';
  END IF;
  IF p_first <= stored.last_seq OR (p_first > stored.last_seq + 1 AND NOT may_jump(first_line)) THEN
    RAISE EXCEPTION 'fact #% does not follow fact #%', p_first, stored.last_seq USING ERRCODE = 'MC002',
      DETAIL = json_build_object('last_seq', stored.last_seq, 'head', stored.head);
  END IF;
  IF p_prev IS DISTINCT FROM stored.head OR NOT continues(first_line, stored.head) THEN
    RAISE EXCEPTION 'fact #% does not continue the chain', p_first USING ERRCODE = 'MC002',
      DETAIL = json_build_object('last_seq', stored.last_seq, 'head', stored.head);
  END IF;
  SELECT count(*) INTO wrong FROM (
    SELECT line, number, lag(number) OVER (ORDER BY place) AS previous
    FROM (SELECT line, place, substring(line FROM '^\[([0-9]{1,16}),')::bigint AS number
          FROM unnest(lines) WITH ORDINALITY AS each (line, place)) AS numbered) AS pairs
    WHERE number IS NULL OR number <= previous OR (number > previous + 1 AND NOT may_jump(line));
  IF wrong > 0 THEN
    RAISE EXCEPTION 'facts are missing between #% and #%', p_first, p_last USING ERRCODE = 'MC003';
  END IF;
  IF EXISTS (SELECT FROM jsonb_each_text(p_decided) WHERE value::bigint NOT BETWEEN 1 AND p_last) THEN
    RAISE EXCEPTION 'a command is decided by a fact after #%', p_last USING ERRCODE = 'MC003';
  END IF;
  INSERT INTO chunk (session, first_seq, last_seq, epoch, head, lines)
    VALUES (p_session, p_first, p_last, p_epoch, p_head, p_lines);
  UPDATE session SET last_seq = p_last, head = p_head WHERE id = p_session;
  UPDATE lease SET seen_at = clock_timestamp(), until = clock_timestamp() + interval '10 s'
    WHERE session = p_session;
  UPDATE inbox SET decided_seq = each.value::bigint FROM jsonb_each_text(p_decided) AS each
    WHERE inbox.session = p_session AND inbox.id = each.key AND inbox.decided_seq IS NULL;
  IF p_wake THEN
    PERFORM pg_notify('mmcockpit', p_last || ' ' || p_session);
  END IF;
END
$$;

-- Whether the number of a line may jump: facts that could not be written have numbers, too.
CREATE FUNCTION may_jump(line text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = mmcockpit, pg_temp AS $$
  SELECT line ~ '^\[[0-9]+,[^,]+,[^,]+,"(Gap|Opened)",'
$$;

-- Whether a line links to the previous one: by its last field; or as the first line of a journal that continues a lost
-- one, which has no link, but names the head of the lost one.
CREATE FUNCTION continues(line text, head text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = mmcockpit, pg_temp AS $$
  SELECT left(right(line, 18), 16) = head OR (
    line ~ '^\[[0-9]+,[^,]+,[^,]+,"Opened",' AND left(right(line, 18), 16) = 'uOHdo6wKo4IK0pkL'
    AND strpos(line, '"head":"' || head || '"') > 0)
$$;

-- Answers a command that became no fact; one that did is decided by `append`.
CREATE FUNCTION decide(p_session text, p_epoch bigint, p_token uuid, p_id text, p_seq bigint, p_answer text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  PERFORM hold(p_session, p_epoch, p_token);
  UPDATE inbox SET decided_seq = p_seq, answer = p_answer
    WHERE session = p_session AND id = p_id AND decided_seq IS NULL;
  PERFORM pg_notify('mmcockpit', '0 ' || p_session);
END
$$;

-- Bounds the rows that one login may have in a session, and wakes the driver for a command.
CREATE FUNCTION limit_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp AS $$
DECLARE
  present bigint;
BEGIN
  IF TG_TABLE_NAME = 'inbox' THEN
    SELECT count(*) INTO present FROM inbox
      WHERE session = NEW.session AND who = NEW.who AND decided_seq IS NULL;
    IF present < 200 AND NOT EXISTS (SELECT FROM inbox WHERE session = NEW.session AND decided_seq IS NULL
        AND sent_at > clock_timestamp() - interval '250 ms') THEN
      PERFORM pg_notify('mmcockpit', '0 ' || NEW.session);
    END IF;
  ELSE
    -- Seats that ended without leaving.
    DELETE FROM seat WHERE session = NEW.session AND who = NEW.who AND seen_at < clock_timestamp() - interval '1 hour';
    SELECT count(*) INTO present FROM seat WHERE session = NEW.session AND who = NEW.who;
  END IF;
  IF present >= 200 THEN
    RAISE EXCEPTION '% has 200 rows in % of this session', NEW.who, TG_TABLE_NAME USING ERRCODE = 'MC007';
  END IF;
  RETURN NEW;
END
$$;
-- A seat reports that it is present now, never at another time.
CREATE FUNCTION see_seat() RETURNS trigger
LANGUAGE plpgsql SET search_path = mmcockpit, pg_temp AS $$
BEGIN
  NEW.seen_at := clock_timestamp();
  RETURN NEW;
END
$$;
CREATE TRIGGER see_seat BEFORE UPDATE ON seat FOR EACH ROW EXECUTE FUNCTION see_seat();

CREATE TRIGGER limit_inbox BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION limit_rows();
CREATE TRIGGER limit_seats BEFORE INSERT ON seat FOR EACH ROW EXECUTE FUNCTION limit_rows();
