"""An empty place beside the test's own: a database and a storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from dlsei import document_storage


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
