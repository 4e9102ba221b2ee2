"""Who acts and when, told to the database, and the triggers that write the history from it (I5)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, migrations

from dlsei.models import User

Actor = User | str
"""A person, or the name of the scheduled job that acts."""

_CONTEXT = "dlsei.context"


@contextmanager
def acting(
    *,
    by: Actor,
    now: datetime,
    on_behalf_of: str = "",
    clause: str = "",
    data: dict[str, Any] | None = None,
    to_the_end: bool = False,
) -> Iterator[None]:
    """Names actor and time for every state change inside; the surrounding transaction must be open.

    `now` is aware. Inner calls may nest: the inner one's names hold until it ends, or with
    `to_the_end` until the transaction does.
    """
    context = {
        "actor": by.pk if isinstance(by, User) else None,
        "job": "" if isinstance(by, User) else by,
        "at": now.isoformat(),
        "on_behalf_of": on_behalf_of,
        "clause": clause,
        "data": data or {},
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s, %s, true)",
            [_CONTEXT, _CONTEXT, json.dumps(context, default=str)],
        )
        before = cursor.fetchone()[0] or ""
    yield
    if to_the_end:
        return
    # After an error the transaction is rolled back, and the setting with it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [_CONTEXT, before])


def tracked(table: str, subject: str, *, state: str, clause: str = "''", data: str = "'{}'::jsonb"):
    """A migration operation: every change of `state` in `table` writes one Event, per statement.

    `clause` and `data` are SQL over the changed row `n`; they win over what the actor's context says.
    """
    write = f"""
CREATE OR REPLACE FUNCTION history_of_{subject}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE context jsonb := nullif(current_setting('{_CONTEXT}', true), '')::jsonb;
BEGIN
  IF context IS NULL THEN
    IF EXISTS (SELECT 1 FROM changed_new) THEN
      RAISE EXCEPTION 'a change of {subject} names no actor and time' USING ERRCODE = 'P0001';
    END IF;
    RETURN NULL;
  END IF;
  INSERT INTO dlsei_event
    (subject, subject_id, sequence, from_state, to_state, at, actor_id, job, on_behalf_of, clause, data)
  SELECT '{subject}', n.id,
    coalesce((SELECT max(e.sequence) FROM dlsei_event e
              WHERE e.subject = '{subject}' AND e.subject_id = n.id), 0) + 1,
    %(old)s, n.{state}, (context->>'at')::timestamptz, (context->>'actor')::bigint,
    context->>'job', context->>'on_behalf_of',
    coalesce(nullif({clause}, ''), context->>'clause'), {data} || (context->'data')
  FROM %(rows)s ORDER BY n.id;
  RETURN NULL;
END $$;
"""
    inserted = write.replace(f"history_of_{subject}", f"history_of_new_{subject}") % {
        "old": "''",
        "rows": "changed_new n",
    }
    updated = write % {
        "old": f"o.{state}",
        "rows": f"changed_new n JOIN changed_old o USING (id) WHERE n.{state} IS DISTINCT FROM o.{state}",
    }
    # Only rows whose state moved need an actor: a changed deadline or a note is no event.
    updated = updated.replace(
        "EXISTS (SELECT 1 FROM changed_new)",
        f"EXISTS (SELECT 1 FROM changed_new n JOIN changed_old o USING (id)"
        f" WHERE n.{state} IS DISTINCT FROM o.{state})",
    )
    return migrations.RunSQL(
        sql=[
            inserted,
            updated,
            f"CREATE TRIGGER history_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed_new"
            f" FOR EACH STATEMENT EXECUTE FUNCTION history_of_new_{subject}()",
            f"CREATE TRIGGER history_update AFTER UPDATE ON {table}"
            f" REFERENCING OLD TABLE AS changed_old NEW TABLE AS changed_new"
            f" FOR EACH STATEMENT EXECUTE FUNCTION history_of_{subject}()",
        ],
        reverse_sql=[
            f"DROP TRIGGER history_insert ON {table}",
            f"DROP TRIGGER history_update ON {table}",
            f"DROP FUNCTION history_of_new_{subject}()",
            f"DROP FUNCTION history_of_{subject}()",
        ],
    )


APPEND_ONLY = migrations.RunSQL(
    sql=[
        """
CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the history is append-only' USING ERRCODE = 'P0001'; END $$
""",
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dlsei_event"
        " FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()",
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dlsei_event"
        " FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()",
    ],
    reverse_sql=[
        "DROP TRIGGER append_only_truncate ON dlsei_event",
        "DROP TRIGGER append_only ON dlsei_event",
        "DROP FUNCTION history_is_append_only()",
    ],
)
