"""The deployment files say what they must, read by the tool that will read them."""

import json
import os
import re
import subprocess
from pathlib import Path

import compose
import pytest
from django.conf import settings
from django.db import connection

from tests.deployment.test_proxy import CADDY

PROJECT = settings.BASE_DIR
NEEDED = ("SITE_HOST", "SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "S3_SECRET_KEY")
PRODUCT = {"prepare", "web", "worker", "beat"}
LONG_LIVED = {"proxy", "web", "worker", "beat", "postgres", "redis", "storage"}


def read(**environment: str) -> "subprocess.CompletedProcess[str]":
    program = Path(compose.__file__).with_name("docker-compose")
    return subprocess.run(
        [program, "--file", PROJECT / "docker-compose.yml", "config", "--format", "json"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere"} | environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    said = read(**dict.fromkeys(NEEDED, "given"))
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)["services"]


def test_every_part_is_there_and_comes_back_by_itself(services) -> None:
    assert set(services) == LONG_LIVED | {"prepare"}
    assert {services[name]["restart"] for name in LONG_LIVED} == {"unless-stopped"}


@pytest.mark.django_db
def test_the_database_logs_neither_statements_nor_rows(services) -> None:
    """They hold names, addresses and numbers of people; the values are ones that PostgreSQL takes."""
    given = dict(word.split("=") for word in services["postgres"]["command"] if "=" in word)

    with connection.cursor() as cursor:
        for name, value in given.items():
            cursor.execute(
                "SELECT %s = ANY (enumvals) FROM pg_settings WHERE name = %s", [value, name]
            )
            assert cursor.fetchone() == (True,), name

    assert given == {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}


def test_no_log_fills_the_disk(services) -> None:
    for name, service in services.items():
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name


@pytest.mark.parametrize("secret", NEEDED)
def test_no_secret_has_a_default(secret: str) -> None:
    others = {name: "given" for name in NEEDED if name != secret}

    said = read(**others)

    assert said.returncode != 0
    assert secret in said.stderr


@pytest.mark.parametrize(
    ("secret", "holders"),
    [
        ("POSTGRES_PASSWORD", {"postgres"}),
        ("REDIS_PASSWORD", {"redis"}),
        ("S3_SECRET_KEY", {"storage"}),
        ("SECRET_KEY", set()),
    ],
)
def test_a_new_secret_makes_compose_start_anew_all_who_hold_it(
    services, secret: str, holders: set[str]
) -> None:
    """It compares services as they are written, not the configs that they name."""
    said = read(**dict.fromkeys(NEEDED, "given") | {secret: "another"})

    others = json.loads(said.stdout)["services"]
    assert {n for n in services if services[n] != others[n]} == holders | PRODUCT


def test_the_proxy_reads_the_release_that_is_checked_out(services) -> None:
    """A file that is mounted alone is the one of the day the container was made."""
    mounted = {v["target"]: Path(v["source"]) for v in services["proxy"]["volumes"]}

    assert mounted["/etc/caddy"] == PROJECT / "deploy"


def test_only_the_proxy_is_reached_from_outside(services) -> None:
    assert {name for name, service in services.items() if service.get("ports")} == {"proxy"}
    inside = {name for name, service in services.items() if list(service["networks"]) == ["inside"]}
    assert {"postgres", "redis", "storage"} <= inside


def test_prometheus_reaches_the_web_process_by_its_name_inside(services) -> None:
    hosts = services["web"]["environment"]["ALLOWED_HOSTS"].split(",")

    assert hosts == ["given", "web"]
    assert set(services["web"]["networks"]) == {"inside", "outside"}


def test_what_was_queued_outlives_redis_and_none_is_thrown_out(services) -> None:
    command = " ".join(services["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_the_product_and_its_door_run_without_rights(services) -> None:
    assert services["proxy"]["cap_add"] == ["NET_BIND_SERVICE"]
    for name in PRODUCT | {"proxy"}:
        service = services[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_the_image_is_built_in_two_stages_and_runs_as_nobody_in_particular() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    last = text[text.rindex("FROM ") :]

    assert text.count("FROM ") == 2
    assert re.search(r"^USER dlsei$", last, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*deploy/healthcheck\.py", last, re.MULTILINE)
    assert "--require-hashes" in text


def test_the_image_gets_what_it_needs_and_no_secret() -> None:
    allowed = re.findall(r"^!(.+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE)

    assert all((PROJECT / path).exists() for path in allowed)
    assert not {".env", ".git", ".data", "tests"} & set(allowed)
    packages = {path.parent.name for path in PROJECT.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(allowed)


def test_the_proxy_is_the_one_that_tests_go_through(services) -> None:
    tested = subprocess.run([CADDY, "version"], capture_output=True, text=True).stdout

    image = services["proxy"]["image"].removeprefix("caddy:").removesuffix("-alpine")
    assert tested.startswith(f"v{image}.")


def test_the_settings_for_compose_are_settings() -> None:
    known = set(re.findall(r"^#(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    given = re.findall(r"^(\w+)=", (PROJECT / "deploy" / "env.example").read_text(), re.MULTILINE)

    assert set(given) - known == {"SITE_HOST", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert set(NEEDED) <= set(given)
