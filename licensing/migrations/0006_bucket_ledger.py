from django.db import migrations

# The bucket's ledger is part of the history: each change of what a cohort holds or has, by whom, with the
# balance after it (DESIGN.md 4, I1, I5).
CHANGED = "(n.seats_held, n.seats_total) IS DISTINCT FROM (o.seats_held, o.seats_total)"
WRITE = f"""
CREATE FUNCTION history_of_bucket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE context jsonb := nullif(current_setting('dlsei.context', true), '')::jsonb;
BEGIN
  IF context IS NULL THEN
    IF EXISTS (SELECT 1 FROM changed_new n JOIN changed_old o USING (id) WHERE {CHANGED}) THEN
      RAISE EXCEPTION 'a change of the bucket names no actor and time' USING ERRCODE = 'P0001';
    END IF;
    RETURN NULL;
  END IF;
  INSERT INTO dlsei_event
    (subject, subject_id, sequence, from_state, to_state, at, actor_id, job, on_behalf_of, clause, data)
  SELECT 'bucket', n.id,
    coalesce((SELECT max(e.sequence) FROM dlsei_event e
              WHERE e.subject = 'bucket' AND e.subject_id = n.id), 0) + 1,
    o.seats_held || '/' || o.seats_total, n.seats_held || '/' || n.seats_total,
    (context->>'at')::timestamptz, (context->>'actor')::bigint, context->>'job',
    context->>'on_behalf_of', context->>'clause',
    jsonb_build_object('held', n.seats_held, 'total', n.seats_total,
                       'held_change', n.seats_held - o.seats_held,
                       'total_change', n.seats_total - o.seats_total)
  FROM changed_new n JOIN changed_old o USING (id) WHERE {CHANGED} ORDER BY n.id;
  RETURN NULL;
END $$;
"""
# A service that ran before opens its ledger with what it has.
OPENING = """
INSERT INTO dlsei_event
  (subject, subject_id, sequence, from_state, to_state, at, job, on_behalf_of, clause, data)
SELECT 'bucket', id, 1, '0/0', seats_held || '/' || seats_total, now(), 'opening balance', '', '',
  jsonb_build_object('held', seats_held, 'total', seats_total,
                     'held_change', seats_held, 'total_change', seats_total)
FROM licensing_cohort WHERE seats_total > 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0005_reports_speak_of_cohorts"),
        ("dlsei", "0002_history_is_append_only"),
    ]
    operations = [
        migrations.RunSQL(
            sql=[
                WRITE,
                "CREATE TRIGGER history_update AFTER UPDATE ON licensing_cohort"
                " REFERENCING OLD TABLE AS changed_old NEW TABLE AS changed_new"
                " FOR EACH STATEMENT EXECUTE FUNCTION history_of_bucket()",
                OPENING,
            ],
            reverse_sql=[
                "DROP TRIGGER history_update ON licensing_cohort",
                "DROP FUNCTION history_of_bucket()",
            ],
        )
    ]
