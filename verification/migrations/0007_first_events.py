"""Triggers made before say like those made now that a new row has no event: none is looked for."""

from django.db import migrations

LOOKED_FOR = r"coalesce\(\(SELECT max\(e\.sequence\).*?\), 0\) \+ 1"


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0006_what_if"),
        ("applications", "0009_history_of_corrections"),
        ("dlsei", "0004_history_of_officers"),
        ("licensing", "0002_history"),
    ]

    operations = [
        migrations.RunSQL(
            sql=f"""
DO $do$
DECLARE made regprocedure;
BEGIN
  FOR made IN SELECT oid FROM pg_proc
              WHERE proname LIKE 'history\\_of\\_new\\_%' AND pronamespace = current_schema()::regnamespace LOOP
    EXECUTE regexp_replace(pg_get_functiondef(made), '{LOOKED_FOR}', '0 + 1');
  END LOOP;
END $do$
""",
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
