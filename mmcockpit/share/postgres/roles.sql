-- Roles of a store. They belong to the whole server; each login gets one of the three group roles.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['mmcockpit_owner', 'mmcockpit_viewer', 'mmcockpit_operator', 'mmcockpit_driver'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        -- Another database of this server gets its store at the same time.
        NULL;
      END;
    END IF;
  END LOOP;
  IF NOT pg_has_role('mmcockpit_operator', 'mmcockpit_viewer', 'USAGE') THEN
    GRANT mmcockpit_viewer TO mmcockpit_operator;
  END IF;
  IF NOT pg_has_role('mmcockpit_driver', 'mmcockpit_operator', 'USAGE') THEN
    GRANT mmcockpit_operator TO mmcockpit_driver;
  END IF;
  IF NOT pg_has_role(current_user, 'mmcockpit_owner', 'USAGE') THEN
    EXECUTE format('GRANT mmcockpit_owner TO %I', current_user);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'mmcockpit') THEN
    CREATE SCHEMA mmcockpit AUTHORIZATION mmcockpit_owner;
  END IF;
END
$$;
SET LOCAL ROLE mmcockpit_owner;
SET LOCAL search_path = mmcockpit, pg_temp;
CREATE TABLE IF NOT EXISTS version (
  number integer PRIMARY KEY,
  applied_by text NOT NULL DEFAULT session_user,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
