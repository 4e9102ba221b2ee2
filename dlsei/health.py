"""Whether the web process lives, and whether it can serve: for the proxy and for `make run`."""

import os
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PATIENCE_SECONDS = 1


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers, whatever it depends on does."""
    return JsonResponse({"live": True})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when pages can be served: database and documents answer; a dead Redis only degrades.

    Otherwise 503 with what is wrong. Coursera and the mail server have no say: they are waited for.
    """
    wrong = database() | storage()
    if wrong:
        return JsonResponse({"ready": False} | wrong, status=503)
    return JsonResponse({"ready": True} | redis_answers())


def database() -> dict[str, Any]:
    """What is wrong with the database; empty when it can be worked with."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"
            )
            read_only = cursor.fetchone()[0]
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return {"database": "does not answer"}
    if read_only:
        return {"database": "takes no writes"}
    return {"migrations missing": len(missing)} if missing else {}


def storage() -> dict[str, str]:
    """What is wrong with the storage of documents; empty when nothing is."""
    try:
        if isinstance(default_storage, FileSystemStorage):
            os.makedirs(default_storage.location, mode=0o700, exist_ok=True)
            answers = os.access(default_storage.location, os.W_OK | os.X_OK)
        else:
            default_storage.exists("readyz")
            answers = True
    # Each storage has errors of its own; whichever it is, documents cannot be had.
    except Exception:
        answers = False
    return {} if answers else {"documents": "cannot be stored"}


def redis_answers() -> dict[str, str]:
    """What is wrong with Redis; empty when it answers."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=None,
    )
    try:
        client.ping()
    except redis.RedisError:
        return {"degraded": "Redis does not answer: jobs wait, pages are slower"}
    finally:
        client.close()
    return {}
