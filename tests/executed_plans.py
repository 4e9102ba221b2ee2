"""What a statement really read, by its executed plan."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection


def rows_read(statement: str, params: Mapping[str, Any]) -> float:
    """Runs the statement and returns how many rows all steps of its plan together have handed on."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", params)
        (explained,) = cursor.fetchone()
    (executed,) = explained if isinstance(explained, list) else json.loads(explained)
    return _rows_of(executed["Plan"])


def _rows_of(plan: Mapping[str, Any]) -> float:
    rows: float = plan["Actual Rows"] * plan["Actual Loops"]
    return rows + sum(_rows_of(part) for part in plan.get("Plans", ()))
