"""An empty place beside the test's own, a database and a storage; and a web process as the image starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.urls import URLPattern, clear_url_caches

from dlsei import document_storage, urls
from dlsei.embedded.server import free_port

HOST = "dlsei.example"


@contextmanager
def connected_to(database: str) -> Iterator[None]:
    """The product's connection leads to another database inside."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


@contextmanager
def files_in(directory: Path) -> Iterator[None]:
    """Documents are kept in another directory inside."""
    storages = {**settings.STORAGES, "default": document_storage.directory(str(directory))}
    with override_settings(STORAGES=storages):
        yield


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[str]:
    """The name of an empty database, dropped at the end."""
    name = f"{connection.settings_dict['NAME']}_drill"
    with connected_to("postgres"):
        parameters = connection.get_connection_params()
        parameters = {k: parameters[k] for k in ("host", "port", "user", "password", "dbname")}
    with psycopg.connect(**parameters, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        yield name
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="package")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A gunicorn with the shipped configuration, its port and its log."""
    home, port = tmp_path_factory.mktemp("web"), free_port()
    environment = os.environ | {
        "DATABASE_URL": settings.DATABASE_URL,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "of a test",
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "TRUSTED_PROXY_COUNT": "1",
        "STATIC_ROOT": str(home / "static"),
        "DLSEI_DATA": str(home),
        "WEB_CONCURRENCY": "1",
    }
    run = {"cwd": settings.BASE_DIR, "env": environment}
    collected = [sys.executable, "manage.py", "collectstatic", "--noinput", "--ignore", "admin"]
    subprocess.run(collected, check=True, capture_output=True, **run)
    served = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    served += ["--bind", f"127.0.0.1:{port}", "dlsei.wsgi:application"]
    log = home / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(served, stderr=output, stdout=output, **run) as it,
    ):
        for _ in range(600):
            if healthy(port) or it.poll() is not None:
                break
            time.sleep(0.1)
        yield port, log
        it.terminate()


def healthy(port: int) -> bool:
    checked = subprocess.run(
        [sys.executable, "deploy/healthcheck.py", str(port)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"SITE_URL": f"https://{HOST}"},
        capture_output=True,
    )
    return checked.returncode == 0


@pytest.fixture
def add_addresses() -> Iterator[Callable[..., None]]:
    """Adds addresses to the product's for one test; the next one finds the resolver without them."""

    def add(*more: URLPattern) -> None:
        patched.setattr(urls, "urlpatterns", [*urls.urlpatterns, *more])
        clear_url_caches()

    with pytest.MonkeyPatch.context() as patched:
        yield add
    clear_url_caches()
