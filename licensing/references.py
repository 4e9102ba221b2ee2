"""References that the database checks once a statement, where a check a row costs more than the row.

A foreign key looks up each row for itself: for a million enrollments longer than writing them. Here
a trigger joins all rows of the statement with what they refer to, at once.
"""

from typing import Any

from django.db import migrations


def checked(table: str, **parents: str) -> migrations.RunSQL:
    """A migration operation: `column=parent_table` of `table` names a row there, now and later."""
    sql: list[Any] = []
    undo: list[Any] = []
    for column, parent in parents.items():
        name = f"{table}_{column}"
        refuse = "USING ERRCODE = 'foreign_key_violation'"
        sql += [
            f"""
CREATE FUNCTION {name}_exists() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT {column} FROM written) w
             WHERE NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = w.{column})) THEN
    RAISE EXCEPTION '{table}.{column} names no row of {parent}' {refuse};
  END IF;
  RETURN NULL;
END $$""",
            f"""
CREATE FUNCTION {name}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM {table} t JOIN gone g ON g.id = t.{column}) THEN
    RAISE EXCEPTION 'a row of {parent} is named by {table}.{column}' {refuse};
  END IF;
  RETURN NULL;
END $$""",
            *(
                f"CREATE TRIGGER {name}_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS written"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_exists()"
                for event in ("insert", "update")
            ),
            f"CREATE TRIGGER {name}_stays AFTER DELETE ON {parent} REFERENCING OLD TABLE AS gone"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}_stays()",
        ]
        undo += [
            f"DROP TRIGGER {name}_stays ON {parent}",
            *(f"DROP TRIGGER {name}_{event} ON {table}" for event in ("insert", "update")),
            f"DROP FUNCTION {name}_exists()",
            f"DROP FUNCTION {name}_stays()",
        ]
    return migrations.RunSQL(sql, undo)
