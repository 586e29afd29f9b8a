-- Version 2: the text of a command, which may contain a secret, is kept only until the command is decided.

CREATE FUNCTION empty_decided() RETURNS trigger
LANGUAGE plpgsql SET search_path = mmcockpit, pg_temp AS $$
BEGIN
  NEW.command := '';
  RETURN NEW;
END
$$;
CREATE TRIGGER empty_decided BEFORE UPDATE ON inbox FOR EACH ROW
  WHEN (NEW.decided_seq IS NOT NULL AND NEW.command <> '') EXECUTE FUNCTION empty_decided();

-- A session that lost its driver: its commands are emptied when any next session begins. No driver would carry them out
-- after a minute.
CREATE FUNCTION empty_expired() RETURNS trigger
LANGUAGE plpgsql SET search_path = mmcockpit, pg_temp AS $$
BEGIN
  UPDATE inbox SET command = ''
    WHERE decided_seq IS NULL AND command <> '' AND sent_at < clock_timestamp() - interval '5 minutes';
  RETURN NULL;
END
$$;
CREATE TRIGGER empty_expired AFTER INSERT ON session FOR EACH STATEMENT EXECUTE FUNCTION empty_expired();

-- The end of a session decides what its driver has not decided; a reopened session is not ended any more.
CREATE FUNCTION decide_at_end() RETURNS trigger
LANGUAGE plpgsql SET search_path = mmcockpit, pg_temp AS $$
BEGIN
  UPDATE inbox SET decided_seq = NEW.last_seq,
    answer = 'the session has ended: its log shows whether this was recorded'
    WHERE session = NEW.id AND decided_seq IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER decide_at_end AFTER UPDATE ON session FOR EACH ROW
  WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION decide_at_end();

CREATE OR REPLACE FUNCTION renew(p_session text, p_epoch bigint, p_token uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  PERFORM hold(p_session, p_epoch, p_token);
  UPDATE lease SET seen_at = clock_timestamp(), until = clock_timestamp() + interval '10 s'
    WHERE session = p_session;
  UPDATE session SET ended_at = NULL WHERE id = p_session AND ended_at IS NOT NULL;
END
$$;

-- MC008 the session has ended. A repeated command changes nothing and is not refused.
CREATE FUNCTION refuse_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = mmcockpit, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM session WHERE id = NEW.session AND ended_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM inbox WHERE session = NEW.session AND id = NEW.id) THEN
    RAISE EXCEPTION 'session % has ended', NEW.session USING ERRCODE = 'MC008';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER refuse_ended BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION refuse_ended();

UPDATE inbox SET command = '' WHERE decided_seq IS NOT NULL;
UPDATE inbox SET decided_seq = session.last_seq,
  answer = 'the session has ended: its log shows whether this was recorded'
  FROM session WHERE session.id = inbox.session AND ended_at IS NOT NULL AND decided_seq IS NULL;
