"""Django's own checks for a deployment find nothing to warn of in the example's settings."""

import ast
import os
import re
import subprocess
import sys

from django.conf import settings
from django.core.checks import Tags, run_checks

KEY = "zQ3-kV8_wT1xB6nM0jL5hG2fD9sA4pO7iU1yT3rE6wQ8mN5bXc2"


def example() -> dict[str, str]:
    """The settings of `.env.example`, each as if its comment sign were taken away."""
    text = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def test_the_example_is_fit_for_deployment(tmp_path) -> None:
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=os.environ | example() | {"SECRET_KEY": KEY, "DLSEI_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_site_without_tls_is_not(settings) -> None:
    settings.SECURE_HSTS_SECONDS = 0

    found = run_checks(tags=[Tags.security], include_deployment_checks=True)

    assert "security.W004" in {warning.id for warning in found}


def test_what_the_address_of_the_database_asks_for_is_kept(tmp_path) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from dlsei.settings import DATABASES; print(DATABASES['default']['OPTIONS'])",
        ],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DATABASE_URL": "postgres://user:password@db.example:5432/dlsei?sslmode=require",
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": KEY,
            "DLSEI_DATA": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )

    assert ast.literal_eval(told.stdout) == {
        "sslmode": "require",
        "server_side_binding": True,
    }, told.stderr
