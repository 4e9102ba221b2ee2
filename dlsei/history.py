"""Who acts and when, told to the database, and the triggers that write the history from it (I5)."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, migrations

from dlsei.models import User

Actor = User | str
"""A person, or the name of the scheduled job that acts."""

_CONTEXT = "dlsei.context"
_said: ContextVar[str] = ContextVar("said", default="")
"""What the database was told last in this transaction; empty when that is not known."""

# States that no column holds by itself, in SQL over a row.
OFFICER = (
    "CASE WHEN {row}.is_hec THEN 'appointed'"
    " WHEN {row}.hec_suspended_at IS NOT NULL THEN 'suspended' ELSE '' END"
)
RECOGNITION = "CASE WHEN {row}.recognized THEN 'recognized' ELSE 'not-recognized' END"
NOMINATION = (
    "CASE WHEN {row}.replaced_at IS NOT NULL THEN 'replaced'"
    " WHEN {row}.suspended_at IS NOT NULL THEN 'suspended' ELSE 'nominated' END"
)
INVITATION = (
    "CASE WHEN {row}.accepted_at IS NOT NULL THEN 'accepted'"
    " WHEN {row}.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE 'invited' END"
)


@contextmanager
def acting(
    *,
    by: Actor,
    now: datetime,
    on_behalf_of: str = "",
    clause: str = "",
    data: dict[str, Any] | None = None,
    to_the_end: bool = False,
    lock_timeout: str = "",
) -> Iterator[None]:
    """Names actor and time for every state change inside; the surrounding transaction must be open.

    `now` is aware. Inner calls may nest: the inner one's names hold until it ends, or with
    `to_the_end` until the transaction does. `lock_timeout`, as PostgreSQL writes it, goes with the same
    statement: whoever begins a transaction needs both.
    """
    context = json.dumps(
        {
            "actor": by.pk if isinstance(by, User) else None,
            "job": "" if isinstance(by, User) else by,
            "at": now.isoformat(),
            "on_behalf_of": on_behalf_of,
            "clause": clause,
            "data": data or {},
        },
        default=str,
    )
    if context == _said.get() and not lock_timeout:
        # A verb within another one, by the same actor at the same time.
        yield
        return
    with connection.cursor() as cursor:
        named = "SELECT current_setting(%s, true), set_config(%s, %s, true)"
        values = [_CONTEXT, _CONTEXT, context]
        if lock_timeout:
            named += ", set_config('lock_timeout', %s, true)"
            values.append(lock_timeout)
        cursor.execute(named, values)
        before = cursor.fetchone()[0] or ""
    with _saying(context):
        yield
    if to_the_end:
        return
    # After an error the transaction is rolled back, and the setting with it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [_CONTEXT, before])


@contextmanager
def _saying(context: str) -> Iterator[None]:
    token = _said.set(context)
    try:
        yield
    finally:
        _said.reset(token)


@contextmanager
def citing(clause: str) -> Iterator[None]:
    """Names the clause of the changes inside, made by whoever acts already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s,"
            " (current_setting(%s)::jsonb || jsonb_build_object('clause', %s::text))::text, true)",
            [_CONTEXT, _CONTEXT, _CONTEXT, clause],
        )
        before = cursor.fetchone()[0]
    with _saying(""):
        yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [_CONTEXT, before])


def tracked(
    table: str,
    subject: str,
    *,
    state: str,
    also: Sequence[str] = (),
    clause: str = "''",
    data: str = "'{}'::jsonb",
):
    """A migration operation: every change of `state` in `table` writes one Event, per statement.

    `state` is a column, or SQL over a `{row}`; while it is empty the row has no history. A change of
    a column of `also` writes one too, from a state to the same. `clause` and `data` are SQL over the
    changed row `n`; they win over what the actor's context says.
    """
    before, after = (expressed(state, row) for row in "on")
    differs = " OR ".join(
        [f"{after} IS DISTINCT FROM {before}"]
        + [f"n.{column} IS DISTINCT FROM o.{column}" for column in also]
    )
    known = (
        "coalesce((SELECT max(e.sequence) FROM dlsei_event e"
        f" WHERE e.subject = '{subject}' AND e.subject_id = n.id), 0)"
    )
    written = {
        # What is new has no event yet.
        f"history_of_new_{subject}": ("''", "0", f"changed_new n WHERE {after} <> ''"),
        f"history_of_{subject}": (
            before,
            known,
            f"changed_new n JOIN changed_old o USING (id) WHERE {after} <> '' AND ({differs})",
        ),
    }
    functions = [
        f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE context jsonb := nullif(current_setting('{_CONTEXT}', true), '')::jsonb;
BEGIN
  IF context IS NULL THEN
    -- Only rows whose state moved need an actor: a changed deadline or a note is no event.
    IF EXISTS (SELECT 1 FROM {rows}) THEN
      RAISE EXCEPTION 'a change of {subject} names no actor and time' USING ERRCODE = 'P0001';
    END IF;
    RETURN NULL;
  END IF;
  INSERT INTO dlsei_event
    (subject, subject_id, sequence, from_state, to_state, at, actor_id, job, on_behalf_of, clause, data)
  SELECT '{subject}', n.id,
    {events} + 1,
    {from_state}, {after}, (context->>'at')::timestamptz, (context->>'actor')::bigint,
    context->>'job', context->>'on_behalf_of',
    coalesce(nullif({clause}, ''), context->>'clause'), {data} || (context->'data')
  FROM {rows} ORDER BY n.id;
  RETURN NULL;
END $$;
"""
        for name, (from_state, events, rows) in written.items()
    ]
    return migrations.RunSQL(
        sql=[
            *functions,
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


def begun(table: str, subject: str, *, state: str) -> migrations.RunSQL:
    """A migration operation: one Event for each row that `tracked` comes too late for."""
    now = expressed(state, "t")
    return migrations.RunSQL(
        sql=f"""
INSERT INTO dlsei_event
  (subject, subject_id, sequence, from_state, to_state, at, job, on_behalf_of, clause, data)
SELECT '{subject}', t.id, 1, '', {now}, CURRENT_TIMESTAMP, 'before its history began', '', '', '{{}}'
FROM {table} t WHERE {now} <> '' ORDER BY t.id
""",
        reverse_sql=migrations.RunSQL.noop,
    )


def expressed(state: str, row: str) -> str:
    """The state of `row` in SQL: of its column `state`, or by an expression over `{row}`."""
    return f"{row}.{state}" if state.isidentifier() else f"({state.format(row=row)})"


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
