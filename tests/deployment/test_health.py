"""Live as long as the process answers; ready when pages can be served; degraded without Redis."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from dlsei import document_storage
from dlsei.embedded.server import free_port
from tests import factories

pytestmark = pytest.mark.django_db


def dead_redis() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


def test_it_is_ready_with_everything_there(client: Client) -> None:
    ready = client.get("/readyz")

    assert (ready.status_code, ready.json()) == (200, {"ready": True})
    assert "no-store" in ready["Cache-Control"]


def test_a_dead_redis_degrades(client: Client) -> None:
    with override_settings(REDIS_URL=dead_redis()):
        ready = client.get("/readyz")

    assert ready.status_code == 200
    assert "Redis does not answer" in ready.json()["degraded"]


def test_people_go_on_working_while_redis_is_dead(sign_in, programme) -> None:
    person = factories.UserFactory()
    browser = sign_in(person)
    cache = {**settings.CACHES["default"], "LOCATION": dead_redis()}

    with override_settings(CACHES={"default": cache}):
        assert browser.get("/dashboard/").status_code == 200
        visitor = Client()
        signed_in = visitor.post(
            "/accounts/login/", {"login": person.email, "password": factories.PASSWORD}
        )
        assert signed_in.status_code == 302
        assert visitor.get("/dashboard/").status_code == 200


def test_a_database_that_takes_no_writes_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")

    ready = client.get("/readyz")

    assert (ready.status_code, ready.json()["database"]) == (503, "takes no writes")


def test_a_missing_migration_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    ready = client.get("/readyz")

    assert (ready.status_code, ready.json()["migrations missing"]) == (503, 1)


def test_a_database_that_is_gone_is_not_ready_but_live(client: Client) -> None:
    usual = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = str(free_port())
    try:
        ready, live = client.get("/readyz"), client.get("/livez")
    finally:
        connection.settings_dict["PORT"] = usual

    assert (ready.status_code, ready.json()["database"]) == (503, "does not answer")
    assert live.status_code == 200


def test_a_storage_that_is_gone_is_not_ready(client: Client, tmp_path) -> None:
    a_file = tmp_path / "a file, no directory"
    a_file.touch()
    storages = {**settings.STORAGES, "default": document_storage.directory(str(a_file / "in it"))}

    with override_settings(STORAGES=storages):
        ready = client.get("/readyz")

    assert (ready.status_code, ready.json()["documents"]) == (503, "cannot be stored")
