"""How long several lists are, asked in one statement."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def counts(**lists: QuerySet[Any]) -> dict[str, int]:
    """The length of each list under its name. One that cannot have rows (`none()`) is not for here."""
    sql, values = [], []
    for of in lists.values():
        rows, given = of.order_by().values("pk").query.sql_with_params()
        sql.append(f"(SELECT count(*) FROM ({rows}) list)")
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(sql)}", values)
        return dict(zip(lists, cursor.fetchone(), strict=True))
