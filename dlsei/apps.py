from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

PLANS_KEPT = 300
"""Prepared statements of a connection. A simulated year has some 150 that come again and again, pages others."""


class DlseiConfig(AppConfig):
    name = "dlsei"

    def ready(self) -> None:
        # Celery finds its app here, so that `import dlsei.policy` stays free of Celery and Django.
        from dlsei import celery  # noqa: F401

        connection_created.connect(_keep_plans)


def _keep_plans(connection: Any, **kwargs: Any) -> None:
    # The driver's own 100 would have them planned again and again.
    connection.connection.prepared_max = PLANS_KEPT
