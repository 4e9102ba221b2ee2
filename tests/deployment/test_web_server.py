"""The web process as the image starts it: it serves, says so, and logs as everything else does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
from django.conf import settings

from dlsei.embedded.server import free_port
from tests.deployment.conftest import HOST, healthy


def test_it_is_healthy_and_a_dead_one_is_not(web: tuple[int, Path]) -> None:
    assert healthy(web[0])
    assert not healthy(free_port())


def test_the_health_check_prints_whether_it_is_ready(web: tuple[int, Path]) -> None:
    asked = [sys.executable, "deploy/healthcheck.py", str(web[0]), "/readyz"]
    environment = os.environ | {"SITE_URL": f"https://{HOST}"}

    said = subprocess.run(
        asked, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )

    assert json.loads(said.stdout)["ready"] is (said.returncode == 0)


def test_plain_http_is_sent_to_https_and_https_is_served(web: tuple[int, Path]) -> None:
    site = httpx.Client(base_url=f"http://127.0.0.1:{web[0]}", headers={"Host": HOST})

    plain = site.get("/")
    over_tls = site.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"})

    assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}/")
    assert over_tls.status_code == 200
    assert "max-age=31536000" in over_tls.headers["Strict-Transport-Security"]
    assert "Secure" in over_tls.headers["Set-Cookie"]


def test_static_files_come_compressed_for_good(web: tuple[int, Path]) -> None:
    site = httpx.Client(base_url=f"http://127.0.0.1:{web[0]}", headers={"Host": HOST})
    page = site.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"}).text
    css = page.split('rel="stylesheet"')[1].split('href="')[1].split('"')[0]

    sent = site.get(css, headers={"X-Forwarded-Proto": "https", "Accept-Encoding": "br"})

    assert sent.headers["Content-Encoding"] == "br"
    assert "immutable" in sent.headers["Cache-Control"]


def test_every_line_it_logs_is_an_object(web: tuple[int, Path]) -> None:
    httpx.get(f"http://127.0.0.1:{web[0]}/livez?who=somebody", headers={"Host": HOST})

    lines = [json.loads(line) for line in web[1].read_text().splitlines()]

    assert "gunicorn.error" in {line["logger"] for line in lines}
    assert "GET /livez" in {line.get("request") for line in lines}
    assert "somebody" not in web[1].read_text()


def test_every_page_is_loaded_before_the_processes_part() -> None:
    said = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys, dlsei.wsgi; print('verification.console.home' in sys.modules)",
        ],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )

    assert said.stdout.strip() == "True"
